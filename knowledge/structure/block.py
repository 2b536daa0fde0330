"""A block of a text, and the lines that it is made of."""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

BlockKind = Literal["heading", "text", "list", "table", "caption", "note", "code"]

_CAPTION = re.compile(
    r"(?:\*\*|__|[*_])?(?:(?:Table|TABLE|Tab\.|Tabelle|Tableau|Tabla|Tabela|Tabella)[ \t\u00a0]{1,4}(?=\S*\d|[A-Z]\b)"
    r"|表[ \t]*[A-Z]?[\d.\-]+)"
)
_NOTE = re.compile(
    r"(?:>[ \t]*)?(?:\*\*|__)?(?:\[!NOTE\]|(?:NOTE|Note|EXAMPLE|Example|Anmerkung|ANMERKUNG)[ \t\u00a0]{0,2}"
    r"(?:\d{1,3})?(?:\*\*|__)?[ \t]*(?::|\uff1a|\t|[-\u2013\u2014][ \t])|注[ \t]*\d{0,3}[:\uff1a]|\.\.[ ]note::)"
)
_LIST = re.compile(r"(?:\\?[-*+\u2022\u2013\u25aa]|\d{1,2}\\?>|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]|#\.)[ \t]+\S")
_TABLE_DIRECTIVE = re.compile(r"\.\.[ ](?:list-table|csv-table|table|flat-table|tabularcolumns)::")
_NOT_PLAIN = re.compile(r"[^A-Za-z]|[TNEA]|[a-z]{1,5}[.)]")
"""How everything that is not a plain paragraph begins; most blocks end at this check."""
_MAX_CAPTION = 300


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` without the line end. ``level`` is 1.. for a heading (its words are ``title``), else 0."""

    start: int
    end: int
    level: int = 0
    title: str = ""
    kind: BlockKind = "text"


class Line(NamedTuple):
    """One line of the text without its end."""

    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        """Whether it holds nothing but space."""
        return not self.text or self.text.isspace()

    @property
    def indent(self) -> int:
        """Characters of space before the first word."""
        return len(self.text) - len(self.text.lstrip())


def lines_of(text: str, *, body_start: int) -> list[Line]:
    """The lines from ``body_start`` on."""
    lines: list[Line] = []
    position = body_start
    for line in text[body_start:].split("\n"):
        lines.append(Line(position, position + len(line), line))
        position += len(line) + 1
    return lines


def heading(lines: list[Line], first: int, after: int, *, level: int, title: str) -> tuple[Block, int]:
    """The heading in ``lines[first:after]``, and ``after``."""
    return Block(lines[first].start, lines[after - 1].end, level, title, "heading"), after


def body(lines: list[Line], first: int, after: int, *, kind: BlockKind | None = None) -> tuple[Block, int]:
    """The block in ``lines[first:after]``, its kind told by how it begins unless it is given; and ``after``."""
    return Block(lines[first].start, lines[after - 1].end, kind=kind or _kind(lines, first, after)), after


def is_row(line: str) -> bool:
    """Whether the line looks like a row, or the rule of a grid, of a table."""
    return line.lstrip().startswith(("|", "+-", "+="))


def is_delimiter(line: str) -> bool:
    """Whether the line is the ``|---|:-:|`` of a Markdown table."""
    return "-" in line and "|" in line and not line.strip("|:- \t")


def _kind(lines: list[Line], first: int, after: int) -> BlockKind:
    start = lines[first].text.lstrip()[:_MAX_CAPTION]
    if is_row(start) or (after - first > 1 and is_delimiter(lines[first + 1].text)):
        return "table"
    if not _NOT_PLAIN.match(start):
        return "text"
    if _LIST.match(start):
        return "list"
    if start.startswith((".. ", "<table")) and (start[0] == "<" or _TABLE_DIRECTIVE.match(start)):
        return "table"
    if _NOTE.match(start):
        return "note"
    # The words of a caption fit a line or two; a paragraph may as well begin with "Table 5.1 shows".
    if after - first <= 2 and _CAPTION.match(start) and lines[after - 1].end - lines[first].start <= _MAX_CAPTION:
        return "caption"
    return "text"
