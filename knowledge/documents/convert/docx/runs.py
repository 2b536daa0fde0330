"""The words of one paragraph of Word: runs, links, tracked changes, fields, footnote marks, symbols, equations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.docx.math import M, linear
from coreagent.knowledge.documents.convert.docx.styles import BODY, Style, W, is_hidden, value
from coreagent.knowledge.documents.convert.markup import Element

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PASSED = frozenset(
    f"{W}{name}"
    for name in (
        *("hyperlink", "ins", "moveTo", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "dir", "bdo"),
        *("ruby", "rubyBase", "txbxContent"),
    )
)
_CONTENTS_FIELDS = (["TOC"], ["INDEX"], ["TOA"], ["RD"], ["TC"], ["XE"])
_MAX_FIELDS = 50
"""Fields inside each other; Word allows fewer."""
_MAX_INSTRUCTION = 200
_ORDINALS = ("st", "nd", "rd", "th")
# Adobe's Symbol font: the letters of its code page that stand for Greek ones, and the signs that specifications use.
_GREEK = dict(
    zip(
        "abcdefghiklmnopqrstuwxyzABCDEFGHIKLMNOPQRSTUWXYZ",
        "αβχδεφγηικλμνοπθρστυωξψζΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖ",
        strict=True,
    )
)
_SIGNS = {
    0xA3: "≤",
    0xB3: "≥",
    0xB4: "×",
    0xB1: "±",
    0xB9: "≠",
    0xAE: "→",
    0xAC: "←",
    0xB0: "°",
    0xA5: "∞",
    0xCE: "∈",
    0xB7: "•",
    0xD7: "·",
    0xE5: "∑",
    0xBB: "≈",
    0xBA: "≡",
    0xD6: "√",
    0xAB: "↔",
    0xDE: "⇒",
    0xDB: "⇔",
    0xA7: "•",
}


@dataclass(slots=True)
class _Field:
    """``shown`` turns true at the mark between a field's instruction and its result."""

    instruction: str = ""
    shown: bool = False


class Runs:
    """Reads paragraphs in document order; a field may begin in one and end in another."""

    def __init__(self, styles: Mapping[str, Style]) -> None:
        """``styles``: see :func:`styles.read_styles`."""
        self._styles = styles
        self._fields: list[_Field] = []
        self._pieces: list[str] = []
        self._raised = ""
        self._boxes: list[Element] = []
        self.notes: list[str] = []
        """Ids of the footnotes ("3") and endnotes ("e3") that the last paragraphs referred to; taken by the caller."""
        self._readers: Mapping[object, Callable[[Element], None]] = {
            f"{W}r": self._run,
            f"{M}oMath": self._math,
            f"{M}oMathPara": self._math,
            f"{_MC}AlternateContent": self._alternate,
            f"{W}drawing": self._drawing,
            f"{W}pict": self._drawing,
            f"{W}object": self._drawing,
            f"{W}t": self._text,
            f"{W}tab": lambda _: self._put("\t"),
            f"{W}ptab": lambda _: self._put("\t"),
            f"{W}br": self._break,
            f"{W}cr": lambda _: self._put("\n"),
            f"{W}noBreakHyphen": lambda _: self._put("-"),
            f"{W}sym": self._symbol,
            f"{W}fldChar": self._field,
            f"{W}instrText": self._instruction,
            f"{W}footnoteReference": lambda e: self._note(e, ""),
            f"{W}endnoteReference": lambda e: self._note(e, "e"),
        }

    def text(self, paragraph: Element) -> str:
        r"""The paragraph's words with tabs and line breaks, not yet cleaned. Text boxes are kept for :meth:`boxes`."""
        self._pieces, self._raised = [], ""
        for child in paragraph:
            self._read(child)
        # An instruction never goes on over a paragraph: this one was not closed.
        self._fields = [field for field in self._fields if field.shown]
        return "".join(self._pieces)

    def boxes(self) -> list[Element]:
        """The text boxes that the paragraphs since the last call held (``w:txbxContent``)."""
        boxes, self._boxes = self._boxes, []
        return boxes

    def end_fields(self) -> None:
        """Take all open fields as ended: a heading stands in no table of contents."""
        self._fields = []

    @property
    def in_contents(self) -> bool:
        """Whether a table of contents is open."""
        return any(field.instruction.split()[:1] in _CONTENTS_FIELDS for field in self._fields)

    def _put(self, text: str) -> None:
        if not self._fields or (all(field.shown for field in self._fields) and not self.in_contents):
            self._pieces.append(text)

    def _read(self, element: Element) -> None:
        reader = self._readers.get(element.tag)
        if reader is not None:
            reader(element)
        elif element.tag in _PASSED and element.find(f"{W}sdtPr/{W}showingPlcHdr") is None:
            self._raised = ""
            for child in element:
                self._read(child)

    def _run(self, run: Element) -> None:
        marks = run.find(f"{W}rPr")
        raised = ""
        if marks is not None:
            style = self._styles.get(value(marks.find(f"{W}rStyle")), BODY) if len(marks) else BODY
            if is_hidden(marks, style.hidden):
                return
            raised = {"superscript": "^", "subscript": "_"}.get(value(marks.find(f"{W}vertAlign")), "")
        if raised and raised != self._raised:
            words = "".join(text.text or "" for text in run.iterchildren(f"{W}t")).strip()
            if words and words.lower() not in _ORDINALS and self._pieces and not self._pieces[-1][-1:].isspace():
                self._put(raised)
        self._raised = raised
        for child in run:
            if child.tag != f"{W}rPr":
                self._read(child)

    def _text(self, element: Element) -> None:
        if element.text:
            self._put(element.text)

    def _break(self, element: Element) -> None:
        self._put("\n" if element.get(f"{W}type", "textWrapping") == "textWrapping" else " ")

    def _symbol(self, element: Element) -> None:
        try:
            code = int(element.get(f"{W}char", ""), 16)
        except ValueError:
            return
        # Symbol fonts lie in the private use area, their own code page from F000 on.
        low = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
        font = element.get(f"{W}font", "").lower()
        if code < 0xF000 and font not in ("symbol", "wingdings") and code >= 0x20:
            self._put(chr(code))
        elif font == "symbol":
            self._put(_SIGNS.get(low) or _GREEK.get(chr(low)) or (chr(low) if 0x20 <= low < 0x7F else ""))
        elif font.startswith("wingdings"):
            self._put({0xE0: "→", 0xDF: "←", 0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xA8: "☐"}.get(low, "•"))

    def _field(self, element: Element) -> None:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin" and len(self._fields) < _MAX_FIELDS:
            self._fields.append(_Field())
        elif kind == "separate" and self._fields:
            self._fields[-1].shown = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _instruction(self, element: Element) -> None:
        if self._fields and not self._fields[-1].shown:
            field = self._fields[-1]
            field.instruction = f"{field.instruction}{element.text or ''}"[:_MAX_INSTRUCTION]

    def _note(self, element: Element, kind: str) -> None:
        number = element.get(f"{W}id", "")
        if number.isascii() and number.isdigit():
            self.notes.append(f"{kind}{number}")
            self._put(f"[^{kind}{number}]")

    def _math(self, element: Element) -> None:
        self._put(linear(element))

    def _alternate(self, element: Element) -> None:
        # The same content twice, for newer and for older programs.
        chosen = element.find(f"{_MC}Choice")
        chosen = chosen if chosen is not None else element.find(f"{_MC}Fallback")
        for child in chosen if chosen is not None else ():
            self._read(child)

    def _drawing(self, element: Element) -> None:
        boxes = list(element.iter(f"{W}txbxContent"))
        outer = {id(box) for box in boxes}
        for box in boxes:
            above = any(id(up) in outer for up in box.iterancestors(f"{W}txbxContent"))
            twin = next(box.iterancestors(f"{_MC}Fallback"), None)
            if not above and (twin is None or element.tag == f"{W}pict"):
                self._boxes.append(box)
        described = (found.get("descr", "") for found in element.iter("{*}docPr"))
        words = "; ".join(text.strip() for text in described if _is_description(text))
        if words:
            self._put(f"[Picture: {words}]")


def _is_description(text: str) -> bool:
    """Whether an alternative text is a person's: programs put file names and sizes there."""
    words = text.strip()
    made_up = words.lower().endswith(
        (".png", ".jpg", ".jpeg", ".emf", ".wmf", ".gif", ".svg", "automatically generated")
    )
    return " " in words and not made_up
