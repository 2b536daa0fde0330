"""The run store: order, states, crashes, several processes, and files that can not be used."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreagent.answer import Answer
from coreagent.errors import InputError, RunError, UnknownNameError
from coreagent.events import Event, RunFinished, RunStarted, Token, ToolStarted, Warned
from coreagent.runs import RunStore
from coreagent.runs.process import Owner, current_owner

INTENT = json.dumps({"goal": "What is A1?"})


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "runs.db"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[RunStore]:
    with RunStore(path, now=clock) as opened:
        yield opened


def answer(run_id: str, text: str = "A1 carries policies.") -> Answer:
    return Answer(run_id=run_id, question="What is A1?", text=text, cost_usd=0.01)


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out


def test_a_run_comes_back_as_it_was(store: RunStore, path: Path) -> None:
    store.begin("r1", INTENT, "digest")
    events: list[Event] = [RunStarted("r1", "What is A1?"), Warned("careful"), RunFinished(answer("r1"))]
    for event in events:
        store.append("r1", event)
    store.finish("r1", "finished", answer("r1"))
    with RunStore(path) as other:
        run = other.get("r1")
        assert (run.status, run.question, run.config_digest, run.answer) == (
            "finished",
            "What is A1?",
            "digest",
            answer("r1"),
        )
        stored = other.events("r1")
    assert [item.event for item in stored] == events
    assert [item.seq for item in stored] == [0, 1, 2]
    assert stored[0].at_s < stored[1].at_s < stored[2].at_s


def test_events_are_buffered_and_flushed(store: RunStore, path: Path, clock: Clock) -> None:
    store.begin("r1", INTENT, "")
    with RunStore(path) as reader:
        store.append("r1", Warned("1"))
        assert reader.events("r1") == ()
        store.flush()
        assert len(reader.events("r1")) == 1
        store.append("r1", Warned("2"))
        clock.now += 1
        store.append("r1", Warned("3"))
        assert len(reader.events("r1")) == 3
        for number in range(64):
            store.append("r1", Warned(str(number)))
        assert len(reader.events("r1")) == 67


def test_streamed_pieces_are_stored_as_one(store: RunStore) -> None:
    store.begin("r1", INTENT, "")
    for event in (Token("A1 "), Token("is"), Token("No: ", 1), Token("A2", 1), Warned("x"), Token("end", 1)):
        store.append("r1", event)
    assert [item.event for item in store.events("r1")] == [
        Token("A1 is"),
        Token("No: A2", 1),
        Warned("x"),
        Token("end", 1),
    ]


def test_secrets_are_not_stored(store: RunStore, path: Path) -> None:
    secret = "Zx9Kq2Lm8Rt4Wv7B"
    store.begin("r1", json.dumps({"goal": f"log in with password={secret}"}), "")
    store.append("r1", ToolStarted("c", "login", json.dumps({"api_key": secret}), "s"))
    store.journal.begin("k", "login", json.dumps({"token": secret}))
    store.journal.finish("k", json.dumps({"session": f"Bearer {secret}{secret}"}))
    store.finish("r1", "finished", answer("r1", f"token={secret}"))
    assert store.get("r1").question == "log in with password=***"
    store.close()
    files = [file.read_bytes() for file in path.parent.iterdir()]
    assert files and not any(secret.encode() in data for data in files)


def test_ids_may_be_shortened(store: RunStore) -> None:
    for run_id in ("abc1", "abc2", "abd%", "abc"):
        store.begin(run_id, INTENT, "")
    assert store.get("abd").run_id == "abd%"
    assert store.get("abc").run_id == "abc"
    assert store.get("last").run_id == "abc"
    with pytest.raises(InputError, match="several runs begin with 'ab'"):
        store.get("ab")
    for unknown in ("x", "", "%", "a_", "abc1\x00", "é" * 5000):
        with pytest.raises(UnknownNameError, match="unknown run"):
            store.get(unknown)


def test_an_empty_store_has_no_last_run(store: RunStore) -> None:
    assert store.list() == ()
    with pytest.raises(UnknownNameError):
        store.get("last")


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    for number in range(5):
        store.begin(f"r{number}", INTENT, "")
    store.finish("r1", "finished", answer("r1"))
    store.finish("r2", "waiting")
    assert [run.run_id for run in store.list(limit=3)] == ["r4", "r3", "r2"]
    assert [run.run_id for run in store.list(status="running")] == ["r4", "r3", "r0"]
    assert [run.run_id for run in store.list(status="waiting")] == ["r2"]
    assert store.list(limit=0) == ()


def test_a_waiting_run_is_taken_up_again(store: RunStore) -> None:
    store.begin("r1", INTENT, "")
    store.append("r1", RunStarted("r1", "q"))
    store.finish("r1", "waiting")
    store.begin("r1", INTENT, "")
    store.append("r1", RunStarted("r1", "q", resumed=True))
    store.finish("r1", "finished", answer("r1"))
    assert [item.seq for item in store.events("r1")] == [0, 1]


def test_a_run_has_one_worker(store: RunStore, path: Path) -> None:
    store.begin("r1", INTENT, "")
    with RunStore(path) as other:
        with pytest.raises(RunError, match="being worked on by process"):
            other.begin("r1", INTENT, "")
        with pytest.raises(RunError, match="was not begun here"):
            other.append("r1", Warned("x"))
    store.finish("r1", "finished", answer("r1"))
    with pytest.raises(RunError, match="is finished"):
        store.begin("r1", INTENT, "")


CRASH = """
import sys, time
from pathlib import Path
from coreagent.runs import RunStore
from coreagent.events import Warned
store = RunStore(Path(sys.argv[1]))
store.begin("crashed", '{"goal": "q"}', "")
store.append("crashed", Warned("before"))
store.flush()
print(store.journal.begin("key", "set_power", '{"dbm": 3}').state, flush=True)
time.sleep(60)
"""


def test_a_killed_run_is_interrupted_and_its_write_is_known_to_have_begun(path: Path) -> None:
    process = child(CRASH, str(path))
    assert process.stdout is not None and process.stdout.readline() == "new\n"
    with RunStore(path) as store:
        assert store.get("crashed").status == "running"
        entry = store.journal.begin("key", "set_power", '{"dbm": 3}')
        assert (entry.state, entry.owner_alive) == ("started", True)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        assert store.get("crashed").status == "interrupted"
        assert [run.run_id for run in store.list(status="interrupted")] == ["crashed"]
        assert store.list(status="running") == ()
        entry = store.journal.begin("key", "set_power", '{"dbm": 3}')
        assert (entry.state, entry.owner_alive, entry.result) == ("started", False, None)
        store.begin("crashed", INTENT, "")
        store.append("crashed", Warned("after"))
        assert [item.event for item in store.events("crashed")] == [Warned("before"), Warned("after")]
        store.journal.finish("key", '{"done": true}')
        entry = store.journal.begin("key", "set_power", '{"dbm": 3}')
        assert (entry.state, entry.result) == ("finished", '{"done": true}')


def test_a_reused_pid_is_another_process() -> None:
    me = current_owner()
    assert me.alive
    assert me.started, "this system tells when a process began"
    assert not Owner(me.host, me.pid, "another start").alive
    assert Owner("another-host", 1, "x").alive


WRITER = """
import sys
from pathlib import Path
from coreagent.runs import RunStore
from coreagent.events import Warned
name, won = sys.argv[2], 0
with RunStore(Path(sys.argv[1])) as store:
    for number in range(30):
        run_id = f"{name}-{number}"
        store.begin(run_id, '{"goal": "q"}', "")
        for text in range(5):
            store.append(run_id, Warned(str(text)))
        won += store.journal.begin(f"shared-{number}", "tool", "{}").state == "new"
        store.finish(run_id, "finished")
print(won)
"""


def test_two_processes_share_a_store_and_each_key_is_won_once(path: Path) -> None:
    processes = [child(WRITER, str(path), name) for name in ("a", "b")]
    assert sum(int(finished(process)) for process in processes) == 30
    with RunStore(path) as store:
        runs = store.list(limit=100)
        assert len(runs) == 60
        assert all(len(store.events(run.run_id)) == 5 for run in runs[:5])


def test_the_journal_holds_a_key_to_its_call(store: RunStore) -> None:
    journal = store.journal
    assert journal.begin("k", "t", '{"a": 1}').state == "new"
    with pytest.raises(RunError, match="used for another call"):
        journal.begin("k", "t", '{"a": 2}')
    journal.release("k")
    assert journal.begin("k", "t", '{"a": 2}').state == "new"
    journal.finish("k", "1")
    journal.finish("k", "2")
    journal.release("k")
    assert journal.begin("k", "t", '{"a": 2}').result == "1"
    with pytest.raises(RunError, match="never begun"):
        journal.finish("unknown", "1")


def test_pruning_keeps_what_is_wanted_or_unfinished(store: RunStore, clock: Clock) -> None:
    for number in range(6):
        store.begin(f"r{number}", INTENT, "")
        store.append(f"r{number}", Warned("x"))
        store.journal.begin(f"k{number}", "t", "{}")
        store.finish(f"r{number}", "waiting" if number == 1 else "finished")
    assert store.prune() == 0
    assert store.prune(keep=3) == 2
    assert [run.run_id for run in store.list()] == ["r5", "r4", "r3", "r1"]
    assert store.journal.begin("k0", "t", "{}").state == "new"
    assert store.journal.begin("k2", "t", "{}").state == "started"
    clock.now += 100
    store.begin("new", INTENT, "")
    assert store.prune(older_than_s=50) == 3
    assert [run.run_id for run in store.list()] == ["new", "r1"]
    assert len(store.events("r1")) == 1


def test_a_newer_schema_is_refused(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(RunError, match="newer coreagent") as caught:
        RunStore(path).list()
    assert "Upgrade" in caught.value.mend


def test_a_file_that_is_no_database_is_explained(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\x89PNG not a database" * 100)
    with pytest.raises(RunError, match="not a database") as caught:
        RunStore(path).list()
    assert "Move the file away" in caught.value.mend


def test_a_home_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(RunError, match="can not be used") as caught:
        RunStore(tmp_path / "home" / "runs.db").list()
    assert "COREAGENT_HOME" in caught.value.mend


READ_ONLY = """
import os, sys
from pathlib import Path
from coreagent.errors import RunError
from coreagent.runs import RunStore
from coreagent.runs.process import current_owner
current_owner()
# The superuser may write anywhere, so that the superuser becomes nobody, with all that is needed loaded before.
if os.geteuid() == 0:
    os.setuid(65534)
try:
    RunStore(Path(sys.argv[1])).begin("r", "{}", "")
except RunError as error:
    print(error.mend)
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_read_only_folder_is_explained() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        try:
            told = finished(child(READ_ONLY, str(Path(folder) / "runs.db")))
        finally:
            os.chmod(folder, 0o755)
    assert f"Make the folder {folder} writable" in told


FULL = """
import resource, signal, sys
from pathlib import Path
from coreagent.errors import RunError
from coreagent.events import Warned
from coreagent.runs import RunStore
store = RunStore(Path(sys.argv[1]))
store.begin("r", "{}", "")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
try:
    for number in range(100):
        store.append("r", Warned("x" * 20_000))
    store.flush()
except RunError as error:
    print(error.mend)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.finish("r", "failed")
print(store.get("r").status, len(store.events("r")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_FSIZE and SIGXFSZ")
def test_a_full_disk_loses_nothing_that_was_buffered(path: Path) -> None:
    told = finished(child(FULL, str(path))).splitlines()
    assert told[0].startswith("Free disk space")
    # The 64th event made the write that failed; all 64 were written once there was room.
    assert told[1] == "failed 64"


def test_closing_writes_the_buffer_and_may_be_repeated(path: Path) -> None:
    store = RunStore(path)
    store.begin("r1", INTENT, "")
    store.append("r1", Warned("x"))
    store.close()
    store.close()
    assert len(store.events("r1")) == 1
    store.close()


def test_broken_intents_and_lone_surrogates_are_stored(store: RunStore) -> None:
    store.begin("r1", "not json \ud800", "")
    store.append("r1", Warned("é\ud800y"))
    store.finish("r1", "failed")
    assert store.get("r1").question == "not json ?"
    assert [item.event for item in store.events("r1")] == [Warned("é?y")]
    assert store.journal.begin("k", "t", '"\ud800"').state == "new"
    store.journal.finish("k", '"\ud800"')
    assert store.journal.begin("k", "t", '"\ud800"').result == '"?"'
