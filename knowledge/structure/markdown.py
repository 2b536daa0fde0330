"""Blocks of Markdown."""

import re
from collections.abc import Callable

from coreagent.knowledge.structure.block import Block, Line, body, heading, is_delimiter, is_row
from coreagent.knowledge.structure.headings import MAX_HEADING, plain_words

_ATX = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))?[ \t]*#*[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*\Z")


def markdown_reader(lines: list[Line]) -> Callable[[int], tuple[Block, int]]:
    """A function that reads the block which begins at a line and tells the line after it."""
    # A table in HTML goes on over blank lines to its end, where it has one.
    last_end = max((at for at, line in enumerate(lines) if "</table>" in line.text), default=-1)

    def read(at: int) -> tuple[Block, int]:
        line = lines[at].text
        found = _ATX.match(line) if len(line) <= MAX_HEADING else None
        if found:
            return heading(lines, at, at + 1, level=len(found["marks"]), title=plain_words(found["title"] or ""))
        fence = _FENCE.match(line)
        if fence:
            return body(lines, at, _after_fence(lines, at, fence["mark"]), kind="code")
        if at <= last_end and line.lstrip().startswith("<table"):
            return body(lines, at, next(n for n in range(at, len(lines)) if "</table>" in lines[n].text) + 1)
        return _paragraph(lines, at)

    return read


def _paragraph(lines: list[Line], at: int) -> tuple[Block, int]:
    line = lines[at].text
    rows = is_row(line)
    after = at + 1
    while after < len(lines) and not lines[after].blank:
        text = lines[after].text
        if after == at + 1 and _is_setext(line, text):
            return heading(lines, at, after + 1, level=1 if "=" in text else 2, title=plain_words(line))
        if (len(text) <= MAX_HEADING and _ATX.match(text)) or _FENCE.match(text):
            break
        if rows != is_row(text) and (rows or (after + 1 < len(lines) and is_delimiter(lines[after + 1].text))):
            break
        after += 1
    return body(lines, at, after)


def _is_setext(line: str, under: str) -> bool:
    titled = len(line) <= MAX_HEADING and not line.lstrip().startswith(("|", "-", "*", ">", "#"))
    return titled and _SETEXT.match(under) is not None


def _after_fence(lines: list[Line], at: int, mark: str) -> int:
    for number in range(at + 1, len(lines)):
        text = lines[number].text.strip()
        if text.startswith(mark) and not text.strip(mark[0]):
            return number + 1
    return len(lines)
