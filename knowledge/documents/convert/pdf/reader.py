"""An open PDF: its properties, its outline and its pages."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.pdf.page import Bookmark, Page, Word, turned
from coreagent.knowledge.documents.convert.pdf.pdfium import PdfDocument, PdfiumError, raw
from coreagent.knowledge.documents.convert.pdf.rules import rules_of
from coreagent.knowledge.documents.convert.pdf.words import SLANTED, FoundWord, WordReader
from coreagent.knowledge.documents.convert.tables import clean, one_line

_PROPERTIES = ("Title", "Author", "Subject", "Keywords")
_MAX_BOOKMARKS = 50_000
_MIN_TURNED = 12
"""Letters. Fewer that run another way than the page's text are labels of a drawing."""


class Pdf:
    """An open PDF. Use it in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._file: Any = _open(path)
        self.page_count: int = len(self._file)

    def __enter__(self) -> "Pdf":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def properties(self) -> dict[str, str]:
        """What the file says of itself: Title, Author, Subject and Keywords, those that it gives."""
        found = {key: _told(partial(self._file.get_metadata_value, key)) for key in _PROPERTIES}
        return {key: value for key, value in found.items() if value}

    def bookmarks(self) -> list[Bookmark]:
        """The outline in order, without entries that lead nowhere."""
        marks: list[Bookmark] = []
        for entry in islice(self._file.get_toc(max_depth=8), _MAX_BOOKMARKS):
            target = entry.get_dest()
            page = target.get_index() if target else None
            title = _told(entry.get_title)
            if page is not None and title:
                marks.append(Bookmark(entry.level + 1, title, page))
        return marks

    def pages(self) -> Iterator[Page]:
        """Every page in order; one that PDFium can not load is empty."""
        for number in range(self.page_count):
            try:
                page = self._file[number]
                try:
                    read = _read_page(page)
                finally:
                    page.close()
            except PdfiumError:
                read = Page(width=0, height=0, words=())
            yield read


def _told(ask: Callable[[], str]) -> str:
    """A text of the file in one line, empty where it is damaged."""
    try:
        return one_line(clean(ask()))
    except UnicodeDecodeError:
        return ""


def _open(path: Path) -> Any:
    try:
        return PdfDocument(path)
    except OSError as error:
        raise DocumentError(
            f"can not be read: {error.strerror or 'there is no such file'}",
            path=str(path),
            mend="Check the path and its permissions.",
        ) from error
    except PdfiumError as error:
        failure: Any = error
        if failure.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise DocumentError(
                "is encrypted",
                path=str(path),
                mend="Remove the password, for example: qpdf --decrypt --password=WORD IN.pdf OUT.pdf",
            ) from error
        raise DocumentError(
            "is not a PDF, or is damaged", path=str(path), mend="Save it again, or try: qpdf IN.pdf OUT.pdf"
        ) from error


def _read_page(page: Any) -> Page:
    left, bottom, right, top = page.get_bbox()
    text = page.get_textpage()
    try:
        reader = WordReader(text.raw)
        reader.read()
    finally:
        text.close()
    turns = [0] * (SLANTED + 1)
    for found in reader.words:
        turns[found.font.turn] += len(found.text)
    own = max(range(SLANTED), key=turns.__getitem__)
    corners = ((left, top), (left, bottom), (right, bottom), (right, top))
    corner = corners[own]
    width, height = (right - left, top - bottom)[:: -1 if own % 2 else 1]
    words = [_placed(found, corner) for found in reader.words if found.font.turn == own]
    # A caption beside a table that is turned, or a table on a page whose heads are not: read behind the rest.
    for turn in range(SLANTED):
        if turn != own and turns[turn] >= _MIN_TURNED:
            lowest = max((word.y for word in words), default=0.0)
            aside = [_placed(found, corners[turn]) for found in reader.words if found.font.turn == turn]
            words += [replace(word, y=word.y + max(lowest, height)) for word in aside]
    across, down = rules_of(page, own, corner)
    return Page(
        width=width,
        height=height,
        words=tuple(words),
        across=across,
        down=down,
        characters=reader.characters,
        unmapped=reader.unmapped,
    )


def _placed(found: FoundWord, corner: tuple[float, float]) -> Word:
    font = found.font
    x, y = turned(found.x, found.y, font.turn, corner)
    return Word(x, x + found.length, y, font.size, found.text, font.bold, font.mono)
