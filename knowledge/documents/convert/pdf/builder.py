"""Lines and tables in reading order become blocks, one after the other."""

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from coreagent.knowledge.documents.convert.pdf.blocks import Block, extend, goes_on, is_caption, is_continued, near
from coreagent.knowledge.documents.convert.pdf.headings import Headings
from coreagent.knowledge.documents.convert.pdf.lines import Line, is_wide
from coreagent.knowledge.documents.convert.pdf.notes import starts_note
from coreagent.knowledge.documents.convert.pdf.paragraphs import ends_sentence, join, names_table
from coreagent.knowledge.documents.convert.pdf.tables import Table
from coreagent.knowledge.documents.convert.pdf.unruled import Aligned, aligned_at, is_mark

_BULLET = re.compile(
    r"(?P<mark>[\u2022\u25aa\u25cf\u25e6\u25cb\u25a0\u25a1\u2013\u2014\u2043*-])(?:\s+|(?<=[\u2022\u25cf]))(?P<text>\S.*)"
)
_ITEM = re.compile(r"(?:\(?[a-zA-Z]\)|\(?\d{1,2}\)|\d{1,2}\.|\(?[ivx]{1,5}\)|\[[\w.-]{1,12}\]|[\u2460-\u2473])\s+\S")
_TIGHT_ITEM = re.compile(r"(\(?(?:[a-zA-Z]|\d{1,2}|[ivx]{1,5})\))(?=[A-Z][a-z])|(\(?\d{1,2}[.)、)])(?=[\u4e00-\u9fff])")
"""A mark that stands close to its text, as where a tab is lost."""
_OPENS = re.compile(
    r"(?:NOTE|Note|EXAMPLE|Example|WARNING|CAUTION|Editor's [Nn]ote|注)(?:\s*\d{0,3})?\s*[:\u2014\u2013：]"
)
_FIGURE = re.compile(r"(?:Figure|FIGURE|Fig\.|图)\s*(?:[A-Z][.-])?\d")
_MAX_NAME = 28
_NAMES = re.compile(r"\b(?:abbreviations?|acronyms|symbols)\b|缩略语|縮略語|符号", re.IGNORECASE)
"""The heading of a clause that lists names with their meaning."""
_MAX_BLOCK = 20_000
"""Characters. A longer paragraph or listing is parted, so that time grows with the length of the document only."""


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
        if self._add_rest_of_cell(line):
            return position + 1
        if self._lists_names and not captioned and self._add_pair(line):
            return position + 1
        aligned = aligned_at(
            lines,
            position,
            captioned=captioned,
            leading=self._leading,
            ends_at=lambda at: self._headings.at(lines, at) is not None or names_table(lines[at].text),
        )
        if aligned:
            self._add_aligned(aligned, line, lines[position + aligned.lines - 1], captioned=captioned)
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
        said_again = len(self.blocks) > 1 and is_continued(self.blocks[-1])
        before = self.blocks[-2 if said_again else -1] if self.blocks else None
        if before and before.kind == "table" and isinstance(before.last, Table) and goes_on(before.last, table):
            if said_again:
                self.blocks.pop()
            if rows[: before.headers] == before.rows[: before.headers]:
                rows = rows[before.headers :]
            extend(before, rows, table.page)
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
        full = last.x1 > last.right - 3 * last.size and not ends_sentence(last.text)
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
        if not named or abs(line.x0 - last.x0) > 1 or ends_sentence(meaning):
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

    def _add_aligned(self, aligned: Aligned, line: Line, end: Line, *, captioned: bool) -> None:
        if aligned.pairs and not captioned:
            self._add_pairs("\n".join("\t".join(filter(None, row)) for row in aligned.rows), line)
            return
        before = self.blocks[-1] if self.blocks and self.blocks[-1].starts else None
        last = before.last if before else None
        rows = list(aligned.rows)
        if before and isinstance(last, Line) and line.page == last.page + 1 and near(before.starts, aligned.starts):
            extend(before, rows[rows[0] == before.rows[0] :], line.page)
            before.last = end
            return
        self._append(Block("table", line.page, rows=rows, last=end, starts=aligned.starts))

    def _add_rest_of_cell(self, line: Line) -> bool:
        """Take a line at the top of a page that goes on with a cell of the table on the page before."""
        before = self.blocks[-1] if self.blocks else None
        last = before.last if before and before.starts else None
        if before is None or not isinstance(last, Line) or line.page != last.page + 1 or len(line.pieces) > 1:
            return False
        if abs(line.size - last.size) > 0.6 or line.bold != last.bold:
            return False
        column = next((n for n, start in enumerate(before.starts) if n and abs(line.x0 - start) <= 3), 0)
        if not column or not before.rows[-1][column]:
            return False
        cells = list(before.rows[-1])
        cells[column] = join(cells[column], line.text, self._words)
        before.rows[-1] = tuple(cells)
        return True

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
            or names_table(line.text)
        ):
            return False
        if _FIGURE.match(line.text) or (is_caption(block) and before.bold > line.bold):
            return False
        ended = ends_sentence(before.text)
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


def _indented(line: Line, left: float, width: float) -> str:
    text = " " * max(round((line.x0 - left) / width), 0) + line.pieces[0].text
    for before, piece in zip(line.pieces, line.pieces[1:], strict=False):
        text += " " * max(round((piece.x0 - before.x1) / width), 1) + piece.text
    return text
