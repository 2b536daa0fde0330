"""Blocks of reStructuredText."""

import re
from collections.abc import Callable

from coreagent.knowledge.structure.block import Block, Line, body, heading
from coreagent.knowledge.structure.headings import MAX_HEADING, plain_words

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*\Z")
_SIMPLE_TABLE = re.compile(r"={2,}(?:[ ]+={2,})+[ ]*\Z")
_CODE = re.compile(r"\.\. (?:code-block|code|literalinclude|parsed-literal|sourcecode|highlight)::")


def rst_reader(lines: list[Line]) -> Callable[[int], tuple[Block, int]]:
    """A function that reads the block which begins at a line and tells the line after it."""
    levels: dict[str, int] = {}

    def read(at: int) -> tuple[Block, int]:
        title, style, length = _heading(lines, at)
        if length:
            level = levels.setdefault(style, len(levels) + 1)
            return heading(lines, at, at + length, level=level, title=plain_words(title))
        return _body(lines, at)

    return read


def _body(lines: list[Line], at: int) -> tuple[Block, int]:
    after = at + 1
    while after < len(lines) and not lines[after].blank:
        if _heading(lines, after)[2]:
            break
        after += 1
    first = lines[at].text.lstrip()
    # A directive or a literal block goes on over blank lines as long as it stays indented.
    if first.startswith(".. ") or lines[after - 1].text.rstrip().endswith("::"):
        base = lines[at].indent
        ahead = after
        while ahead < len(lines) and (lines[ahead].blank or lines[ahead].indent > base):
            ahead += 1
            if not lines[ahead - 1].blank:
                after = ahead
    if _SIMPLE_TABLE.match(first):
        return body(lines, at, after, kind="table")
    return body(lines, at, after, kind="code" if first.startswith(".. ") and _CODE.match(first) else None)


def _heading(lines: list[Line], at: int) -> tuple[str, str, int]:
    """Title, style and number of lines of the heading that starts here; 0 lines when none does."""
    line = lines[at].text
    if len(line) > MAX_HEADING:
        return "", "", 0
    under = lines[at + 1].text if at + 1 < len(lines) else ""
    third = lines[at + 2].text if at + 2 < len(lines) else ""
    if _ADORNMENT.match(line):
        same = _ADORNMENT.match(third) is not None and third.strip() == line.strip()
        if same and under.strip() and len(under.strip()) <= len(line.strip()):
            return under, "over" + line[0], 3
        return "", "", 0
    titled = line.strip() and not line[0].isspace() and _ADORNMENT.match(under)
    # Writers often draw the underline a little short; docutils warns and goes on, so do we.
    if titled and len(under.strip()) >= max(3, len(line.strip()) // 2):
        return line, under[0], 2
    return "", "", 0
