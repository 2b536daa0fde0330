"""PDF to Markdown: clauses, paragraphs, lists, tables with their captions, code, and where each page begins.

Running heads, page numbers and tables of contents are left out. Time grows with the number of pages.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.pdf.beams import open_tables
from coreagent.knowledge.documents.convert.pdf.blocks import Block, is_caption, written
from coreagent.knowledge.documents.convert.pdf.builder import BlockBuilder
from coreagent.knowledge.documents.convert.pdf.columns import Barrier, in_columns
from coreagent.knowledge.documents.convert.pdf.furniture import (
    without_contents,
    without_line_numbers,
    without_running_heads,
)
from coreagent.knowledge.documents.convert.pdf.headings import Headings
from coreagent.knowledge.documents.convert.pdf.lines import Line, lines_of
from coreagent.knowledge.documents.convert.pdf.notes import notes_in
from coreagent.knowledge.documents.convert.pdf.paragraphs import words_of
from coreagent.knowledge.documents.convert.pdf.reader import Pdf
from coreagent.knowledge.documents.convert.pdf.tables import Table, ruled_tables
from coreagent.knowledge.documents.convert.pdf.title import is_name, title_of
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.front_matter import Meta

_MIN_LETTERS = 8
"""A page with fewer is an image, or empty."""
_COVER_LETTERS = 1_500
_TELLING_GAPS = 10
_GARBAGE = 0.2
"""Of the letters without a Unicode value from which on the text can not be used."""


def convert(path: Path) -> Conversion:
    """Read one PDF.

    Raises:
        DocumentError: encrypted, damaged, only images, or its letters have no Unicode values.
    """
    lines: list[list[Line]] = []
    ruled: list[list[Table]] = []
    heights: list[float] = []
    bare: list[int] = []
    letters = unmapped = 0
    with Pdf(path) as pdf:
        properties, bookmarks = pdf.properties(), pdf.bookmarks()
        for number, page in enumerate(pdf.pages()):
            found, rest = ruled_tables(page.words, page.across, page.down, page=number, width=page.width)
            between, rest = open_tables(rest, page.across, found, page=number)
            lines.append(without_line_numbers(lines_of(rest, page=number)))
            ruled.append([*found, *between])
            heights.append(page.height)
            letters, unmapped = letters + page.characters, unmapped + page.unmapped
            if page.characters < _MIN_LETTERS:
                bare.append(number + 1)
    _check(path, pages=len(lines), bare=len(bare), letters=letters, unmapped=unmapped)
    kept = without_running_heads(lines, heights)
    lines = [without_contents(in_columns(page, _barriers(drawn))) for page, drawn in zip(kept, ruled, strict=True)]
    everything = [line for page in lines for line in page]
    headings = Headings(everything, bookmarks, may_have_cover=_may_have_cover(lines))
    mono = sum(len(line.text) for line in everything if line.mono)
    builder = BlockBuilder(
        headings,
        leading=_leading(everything),
        words=words_of(everything),
        mono_is_code=2 * mono <= sum(len(line.text) for line in everything),
    )
    notes = [
        notes_in(page, body_size=headings.body_size, height=height) for page, height in zip(lines, heights, strict=True)
    ]
    _build(builder, lines, ruled, notes)
    text, pages = _written(builder.finished(), len(lines))
    if not text.strip():
        raise _no_text(path, len(lines))
    return Conversion(
        text=text,
        grammar="markdown",
        title=title_of(properties.get("Title", ""), lines[0] if lines else [], headings.body_size),
        meta=_meta(properties, bare, letters, unmapped),
        pages=pages,
    )


def _check(path: Path, *, pages: int, bare: int, letters: int, unmapped: int) -> None:
    if bare == pages:
        raise _no_text(path, pages)
    if unmapped > _GARBAGE * letters:
        raise DocumentError(
            f"{unmapped * 100 // letters} % of its letters have no Unicode value, so its text can not be read",
            path=str(path),
            mend="Make the text new from the pictures of its pages, for example: ocrmypdf --force-ocr IN.pdf OUT.pdf",
        )


def _no_text(path: Path, pages: int) -> DocumentError:
    count = f"{pages} page{'s are images' if pages != 1 else ' is an image'} or empty" if pages else "it has no pages"
    return DocumentError(
        f"holds no text ({count})", path=str(path), mend="Run OCR first, for example: ocrmypdf IN.pdf OUT.pdf"
    )


def _may_have_cover(lines: Sequence[Sequence[Line]]) -> bool:
    """A first page with few words, in a document of some length."""
    return len(lines) >= 3 and 0 < sum(len(line.text) for line in lines[0]) < _COVER_LETTERS


def _leading(lines: Sequence[Line]) -> float:
    """Distance of neighbouring lines of a paragraph in font sizes: the median, 1.2 where none is told."""
    gaps = sorted(
        (line.y - before.y) / line.size
        for before, line in zip(lines, lines[1:], strict=False)
        if line.page == before.page
        and line.size == before.size
        and 0.9 * line.size < line.y - before.y < 2.2 * line.size
    )
    return min(max(gaps[len(gaps) // 3], 1.0), 1.8) if len(gaps) >= _TELLING_GAPS else 1.2


def _barriers(drawn: Sequence[Table]) -> list[Barrier]:
    return [Barrier(top=table.top, left=table.columns[0], right=table.columns[-1]) for table in drawn]


def _build(
    builder: BlockBuilder,
    lines: Sequence[Sequence[Line]],
    ruled: Sequence[Sequence[Table]],
    notes: Sequence[Sequence[range]],
) -> None:
    for page, drawn, below in zip(lines, ruled, notes, strict=True):
        stops = [(_place_of(table, page), table) for table in drawn] + [((note.start, 0), note) for note in below]
        start = 0
        for (place, _), stop in sorted(stops, key=lambda pair: pair[0]):
            _add_lines(builder, page[start:place])
            start = max(start, place)
            if isinstance(stop, Table):
                builder.add_table(stop)
            else:
                builder.hold(page[start : stop.stop])
                start = stop.stop
        _add_lines(builder, page[start:])


def _place_of(table: Table, page: Sequence[Line]) -> tuple[int, int]:
    """Before which line a table stands: the first below it, else behind the last above it, which comes first."""
    beside = [n for n, line in enumerate(page) if _overlaps(line, table)]
    below = next((n for n in beside if page[n].y > table.top), None)
    if below is not None:
        return below, 1
    return (beside[-1] + 1, 0) if beside else (len(page), 1)


def _add_lines(builder: BlockBuilder, lines: Sequence[Line]) -> None:
    position = 0
    while position < len(lines):
        position = builder.add(lines, position)


def _overlaps(line: Line, table: Table) -> bool:
    return line.x0 < table.columns[-1] and line.right > table.columns[0]


def _with_captions(blocks: Sequence[Block]) -> list[Block]:
    """Blocks with each table's caption, which stands above or below it, made a part of the table."""
    out: list[Block] = []
    for position, block in enumerate(blocks):
        before = out[-1] if out else None
        ahead = blocks[position + 1] if position + 1 < len(blocks) else None
        if block.kind == "table" and before and is_caption(before):
            block.caption, block.page = before.text, before.page
            out[-1] = block
        elif before and before.kind == "table" and not before.caption and is_caption(block) and not _is_table(ahead):
            before.caption = block.text
        else:
            out.append(block)
    return out


def _is_table(block: Block | None) -> bool:
    return block is not None and block.kind == "table"


def _written(blocks: Sequence[Block], page_count: int) -> tuple[str, tuple[int, ...]]:
    """The whole text, and the offset in it at which each page begins."""
    parts: list[str] = []
    begins: dict[int, int] = {}
    offset = 0
    listed = False
    for block in _with_captions(blocks):
        text = written(block)
        if not text:
            continue
        gap = "" if not parts else "\n" if listed and block.kind == "item" else "\n\n"
        listed = block.kind == "item"
        offset += len(gap)
        begins.setdefault(block.page, offset)
        for page, mark in block.marks:
            begins.setdefault(page, offset + _place(block, text, mark))
        parts += (gap, text)
        offset += len(text)
    text = "".join(parts) + "\n" if parts else ""
    return text, _page_offsets(begins, page_count, len(text))


def _place(block: Block, text: str, mark: int) -> int:
    """Where a mark of a block lies in its Markdown."""
    if block.kind == "table":
        lines = text.split("\n")
        return min(sum(len(line) + 1 for line in lines[: mark + 2 - block.headers + bool(block.caption)]), len(text))
    # Escaping and fences only add before the block's own text.
    added = 4 if block.kind == "code" else text.find(block.text[:1]) if block.kind == "text" else 0
    return min(mark + max(added, 0), len(text))


def _page_offsets(begins: Mapping[int, int], page_count: int, length: int) -> tuple[int, ...]:
    """A page without a block of its own begins where the next one does."""
    offsets = [0] * page_count
    after = length
    for page in range(page_count - 1, -1, -1):
        after = min(begins.get(page, after), after)
        offsets[page] = after
    if offsets:
        offsets[0] = 0
    return tuple(offsets)


def _meta(properties: Mapping[str, str], bare: Sequence[int], letters: int, unmapped: int) -> Meta:
    meta: dict[str, str | tuple[str, ...]] = {}
    for key, name in (("Author", "author"), ("Subject", "subject"), ("Keywords", "keywords")):
        if is_name(properties.get(key, "")):
            meta[name] = properties[key][:1_000]
    notes: list[str] = []
    if bare:
        notes.append(f"pages without text: {_ranges(bare)}")
    if unmapped * 200 > letters:
        notes.append(f"{unmapped} of {letters} letters have no Unicode value")
    if notes:
        meta["note"] = "; ".join(notes)
    return meta


def _ranges(numbers: Sequence[int]) -> str:
    """``3, 5-9`` for 3, 5, 6, 7, 8, 9."""
    out: list[str] = []
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        out.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return ", ".join(out)
