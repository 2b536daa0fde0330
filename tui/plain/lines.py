"""Lines from the standard input, read without holding up what goes on meanwhile."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress


class Lines:
    """Gives one line at a time, when it is asked for.

    Each is read in a thread of its own that does not keep the process from ending.
    """

    def __init__(self, read: Callable[[str], str] | None = None) -> None:
        """``read`` shows a prompt and gives a line, or raises EOFError at the end of the input."""
        self._read = read or _from_terminal_or_pipe
        self._waiting: asyncio.Future[str | None] | None = None

    async def next(self, prompt: str) -> str | None:
        """The next line without its end; None at the end of the input.

        A line that was asked for and not waited for to its end is the next one: nothing that is typed is lost.
        """
        if self._waiting is None:
            self._waiting = self._started(prompt)
        line = await asyncio.shield(self._waiting)
        self._waiting = None
        return line

    def _started(self, prompt: str) -> "asyncio.Future[str | None]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str | None] = loop.create_future()

        def tell(line: str | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(line)

        def read() -> None:
            line, error = None, None
            try:
                line = self._read(prompt)
            except EOFError:
                pass
            except Exception as problem:  # noqa: BLE001  (raised where the line is waited for)
                error = problem
            with suppress(RuntimeError):
                # The loop may be gone by now.
                loop.call_soon_threadsafe(tell, line, error)

        threading.Thread(target=read, name="lines", daemon=True).start()
        return future


def _from_terminal_or_pipe(prompt: str) -> str:
    if sys.stdin.isatty() and sys.stdout.isatty():
        return input(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
