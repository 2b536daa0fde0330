"""Text becomes blocks: headings, paragraphs, code and tables, each with its character span, in one pass."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coreagent.knowledge.documents.document import Grammar

_ATX = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))?[ \t]*#*[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*\Z")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*\Z")
_MAX_HEADING = 300
"""No longer line is a heading: it keeps hostile files away from the expressions that backtrack."""
_NUMBERED = re.compile(
    r"(?P<number>\d+(?:\.\d+)*|(?:Annex|ANNEX|Appendix) [A-Z]|[A-Z](?:\.\d+)+)(?P<dot>\.?)"
    r"[ \t]+(?P<title>\S.*?)[ \t]*\Z"
)


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` without the line end. ``level`` is 1.. for a heading (its words are ``title``), else 0."""

    start: int
    end: int
    level: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())


def blocks(text: str, grammar: Grammar, *, body_start: int = 0) -> Iterator[Block]:
    """Blocks of the text from ``body_start`` on, in order; every non-blank line lies in exactly one."""
    lines: list[_Line] = []
    position = body_start
    for line in text[body_start:].split("\n"):
        lines.append(_Line(position, position + len(line), line))
        position += len(line) + 1
    readers: dict[Grammar, Callable[[list[_Line], int, dict[str, int]], tuple[Block, int]]] = {
        "markdown": _markdown,
        "rst": _rst,
        "text": _plain,
        "log": _plain,
    }
    read = readers[grammar]
    levels: dict[str, int] = {}
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        block, at = read(lines, at, levels)
        yield block


def _span(lines: list[_Line], first: int, after: int, *, level: int = 0, title: str = "") -> tuple[Block, int]:
    return Block(lines[first].start, lines[after - 1].end, level, title), after


def _markdown(lines: list[_Line], at: int, levels: dict[str, int]) -> tuple[Block, int]:
    line = lines[at].text
    heading = _ATX.match(line) if len(line) <= _MAX_HEADING else None
    if heading:
        return _span(lines, at, at + 1, level=len(heading["marks"]), title=_inline(heading["title"] or ""))
    fence = _FENCE.match(line)
    if fence:
        return _span(lines, at, _after_fence(lines, at, fence["mark"]))
    after = at + 1
    while after < len(lines) and not lines[after].blank:
        text = lines[after].text
        if after == at + 1 and _is_setext(line, text):
            return _span(lines, at, after + 1, level=1 if "=" in text else 2, title=_inline(line))
        if (len(text) <= _MAX_HEADING and _ATX.match(text)) or _FENCE.match(text):
            break
        after += 1
    return _span(lines, at, after)


def _is_setext(line: str, under: str) -> bool:
    titled = len(line) <= _MAX_HEADING and not line.lstrip().startswith(("|", "-", "*", ">", "#"))
    return titled and _SETEXT.match(under) is not None


def _after_fence(lines: list[_Line], at: int, mark: str) -> int:
    for number in range(at + 1, len(lines)):
        text = lines[number].text.strip()
        if text.startswith(mark) and not text.strip(mark[0]):
            return number + 1
    return len(lines)


def _rst(lines: list[_Line], at: int, levels: dict[str, int]) -> tuple[Block, int]:
    title, style, length = _rst_heading(lines, at)
    if length:
        level = levels.setdefault(style, len(levels) + 1)
        return _span(lines, at, at + length, level=level, title=_inline(title))
    after = at + 1
    while after < len(lines) and not lines[after].blank:
        if _rst_heading(lines, after)[2]:
            break
        after += 1
    # A directive or a literal block goes on over blank lines as long as it stays indented.
    if lines[at].text.lstrip().startswith(".. ") or lines[after - 1].text.rstrip().endswith("::"):
        base = lines[at].indent
        ahead = after
        while ahead < len(lines) and (lines[ahead].blank or lines[ahead].indent > base):
            ahead += 1
            if not lines[ahead - 1].blank:
                after = ahead
    return _span(lines, at, after)


def _rst_heading(lines: list[_Line], at: int) -> tuple[str, str, int]:
    """Title, style and number of lines of the heading that starts here; 0 lines when none does."""
    line = lines[at].text
    if len(line) > _MAX_HEADING:
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


def _plain(lines: list[_Line], at: int, levels: dict[str, int]) -> tuple[Block, int]:
    level, title = _plain_heading(lines, at)
    if level:
        return _span(lines, at, at + 1, level=level, title=title)
    after = at + 1
    while after < len(lines) and not lines[after].blank and not _plain_heading(lines, after)[0]:
        after += 1
    return _span(lines, at, after)


def _plain_heading(lines: list[_Line], at: int) -> tuple[int, str]:
    """Level and title of a numbered heading such as ``5.3.1 General``; level 0 for any other line."""
    line = lines[at].text
    found = _NUMBERED.match(line) if len(line) <= 100 else None
    if not found or line.rstrip().endswith((".", ";", ",", ":")):
        return 0, ""
    level = found["number"].count(".") + 1
    if level == 1 or found["dot"]:
        # "1. Do this" may as well be a list item: a heading stands alone.
        before = at == 0 or lines[at - 1].blank
        behind = at + 1 >= len(lines) or lines[at + 1].blank
        if not (before and behind):
            return 0, ""
    if not found["title"][0].isalpha():
        return 0, ""
    return level, line.strip()


def _inline(title: str) -> str:
    """A heading's words without Markdown or reStructuredText marks."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    plain = re.sub(r":[\w:]+:`([^`<]*)[^`]*`", r"\1", plain)
    return re.sub(r"\s+", " ", re.sub(r"[`*]|</?\w+[^>]*>", "", plain)).strip()
