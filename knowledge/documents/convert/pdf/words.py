"""The words of a page, with their place and the look of their letters."""

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

from coreagent.knowledge.documents.convert.pdf.pdfium import raw
from coreagent.knowledge.documents.convert.tables import clean

_MAX_CHARACTERS = 100_000
"""Of one page: more is no page that anyone reads."""
SLANTED = 4
"""The turn of text that runs across the page, as watermarks do."""
_SLANT = 0.1
"""Quarter turns that text may be off, as on a page that was scanned."""
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_MONO = re.compile(
    r"courier|mon(?:o|l\b|l-)|consol|menlo|typewriter|fixed|cmtt|cmsltt|sfmt|hack|codepro|pcr[rbo]8", re.IGNORECASE
)
_FIXED_PITCH = 1
_FORCE_BOLD = 1 << 18
_UNMAPPED = re.compile("[\ue000-\uf8ff\ufffd]")
_NO_LETTER = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")
"""Codes of a font that come out as they are where the file does not say which letters they are."""
_HYPHEN = re.compile("\ufffe|\xad$")
_LINE_HYPHEN = 2
"""PDFium's mark for a hyphen at the end of a line, U+FFFE in a whole page's text; no line break follows it."""
_WORD = re.compile("[^\x00-\x20\xa0\u2000-\u200a\u2028\u2029\u3000\ufffe]+\ufffe?")
_JOINT = re.compile(r"(?<=[a-z0-9])[a-z0-9)](?=[A-Z])")
"""Where two words may be one by mistake."""
_TAB = 0.13
"""Of the font size: white that stands in no word."""
_PLAIN = str.maketrans(
    {
        **{
            "\ufb00": "ff",
            "\ufb01": "fi",
            "\ufb02": "fl",
            "\ufb03": "ffi",
            "\ufb04": "ffl",
            "\ufb05": "st",
            "\ufb06": "st",
        },
        **{"\uf0b7": "\u2022", "\uf0a7": "\u2022", "\uf02d": "-", "\uf0d8": "\u2022", "\uf0fc": "\u2022"},
    }
)
"""Ligatures, and the bullets of the Symbol and Wingdings fonts, which stand in the private area."""


@dataclass(frozen=True, slots=True)
class Font:
    """The look of the letters of one text object; ``size`` in points."""

    size: float
    turn: int  # quarter turns of the text against the page
    bold: bool
    mono: bool


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word where it begins in the page's own space, with its length along the text."""

    font: Font
    x: float
    y: float
    length: float
    text: str


class WordReader:
    """Reads the words of one page; the buffers that PDFium fills are made once."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._fonts: dict[int, Font] = {}
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._left, self._right, self._bottom, self._top = (ctypes.c_double() for _ in range(4))
        self.words: list[FoundWord] = []
        self.characters = 0
        self.unmapped = 0

    def read(self) -> None:
        """Fill ``words``, in the order of the file, and count their characters."""
        for found in _WORD.finditer(self._text()):
            word, first = found.group(), found.start()
            for joint in _JOINT.finditer(word):
                place = found.start() + joint.start() + 1
                if self._is_apart(place):
                    self._add(word[: place - first], first, place - 1)
                    word, first = word[place - first :], place
            self._add(word, first, found.end() - 1)

    def _is_apart(self, index: int) -> bool:
        """Whether white stands before a letter that PDFium takes for the next of a word, as where a tab is narrow."""
        gap, inside = self._white(index), self._white(index - 1)
        return gap > max(_TAB * self._font(index).size, 3 * inside)

    def _white(self, index: int) -> float:
        """Points between a letter and the one before it, of text that runs from left to right."""
        raw.FPDFText_GetCharBox(self._page, index - 1, self._left, self._right, self._bottom, self._top)
        raw.FPDFText_GetCharOrigin(self._page, index, self._x, self._y)
        return float(self._x.value - self._right.value)

    def _text(self) -> str:
        """One letter for each character of PDFium's, so that a letter's position is its index there."""
        page = self._page
        count = min(raw.FPDFText_CountChars(page), _MAX_CHARACTERS)
        buffer = ctypes.create_string_buffer(2 * count + 2)
        written = raw.FPDFText_GetText(page, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
        if written == count + 1:
            text = buffer.raw[: 2 * count].decode("utf-16-le", "replace")
            if len(text) == count:
                return _NO_LETTER.sub("\ufffd", text)
        # It leaves out characters that the file does not name, and writes two units for a rare letter.
        codes = (raw.FPDFText_GetUnicode(page, index) for index in range(count))
        text = "".join("\ufffe" if code == _LINE_HYPHEN else chr(code or 0xFFFD) for code in codes)
        return _NO_LETTER.sub("\ufffd", text)

    def _font(self, index: int) -> Font:
        handle = raw.FPDFText_GetTextObject(self._page, index)
        # Letters of one text object share their font, so it is looked up once for each object.
        address = ctypes.addressof(handle.contents) if handle else -1
        font = self._fonts.get(address)
        if font is None:
            font = self._fonts[address] = _font(self._page, index)
        return font

    def _add(self, text: str, first: int, last: int) -> None:
        page, font = self._page, self._font(first)
        raw.FPDFText_GetCharOrigin(page, first, self._x, self._y)
        raw.FPDFText_GetCharBox(page, last, self._left, self._right, self._bottom, self._top)
        x, y = self._x.value, self._y.value
        if font.turn % 2:
            length = abs((self._top if font.turn == 1 else self._bottom).value - y)
        else:
            length = abs((self._left if font.turn == 2 else self._right).value - x)
        self.characters += len(text)
        if raw.FPDFText_HasUnicodeMapError(page, first) > 0:
            self.unmapped += len(text)
        if not text.isascii():
            text = _HYPHEN.sub("-", text).translate(_PLAIN)
            self.unmapped += len(_UNMAPPED.findall(text))
            text = clean(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        elif "\x7f" in text:
            text = clean(text)
        if text:
            self.words.append(FoundWord(font, x, y, max(length, 0.1), text))


def _font(page: Any, index: int) -> Font:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(page, index, matrix)
    scale = math.hypot(matrix.c, matrix.d) or 1.0
    quarters = math.degrees(math.atan2(matrix.b, matrix.a)) / 90
    turn = round(quarters) % 4 if abs(quarters - round(quarters)) < _SLANT else SLANTED
    buffer, flags = ctypes.create_string_buffer(256), ctypes.c_int()
    raw.FPDFText_GetFontInfo(page, index, buffer, 256, flags)
    name = buffer.value.decode("utf-8", "replace")
    bold = bool(_BOLD.search(name)) or bool(flags.value & _FORCE_BOLD) or raw.FPDFText_GetFontWeight(page, index) >= 600
    mono = bool(_MONO.search(name)) or bool(flags.value & _FIXED_PITCH)
    return Font(round(raw.FPDFText_GetFontSize(page, index) * scale, 1), turn, bold, mono)
