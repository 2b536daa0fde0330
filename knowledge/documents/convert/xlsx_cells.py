"""Single cells of a workbook as text: shared strings, numbers, dates, percentages (ECMA-376 part 1, 18.4 and 18.8)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

from coreagent.knowledge.documents.convert.markup import Element, release
from coreagent.knowledge.documents.convert.ooxml import Package

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
"""The namespace of SpreadsheetML."""

_DATE_IDS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENT_IDS = frozenset((9, 10))
_TIME_IDS = frozenset((18, 19, 20, 21, 45, 46, 47))
MAX_FORMAT = 255
"""Characters of a number format; Excel allows no more."""
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETED = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_DAY_LETTERS = re.compile(r"[dy]", re.IGNORECASE)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"\$?(?P<column>[A-Za-z]{1,3})\$?(?P<row>\d{1,7})\Z")
_MAX_SERIAL = 2_958_466
"""1 January 10000: no later day is a date."""


@dataclass(frozen=True, slots=True)
class Area:
    """A merged area, its edges included; rows and columns count from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class _Format:
    kind: str = ""
    """``date``, ``time``, ``percent`` or empty."""


@dataclass(frozen=True, slots=True)
class Values:
    """What cells refer to: the strings that they share and the formats that make a number a date."""

    strings: tuple[str, ...]
    formats: tuple[_Format, ...]
    epoch: datetime

    @classmethod
    def read(cls, package: Package) -> "Values":
        """From the parts of the workbook; each may be missing."""
        strings, styles = package.related(package.main, "sharedStrings"), package.related(package.main, "styles")
        properties = package.root(package.main).find(f"{S}workbookPr")
        mac = properties is not None and properties.get("date1904") in ("1", "true", "on")
        return cls(
            tuple(_shared(package, strings)) if strings else (),
            _formats(package.root(styles)) if styles else (),
            datetime(1904, 1, 1) if mac else datetime(1899, 12, 30),
        )

    def text(self, element: Element) -> str:
        """What the cell ``<c>`` shows; empty for a cell without a value."""
        kind = element.get("t", "n")
        if kind == "inlineStr":
            inline = element.find(f"{S}is")
            return string(inline) if inline is not None else ""
        value = element.findtext(f"{S}v") or ""
        if kind == "s":
            at = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
            return self.strings[at] if 0 <= at < len(self.strings) else ""
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind == "n" and value:
            return self._number(value, element.get("s", ""))
        return _unescaped(value)

    def _number(self, value: str, style: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return value
        at = int(style) if style.isascii() and style.isdigit() and len(style) < 7 else -1
        kind = self.formats[at].kind if 0 <= at < len(self.formats) else ""
        if kind == "percent" and isfinite(number):
            return f"{number * 100:.10g}%"
        if kind in ("date", "time") and 0 <= number < _MAX_SERIAL:
            return self._moment(number, kind)
        # Numbers of subscribers and devices stay as they are; of others Excel itself shows 15 digits at most.
        whole = value.strip().removeprefix("-").isdigit()
        return value.strip() if whole or not isfinite(number) else f"{number:.15g}"

    def _moment(self, number: float, kind: str) -> str:
        seconds = round(number * 86_400)
        if kind == "time":
            hours, rest = divmod(seconds, 3_600)
            return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
        # Excel counts a 29 February 1900 that never was.
        shift = 1 if self.epoch.year == 1899 and number < 60 else 0
        try:
            moment = self.epoch + timedelta(days=shift, seconds=seconds)
        except OverflowError:
            return f"{number:.15g}"
        return moment.date().isoformat() if seconds % 86_400 == 0 else moment.isoformat(sep=" ")


def _shared(package: Package, part: str) -> list[str]:
    found: list[str] = []
    for element in package.elements(part, (f"{S}si",)):
        found.append(string(element))
        release(element)
    return found


def string(element: Element) -> str:
    """A rich string's words, without the reading aids of East Asian text."""
    pieces: list[str] = []
    for child in element:
        if child.tag == f"{S}t":
            pieces.append(child.text or "")
        elif child.tag == f"{S}r":
            pieces.append(child.findtext(f"{S}t") or "")
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _formats(root: Element) -> tuple[_Format, ...]:
    own = {
        element.get("numFmtId", ""): element.get("formatCode", "")[:MAX_FORMAT] for element in root.iter(f"{S}numFmt")
    }
    return tuple(_Format(_kind(element.get("numFmtId", ""), own)) for element in root.iterfind(f"{S}cellXfs/{S}xf"))


def _kind(format_id: str, own: dict[str, str]) -> str:
    if format_id not in own:
        number = int(format_id) if format_id.isascii() and format_id.isdigit() and len(format_id) < 6 else 0
        known = {"percent": _PERCENT_IDS, "time": _TIME_IDS, "date": _DATE_IDS}
        return next((kind for kind, ids in known.items() if number in ids), "")
    code = _BRACKETED.sub("", _QUOTED.sub("", own[format_id].split(";")[0]))
    if "general" in code.lower():
        return ""
    if _DATE_LETTERS.search(code) and not re.search(r"[0#?]", re.sub(r"s\.0+", "", code)):
        whole = _DAY_LETTERS.search(code) or not re.search(r"[hs]", code, re.IGNORECASE)
        return "date" if whole else "time"
    return "percent" if "%" in code else ""


def column_of(reference: str, default: int) -> int:
    """The column of a reference such as ``AB12``, from 0 on; ``default`` for one that is none."""
    found = _REFERENCE.match(reference)
    return _column(found["column"]) if found else default


def read_area(reference: str) -> Area | None:
    """An area such as ``A1:C2``, or None for what is none."""
    first, _, last = reference.partition(":")
    start, end = _REFERENCE.match(first), _REFERENCE.match(last)
    if not start or not end:
        return None
    return Area(int(start["row"]) - 1, _column(start["column"]), int(end["row"]) - 1, _column(end["column"]))


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
