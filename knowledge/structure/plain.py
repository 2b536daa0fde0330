"""Blocks of plain text, and of logs and captures of a command line."""

import re
from collections.abc import Callable

from coreagent.knowledge.documents.prompts import prompt_of
from coreagent.knowledge.structure.block import Block, Line, body, heading, is_row
from coreagent.knowledge.structure.headings import MAX_HEADING, plain_heading

_PROMPT_MARK = re.compile(r"[#>$%\]]")
_MINUTE = re.compile(r"[0-2]?\d:[0-5]\d(?=:[0-5]\d)")
_STAMP_WITHIN = 60
"""Characters of a log line in which its time is looked for."""


def plain_reader(lines: list[Line]) -> Callable[[int], tuple[Block, int]]:
    """A function that reads the block which begins at a line and tells the line after it."""

    def title(at: int) -> tuple[int, str]:
        line = lines[at].text
        # Few lines begin with a number or a capital word that leads a heading; the others cost no look around.
        if not line or line[0].isspace() or not plain_heading(line, alone=True)[0]:
            return 0, ""
        before = at == 0 or lines[at - 1].blank
        return plain_heading(line, alone=before and (at + 1 >= len(lines) or lines[at + 1].blank))

    def read(at: int) -> tuple[Block, int]:
        level, words = title(at)
        if level:
            # "Annex A (normative):" has its title on a line of its own.
            below = lines[at + 1].text.strip() if words.endswith(":") and at + 1 < len(lines) else ""
            joined = bool(below) and len(below) <= MAX_HEADING and not title(at + 1)[0]
            words = f"{words} {' '.join(below.split())}" if joined else words
            return heading(lines, at, at + 1 + joined, level=level, title=words)
        rows = is_row(lines[at].text)
        after = at + 1
        while after < len(lines) and not lines[after].blank and rows == is_row(lines[after].text):
            if title(after)[0]:
                break
            after += 1
        return body(lines, at, after)

    return read


def log_reader(lines: list[Line]) -> Callable[[int], tuple[Block, int]]:
    """A function that reads the block which begins at a line and tells the line after it.

    A line with a prompt is a heading, its title the command. Other lines stay together up to a blank line, or up to
    the next minute of the time that they begin with.
    """

    def read(at: int) -> tuple[Block, int]:
        command = _command(lines[at].text)
        if command:
            return heading(lines, at, at + 1, level=1, title=command)
        minute = _minute(lines[at].text)
        after = at + 1
        while after < len(lines) and not lines[after].blank and not _command(lines[after].text):
            next_minute = _minute(lines[after].text)
            if next_minute and next_minute != minute:
                break
            after += 1
        return body(lines, at, after, kind="text")

    return read


def _command(line: str) -> str:
    command = prompt_of(line) if _PROMPT_MARK.search(line, 0, MAX_HEADING) else ""
    return " ".join(command[:MAX_HEADING].split())


def _minute(line: str) -> str:
    found = _MINUTE.search(line, 0, _STAMP_WITHIN)
    return found.group() if found else ""
