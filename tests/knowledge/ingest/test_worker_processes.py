"""A file may take a worker with it, and nothing else."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.ingest.engine import LocalEngine
from coreagent.knowledge.ingest.jobs import Failure, Job, Limits, Outcome
from coreagent.knowledge.ingest.process import WorkerProcess
from coreagent.knowledge.store.prepared import Prepared

HOSTILE = (str(Path(__file__).with_name("hostile_worker.py")),)
LIMITS = Limits(file_seconds=20, file_memory_mb=256)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    made = WorkerProcess(LIMITS, tmp_path, program=HOSTILE)
    yield made
    made.discard()


def job(tmp_path: Path, text: str, name: str = "a.txt") -> Job:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return Job(source=path, shown=str(path), name=name, size=len(text))


def words(outcome: Outcome) -> str:
    assert isinstance(outcome, Failure)
    return str(outcome)


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        ("!segfault", "the converter crashed (signal 11)"),
        ("!exit", "the converter crashed"),
        ("!eat eaten", "it needed more than 256 MB"),
        ("!raise odd", "it could not be converted (RuntimeError: odd)"),
        ("!forge", "the converter's answer makes no sense (no message of a worker)"),
        ("!killed", "the converter was killed, as a system does that is short of memory"),
    ],
)
def test_a_file_that_takes_its_worker_down_is_named_with_the_cause_and_the_next_is_read(
    worker: WorkerProcess, tmp_path: Path, command: str, cause: str
) -> None:
    assert cause in words(worker.run(job(tmp_path, command)))
    after = worker.run(job(tmp_path, "harmless words", "b.txt"))
    assert isinstance(after, Prepared) and after.chunks[0].text == "harmless words"


@pytest.mark.parametrize("command", ["!hang", "!spin"])
def test_a_file_that_takes_too_long_is_ended(tmp_path: Path, command: str) -> None:
    worker = WorkerProcess(Limits(file_seconds=1.5), tmp_path, program=HOSTILE)
    try:
        assert "it took longer than 1.5 s" in words(worker.run(job(tmp_path, command)))
        assert "file_seconds in [knowledge.ingest]" in words(worker.run(job(tmp_path, command)))
    finally:
        worker.discard()


def test_what_a_library_prints_does_not_get_between_the_frames(worker: WorkerProcess, tmp_path: Path) -> None:
    outcome = worker.run(job(tmp_path, "!print"))
    assert isinstance(outcome, Prepared) and outcome.document.text == "!print"


def test_memory_that_earlier_files_left_is_not_held_against_the_next(worker: WorkerProcess, tmp_path: Path) -> None:
    for _ in range(4):
        assert isinstance(worker.run(job(tmp_path, "!leak 100")), Prepared)


def test_a_worker_sees_no_secret_and_works_in_the_folder_it_is_given(
    worker: WorkerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    worker.run(job(tmp_path, f"!environment {tmp_path / 'seen'}"))
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "OPENAI_API_KEY" not in seen and "PATH" in seen
    assert seen[-1] == str(tmp_path)


def test_a_worker_loads_no_heavy_package(tmp_path: Path) -> None:
    script = "import sys, coreagent.knowledge.ingest.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"chromadb", "litellm", "langgraph", "pydantic", "tokenizers", "ray", "textual"} & set(loaded)


def test_a_worker_that_can_not_be_started_says_why(tmp_path: Path) -> None:
    worker = WorkerProcess(LIMITS, tmp_path, program=("-c", "import sys; sys.exit('no such thing')"))
    with pytest.raises(KnowledgeError, match="can not be started: no such thing"):
        worker.run(job(tmp_path, "x"))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent_whatever_they_are_doing(tmp_path: Path, how: signal.Signals) -> None:
    hanging = tmp_path / "hang.txt"
    hanging.write_text("!hang", encoding="utf-8")
    script = """
        import sys, time
        from pathlib import Path
        from coreagent.knowledge.ingest.engine import LocalEngine
        from coreagent.knowledge.ingest.jobs import Job, Limits
        with LocalEngine(Limits(), workers=2, inline_files=0, program=(sys.argv[1],)) as engine:
            for _ in range(2):
                engine.submit(Job(source=Path(sys.argv[2]), shown="x", name="x"))
            while len(engine.pids) < 2:
                time.sleep(0.01)
            print(*engine.pids, flush=True)
            engine.wait(60)
        """
    command = [sys.executable, "-c", textwrap.dedent(script), *HOSTILE, str(hanging)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2 and all(is_alive(pid) for pid in pids)
        parent.send_signal(how)
        parent.wait(timeout=30)
    assert all(ends(pid) for pid in pids)


def test_all_jobs_come_back_from_all_workers_and_losses_cost_one_file_each(tmp_path: Path) -> None:
    texts = [("!segfault", "!exit", "words")[number % 3] + f" {number}" for number in range(30)]
    jobs = [job(tmp_path, text, f"{number}.txt") for number, text in enumerate(texts)]
    outcomes: dict[str, Outcome] = {}
    with LocalEngine(LIMITS, workers=2, inline_files=0, program=HOSTILE) as engine:
        while jobs or engine.in_flight:
            while jobs and engine.has_room:
                engine.submit(jobs.pop())
            assert engine.in_flight <= 4
            done = engine.wait(60)
            assert done is not None
            outcomes[done.job.name] = done.outcome
    assert len(outcomes) == 30
    prepared = {name for name, outcome in outcomes.items() if isinstance(outcome, Prepared)}
    assert prepared == {f"{number}.txt" for number in range(2, 30, 3)}


def test_small_plain_files_start_no_process(tmp_path: Path) -> None:
    with LocalEngine(LIMITS, workers=2) as engine:
        engine.submit(job(tmp_path, "# Small\n\nwords", "a.md"))
        done = engine.wait(0)
        assert done is not None and isinstance(done.outcome, Prepared)
        assert engine.pids == ()


@pytest.mark.skipif(os.name != "posix", reason="core dumps are a matter of POSIX")
def test_a_crash_leaves_no_core_dump(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.run(job(tmp_path, "!segfault"))
    assert not list(tmp_path.glob("core*"))
