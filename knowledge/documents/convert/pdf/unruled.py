"""Tables without lines: pieces of neighbouring lines that stand below each other."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.pdf.lines import Line, Piece

_MAX_LINES = 150
_FIRST_WIDTH = 28
"""Characters. Two columns of which the first is no wider are names with their meaning: abbreviations, definitions."""
_MARK = re.compile(
    r"(?:[\u2022\u25aa\u25cf\u25e6\u25cb\u25a0\u25a1\u2013\u2014*-]|\(?\w{1,3}[.)]|\[[\w.-]{1,12}\]|NOTE.{0,6}:?|\d[\d.]*)\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """``lines`` lines are rows of cells; ``pairs`` when they are names with their meaning rather than a table.

    ``starts`` are the left ends of the columns.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: int
    pairs: bool
    starts: tuple[float, ...] = ()


def aligned_at(
    lines: Sequence[Line], position: int, *, captioned: bool, leading: float, ends_at: Callable[[int], bool]
) -> Aligned | None:
    """The run of aligned lines that begins at a position and stops before one that ``ends_at`` names, or None.

    It needs three lines with two pieces or more, two where a caption stands above. ``leading`` is the distance of
    lines in font sizes.
    """
    if len(lines[position].pieces) < 2 or (is_mark(lines[position].pieces[0].text) and not captioned):
        return None
    columns: list[tuple[float, float]] = []
    run = 0
    for line in lines[position : position + _MAX_LINES]:
        before = lines[position + run - 1] if run else line
        apart = line.y - before.y
        if (
            line.page != before.page
            or apart < 0
            or apart > 2.4 * leading * line.size
            or (run and ends_at(position + run))
        ):
            break
        merged = merged_spans(columns, line.pieces)
        if len(merged) < 2 or (columns and len(merged) < len(columns)):
            break
        if len(line.pieces) == 1 and not _is_continuation(columns, line.pieces[0], apart, leading * line.size):
            break
        columns, run = merged, run + 1
    rows = _rows(lines[position : position + run], columns, leading)
    full = sum(sum(map(bool, row)) >= 2 for row in rows)
    if len(columns) < 2 or full < (2 if captioned else 3):
        return None
    short = all(len(row[0]) <= _FIRST_WIDTH for row in rows)
    if len(columns) == 2 and not short and not captioned:
        return None
    return Aligned(rows=tuple(rows), lines=run, pairs=len(columns) == 2, starts=tuple(start for start, _ in columns))


def is_mark(text: str) -> bool:
    """Whether a piece is the mark of a list's item, of a note or of a clause."""
    return _MARK.match(text) is not None


def _is_continuation(columns: Sequence[tuple[float, float]], piece: Piece, apart: float, leading: float) -> bool:
    """One piece alone goes on with a cell when it stands below a column other than the first, close to it."""
    return any(start - 3 <= piece.x0 and piece.x0 < end for start, end in columns[1:]) and apart <= 1.35 * leading


def merged_spans(columns: Sequence[tuple[float, float]], pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Columns from left to right, wide enough for these pieces too."""
    spans = sorted([*columns, *((piece.x0, piece.x1) for piece in pieces)])
    out: list[tuple[float, float]] = []
    for start, end in spans:
        if out and start < out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _rows(lines: Sequence[Line], columns: Sequence[tuple[float, float]], leading: float) -> list[tuple[str, ...]]:
    """A line without a first cell, close below another, goes on with the cells of that row."""
    rows: list[list[str]] = []
    for number, line in enumerate(lines):
        near = number > 0 and line.y - lines[number - 1].y <= 1.3 * leading * line.size
        cells = [""] * len(columns)
        for piece in line.pieces:
            column = max((c for c, (start, _) in enumerate(columns) if start <= piece.x0 + 1), default=0)
            cells[column] = f"{cells[column]} {piece.text}".strip()
        if rows and not cells[0] and near:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return [tuple(row) for row in rows]
