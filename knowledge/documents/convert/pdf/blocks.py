"""The blocks of a document between its lines and its Markdown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from coreagent.knowledge.documents.convert import tables
from coreagent.knowledge.documents.convert.pdf.lines import Line
from coreagent.knowledge.documents.convert.pdf.paragraphs import ends_sentence, names_table
from coreagent.knowledge.documents.convert.pdf.tables import Table

_CONTINUED = re.compile(r"\b(?:continued|concluded|cont'd)\b|续", re.IGNORECASE)
_MAX_CAPTION = 300
_LONG_CELL = 15
"""Characters. Shorter cells are not cut at the end of a page."""


Kind = Literal["text", "item", "heading", "table", "code", "pairs"]


@dataclass(slots=True)
class Block:
    """A block as it is built.

    ``marks`` are (page, offset) of every page that begins in it: a character in ``text``, or a row of a table.
    ``starts`` are the left ends of the columns of a table without lines.
    """

    kind: Kind
    page: int
    text: str = ""
    level: int = 0
    caption: str = ""
    headers: int = 1
    rows: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    last: Line | Table | None = None
    starts: tuple[float, ...] = ()
    marks: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


def is_caption(block: Block) -> bool:
    """Whether a paragraph is the caption of a table."""
    return block.kind == "text" and len(block.text) <= _MAX_CAPTION and names_table(block.text)


def is_continued(block: Block) -> bool:
    """Whether a caption says that the table above goes on."""
    return is_caption(block) and _CONTINUED.search(block.text) is not None


def goes_on(before: Table, table: Table) -> bool:
    """Whether a table is the rest of one on the page before."""
    return table.page == before.page + 1 and near(before.columns, table.columns)


def near(before: Sequence[float], columns: Sequence[float]) -> bool:
    """Whether columns stand where others stood."""
    return len(before) == len(columns) and all(abs(a - b) <= 12 for a, b in zip(before, columns, strict=True))


def extend(block: Block, rows: list[tuple[str, ...]], page: int) -> None:
    """Add a table's rows on the next page; a row that the page's end cut in two becomes one."""
    width = len(block.rows[-1])
    if rows and len(rows[0]) == width and _is_rest(block.rows[-1], rows[0]):
        cut = [f"{old} {new}".strip() for old, new in zip(block.rows[-1], rows[0], strict=True)]
        block.rows[-1], rows = tuple(cut), rows[1:]
    block.marks.append((page, len(block.rows)))
    block.rows += rows


def _is_rest(row: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether a row without a first cell goes on with long cells of the row before, in the middle of a sentence."""
    pairs = [(old, new) for old, new in zip(row, rest, strict=True) if new]
    inside = all(len(old) >= _LONG_CELL and not ends_sentence(old) and not new[0].isupper() for old, new in pairs)
    return bool(pairs) and not rest[0] and inside


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
