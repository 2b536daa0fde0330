"""The installed command as its own process: Ctrl-C, kill -9, closed pipes, full disks, many at once."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Reply, Stall

COMMAND = [sys.executable, "-c", "from coreagent.cli import main; main()"]
ASK = [*COMMAND, "ask", "What is the A1 interface?"]

DRAFT = "It carries policies [1]."

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def run(command: list[str], **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, **options)  # type: ignore[call-overload,no-any-return]  # options are checked by subprocess


def no_traceback(text: str) -> bool:
    return "Traceback" not in text and "Exception ignored" not in text


@pytest.fixture
def stalling() -> Iterator[Callable[[Reply], OpenAIServer]]:
    """An endpoint that stalls, as the summarizer of ``coreagent.toml`` in the current folder."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: list[OpenAIServer] = []

    def serve(*replies: Reply) -> OpenAIServer:
        server = OpenAIServer(replies)
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        servers.append(server)
        Path("coreagent.toml").write_text(
            f'[models."v/m"]\nbase_url = "{server.base_url}"\nroles = ["summarizer"]\n', encoding="utf-8"
        )
        return server

    yield serve
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def started_until(server: OpenAIServer, marker: str) -> tuple["subprocess.Popen[str]", str]:
    """``ask --stream`` on the stalling model, past the line that holds ``marker``, its request sent."""
    process = subprocess.Popen(
        [*ASK, "--stream", "--model", "summarizer=v/m"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if marker in line:
            while not server.requests:
                time.sleep(0.01)
            return process, seen
    process.communicate()
    raise AssertionError(f"{marker!r} never came: {seen}")


def test_ctrl_c_keeps_the_run_and_it_is_resumed(stalling: Callable[..., OpenAIServer]) -> None:
    process, seen = started_until(stalling(Stall(30), *[DRAFT] * 3), "summarizer -> v/m")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    lines = (seen + rest).splitlines()
    assert process.returncode == 130
    assert lines[-2] == "interrupted: the run is kept"
    run_id = lines[-1].split()[-1]
    assert no_traceback(rest)
    resumed = run([*COMMAND, "runs", "resume", run_id])
    assert resumed.returncode == 0, resumed.stderr
    assert DRAFT in resumed.stdout


def test_kill_9_keeps_the_run_too(stalling: Callable[..., OpenAIServer]) -> None:
    process, _ = started_until(stalling(Stall(30), *[DRAFT] * 3), "summarizer -> v/m")
    process.kill()
    process.communicate(timeout=60)
    assert "interrupted" in run([*COMMAND, "runs", "list"]).stdout
    resumed = run([*COMMAND, "runs", "resume", "--stream"])
    assert resumed.returncode == 0, resumed.stderr
    assert DRAFT in resumed.stdout
    assert "planner ->" not in resumed.stderr, "what was done is not repeated"


@pytest.mark.parametrize("delay_s", [0.15, 0.4, 0.8])
def test_ctrl_c_while_it_is_loading(delay_s: float) -> None:
    process = subprocess.Popen(ASK, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        process.communicate(timeout=delay_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert process.returncode == 0 or no_traceback(err) or not out


def test_a_reader_that_goes_away() -> None:
    for arguments in (["corpus", "show", "primer"], ["graph", "show"], ["ask", "What is the A1 interface?", "--json"]):
        with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            err = process.stderr.read()
        assert (process.returncode, err) == (0, b""), arguments


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_on_a_full_disk() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, "corpus", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: no space left on device\n")
    assert no_traceback(done.stderr)


def test_a_locale_without_utf8() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    environment["PYTHONCOERCECLOCALE"] = "0"
    done = run([*COMMAND, "ask", "Übertragung 中文", "--stream", "--explain"], env=environment, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert no_traceback(done.stderr)


def test_two_processes_on_a_new_home() -> None:
    Path("docs").mkdir()
    for number in range(40):
        Path(f"docs/{number}.md").write_text(f"# Doc {number}\n\nThe zorb{number} is number {number}.\n")
    add = [*COMMAND, "corpus", "add", "docs", "--name", "x"]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in (ASK, ASK, add, add)
    ]
    for process in processes:
        _, err = process.communicate(timeout=100)
        assert (process.returncode, err) == (0, "")
    assert run([*COMMAND, "corpus", "audit", "x"]).stdout == "x: 40 documents, 40 chunks: sound\n"
    assert run([*COMMAND, "runs", "list"]).stdout.count("finished") == 2


def _small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))


def test_a_full_disk_while_a_corpus_is_added_loses_no_document() -> None:
    Path("docs").mkdir()
    for number in range(80):
        Path(f"docs/{number}.md").write_text(f"# Doc {number}\n\n" + f"The zorb{number} is number {number}. " * 60)
    add = [*COMMAND, "corpus", "add", "docs", "--name", "x"]
    stopped = run(add, preexec_fn=_small_files)
    assert stopped.returncode == 8
    assert no_traceback(stopped.stderr)
    assert len(stopped.stderr.splitlines()) == 2
    again = run(add)
    assert again.returncode == 0, again.stderr
    assert run([*COMMAND, "corpus", "audit", "x"]).stdout.startswith("x: 80 documents")


def test_a_full_disk_while_a_question_is_asked() -> None:
    def tiny() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    stopped = run(ASK, preexec_fn=tiny)
    assert stopped.returncode == 9
    assert stopped.stderr.splitlines()[-2].startswith("error: ")
    assert no_traceback(stopped.stderr)
    assert run(ASK).returncode == 0
