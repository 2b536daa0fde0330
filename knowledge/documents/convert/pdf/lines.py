"""Words of a page become lines in reading order: a line is one or more pieces with wide gaps between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.pdf.page import Word

_SAME_LINE = 0.45
"""Of the font size: baselines this near are one line, so that sub- and superscripts stay with their word."""
_WIDE_GAP = 0.95
"""Of the font size: a gap wider than this parts a line into pieces (a column, a tab, a table cell)."""
_CODE = 0.9
"""Of its letters in a fixed font make a line code; fewer are prose that names code."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words without a wide gap.

    ``size``, ``bold`` and ``y`` are those of most of its letters, ``mono`` that of nearly all.
    """

    x0: float
    x1: float
    y: float
    text: str
    size: float
    bold: bool
    mono: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, of the page or of one column. Its look is told as a piece's is."""

    pieces: tuple[Piece, ...]
    y: float
    size: float
    bold: bool
    mono: bool
    page: int = 0
    right: float = 0.0
    """Right end of its column."""

    @property
    def x0(self) -> float:
        """Left end in points."""
        return self.pieces[0].x0

    @property
    def x1(self) -> float:
        """Right end in points."""
        return self.pieces[-1].x1

    @property
    def text(self) -> str:
        """All pieces, with a space between."""
        return " ".join(piece.text for piece in self.pieces)


def lines_of(words: Sequence[Word], *, page: int = 0) -> list[Line]:
    """Lines over the whole width, from the top."""
    return [line_of([_piece(part) for part in _split(row)], page) for row in _rows(words)]


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    """Words by baseline, each row from left to right."""
    rows: list[list[Word]] = []
    base = size = 0.0
    for word in sorted(words, key=lambda w: (w.y, w.x0)):
        if rows and abs(word.y - base) <= _SAME_LINE * max(size, min(word.size, 2 * size)):
            rows[-1].append(word)
            if word.size > size:
                base, size = word.y, word.size
        else:
            rows.append([word])
            base, size = word.y, word.size
    for row in rows:
        row.sort(key=lambda w: w.x0)
    return rows


def _split(row: Sequence[Word]) -> list[list[Word]]:
    parts: list[list[Word]] = []
    for word in row:
        if parts and word.x0 - parts[-1][-1].x1 <= _WIDE_GAP * max(word.size, parts[-1][-1].size):
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def _piece(words: Sequence[Word]) -> Piece:
    first = words[0]
    if all(word.size == first.size and word.bold == first.bold and word.mono == first.mono for word in words):
        return Piece(first.x0, words[-1].x1, first.y, _joined(words), first.size, first.bold, first.mono)
    letters = sum(len(word.text) for word in words)
    sizes: dict[float, int] = {}
    for word in words:
        sizes[word.size] = sizes.get(word.size, 0) + len(word.text)
    size = max(sizes, key=lambda s: (sizes[s], s))
    bold = 2 * sum(len(word.text) for word in words if word.bold) > letters
    mono = sum(len(word.text) for word in words if word.mono) >= _CODE * letters
    y = next(word.y for word in words if word.size == size)
    return Piece(first.x0, words[-1].x1, y, _joined(words), size, bold, mono)


def line_of(pieces: Sequence[Piece], page: int) -> Line:
    """A line of these pieces; its look is that of most of their letters."""
    longest = max(pieces, key=lambda piece: len(piece.text))
    letters = sum(len(piece.text) for piece in pieces)
    return Line(
        pieces=tuple(pieces),
        y=longest.y,
        size=longest.size,
        bold=2 * sum(len(piece.text) for piece in pieces if piece.bold) > letters,
        mono=sum(len(piece.text) for piece in pieces if piece.mono) >= _CODE * letters,
        page=page,
    )


def _joined(part: Sequence[Word]) -> str:
    text = part[0].text
    for before, word in zip(part, part[1:], strict=False):
        # Chinese is set without spaces, and words that touch are one.
        touching = word.x0 - before.x1 < 0.08 * word.size
        text += word.text if touching or (is_wide(text[-1]) and is_wide(word.text[0])) else f" {word.text}"
    return text


def is_wide(letter: str) -> bool:
    """Whether a letter is Chinese, Japanese or full-width, which are written without spaces."""
    return "\u2e80" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff" or "\uff00" <= letter <= "\uff60"
