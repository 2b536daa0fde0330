"""Many processes meet one new SQLite file."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from coreagent.write_ahead import prepare_write_ahead_log, use_write_ahead_log

OPENERS = {
    "corpora": "from coreagent.knowledge.store.store import Store; make = lambda path: Store.open(path).close()",
    "runs": "from coreagent.runs.store import RunStore; make = lambda path: RunStore(path).list()",
    "any": "from coreagent.write_ahead import prepare_write_ahead_log as p; make = lambda path: p(path, wait_s=30)",
}


@pytest.mark.parametrize("opener", OPENERS)
def test_processes_that_make_the_same_new_files_at_once_all_succeed(tmp_path: Path, opener: str) -> None:
    # A file each round, so that every round races; all processes wait for the same start.
    program = f"""
import sys, time
from pathlib import Path
{OPENERS[opener]}
folder = Path(sys.argv[1])
(folder / ("ready-" + sys.argv[2])).touch()
while not (folder / "go").exists():
    pass
start = (folder / "go").stat().st_mtime + 0.1
for number in range(40):
    while time.time() < start + number * 0.02:
        pass
    make(folder / f"{{number}}.sqlite3")
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(2)
    ]
    while len(list(tmp_path.glob("ready-*"))) < 2 and all(one.poll() is None for one in processes):
        pass
    (tmp_path / "go").touch()
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


def test_a_held_lock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "held.sqlite3"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(0.2, holder.execute, ("COMMIT",))
    timer.start()
    prepare_write_ahead_log(path, wait_s=10)
    timer.join()
    holder.close()
    with closing(sqlite3.connect(path)) as fresh:
        assert fresh.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_lock_that_is_never_given_back_ends_in_an_error(tmp_path: Path) -> None:
    path = tmp_path / "held.sqlite3"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_write_ahead_log(other, wait_s=0.05)
    other.close()
    holder.close()
