"""Tables of a page: ruled ones from their lines, unruled ones from pieces that stand below each other."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from coreagent.knowledge.documents.convert.pdf.lines import lines_of
from coreagent.knowledge.documents.convert.pdf.page import Rule, Word
from coreagent.knowledge.documents.convert.tables import REPEATED_CHARACTERS

_Place = tuple[int, int]
"""Row and column."""
NEAR = 3.0
"""Points. Lines this near meet, or are one."""
_MAX_RULES = 3_000
"""Of one page: more is a drawing."""
_MAX_CELLS = 20_000
_MAX_CELL = 3_000
"""Characters. A cell with more is a frame around text."""
_FILLED = 0.3
"""Of a table's cells hold words; boxes and arrows of a drawing leave more of them empty."""

_SHORT = 28
"""Characters of a name."""
_FULL_ROWS = 3
_MOST = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells between ``top`` and ``bottom``; ``columns`` are the x positions of its vertical lines.

    The first ``headers`` rows name the columns.
    """

    rows: tuple[tuple[str, ...], ...]
    top: float
    bottom: float
    columns: tuple[float, ...] = ()
    page: int = 0
    headers: int = 1


@dataclass(frozen=True, slots=True)
class _Grid:
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    across: tuple[Rule, ...]
    down: tuple[Rule, ...]


def ruled_tables(
    words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule], *, page: int = 0, width: float = inf
) -> tuple[list[Table], list[Word]]:
    """Tables that are drawn with lines, and the words that stand in none of them.

    Lines end at the edge of a page that is ``width`` points wide, the words of a table that is wider do not.
    """
    rest = list(words)
    tables: list[Table] = []
    for grid in _grids(merged_rules(across), merged_rules(down)):
        x0, x1, y0, y1 = grid.xs[0] - NEAR, grid.xs[-1] + NEAR, grid.ys[0], grid.ys[-1]
        if x1 >= width:
            x1 = inf
        inside = [w for w in rest if y0 <= w.y <= y1 and x0 <= (w.x0 + w.x1) / 2 <= x1]
        rows, headers = _cells(grid, inside)
        if not rows:
            continue
        taken = set(map(id, inside))
        rest = [word for word in rest if id(word) not in taken]
        tables.append(Table(rows=rows, top=y0, bottom=y1, columns=grid.xs, page=page, headers=headers))
    return tables, rest


def merged_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line as one."""
    done: list[Rule] = []
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: r.at):
        if groups and rule.at - groups[-1][0].at <= NEAR / 2:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    for group in groups:
        group.sort(key=lambda r: r.start)
        start, end = group[0].start, group[0].end
        for rule in group[1:]:
            if rule.start <= end + NEAR:
                end = max(end, rule.end)
            else:
                done.append(Rule(group[0].at, start, end))
                start, end = rule.start, rule.end
        done.append(Rule(group[0].at, start, end))
    return done


def _grids(across: Sequence[Rule], down: Sequence[Rule]) -> list[_Grid]:
    """Lines that meet, directly or through others, are one grid; from the top of the page."""
    if not across or not down or len(across) + len(down) > _MAX_RULES:
        return []
    parent = list(range(len(across) + len(down)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    heights = [rule.at for rule in across]  # sorted by merged_rules
    for position, post in enumerate(down):
        first = bisect_right(heights, post.start - NEAR)
        for beam in range(first, len(across)):
            if heights[beam] > post.end + NEAR:
                break
            if across[beam].start - NEAR <= post.at <= across[beam].end + NEAR:
                parent[root(beam)] = root(len(across) + position)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for item in range(len(parent)):
        beams, posts = groups.setdefault(root(item), ([], []))
        if item < len(across):
            beams.append(across[item])
        else:
            posts.append(down[item - len(across)])
    grids: list[_Grid] = []
    for beams, posts in groups.values():
        xs = positions([post.at for post in posts] + [x for beam in beams for x in (beam.start, beam.end)])
        ys = positions([beam.at for beam in beams] + [y for post in posts for y in (post.start, post.end)])
        if len(xs) >= 3 and len(ys) >= 3 and len(xs) * len(ys) <= _MAX_CELLS:
            grids.append(_Grid(xs, ys, tuple(beams), tuple(posts)))
    return sorted(grids, key=lambda grid: grid.ys[0])


def positions(values: Sequence[float]) -> tuple[float, ...]:
    """Values in order, one of those that are nearer than :data:`NEAR`."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > NEAR:
            out.append(value)
    return tuple(out)


def _cells(grid: _Grid, words: Sequence[Word]) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Text by row and column with the number of header rows; nothing if this is no table."""
    columns, height = len(grid.xs) - 1, len(grid.ys) - 1
    owner = _owners(grid)
    held: dict[_Place, list[Word]] = {}
    for word in words:
        r = min(max(bisect_right(grid.ys, word.y - word.size * 0.3) - 1, 0), height - 1)
        c = min(max(bisect_right(grid.xs, word.x0 + min(word.size / 2, (word.x1 - word.x0) / 2)) - 1, 0), columns - 1)
        held.setdefault(owner[r, c], []).append(word)
    texts = {place: _cell_text(inside) for place, inside in held.items()}
    longest = max(map(len, texts.values()), default=0)
    if len(texts) < max(3, _FILLED * len(set(owner.values()))) or longest > _MAX_CELL:
        return (), 1
    used = [c for c in range(columns) if any((r, c) in texts for r in range(height))]
    full = [r for r in range(height) if any((r, c) in texts for c in used)]
    if len(full) < 2:
        return (), 1
    top = _header_rows(owner, columns, height)
    rows: list[tuple[str, ...]] = []
    for r in full:
        whole = r > full[0] and all(owner[r, c] == (r, c) for c in used)
        apart = _rows_between([held.get((r, c), []) for c in used]) if whole else []
        rows += apart or [tuple(_spread((r, c), owner[r, c], texts, top) for c in used)]
    return tuple(rows), max(min(sum(r < top for r in full), len(full) - 1), 1)


def _rows_between(cells: Sequence[Sequence[Word]]) -> list[tuple[str, ...]]:
    """Rows that no line parts, as TeX sets them: told by three lines or more that have words in all cells.

    Lines without a first cell go on with the row above. Empty for one row of cells with several lines each.
    """
    lines = sorted((line.y, n, line.text) for n, cell in enumerate(cells) for line in lines_of(cell))
    rows: list[list[str]] = []
    base = -inf
    for y, n, text in lines:
        if y - base > NEAR:
            rows.append([""] * len(cells))
            base = y
        rows[-1][n] = f"{rows[-1][n]} {text}".strip()
    full = sum(all(row) for row in rows)
    named = all(all(row) or not row[0] for row in rows)
    short = len(cells) > 2 or all(len(row[0]) <= _SHORT for row in rows)
    if len(cells) < 2 or full < _FULL_ROWS or full < _MOST * len(rows) or not (named and short and all(rows[0])):
        return []
    out: list[tuple[str, ...]] = []
    for row in rows:
        if row[0]:
            out.append(tuple(row))
        else:
            out[-1] = tuple(f"{old} {new}".strip() for old, new in zip(out[-1], row, strict=True))
    return out


def _owners(grid: _Grid) -> dict[_Place, _Place]:
    """For each place of the grid the first one of the cell that it belongs to."""
    columns, height = len(grid.xs) - 1, len(grid.ys) - 1
    owner = {(r, c): (r, c) for r in range(height) for c in range(columns)}
    for r in range(height):
        middle = (grid.ys[r] + grid.ys[r + 1]) / 2
        walls = [rule.at for rule in grid.down if rule.start - NEAR <= middle <= rule.end + NEAR]
        for c in range(1, columns):
            if not any(abs(wall - grid.xs[c]) <= NEAR for wall in walls):
                owner[r, c] = owner[r, c - 1]
    for c in range(columns):
        middle = (grid.xs[c] + grid.xs[c + 1]) / 2
        floors = [rule.at for rule in grid.across if rule.start - NEAR <= middle <= rule.end + NEAR]
        for r in range(1, height):
            if owner[r, c] == (r, c) and not any(abs(floor - grid.ys[r]) <= NEAR for floor in floors):
                owner[r, c] = owner[r - 1, c]
    return owner


def _header_rows(owner: Mapping[_Place, _Place], columns: int, height: int) -> int:
    """One; as many as its tallest cell has where the first row names some columns together."""
    first = [owner[0, c] for c in range(columns)]
    if not 1 < len(set(first)) < columns:
        return 1
    tall = 1
    while tall < height and any(owner[tall, c] in first for c in range(columns)):
        tall += 1
    return tall


def _spread(place: _Place, owner: _Place, texts: Mapping[_Place, str], headers: int) -> str:
    """A cell's words, again in each row that it spans, and as a header in each column; a long text is said once."""
    text = texts.get(owner, "")
    again = len(text) <= REPEATED_CHARACTERS and (place[1] == owner[1] or place[0] < headers)
    return text if again or place == owner else ""


def _cell_text(words: Sequence[Word]) -> str:
    return " ".join(line.text for line in lines_of(words))
