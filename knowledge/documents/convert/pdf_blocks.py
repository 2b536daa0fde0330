"""Lines and tables in reading order become the blocks of a Markdown document."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from coreagent.knowledge.documents.convert import tables
from coreagent.knowledge.documents.convert.pdf_headings import Headings
from coreagent.knowledge.documents.convert.pdf_lines import Line, is_wide
from coreagent.knowledge.documents.convert.pdf_notes import starts_note
from coreagent.knowledge.documents.convert.pdf_tables import Table
from coreagent.knowledge.documents.convert.pdf_unruled import Aligned, aligned_at, is_mark

_BULLET = re.compile(
    r"(?P<mark>[\u2022\u25aa\u25cf\u25e6\u25cb\u25a0\u25a1\u2013\u2014\u2043*-])(?:\s+|(?<=[\u2022\u25cf]))(?P<text>\S.*)"
)
_ITEM = re.compile(r"(?:\(?[a-zA-Z]\)|\(?\d{1,2}\)|\d{1,2}\.|\(?[ivx]{1,5}\)|\[[\w.-]{1,12}\]|[\u2460-\u2473])\s+\S")
_TIGHT_ITEM = re.compile(r"(\(?(?:[a-zA-Z]|\d{1,2}|[ivx]{1,5})\))(?=[A-Z][a-z])|(\(?\d{1,2}[.)、)])(?=[\u4e00-\u9fff])")
"""A mark that stands close to its text, as where a tab is lost."""
_OPENS = re.compile(
    r"(?:NOTE|Note|EXAMPLE|Example|WARNING|CAUTION|Editor's [Nn]ote|注)(?:\s*\d{0,3})?\s*[:\u2014\u2013：]"
)
_CAPTION = re.compile(r"(?:Table|TABLE|表)\s*(?:[A-Z]{1,3}[.-]?)?\d")
_CONTINUED = re.compile(r"\b(?:continued|concluded|cont'd)\b|续", re.IGNORECASE)
_FIGURE = re.compile(r"(?:Figure|FIGURE|Fig\.|图)\s*(?:[A-Z][.-])?\d")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"')\]”’]*\Z")
_LAST_PART = re.compile(r"((?:\w+-)*)(\w+)-\Z")
_FIRST_PART = re.compile(r"\w+")
_ANY_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_WORD_END = 80
_MAX_CAPTION = 300
_MAX_NAME = 28
_NAMES = re.compile(r"\b(?:abbreviations?|acronyms|symbols)\b|缩略语|縮略語|符号", re.IGNORECASE)
"""The heading of a clause that lists names with their meaning."""
_MAX_BLOCK = 20_000
"""Characters. A longer paragraph or listing is parted, so that time grows with the length of the document only."""

Kind = Literal["text", "item", "heading", "table", "code", "pairs"]


@dataclass(slots=True)
class Block:
    """A block as it is built.

    ``marks`` are (page, offset) of every page that begins in it: a character in ``text``, or a row of a table.
    """

    kind: Kind
    page: int
    text: str = ""
    level: int = 0
    caption: str = ""
    headers: int = 1
    rows: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    last: Line | Table | None = None
    marks: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


class BlockBuilder:
    """Takes the document's lines and tables one after the other; ``blocks`` holds the result.

    ``leading`` is the usual distance of lines in font sizes, ``words`` are the words that the document uses.
    """

    def __init__(
        self, headings: Headings, *, leading: float, mono_is_code: bool, words: Set[str] = frozenset()
    ) -> None:
        self.blocks: list[Block] = []
        self._headings = headings
        self._leading = leading
        self._words = words
        self._mono_is_code = mono_is_code
        self._indents: list[float] = []
        self._held: list[Block] = []
        self._lists_names = False

    def add(self, lines: Sequence[Line], position: int) -> int:
        """Take the line at a position, perhaps with some after it; returns the next position."""
        line = lines[position]
        heading = self._headings.at(lines, position)
        if heading:
            self._append(Block("heading", line.page, heading.text, heading.level))
            self._lists_names = _NAMES.search(heading.text) is not None
            self._indents = []
            return position + heading.lines
        if line.mono and self._mono_is_code and not self._in_prose(line):
            self._add_code(line)
            return position + 1
        captioned = bool(self.blocks) and is_caption(self.blocks[-1])
        if self._lists_names and not captioned and self._add_pair(line):
            return position + 1
        aligned = aligned_at(
            lines,
            position,
            captioned=captioned,
            leading=self._leading,
            ends_at=lambda at: self._headings.at(lines, at) is not None or _CAPTION.match(lines[at].text) is not None,
        )
        if aligned:
            self._add_aligned(aligned, line, captioned=captioned)
            return position + aligned.lines
        self._add_text(line)
        return position + 1

    def hold(self, lines: Sequence[Line]) -> None:
        """Take footnotes, which stand behind the paragraph that they interrupt; it may go on over the page."""
        body, held = self.blocks, self._held
        self.blocks, self._held = [], []
        for line in lines:
            if starts_note(line):
                self._append(Block("text", line.page, line.text, last=line))
            else:
                self._add_text(line)
        self.blocks, self._held = body, held + self.blocks

    def finished(self) -> list[Block]:
        """All blocks, once there are no more lines."""
        return [*self.blocks, *self._held]

    def _append(self, block: Block) -> None:
        self.blocks += self._held
        self._held = []
        self.blocks.append(block)

    def add_table(self, table: Table) -> None:
        """A ruled table; one that goes on from the page before is joined to it, its repeated header left out."""
        rows = list(table.rows)
        said_again = len(self.blocks) > 1 and is_caption(self.blocks[-1]) and _CONTINUED.search(self.blocks[-1].text)
        before = self.blocks[-2 if said_again else -1] if self.blocks else None
        if before and before.kind == "table" and isinstance(before.last, Table) and _goes_on(before.last, table):
            if said_again:
                self.blocks.pop()
            if rows[: before.headers] == before.rows[: before.headers]:
                rows = rows[before.headers :]
            before.marks.append((table.page, len(before.rows)))
            before.rows += rows
            before.last = table
            return
        self._append(Block("table", table.page, headers=table.headers, rows=rows, last=table))

    def _in_prose(self, line: Line) -> bool:
        """Whether a line in a fixed font is an item of a list, or the rest of a sentence that names code."""
        if line.text[0] in "\u2022\u25aa\u25cf":
            return True
        before = self.blocks[-1] if self.blocks else None
        last = before.last if before and before.kind in ("text", "item") else None
        if before is None or not isinstance(last, Line):
            return False
        full = last.x1 > last.right - 3 * last.size and not _SENTENCE_END.search(last.text)
        return full and self._continues(before, last, line)

    def _add_code(self, line: Line) -> None:
        before = self.blocks[-1] if self.blocks else None
        width = 0.6 * line.size
        if before and before.kind == "code" and isinstance(before.last, Line) and len(before.text) < _MAX_BLOCK:
            gap = line.y - before.last.y
            if line.page != before.last.page:
                before.marks.append((line.page, len(before.text) + 1))
            blank = "\n" if line.page == before.last.page and gap > 1.9 * line.size else ""
            before.text += f"\n{blank}{_indented(line, before.level / 10, width)}"
            before.last = line
            return
        # ``level`` keeps the left edge of the first line, in tenths of a point.
        block = Block("code", line.page, _indented(line, line.x0, width), level=round(line.x0 * 10), last=line)
        self._append(block)

    def _add_pair(self, line: Line) -> bool:
        """Take a line of an abbreviations clause: a short name and its meaning, or the rest of such a meaning."""
        before = self.blocks[-1] if self.blocks and self.blocks[-1].kind == "pairs" else None
        last = before.last if before and isinstance(before.last, Line) else None
        if len(line.pieces) == 2 and len(line.pieces[0].text) <= _MAX_NAME and not is_mark(line.pieces[0].text):
            self._add_pairs("\t".join(piece.text for piece in line.pieces), line)
            return True
        if before is None or last is None or len(line.pieces) > 1:
            return False
        near = line.page == last.page and 0 < line.y - last.y <= 1.3 * self._leading * line.size
        if near and line.x0 > last.x0 + line.size and line.x0 >= last.pieces[-1].x0 - line.size:
            before.text, before.last = join(before.text, line.text, self._words), replace(line, pieces=last.pieces)
            return True
        name, _, meaning = line.text.partition(" ")
        # A tab may be as narrow as a space behind a long name.
        named = meaning and len(name) <= _MAX_NAME and not name.islower() and not is_mark(name)
        if not named or abs(line.x0 - last.x0) > 1 or _SENTENCE_END.search(meaning):
            return False
        self._add_pairs(f"{name}\t{meaning}", line)
        return True

    def _add_pairs(self, text: str, line: Line) -> None:
        before = self.blocks[-1] if self.blocks else None
        if before and before.kind == "pairs" and len(before.text) < _MAX_BLOCK:
            before.marks += [(line.page, len(before.text) + 1)] if line.page != before.page else []
            before.text, before.last = f"{before.text}\n{text}", line
        else:
            self._append(Block("pairs", line.page, text, last=line))

    def _add_aligned(self, aligned: Aligned, line: Line, *, captioned: bool) -> None:
        if aligned.pairs and not captioned:
            self._add_pairs("\n".join("\t".join(filter(None, row)) for row in aligned.rows), line)
        else:
            self._append(Block("table", line.page, rows=list(aligned.rows), last=line))

    def _add_text(self, line: Line) -> None:
        text = _TIGHT_ITEM.sub(r"\g<0> ", line.text, count=1) if _TIGHT_ITEM.match(line.text) else line.text
        bullet = _BULLET.match(text)
        if bullet or _ITEM.match(text):
            indent = self._indent(line)
            text = f"{indent}- {bullet['text']}" if bullet else f"{indent}{text}"
            self._append(Block("item", line.page, text, last=line))
            return
        before = self.blocks[-1] if self.blocks else None
        last = before.last if before and before.kind in ("text", "item") else None
        if before and isinstance(last, Line) and self._continues(before, last, line):
            joined = join(before.text, text, self._words)
            if line.page != last.page:
                before.marks.append((line.page, len(joined) - len(text)))
            before.text, before.last = joined, line
            return
        self._indents = []
        self._append(Block("text", line.page, text, last=line))

    def _indent(self, line: Line) -> str:
        while self._indents and line.x0 < self._indents[-1] - 4:
            self._indents.pop()
        if not self._indents or line.x0 > self._indents[-1] + 4:
            self._indents.append(line.x0)
        return "  " * min(len(self._indents) - 1, 3)

    def _continues(self, block: Block, before: Line, line: Line) -> bool:
        """Whether a line goes on with the paragraph that ends in ``before``."""
        if (
            len(block.text) > _MAX_BLOCK
            or abs(line.size - before.size) > 0.6
            or _OPENS.match(line.text)
            or _CAPTION.match(line.text)
        ):
            return False
        if _FIGURE.match(line.text) or (
            _CAPTION.match(block.text) and len(block.text) < _MAX_CAPTION and before.bold > line.bold
        ):
            return False
        ended = bool(_SENTENCE_END.search(before.text))
        gap = line.y - before.y
        if line.page == before.page and gap > 0:
            near = gap <= 1.3 * self._leading * max(line.size, before.size)
            if line.x0 > before.x1:
                return False
            short = before.x1 < before.right - 0.2 * (before.right - before.x0)
            return (
                near
                and line.bold == before.bold
                and not (ended and short)
                and not (short and _starts_new(before, line))
            )
        first = line.text[0]
        lower = first.islower() or is_wide(first) or first in "(,;"
        return not ended and (lower or before.text.endswith(("-", ",")) or before.x1 > before.right - 2 * before.size)


def _starts_new(before: Line, line: Line) -> bool:
    """A short line, and then one that could not have fitted behind it: the writer broke the line himself."""
    first_word = line.text.split(" ", 1)[0]
    room = before.right - before.x1
    return room > (len(first_word) + 1) * 0.7 * line.size and line.x0 <= before.x0 + 1 and not line.text[0].islower()


def is_caption(block: Block) -> bool:
    """Whether a paragraph is the caption of a table."""
    return block.kind == "text" and len(block.text) <= _MAX_CAPTION and _CAPTION.match(block.text) is not None


def _goes_on(before: Table, table: Table) -> bool:
    if table.page != before.page + 1 or len(table.columns) != len(before.columns):
        return False
    return all(abs(a - b) <= 12 for a, b in zip(before.columns, table.columns, strict=True))


def _indented(line: Line, left: float, width: float) -> str:
    text = " " * max(round((line.x0 - left) / width), 0) + line.pieces[0].text
    for before, piece in zip(line.pieces, line.pieces[1:], strict=False):
        text += " " * max(round((piece.x0 - before.x1) / width), 1) + piece.text
    return text


def join(text: str, line: str, words: Set[str]) -> str:
    """A paragraph and its next line; a hyphen that only broke a word goes. ``words`` are the document's."""
    if text.endswith("-") and len(text) > 1 and text[-2].isalnum() and line[0].isalnum():
        before, after = _LAST_PART.search(text[-_WORD_END:]), _FIRST_PART.match(line)
        lower = line[0].islower() and text[-2].islower()
        broken = before and after and lower and _is_one_word(before[1], before[2], after[0], words)
        return text[:-1] + line if broken else text + line
    wide = is_wide(text[-1]) and is_wide(line[0])
    return f"{text}{line}" if wide or text.endswith(("/", "_")) else f"{text} {line}"


def _is_one_word(compound: str, first: str, second: str, words: Set[str]) -> bool:
    """Whether "reposi-" and "tory" are one word, told by the words that the document uses elsewhere."""
    first, second = first.lower(), second.lower()
    if f"{first}{second}" in words:
        return True
    if compound or f"{first}-{second}" in words:
        return False
    return not (len(first) > 2 and len(second) > 2 and first in words and second in words)


def words_of(lines: Iterable[Line]) -> set[str]:
    """The words of a document in lower case, those that a hyphen breaks at the end of a line left out."""
    words: set[str] = set()
    for line in lines:
        text = line.text.lower()
        if text.endswith("-"):
            text = text[: text.rfind(" ") + 1]
        words.update(_ANY_WORD.findall(text))
    return words


def written(block: Block) -> str:
    """A block as Markdown."""
    if block.kind == "heading":
        return tables.heading(block.level, block.text)
    if block.kind == "code":
        return tables.fence(block.text)
    if block.kind == "table":
        return tables.table(block.rows, headers=block.headers, caption=block.caption)
    if block.kind == "item":
        return block.text
    return "\n".join(tables.escape(line) for line in block.text.split("\n"))
