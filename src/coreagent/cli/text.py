"""Text that is safe to print: what a model or a document wrote can not drive the terminal."""

import json
import os
import re
import sys
from typing import Any

_OBEYED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\ud800-\udfff]|{_OBEYED.pattern}")


def printable(text: str) -> str:
    r"""Control characters but tab and line feed are shown as ``\x1b`` and the like instead of being obeyed.

    So are the marks that turn the direction of writing, which make text read as what it is not, and the halves of
    surrogate pairs, which can not be printed.
    """
    return _CONTROL.sub(_shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Plain values as JSON. What standard output can not spell is escaped, so that the line is JSON everywhere."""
    spells_all = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "") == "utf8"
    text = json.dumps(value, indent=indent, ensure_ascii=not spells_all)
    # The others that a terminal obeys are legal in JSON as they are; json escapes those below the space.
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def make_output_sturdy() -> None:
    r"""No character can stop the program: what the terminal's encoding lacks is printed as ``\u2014`` and the like."""
    # A closed stream (`>&-`) is None. Its number must not go to the next file that is opened, a database perhaps.
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
