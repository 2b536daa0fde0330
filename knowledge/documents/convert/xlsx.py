"""Excel workbooks as Markdown: a heading for each sheet, its cells as tables that name their columns again and again.

openpyxl reads the cells, as Excel last showed them: a formula's remembered value, a date as ISO 8601. It streams, so
that memory does not grow with the sheet. What it does not tell while it streams (merged areas, how many rows there
are, formulas that nothing was remembered of) is counted in one pass over the sheet's XML before.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils import range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from coreagent.knowledge.documents.convert.markup import release
from coreagent.knowledge.documents.convert.ooxml import Package, no_text, open_package, reading_with
from coreagent.knowledge.documents.convert.tables import (
    REPEATED_CHARACTERS,
    clean,
    document,
    heading,
    paragraph,
    row,
    table,
)
from coreagent.knowledge.documents.document import Conversion

MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELLS = 500_000
MAX_CHARACTERS = 20_000_000
"""What is read of one sheet; the text says what was left out."""
BLOCK_ROWS = 30
BLOCK_CHARACTERS = 1_600
"""The header row is repeated after this many rows or characters, whichever comes first."""
MAX_HEADER = 80
"""Characters of a column's name where it is repeated."""
_LEAST_ROWS = 3
_LAST_ROW = 1_048_576
"""Excel has no more rows. To a row with a higher number openpyxl would count up, row by row."""
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

_Cell = Cell | MergedCell | ReadOnlyCell


@dataclass(frozen=True, slots=True)
class Area:
    """A merged area, its edges included; rows and columns count from 1."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(slots=True)
class _Sheet:
    """Cells with words by row and column, both from 1 on, and what is known of the rest."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    merged: list[Area] = field(default_factory=list[Area])
    rows_left: int = 0
    columns_left: int = 0
    formulas_without_value: int = 0
    characters: int = 0


def convert(path: Path) -> Conversion:
    """The workbook as Markdown; hidden sheets are in it too, and marked as such.

    Raises:
        DocumentError: not an XLSX, damaged, encrypted, in the old binary format, or without any text.
    """
    with open_package(path, "xl") as package, reading_with("openpyxl", package), warnings.catch_warnings():
        # It warns of what it would lose on saving.
        warnings.simplefilter("ignore")
        title, meta = package.properties()
        blocks: list[str] = []
        words = False
        with path.open("rb") as file:
            for cells in load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets:
                assert isinstance(cells, ReadOnlyWorksheet)
                sheet = _read_sheet(package, cells)
                written = list(_written(sheet))
                words = words or bool(sheet.rows)
                if written:
                    name = clean(cells.title)
                    blocks += [heading(2, name if cells.sheet_state == "visible" else f"{name} (hidden sheet)")]
                    blocks += written
    if not words:
        raise no_text(path)
    return Conversion(text=document(blocks), grammar="markdown", title=title, meta=meta)


def _read_sheet(package: Package, cells: ReadOnlyWorksheet) -> _Sheet:
    sheet = _Sheet()
    # openpyxl keeps the name of the part to itself.
    _look_over(package, str(vars(cells)["_worksheet_path"]), sheet)
    # What a file says of its own size may be wrong.
    cells.reset_dimensions()
    held = 0
    for at, line in zip(range(1, _LAST_ROW + 1), cells.rows, strict=False):
        if not line:
            continue
        if len(sheet.rows) >= MAX_ROWS or held >= MAX_CELLS or sheet.characters >= MAX_CHARACTERS:
            break
        sheet.rows_left -= 1
        sheet.columns_left = max(sheet.columns_left, len(line) - MAX_COLUMNS)
        found = {column: text for column, cell in enumerate(line[:MAX_COLUMNS], 1) if (text := _text(cell))}
        if found:
            sheet.rows[at] = found
            held += len(found)
            sheet.characters += sum(map(len, found.values()))
    return sheet


def _look_over(package: Package, part: str, sheet: _Sheet) -> None:
    """Merged areas, the rows that hold cells (all of them left so far), and formulas without a value."""
    for element in package.elements(part, (f"{_S}row", f"{_S}mergeCell")):
        if element.tag == f"{_S}mergeCell":
            left, top, right, bottom = range_boundaries(element.get("ref", ""))
            if left and top and right and bottom:
                sheet.merged.append(Area(left, top, right, bottom))
            continue
        sheet.rows_left += len(element) > 0
        for formula in element.iter(f"{_S}f"):
            cell = formula.getparent()
            sheet.formulas_without_value += cell is not None and not cell.findtext(f"{_S}v")
        release(element)


def _text(cell: _Cell) -> str:
    """What the cell shows; empty for one without a value."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        precision = "milliseconds" if value.microsecond else "seconds"
        day_only = value.time() == time()
        return value.date().isoformat() if day_only else value.isoformat(sep=" ", timespec=precision)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return clean(unescape(str(value))).strip()


def _number(value: float, number_format: str) -> str:
    if number_format.split(";")[0].rstrip().endswith("%"):
        return f"{value * 100:.10g}%"
    # Numbers of subscribers and devices stay as they are; of others Excel itself shows 15 digits at most.
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def _written(sheet: _Sheet) -> Iterator[str]:
    columns = sorted({column for cells in sheet.rows.values() for column in cells})
    if len(columns) == 1:
        # Remarks, not a table.
        yield "\n".join(paragraph(words) for at in sorted(sheet.rows) for words in sheet.rows[at].values())
    elif columns:
        yield from _table(sheet, columns)
    yield from _remarks(sheet)


def _table(sheet: _Sheet, columns: Sequence[int]) -> Iterator[str]:
    _spread(sheet)
    rows = sorted(sheet.rows)
    while len(rows) > 1 and len(sheet.rows[rows[0]]) == 1:
        # A line above the table: what the sheet is about.
        yield paragraph(next(iter(sheet.rows[rows.pop(0)].values())))
    headers = 2 if len(rows) > 2 and _is_grouped(sheet, rows[0]) else 1
    grid = [[sheet.rows[at].get(column, "") for column in columns] for at in rows]
    yield from _blocks(grid, headers=headers)


def _spread(sheet: _Sheet) -> None:
    """Merged cells: a header's words go to all its columns, a row label's to all its rows."""
    wide = (at for at in sorted(sheet.rows) if len(sheet.rows[at]) > 1)
    top = next(wide, -1)
    budget = MAX_CELLS
    for area in sheet.merged:
        words = sheet.rows.get(area.top, {}).get(area.left, "")
        if not words:
            continue
        if area.top == top and len(words) <= REPEATED_CHARACTERS:
            for column in range(area.left + 1, min(area.right, MAX_COLUMNS) + 1):
                sheet.rows[top].setdefault(column, words)
        below = range(area.top + 1, area.bottom + 1)
        if len(words) <= REPEATED_CHARACTERS and len(below) <= budget:
            # Areas never overlap in a workbook of Excel's; in a made-up one they could take for ever.
            budget -= len(below)
            for at in below:
                if at in sheet.rows:
                    sheet.rows[at].setdefault(area.left, words)


def _is_grouped(sheet: _Sheet, top: int) -> bool:
    """Whether the header row is the upper of two: cells of it span several columns, and no numbers stand below."""
    spans = [area for area in sheet.merged if area.top == top and area.bottom == top and area.right > area.left]
    below = sheet.rows.get(top + 1, {}).values()
    return bool(spans) and bool(below) and not any(text[0].isdigit() or text[0] in "-+." for text in below)


def _blocks(grid: Sequence[Sequence[str]], *, headers: int) -> Iterator[str]:
    lines = table(grid, headers=headers).split("\n")
    header, body = lines[:2], lines[2:]
    # Of a header that is a text in itself only the first block has all of it.
    short = [row(_shortened(name) for name in header[0][2:-2].split(" | ")), header[1]]
    limit = max(BLOCK_CHARACTERS, 2 * len(short[0]))
    held: list[str] = []
    size = 0
    for line in body:
        full = size + len(line) > limit and len(held) >= _LEAST_ROWS
        if held and (full or len(held) >= BLOCK_ROWS):
            yield "\n".join([*header, *held])
            header, held, size = short, [], 0
        held.append(line)
        size += len(line)
    if held or not body:
        yield "\n".join([*header, *held])


def _shortened(name: str) -> str:
    cut = name[:MAX_HEADER].rstrip("\\")
    return name if len(name) <= MAX_HEADER else f"{cut}…"


def _remarks(sheet: _Sheet) -> Iterator[str]:
    """What is missing, said in the text itself."""
    if sheet.rows_left:
        yield f"(Left out: the last {sheet.rows_left:,} rows of this sheet, for its size.)"
    if sheet.columns_left:
        yield f"(Left out: the last {sheet.columns_left:,} columns of this sheet, for its size.)"
    if sheet.formulas_without_value:
        yield f"(Left out, for the file does not hold their values: formulas, {sheet.formulas_without_value:,}.)"
