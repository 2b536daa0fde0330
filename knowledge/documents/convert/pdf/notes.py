"""Footnotes: where they stand among the lines of a page, so that they do not part a paragraph."""

import re
from collections.abc import Sequence

from coreagent.knowledge.documents.convert.pdf.lines import Line

_SMALLER = 0.93
"""Times the body's font size that a footnote has at most."""
_MAX_LINES = 25
_LOW = 0.35
"""Of the page's height, below which footnotes begin."""
_MARK = re.compile(r"(?:\d{1,3}\)?(?!\.\d)|[*\u2020\u2021\u00a7\u00b9\u00b2\u00b3\u2074-\u2079]{1,2})\s*[^\W\d_]")


def starts_note(line: Line) -> bool:
    """Whether a line begins with a footnote's mark: a number or a sign, and then words."""
    return _MARK.match(line.text) is not None


def notes_in(lines: Sequence[Line], *, body_size: float, height: float) -> list[range]:
    """The positions of footnotes, each run at the bottom of its column, in smaller type than the text above it.

    Positions are in the page's lines in reading order; ``height`` of the page and ``body_size`` in points.
    """
    found: list[range] = []
    end = len(lines)
    while end > 0:
        start = end
        while start > 0 and _is_small(lines[start - 1], body_size) and _is_above(lines, start - 1, end):
            start -= 1
        above = lines[start - 1] if start else None
        below = start < end and lines[start].y > _LOW * height and end - start <= _MAX_LINES
        if below and above and starts_note(lines[start]) and above.y < lines[start].y and above.size <= 1.1 * body_size:
            found.append(range(start, end))
        end = min(start, end - 1)
        while end > 0 and lines[end - 1].y <= lines[end].y:
            end -= 1
    return found[::-1]


def _is_small(line: Line, body_size: float) -> bool:
    return line.size <= _SMALLER * body_size and not line.mono


def _is_above(lines: Sequence[Line], position: int, end: int) -> bool:
    return position == end - 1 or lines[position].y <= lines[position + 1].y
