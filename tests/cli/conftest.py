"""The command line driven in this process: a start of the interpreter for each case would cost seconds."""

import asyncio
import contextlib
import io
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.driving import Cli, Endpoint, Result

from coreagent.cli.app import run
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Reply


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands with captured output; an exception that gets out fails the test."""

    def call(*arguments: str, stdin: bytes = b"", encoding: str = "utf-8") -> Result:
        out, err = io.BytesIO(), io.BytesIO()
        with (
            io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8") as in_text,
            io.TextIOWrapper(out, encoding=encoding) as out_text,
            io.TextIOWrapper(err, encoding=encoding) as err_text,
        ):
            monkeypatch.setattr(sys, "stdin", in_text)
            with contextlib.redirect_stdout(out_text), contextlib.redirect_stderr(err_text):
                code = run(list(arguments))
            out_text.flush()
            err_text.flush()
            return Result(code, out.getvalue().decode(encoding), err.getvalue().decode(encoding))

    return call


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A local endpoint in a thread of its own, and a ``coreagent.toml`` in the current folder that names it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    @contextmanager
    def serve(replies: Iterable[Reply], *, role: str = "summarizer", extra: str = "") -> Generator[OpenAIServer]:
        server = OpenAIServer(replies)
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        try:
            Path("coreagent.toml").write_text(
                f'[models."v/m"]\nbase_url = "{server.base_url}"\nroles = ["{role}"]\n{extra}\n', encoding="utf-8"
            )
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)

    yield serve
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
