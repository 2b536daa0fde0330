"""Verdicts in a file that several processes write, and that survives their end."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from coreagent.errors import InputError, RunError
from coreagent.routing.policies import BanditMemory
from coreagent.routing.policies.bandit_memory import Tally

_WRITER = """
import sys
from pathlib import Path
from coreagent.routing.policies.bandit_memory import BanditMemory
memory = BanditMemory(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    memory.learn("caller", "ran", "m", 0.5)
    print(number + 1, flush=True)
"""


def writer(path: Path, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(path), str(number)], stdout=subprocess.PIPE, text=True)


def test_verdicts_are_counted_by_role_domain_and_model(tmp_path: Path) -> None:
    memory = BanditMemory(tmp_path / "memory.sqlite")
    assert memory.tallies("caller", "ran") == {}
    memory.learn("caller", "ran", "m", 0.25)
    memory.learn("caller", "ran", "m", 1.0)
    memory.learn("caller", "core", "m", 0.0)
    assert memory.tallies("caller", "ran") == {"m": Tally(2, 1.25)}
    memory.close()
    assert BanditMemory(tmp_path / "memory.sqlite").tallies("caller", "core") == {"m": Tally(1, 0.0)}


def test_a_model_can_be_forgotten(tmp_path: Path) -> None:
    memory = BanditMemory(tmp_path / "memory.sqlite")
    for domain in ("ran", "core"):
        memory.learn("caller", domain, "old", 0.5)
        memory.learn("caller", domain, "kept", 0.5)
    assert memory.forget("old") == 2
    assert memory.forget("old") == 0
    assert set(memory.tallies("caller", "ran")) == {"kept"}


@pytest.mark.parametrize("quality", [-0.1, 1.1, math.nan, math.inf])
def test_a_verdict_out_of_range_is_refused(tmp_path: Path, quality: float) -> None:
    memory = BanditMemory(tmp_path / "memory.sqlite")
    with pytest.raises(InputError, match=r"outside 0\.\.1"):
        memory.learn("caller", "", "m", quality)
    with pytest.raises(InputError, match="needs the model"):
        memory.learn("caller", "", "", 0.5)
    assert memory.tallies("caller", "") == {}


def test_names_of_any_text_are_kept(tmp_path: Path) -> None:
    memory = BanditMemory(tmp_path / "memory.sqlite")
    memory.learn("caller", "é'; DROP TABLE verdicts; --", "m\ud800", 0.5)
    assert memory.tallies("caller", "é'; DROP TABLE verdicts; --") == {"m?": Tally(1, 0.5)}


def test_processes_and_threads_learn_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    processes = [writer(path, 60) for _ in range(3)]
    memory = BanditMemory(path)

    def learn() -> None:
        for _ in range(60):
            memory.learn("caller", "ran", "m", 0.5)

    threads = [threading.Thread(target=learn) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert memory.tallies("caller", "ran") == {"m": Tally(360, 180.0)}


def test_a_killed_writer_loses_at_most_its_last_verdict(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    process = writer(path, 100_000)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 20:
            break
    os.kill(process.pid, signal.SIGKILL)
    told = [int(line) for line in process.stdout if line.endswith("\n")][-1:] or [20]
    process.wait(timeout=60)
    process.stdout.close()
    memory = BanditMemory(path)
    assert memory.tallies("caller", "ran")["m"].number in (told[0], told[0] + 1)
    memory.learn("caller", "ran", "m", 0.5)


def test_a_file_that_is_none_or_newer_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all" * 100)
    with pytest.raises(RunError, match="bandit memory"):
        BanditMemory(broken).tallies("caller", "")
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.execute("PRAGMA user_version=1")
    with pytest.raises(RunError) as caught:
        BanditMemory(foreign).tallies("caller", "")
    assert caught.value.mend.startswith("Move the file away")
    newer = tmp_path / "newer.sqlite"
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(RunError, match="newer coreagent"):
        BanditMemory(newer).learn("caller", "", "m", 0.5)
