"""Tables of a page: ruled ones from their lines, unruled ones from pieces that stand below each other."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.pdf_lines import lines_of
from coreagent.knowledge.documents.convert.pdf_page import Rule, Word

_NEAR = 3.0
"""Points. Lines this near meet, or are one."""
_MAX_RULES = 3_000
"""Of one page: more is a drawing."""
_MAX_CELLS = 20_000
_MAX_CELL = 3_000
"""Characters. A cell with more is a frame around text."""
_FILLED = 0.3
"""Of a table's cells hold words; boxes and arrows of a drawing leave more of them empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells between ``top`` and ``bottom``; ``columns`` are the x positions of its vertical lines."""

    rows: tuple[tuple[str, ...], ...]
    top: float
    bottom: float
    columns: tuple[float, ...] = ()
    page: int = 0


@dataclass(frozen=True, slots=True)
class _Grid:
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    across: tuple[Rule, ...]
    down: tuple[Rule, ...]


def ruled_tables(
    words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule], *, page: int = 0
) -> tuple[list[Table], list[Word]]:
    """Tables that are drawn with lines, and the words that stand in none of them."""
    rest = list(words)
    tables: list[Table] = []
    for grid in _grids(_merged(across), _merged(down)):
        x0, x1, y0, y1 = grid.xs[0] - _NEAR, grid.xs[-1] + _NEAR, grid.ys[0], grid.ys[-1]
        inside = [w for w in rest if y0 <= w.y <= y1 and x0 <= (w.x0 + w.x1) / 2 <= x1]
        rows = _cells(grid, inside)
        if not rows:
            continue
        taken = set(map(id, inside))
        rest = [word for word in rest if id(word) not in taken]
        tables.append(Table(rows=rows, top=y0, bottom=y1, columns=grid.xs, page=page))
    return tables, rest


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line as one."""
    done: list[Rule] = []
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: r.at):
        if groups and rule.at - groups[-1][0].at <= _NEAR / 2:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    for group in groups:
        group.sort(key=lambda r: r.start)
        start, end = group[0].start, group[0].end
        for rule in group[1:]:
            if rule.start <= end + _NEAR:
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

    heights = [rule.at for rule in across]  # sorted by _merged
    for position, post in enumerate(down):
        first = bisect_right(heights, post.start - _NEAR)
        for beam in range(first, len(across)):
            if heights[beam] > post.end + _NEAR:
                break
            if across[beam].start - _NEAR <= post.at <= across[beam].end + _NEAR:
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
        xs = _positions([post.at for post in posts] + [x for beam in beams for x in (beam.start, beam.end)])
        ys = _positions([beam.at for beam in beams] + [y for post in posts for y in (post.start, post.end)])
        if len(xs) >= 3 and len(ys) >= 3 and len(xs) * len(ys) <= _MAX_CELLS:
            grids.append(_Grid(xs, ys, tuple(beams), tuple(posts)))
    return sorted(grids, key=lambda grid: grid.ys[0])


def _positions(values: Sequence[float]) -> tuple[float, ...]:
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > _NEAR:
            out.append(value)
    return tuple(out)


def _cells(grid: _Grid, words: Sequence[Word]) -> tuple[tuple[str, ...], ...]:
    """Text by row and column, nothing if this is no table.

    The words of a cell that spans several stand in its first, the others are empty.
    """
    columns, height = len(grid.xs) - 1, len(grid.ys) - 1
    owner = {(r, c): (r, c) for r in range(height) for c in range(columns)}
    for r in range(height):
        middle = (grid.ys[r] + grid.ys[r + 1]) / 2
        walls = [rule.at for rule in grid.down if rule.start - _NEAR <= middle <= rule.end + _NEAR]
        for c in range(1, columns):
            if not any(abs(wall - grid.xs[c]) <= _NEAR for wall in walls):
                owner[r, c] = owner[r, c - 1]
    for c in range(columns):
        middle = (grid.xs[c] + grid.xs[c + 1]) / 2
        floors = [rule.at for rule in grid.across if rule.start - _NEAR <= middle <= rule.end + _NEAR]
        for r in range(1, height):
            if owner[r, c] == (r, c) and not any(abs(floor - grid.ys[r]) <= _NEAR for floor in floors):
                owner[r, c] = owner[r - 1, c]
    held: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        r = min(max(bisect_right(grid.ys, word.y - word.size * 0.3) - 1, 0), height - 1)
        c = min(max(bisect_right(grid.xs, word.x0 + min(word.size / 2, (word.x1 - word.x0) / 2)) - 1, 0), columns - 1)
        held.setdefault(owner[r, c], []).append(word)
    texts = {place: _cell_text(inside) for place, inside in held.items()}
    longest = max(map(len, texts.values()), default=0)
    if len(texts) < max(3, _FILLED * len(set(owner.values()))) or longest > _MAX_CELL:
        return ()
    rows = [tuple(texts.get((r, c), "") for c in range(columns)) for r in range(height)]
    used = [c for c in range(columns) if any(row[c] for row in rows)]
    full = [row for row in rows if any(row)]
    return tuple(tuple(row[c] for c in used) for row in full) if len(full) > 1 else ()


def _cell_text(words: Sequence[Word]) -> str:
    return " ".join(line.text for line in lines_of(words))
