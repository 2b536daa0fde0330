"""A table of a web page as it is read, cell by cell: spans spread out, header rows counted."""

from coreagent.knowledge.documents.convert.markup import Element
from coreagent.knowledge.documents.convert.tables import MAX_COLUMNS, REPEATED_CHARACTERS, table

_CODE_FRAMES = frozenset(("highlight", "highlighttable", "highlight-table"))
MAX_ROWS_SPANNED = 2_000
MAX_SPREAD = 200_000
"""Characters, a blank cell being one, that spans may add to a table; what is over is left blank or out."""


def is_layout(element: Element) -> bool:
    """Whether a table only arranges parts of the page: another table or a heading is in it, or it says so."""
    if element.get("role") in ("presentation", "none") or not _CODE_FRAMES.isdisjoint(element.get("class", "").split()):
        return True
    return next(element.iterdescendants("table", "h1", "h2", "h3", "h4"), None) is not None


class Grid:
    """One table."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._below: dict[int, tuple[int, str]] = {}
        self._headers = 0
        self._all_heads = False
        self._span = (1, 1)
        self._left = MAX_SPREAD
        self._in_head = False
        self.caption = ""

    def begin_head(self) -> None:
        """A ``thead``: its rows name the columns."""
        self._end_row()
        self._in_head = True

    def end_head(self) -> None:
        """The ``thead`` ends."""
        self._end_row()
        self._in_head = False

    def begin_row(self) -> None:
        """A ``tr``."""
        self._end_row()
        self._rows.append([])
        self._all_heads = True

    def begin_cell(self, element: Element) -> None:
        """A ``td`` or ``th``."""
        if not self._rows:
            self.begin_row()
        self._fill()
        self._all_heads = self._all_heads and element.tag == "th"
        self._span = (
            _span(element.get("colspan"), MAX_COLUMNS),
            _span(element.get("rowspan"), MAX_ROWS_SPANNED),
        )

    def end_cell(self, text: str) -> None:
        """The cell's words; a header over several columns belongs to each, a remark over a row is said once."""
        if not self._rows:
            return
        row, (across, down) = self._rows[-1], self._span
        repeated = self._all_heads or self._in_head
        again = text if len(text) <= REPEATED_CHARACTERS else ""
        for at in range(across):
            if at and not self._spend(len(again)):
                break
            if down > 1:
                self._below[len(row)] = (down - 1, again if at == 0 or repeated else "")
            row.append(text if at == 0 else again if repeated else "")
        self._span = (1, 1)

    def text(self) -> str:
        """The table as Markdown."""
        self._end_row()
        return table(self._rows, headers=max(self._headers, 1), caption=self.caption)

    def _spend(self, characters: int) -> bool:
        self._left -= max(characters, 1)
        return self._left >= 0

    def _fill(self) -> None:
        """Cells that reach down from above come first."""
        row = self._rows[-1]
        while len(row) in self._below:
            left, words = self._below[len(row)]
            if not self._spend(len(words)):
                return
            if left > 1:
                self._below[len(row)] = (left - 1, words)
            else:
                del self._below[len(row)]
            row.append(words)

    def _end_row(self) -> None:
        if not self._rows:
            return
        self._fill()
        first = self._headers == len(self._rows) - 1
        if self._rows[-1] and first and (self._in_head or self._all_heads):
            self._headers += 1


def _span(text: str | None, most: int) -> int:
    return min(max(int(text), 1), most) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1
