"""Captures of a terminal and logs: what the screen showed, with nothing else changed (grammar ``log``).

Colours, cursor movements, backspaces, overwritten lines and the marks of a pager are carried out or removed, as the
terminal would have done. A reader begins a block at each line for which ``prompts.prompt_of`` is not empty.
"""

import re
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.tables import clean
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.prompts import device_and_command

_SAMPLE_LINES = 400
_TOP_LINES = 20
_ERASED_COLUMNS = 1_000
"""After a line was erased, the cursor is not kept further to the right than this."""
_MAX_COLUMNS = 10_000
"""A cursor is not moved further than this to the right."""
_ESCAPE = (
    r"\x1b(?:\[(?P<count>[0-?]*)[ -/]*(?P<final>[@-~])|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[PX^_][^\x1b\n]*(?:\x1b\\)?"
    r"|[()*+#%][0-9A-Za-z]|[ -~])"
)
_TOKEN = re.compile(rf"{_ESCAPE}|(?P<control>[\x08\r])|(?P<text>[^\x08\r\x1b]+)|\x1b")
_MOVES = re.compile(r"[\x08\r\x1b]")
_BYTE_MOVES = re.compile(rb"[\x08\r\x1b]")
_PAGER = re.compile(
    r"[ \t]*(?:<?-{2,5} ?\(?more\b[^\n]{0,24}?-{2,5}>?(?:\(\d{1,3}%\))?|press any key to continue \(q to quit\)"
    r"|lines \d+-\d+(?:/\d+)?(?: \(end\)| \d+%)?)[ \t]*",
    re.IGNORECASE,
)
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_STAMP = re.compile(
    r"[<\[(*.%]{0,2}(?:<\d{1,3}>\d? ?)?(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d[-/]\d\d[-/]\d{4} |\d{1,2} )?"
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z,]{{0,7}} )?(?:{_MONTH} {{1,2}}\d{{1,2}},? (?:\d{{4}} )?)?"
    r"\d\d:\d\d:\d\d"
)
"""A date and a time, or a time, as syslog (RFC 3164, RFC 5424), Cisco, Junos and Linux write them."""


def looks_like(text: str) -> bool:
    """Whether the beginning of a text is a capture or a log, and not prose that quotes a command here and there.

    Most of its lines begin with a time, or a device's prompt stands near the top (a bare ``$`` at the very top), or a
    prompt in every twentieth line.
    """
    lines = [line for line in text[:200_000].split("\n")[:_SAMPLE_LINES] if line.strip()]
    if not lines:
        return False
    prompts = [device_and_command(_shown(line).lstrip()) for line in lines]
    asked = [number for number, (_, command) in enumerate(prompts) if command]
    named = any(command and device for device, command in prompts[:_TOP_LINES])
    stamped = sum(_STAMP.match(line) is not None for line in lines)
    return stamped * 2 > len(lines) or named or (bool(asked) and (asked[0] < 3 or 20 * len(asked) >= len(lines)))


def convert(path: Path) -> Conversion:
    """Read one capture or log; its title names the device, if there is only one.

    Raises:
        DocumentError: it can not be read, is binary, or holds nothing.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"can not be read: {error.strerror}", path=str(path), mend="Check the path and its permissions."
        ) from error
    # Before decoding, which takes every carriage return for a line end; UTF-16 and UTF-32 are left as they are.
    if b"\x00" not in data[:4_096] and _BYTE_MOVES.search(data):
        data = _screen(data.decode("latin-1")).encode("latin-1")
    decoded = decode(data, str(path))
    text = "\n".join(_unpaged(line) for line in clean(_moved(decoded.text)).split("\n"))
    if not text.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    devices = {device for device, command in map(device_and_command, text.split("\n")) if command and device}
    return Conversion(
        text=text,
        grammar="log",
        title=f"{next(iter(devices))}: {path.stem}" if len(devices) == 1 else "",
        meta={"encoding": decoded.guess} if decoded.guess else {},
    )


def _moved(text: str) -> str:
    return _screen(text) if _MOVES.search(text) else text


def _screen(text: str) -> str:
    """What a terminal would have shown, line by line."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return "\n".join(_shown(line) for line in text.split("\n"))


def _shown(line: str) -> str:
    """One line after its cursor movements."""
    line = line.rstrip("\r")
    if not _MOVES.search(line):
        return line
    cells: list[str] = []
    at = 0
    for token in _TOKEN.finditer(line):
        if token["text"] is not None:
            fresh = token["text"]
            if at > len(cells):
                cells += " " * (at - len(cells))
            cells[at : at + len(fresh)] = fresh
            at += len(fresh)
        elif token["control"] is not None:
            at = 0 if token["control"] == "\r" else max(at - 1, 0)
        elif token["final"] is not None:
            at = _moved_cursor(cells, at, token["final"], token["count"])
    return "".join(cells).rstrip()


def _moved_cursor(cells: list[str], at: int, final: str, count: str) -> int:
    """Carry out one control sequence (ECMA-48): erase in line, cursor left, right, to a column."""
    steps = int(count[:5]) if count[:5].isdigit() else 1
    if final == "K":
        if count in ("", "0"):
            del cells[at:]
        elif count == "2":
            cells.clear()
            at = min(at, _ERASED_COLUMNS)
    elif final == "D":
        at = max(at - steps, 0)
    elif final == "C":
        at = min(at + steps, _MAX_COLUMNS) if at < _MAX_COLUMNS else at
    elif final == "G":
        at = min(max(steps - 1, 0), _MAX_COLUMNS)
    return at


def _unpaged(line: str) -> str:
    """The line without what a pager wrote at its beginning."""
    found = _PAGER.match(line)
    if not found:
        return line
    rest = line[found.end() :]
    return rest if rest or "ore" in found.group() or "(q" in found.group().lower() else line
