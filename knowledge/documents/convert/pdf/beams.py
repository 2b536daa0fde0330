"""Tables that are drawn with horizontal lines only: above and below the header, and at the end."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from coreagent.knowledge.documents.convert.pdf.lines import Line, Piece, lines_of
from coreagent.knowledge.documents.convert.pdf.page import Rule, Word
from coreagent.knowledge.documents.convert.pdf.tables import NEAR, Table, merged_rules, positions
from coreagent.knowledge.documents.convert.pdf.unruled import merged_spans

_MIN_WIDTH = 80.0
"""Points. A shorter line is an underline."""
_MAX_GROUPS = 20
_MAX_RULES = 1_000
_MAX_HEADER = 6
"""Lines of a header."""
_PROSE = 0.7
"""Of the table's width that one piece fills in running text."""
_TABULAR = 0.75
"""Of the lines between two rules that are no running text."""

_Span = tuple[float, float]


def open_tables(
    words: Sequence[Word], across: Sequence[Rule], drawn: Sequence[Table], *, page: int = 0
) -> tuple[list[Table], list[Word]]:
    """Tables between horizontal lines of one width, and the words that stand in none of them.

    ``drawn`` are the tables that are known already; their lines are not looked at again.
    """
    rest = list(words)
    found: list[Table] = []
    merged = merged_rules(across)
    for rules in _stacks(merged, drawn):
        left, right = rules[0].start - NEAR, rules[0].end + NEAR
        inside = [w for w in rest if rules[0].at < w.y <= rules[-1].at + 1 and left <= (w.x0 + w.x1) / 2 <= right]
        taken: set[int] = set()
        for run in _runs(rules, lines_of(inside)):
            own = [w for w in inside if run and run[0].at < w.y <= run[-1].at + 1]
            table = _table(_between(run, lines_of(own)), merged, page)
            if table:
                found.append(table)
                taken.update(map(id, own))
        rest = [word for word in rest if id(word) not in taken]
    return found, rest


def _stacks(across: Sequence[Rule], drawn: Sequence[Table]) -> Iterator[list[Rule]]:
    """Three lines or more that begin and end below each other, from the top."""
    wide = [rule for rule in across if rule.end - rule.start >= _MIN_WIDTH]
    if len(wide) > _MAX_RULES:
        return
    free = [rule for rule in wide if not any(_belongs(rule, table) for table in drawn)]
    starts, ends = positions([rule.start for rule in free]), positions([rule.end for rule in free])
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in free:
        groups.setdefault((bisect_right(starts, rule.start), bisect_right(ends, rule.end)), []).append(rule)
    yield from [rules for rules in groups.values() if len(rules) >= 3][:_MAX_GROUPS]


def _belongs(rule: Rule, table: Table) -> bool:
    inside = table.top - NEAR <= rule.at <= table.bottom + NEAR
    return inside and rule.start < table.columns[-1] and rule.end > table.columns[0]


_Part = list[tuple[Rule, list[Line], Rule]]
"""Pairs of neighbouring rules with the lines between them."""


def _between(rules: Sequence[Rule], lines: Sequence[Line]) -> _Part:
    heights = [line.y for line in lines]
    ends = [0, *(bisect_right(heights, rule.at + 1) for rule in rules[1:-1]), len(lines)]
    pairs = zip(rules, rules[1:], strict=False)
    return [(above, list(lines[ends[n] : ends[n + 1]]), below) for n, (above, below) in enumerate(pairs)]


def _runs(rules: Sequence[Rule], lines: Sequence[Line]) -> Iterator[list[Rule]]:
    """Rules with columns between each and the next; the header first. Other text parts tables from each other."""
    run: list[Rule] = []
    for above, between, below in _between(rules, lines):
        if not between and below.at - above.at <= NEAR:
            continue  # a double line
        if not _is_tabular(between, above.end - above.start):
            yield run
            run = []
            continue
        if not run and len(between) > _MAX_HEADER:
            continue  # no header
        run = [*(run or [above]), below]
    yield run


def _is_tabular(lines: Sequence[Line], width: float) -> bool:
    if not any(len(line.pieces) > 1 for line in lines):
        return False
    short = sum(len(line.pieces) > 1 or line.x1 - line.x0 < _PROSE * width for line in lines)
    return short >= _TABULAR * len(lines)


def _table(part: _Part, across: Sequence[Rule], page: int) -> Table | None:
    if len(part) < 2:
        return None
    columns: list[_Span] = []
    for _, lines, _ in part[1:]:
        # A remark over several columns would make them one.
        columns = merged_spans(columns, [piece for line in lines if len(line.pieces) > 1 for piece in line.pieces])
    if len(columns) < 2:
        return None
    above, below = part[0][0], part[0][2]
    short = [rule for rule in across if above.at < rule.at < below.at and above.start <= rule.start < above.end]
    top = [_header(line, columns, short) for line in part[0][1]]
    names = any(len(_named(piece, columns, short)) > 1 for line in part[0][1] for piece in line.pieces)
    header = top if names else [_joined(top)]
    rows = [row for _, lines, _ in part[1:] for row in _rows(lines, columns)]
    return Table(
        rows=(*header, *rows),
        top=above.at,
        bottom=part[-1][2].at,
        columns=(above.start, *(start for start, _ in columns[1:]), above.end),
        page=page,
        headers=len(header),
    )


def _rows(lines: Sequence[Line], columns: Sequence[_Span]) -> list[tuple[str, ...]]:
    """A line without a first cell, or with little else, goes on with the row above; a remark is its own row."""
    rows: list[list[tuple[str, ...]]] = []
    remark = False
    for line in lines:
        row = _cells(line, columns)
        fuller = sum(map(bool, row)) * 2 > len(columns)
        alone = len(line.pieces) == 1
        wide = alone and len(_columns_of(line.pieces[0], columns)) > 1
        goes_on = alone and not line.text.startswith("NOTE") if remark else not wide
        if rows and goes_on and not (row[0] and not remark and (fuller or not any(rows[-1][0][1:]))):
            rows[-1].append(row)
        else:
            rows.append([row])
        remark = wide or (remark and goes_on)
    return [_joined(group) for group in rows]


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(" ".join(filter(None, cells)) for cells in zip(*rows, strict=True))


def _cells(line: Line, columns: Sequence[_Span]) -> tuple[str, ...]:
    cells = [""] * len(columns)
    for piece in line.pieces:
        column = _columns_of(piece, columns)[0]
        cells[column] = f"{cells[column]} {piece.text}".strip()
    return tuple(cells)


def _header(line: Line, columns: Sequence[_Span], short: Sequence[Rule]) -> tuple[str, ...]:
    """As cells, but a name of several columns stands in each."""
    cells = [""] * len(columns)
    for piece in line.pieces:
        for column in _named(piece, columns, short):
            cells[column] = f"{cells[column]} {piece.text}".strip()
    return tuple(cells)


def _named(piece: Piece, columns: Sequence[_Span], short: Sequence[Rule]) -> list[int]:
    """The columns that a piece of the header names: those above the ``short`` line right below it, if any."""
    middle = (piece.x0 + piece.x1) / 2
    for rule in short:
        if 0 < rule.at - piece.y < piece.size and rule.start < middle < rule.end:
            below = [n for n, (start, end) in enumerate(columns) if rule.start < (start + end) / 2 < rule.end]
            return below or _columns_of(piece, columns)
    return _columns_of(piece, columns)


def _columns_of(piece: Piece, columns: Sequence[_Span]) -> list[int]:
    """The columns that a piece stands over, the nearest one where it stands over none."""
    over = [n for n, (start, end) in enumerate(columns) if piece.x0 < end and piece.x1 > start]
    return over or [max(bisect_left([start for start, _ in columns], piece.x0) - 1, 0)]
