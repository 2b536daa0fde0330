"""Ctrl-C while the program is still loading."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

INTERRUPTED = 130


@contextmanager
def leaving_at_once() -> Generator[None]:
    """Inside, Ctrl-C ends the process at once with ``INTERRUPTED``.

    For imports: nothing was begun that could be lost, and KeyboardInterrupt in the middle of an import comes out as
    whatever the imported module makes of it. A handler that somebody else installed, or an ignored signal, stays.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _leave)
    except ValueError:
        # Only the main thread may install a handler, and only it is interrupted.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_signal: int, _frame: object) -> None:
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


@contextmanager
def interruptible() -> Generator[None]:
    """Inside, Ctrl-C ends a prompt. The event loop would only note it, and go on waiting for the answer."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
