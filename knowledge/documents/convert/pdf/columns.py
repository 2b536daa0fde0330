"""Reading order of a page: column by column where text stands in columns, on the whole page or on a part of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from coreagent.knowledge.documents.convert.pdf.lines import Line, Piece, is_wide, line_of
from coreagent.knowledge.documents.convert.pdf.paragraphs import ends_sentence, names_table

_MIN_COLUMN_LINES = 6
_COLUMN_FILL = 0.55
"""Of its column's width that a line of running text fills in the median."""
_MIN_WIDTH = 12.5
"""Font sizes. No column of running text is narrower."""
_MIN_LETTERS = 15
"""Characters of a line of a column in the median; Chinese ones count twice. Cells of a table hold fewer."""
_MIN_FLOWING = 3
"""Lines of a column that is one on a part of the page only."""
_FULL = 0.6
"""Of its column's width that such a line fills."""
_INNER = 0.25
"""Of such lines begin inside a sentence; cells of a table rarely do."""
_CANDIDATES = 6
_DEPTH = 3
"""How often columns are parted again: four or more side by side are read in two steps."""
_LARGER = 1.15
"""Times the font size of what stands beside it: a heading."""
_BALANCE = 3
"""Lines that balanced columns may differ by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """A ruled table: text in columns above it is read before text below it."""

    top: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class _Band:
    """Lines ``start`` to ``end`` of a page stand on the two sides of ``gutter``."""

    start: int
    end: int
    gutter: float


def in_columns(lines: Sequence[Line], barriers: Sequence[Barrier] = (), *, depth: int = _DEPTH) -> list[Line]:
    """One page's lines in reading order; each line's ``right`` becomes that of its column."""
    gutter = _gutter(lines) if depth else None
    if gutter is not None:
        bands = list(_bands(lines, gutter, barriers))
    elif depth:
        bands = _local_bands(lines, barriers)
    else:
        bands = []
    if not bands:
        return _to_column(list(_parted(lines)))
    out: list[Line] = []
    done = 0
    for band in bands:
        out += _between(lines[done : band.start], barriers, depth, whole=gutter is not None)
        out += _side_by_side(lines[band.start : band.end], band.gutter, barriers, depth)
        done = band.end
    return out + _between(lines[done:], barriers, depth, whole=gutter is not None)


def _between(lines: Sequence[Line], barriers: Sequence[Barrier], depth: int, *, whole: bool) -> list[Line]:
    """Lines over the whole width; where columns are on parts of the page only, another part may stand here."""
    return _to_column(list(_parted(lines))) if whole or not lines else in_columns(lines, barriers, depth=depth - 1)


def _side_by_side(lines: Sequence[Line], gutter: float, barriers: Sequence[Barrier], depth: int) -> list[Line]:
    before, behind = (sorted(side, key=lambda line: line.y) for side in _sides(lines, gutter))
    cut = _end_of_columns(before, behind)
    parts = (before[:cut], behind, before[cut:])
    return [line for part in parts if part for line in in_columns(part, barriers, depth=depth - 1)]


def _pieces_left(line: Line, gutter: float) -> int:
    return sum(piece.x0 < gutter for piece in line.pieces)


def _to_column(lines: Sequence[Line]) -> list[Line]:
    right = max((line.x1 for line in lines), default=0.0)
    return [replace(line, right=right) for line in lines]


def _parted(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines, with a heading parted from smaller text on another baseline beside it."""
    for line in lines:
        pieces = line.pieces
        step = next((n for n in range(1, len(pieces)) if _is_beside(pieces[n - 1], pieces[n])), 0)
        if step:
            yield line_of(pieces[:step], line.page)
            yield line_of(pieces[step:], line.page)
        else:
            yield line


def _is_beside(piece: Piece, other: Piece) -> bool:
    larger, smaller = max(piece.size, other.size), min(piece.size, other.size)
    words = len(piece.text) > 3 and len(other.text) > 3
    return words and larger >= _LARGER * smaller and abs(piece.y - other.y) > 1


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where the white between two columns of running text stands on all of the page, or None."""
    prose = [line for line in lines if not line.mono]
    if len(prose) < _MIN_COLUMN_LINES:
        return None
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    if right - left < 2 * _MIN_WIDTH * _median([line.size for line in lines]):
        return None
    best: float | None = None
    least = len(lines)
    for step in range(35, 66):
        x = left + (right - left) * step / 100
        before: list[float] = []
        behind: list[float] = []
        crossing = 0
        for line in prose:
            if line.x1 <= x:
                before.append(line.x1 - line.x0)
            elif line.x0 >= x:
                behind.append(line.x1 - line.x0)
            elif _crosses(line, x):
                crossing += 1
            else:
                before.append(max(piece.x1 for piece in line.pieces if piece.x1 <= x) - line.x0)
                behind.append(line.x1 - min(piece.x0 for piece in line.pieces if piece.x0 >= x))
        fewer = min(len(before), len(behind))
        if fewer < _MIN_COLUMN_LINES or crossing * 2 > fewer or crossing >= least:
            continue
        if _median(before) >= _COLUMN_FILL * (x - left) and _median(behind) >= _COLUMN_FILL * (right - x):
            best, least = x, crossing
    return best


def _crosses(line: Line, x: float) -> bool:
    return any(piece.x0 < x < piece.x1 for piece in line.pieces)


def _bands(lines: Sequence[Line], gutter: float, barriers: Sequence[Barrier]) -> Iterator[_Band]:
    """Runs of lines that leave the gutter free; a line or a table across it parts them."""
    tops = sorted(barrier.top for barrier in barriers if barrier.left < gutter < barrier.right)
    start = passed = 0
    for number, line in enumerate(lines):
        crosses = _crosses(line, gutter)
        below = passed
        while below < len(tops) and tops[below] < line.y:
            below += 1
        if (crosses or below > passed) and number > start:
            yield _Band(start, number, gutter)
            start = number
        passed = below
        if crosses:
            start = number + 1
    if len(lines) > start:
        yield _Band(start, len(lines), gutter)


def _local_bands(lines: Sequence[Line], barriers: Sequence[Barrier]) -> list[_Band]:
    """Columns on a part of the page: of all places where pieces begin below each other, the one with most lines."""
    if len(lines) < 2:
        return []
    right = max(line.x1 for line in lines)
    left = min(line.x0 for line in lines)
    # Pieces that begin within two points of each other share a place.
    starts: dict[int, float] = {}
    counts: Counter[int] = Counter()
    for line in lines:
        for piece in line.pieces:
            room = _MIN_WIDTH * piece.size
            if piece.x0 - left >= room and right - piece.x0 >= 0.8 * room:
                place = round(piece.x0 / 2)
                counts[place] += 1
                starts[place] = min(starts.get(place, piece.x0), piece.x0)
    best: list[_Band] = []
    for place, count in counts.most_common(_CANDIDATES):
        if count < 2:
            continue
        gutter = starts[place] - 0.2
        bands = [found for band in _bands(lines, gutter, barriers) if (found := _columns(lines, band, right))]
        if sum(band.end - band.start for band in bands) > sum(band.end - band.start for band in best):
            best = bands
    return best


def _columns(lines: Sequence[Line], band: _Band, right: float) -> _Band | None:
    """The part of a band that holds text in columns, or None for a table, a list or one column."""
    inside = range(band.start, band.end)
    first = next((n for n in inside if lines[n].x1 > band.gutter), None)
    if first is None:
        return None
    while first > band.start and lines[first].y - lines[first - 1].y < 1.6 * lines[first].size:
        first -= 1
    before, behind = _sides(lines[first : band.end], band.gutter)
    if not before or (first and names_table(lines[first - 1].text)) or names_table(lines[first].text):
        return None
    left = min(line.x0 for line in before)
    if _is_prose(before, band.gutter - left) and _is_prose(behind, right - band.gutter):
        return replace(band, start=first)
    return _below_heading(lines, band)


def _sides(lines: Sequence[Line], gutter: float) -> tuple[list[Line], list[Line]]:
    sides: tuple[list[Line], list[Line]] = ([], [])
    for line in lines:
        left = _pieces_left(line, gutter)
        for side, pieces in enumerate((line.pieces[:left], line.pieces[left:])):
            if pieces:
                sides[side].append(line_of(pieces, line.page))
    return sides


def _below_heading(lines: Sequence[Line], band: _Band) -> _Band | None:
    """A few lines in columns, told by a heading beside text on another baseline, as no table has it."""
    for start in range(band.start, band.end):
        pieces = lines[start].pieces
        count = _pieces_left(lines[start], band.gutter)
        if 0 < count < len(pieces) and _is_beside(pieces[count - 1], pieces[count]):
            end = start + 1
            while end < band.end and lines[end].y - lines[end - 1].y < 1.8 * lines[end].size:
                end += 1
            before, behind = _sides(lines[start:end], band.gutter)
            return replace(band, start=start, end=end) if min(len(before), len(behind)) > 1 else None
    return None


def _is_prose(lines: Sequence[Line], width: float) -> bool:
    """Whether most lines fill the column, the next one follows close, and sentences go on from line to line."""
    pairs = list(zip(lines, lines[1:], strict=False))
    near = sum(b.y - a.y < 1.6 * max(a.size, b.size) and a.x1 - a.x0 >= _FULL * width for a, b in pairs)
    inner = sum(line.text[0].islower() or is_wide(line.text[0]) for line in lines)
    return (
        near >= max(_MIN_FLOWING - 1, 0.6 * len(pairs))
        and inner >= _INNER * len(lines)
        and 2 * sum(line.mono for line in lines) < len(lines)
        and _median([_length(line) for line in lines]) >= _MIN_LETTERS
    )


def _length(line: Line) -> float:
    return len(line.text) + sum(map(is_wide, line.text))


def _end_of_columns(before: Sequence[Line], behind: Sequence[Line]) -> int:
    """How many lines of the left column are read before the right one.

    All, but where balanced columns end a little above a heading, or above a paragraph that is not the rest of the
    sentence that the right column goes on with.
    """
    if not before or not behind:
        return len(before)
    bottom, size = behind[-1].y, behind[-1].size
    goes_on = behind[0].text[0].islower()
    for number in range(1, len(before)):
        line, last = before[number], before[number - 1]
        if line.y <= bottom:
            continue
        if line.y > bottom + (_BALANCE + 2) * 1.5 * size:
            break
        heading = line.size >= 1.1 * last.size or (line.bold and not last.bold)
        alike = line.size == last.size == size
        broken = goes_on and alike and not ends_sentence(last.text) and not line.text[0].islower()
        if heading or broken:
            return number
    return len(before)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
