"""What is read from one page of a PDF: words, ruling lines, and the outline's entries.

Positions are in points with the origin at the upper left corner of the page as it is read; a page whose text runs
sideways is turned first.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """Letters between spaces: ``x0`` to ``x1``, on the baseline ``y``, ``size`` of its font in points."""

    x0: float
    x1: float
    y: float
    size: float
    text: str
    bold: bool = False
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, horizontal or vertical: at ``at`` across, from ``start`` to ``end`` along."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: ``level`` from 1, ``page`` from 0."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, ``width`` by ``height`` points. ``unmapped`` counts the characters that the file does not name.

    Words that run another way than most of the page's stand below its ``height``.
    """

    width: float
    height: float
    words: tuple[Word, ...]
    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()
    characters: int = 0
    unmapped: int = 0


def turned(x: float, y: float, turn: int, corner: tuple[float, float]) -> tuple[float, float]:
    """A point of the page's own space as (from the left, from the top) of text that is turned ``turn`` quarters."""
    dx, dy = x - corner[0], y - corner[1]
    return ((dx, -dy), (dy, dx), (-dx, dy), (-dy, -dx))[turn]
