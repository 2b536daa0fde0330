"""Lines of a page that belong to the book and not to its text: running heads, page numbers, tables of contents."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise

from coreagent.knowledge.documents.convert.pdf.lines import Line, line_of

_ZONE = 0.12
"""Of the page's height, at the top and at the bottom, where running heads and page numbers stand."""
_EDGE_LINES = 5
_COUNTED_LINES = 8
_LONGEST = 200
_TAIL = 24
"""Characters. No running head is longer; its page number stands in so many at its end."""
_PAGES = 3
"""A line that stands on so many pages at the same place is a running head."""
_NUMBER = re.compile(r"\d+")
_COUNTED = re.compile(r"\W{0,3}(\d{1,6})(?=\s|\W{0,3}\Z)|(?<!\S)\W{0,3}(\d{1,6})(?:\s*(?:of|/)\s*\d{1,6})?\W{0,3}\Z")
"""A whole number at the beginning or at the end of a piece; a clause number ("2.1") is none."""
_PAGE_NUMBER = re.compile(
    r"[-\u2013\u2014\s]*(?:page\s*|seite\s*|第\s*)?(?:\d{1,5}|[ivxlc]{1,7})(?:\s*(?:of|/|von|页|共)\s*\d{0,5}\s*页?)?[-\u2013\u2014\s]*\Z",
    re.IGNORECASE,
)
_LEADER = re.compile(r"(?:\.[ \t]?|\u2026[ \t]?|_|·[ \t]?){4,}[ \t]*(?:\d{1,5}|[ivxlc]{1,7}|[A-Z]-\d{1,4})?\s*\Z")
_CONTENTS = re.compile(
    r"(?:\d{1,2}\.?\s+)?(?:table of )?contents|contents page|list of (?:figures|tables|illustrations)"
    r"|inhalt(?:sverzeichnis)?|sommaire|目\s*[录錄次]",
    re.IGNORECASE,
)

_MIN_ENTRIES = 3
"""Lines with leaders that are a table of contents without its title."""


def without_line_numbers(lines: Sequence[Line]) -> list[Line]:
    """One page's lines without the numbers that count them in the left margin, as O-RAN and IEEE drafts have."""
    numbered = [line for line in lines if line.pieces[0].text.isdecimal() and len(line.pieces[0].text) <= 5]
    if len(numbered) < _COUNTED_LINES:
        return list(lines)
    values = [int(line.pieces[0].text) for line in sorted(numbered, key=lambda line: line.y)]
    counting = sum(after - before == values[1] - values[0] for before, after in pairwise(values))
    margin = set(map(id, numbered))
    edge = max(line.pieces[0].x1 for line in numbered)
    others = [piece.x0 for line in lines for piece in line.pieces[id(line) in margin :]]
    outside = sum(x > edge for x in others) >= 0.95 * len(others)
    if values[1] <= values[0] or counting < 0.8 * (len(values) - 1) or not outside:
        return list(lines)
    rest = ((line, line.pieces[id(line) in margin :]) for line in lines)
    return [line_of(pieces, line.page) for line, pieces in rest if pieces]


def without_running_heads(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """The pages' lines without those that repeat at the same place, or that count the pages."""
    seen: dict[tuple[str, int], list[tuple[int, Line]]] = {}
    for number, (lines, height) in enumerate(zip(pages, heights, strict=True)):
        for line in _edges(lines, height):
            key = (_NUMBER.sub("#", line.text), round(line.y / 4))
            seen.setdefault(key, []).append((number, line))
    dropped: set[int] = set()
    counted: set[tuple[int, int]] = set()
    for (text, place), found in seen.items():
        # A baseline may fall on either side of a rounding.
        near = found + seen.get((text, place + 1), []) + seen.get((text, place - 1), [])
        if _is_furniture(near, len(pages)):
            dropped.update(id(line) for _, line in found)
            counted.update((place, step) for number, line in found for step in _steps(number, line))
    # The head of a chapter of one page only: it stands where other heads stand and bears the same page number.
    frequent = {mark for mark, times in Counter(_all_steps(seen)).items() if times >= _PAGES and mark in counted}
    for (_, place), found in seen.items():
        for number, line in found:
            if any((place + near, step) in frequent for near in (-1, 0, 1) for step in _steps(number, line)):
                dropped.add(id(line))
    dropped |= _turned_heads(pages, heights, dropped)
    kept = [[line for line in lines if id(line) not in dropped] for lines in pages]
    if not any(kept):
        return [list(lines) for lines in pages]  # nothing but such lines: then they are the text
    return [_without_page_number(lines, height) for lines, height in zip(kept, heights, strict=True)]


def _turned_heads(pages: Sequence[Sequence[Line]], heights: Sequence[float], dropped: Set[int]) -> set[int]:
    """Running heads of pages whose text is turned, which stand below them: they say what other heads say."""
    heads = {_NUMBER.sub("#", line.text) for lines in pages for line in lines if id(line) in dropped}
    aside = [line for lines, height in zip(pages, heights, strict=True) for line in lines if line.y > height]
    return {id(line) for line in aside if _NUMBER.sub("#", line.text) in heads}


def _steps(number: int, line: Line) -> set[int]:
    """How far each number of a line is from the position of its page: the same on all pages for a page number."""
    steps: set[int] = set()
    for piece in line.pieces:
        text = piece.text if len(piece.text) <= _LONGEST else ""
        for found in (_COUNTED.match(text), _COUNTED.search(text[-_TAIL:])):
            steps.update(int(digits) - number for digits in (found.groups() if found else ()) if digits)
    return steps


def _all_steps(seen: Mapping[tuple[str, int], Sequence[tuple[int, Line]]]) -> Iterator[tuple[int, int]]:
    for (_, place), found in seen.items():
        for number, line in found:
            for step in _steps(number, line):
                yield place, step


def _edges(lines: Sequence[Line], height: float) -> list[Line]:
    by_height = sorted((line for line in lines if line.y <= height), key=lambda line: line.y)
    top = [line for line in by_height[:_EDGE_LINES] if line.y < _ZONE * height]
    return top + [line for line in by_height[-_EDGE_LINES:] if line.y > (1 - _ZONE) * height]


def _is_furniture(found: Sequence[tuple[int, Line]], pages: int) -> bool:
    if len({number for number, _ in found}) < min(_PAGES, max(pages, 2)):
        return False
    texts: dict[str, set[int]] = {}
    steps: dict[int, set[int]] = {}
    for number, line in found:
        texts.setdefault(line.text, set()).add(number)
        for step in _steps(number, line):
            steps.setdefault(step, set()).add(number)
    # The same words, or the same words with a number that counts with the pages.
    enough = max(min(_PAGES, pages), len(found) // 4)
    return any(len(on) >= enough for on in (*texts.values(), *steps.values()))


def _without_page_number(lines: Sequence[Line], height: float) -> list[Line]:
    edges = _edges(lines, height)
    if not edges:
        return list(lines)
    ends = {id(min(edges, key=lambda line: line.y)), id(max(edges, key=lambda line: line.y))}
    return [line for line in lines if id(line) not in ends or not _PAGE_NUMBER.match(line.text)]


def without_contents(lines: Sequence[Line]) -> list[Line]:
    """One page's lines without its table of contents: lines with dot leaders, and what stands between them."""
    marked = [bool(_LEADER.search(line.text[-120:])) for line in lines]
    titles = [bool(_CONTENTS.fullmatch(line.text.strip())) for line in lines]
    listed = False
    if any(titles):
        # Without leaders: close below the title, lines that end with a page number of their own piece.
        last = titles.index(True)
        for position in range(last + 1, len(lines)):
            line = lines[position]
            entry = len(line.pieces) > 1 and line.pieces[-1].text.strip().isdigit()
            marked[position] = marked[position] or entry
            if marked[position]:
                last, listed = position, True
            elif position > last + 1 or line.size > 1.1 * lines[last].size:
                break
    if sum(marked) < _MIN_ENTRIES and not listed:
        return list(lines)
    first, last = marked.index(True), len(marked) - 1 - marked[::-1].index(True)
    dropped = set(range(first, last + 1)) if sum(marked) * 2 > last - first else {i for i, m in enumerate(marked) if m}
    dropped.update(position for position, title in enumerate(titles) if title)
    # The first half of an entry that runs over two lines.
    if first and first - 1 not in dropped and marked[first] and _wraps(lines[first - 1], lines[first]):
        dropped.add(first - 1)
    return [line for position, line in enumerate(lines) if position not in dropped]


def _wraps(before: Line, line: Line) -> bool:
    return before.size == line.size and before.x0 < line.x0 and 0 < line.y - before.y < 2 * line.size
