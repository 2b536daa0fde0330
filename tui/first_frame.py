"""The first thing on the screen, painted before the packages that paint the rest are loaded.

Loading them takes half a second. The frame stands where the app's own will stand, and what is typed meanwhile is kept
for it by the terminal.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

NAME = "coreagent"
_ENTER = "\x1b[?1049h\x1b[2J\x1b[H"
_LEAVE = "\x1b[?1049l\x1b[?25h"


def frame(width: int, height: int) -> str:
    """The frame as text with escapes: the title line, the prompt's mark above the foot of the screen."""
    title = NAME[:width]
    rows = {1: f"\x1b[1m {title}\x1b[0m", max(2, height - 2): " \u203a "}
    return _ENTER + "".join(f"\x1b[{row};1H{text}" for row, text in rows.items())


@contextmanager
def first_frame() -> Generator[None]:
    """Paint it on the terminal, and give the terminal back as it was at the end; nothing where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield
        return
    before = _silence(sys.stdin.fileno())
    size = os.get_terminal_size(sys.stdout.fileno())
    sys.stdout.write(frame(size.columns, size.lines))
    sys.stdout.flush()
    started = False
    try:
        yield
        started = True
    finally:
        if not started:
            # The app itself leaves the screen it took over; without it nobody does.
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()
        _restore(sys.stdin.fileno(), before)


def _silence(terminal: int) -> Any:
    """Keep what is typed, without showing it; gives how the terminal was, None where it can not be asked."""
    try:
        import termios  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return None
    before = termios.tcgetattr(terminal)
    now = termios.tcgetattr(terminal)
    now[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, now)
    return before


def _restore(terminal: int, before: Any) -> None:
    if before is None:
        return
    import termios  # noqa: PLC0415  (as above)

    termios.tcsetattr(terminal, termios.TCSANOW, before)
