"""The elements of a web page, one after the other, written as Markdown blocks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.counters import letters, roman
from coreagent.knowledge.documents.convert.html.table import Grid, is_layout
from coreagent.knowledge.documents.convert.markup import Element
from coreagent.knowledge.documents.convert.tables import (
    document,
    escape,
    fence,
    heading,
    is_caption,
    one_line,
    paragraph,
    tabbed,
)

_LANGUAGE = re.compile(r"(?:\A|\s)(?:language|lang|highlight|brush:)-?\s?(?P<name>[A-Za-z0-9+#_.]{1,20})(?=\s|\Z)")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    (
        *("p", "div", "section", "article", "main", "header", "body", "html", "blockquote", "figure", "figcaption"),
        *("address", "details", "summary", "fieldset", "legend", "form", "hr", "aside", "center", "table", "thead"),
        *("tbody", "tfoot", "tr", "td", "th", "caption", "hgroup", "search", "dialog"),
    )
)
_SPACES = re.compile(r"[ \t\n\r\f]+")
_GLUED = re.compile(r"(\d+(?:\.\d+)+|\d+(?=[A-Z][a-z]|[\u4e00-\u9fff]))(?=[^\W\d])")
"""The number of a clause without a space before its title, as LibreOffice writes it."""
_SPACE = re.compile(r" {2,}")
_COUNTERS: Mapping[str, Callable[[int], str]] = {
    "a": letters,
    "A": lambda number: letters(number).upper(),
    "i": roman,
    "I": lambda number: roman(number).upper(),
}
_MAX_INDENT = 20
_ORDINALS = ("st", "nd", "rd", "th")


@dataclass(slots=True)
class _Block:
    text: str
    item: bool


class Page:
    """Takes starts and ends of elements and the words between them, in the order of the page."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._pieces: list[str] = []
        self._lists: list[int] = []
        self._level = 0
        self._label = ""
        self._term = ""
        self._code = 0
        self._language = ""
        self._grids: list[Grid] = []
        self.title = ""

    def text(self) -> str:
        """All blocks; items of one list follow each other without a blank line. Empty for a page without words."""
        self._flush()
        parts: list[list[str]] = []
        item = False
        for block in self._blocks:
            if block.item and item:
                parts[-1].append(block.text)
            elif parts and block.text.startswith("| ") and is_caption(parts[-1][-1]):
                parts[-1] = [f"**{parts[-1][-1]}**", block.text]
            else:
                parts.append([block.text])
            item = block.item
        return document("\n".join(lines) for lines in parts)

    def words(self, text: str | None) -> None:
        """Text between tags; its white space counts only inside ``pre``."""
        if text:
            self._pieces.append(text if self._code else _SPACES.sub(_space, text))

    def start(self, element: Element) -> bool:
        """An element begins. False when its content was read already and is to be passed over."""
        tag = str(element.tag)
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "dt" and (above := element.getparent()) is not None and above.tag == "dt":
            # The parser leaves a term open whose end tag was left out.
            self._end_term()
        elif tag in ("img", "math"):
            self._pieces.append(_described(element))
            return False
        elif tag in ("sub", "sup"):
            self._raise(element, "^" if tag == "sup" else "_")
        elif tag in ("ul", "ol"):
            self._flush()
            start = element.get("start", "1")
            self._lists.append((int(start) if start.isascii() and start.isdigit() else 1) if tag == "ol" else 0)
        elif tag == "table" and not self._grids and not is_layout(element):
            self._flush()
            self._grids.append(Grid())
        elif tag in ("tr", "td", "th", "caption", "thead") and self._grids:
            self._in_table(tag, element)
        elif tag == "pre":
            self._flush()
            self._code += 1
            self._language = _language(element)
        elif tag in _HEADINGS or tag in ("li", "dt", "dd", "dl") or tag in _BLOCKS:
            self._flush()
            self._level = _HEADINGS.get(tag, self._level)
            self._begin_item(tag, element)
        return True

    def _in_table(self, tag: str, element: Element) -> None:
        grid = self._grids[-1]
        if tag == "thead":
            grid.begin_head()
        elif tag == "tr":
            grid.begin_row()
        else:
            self._pieces = []
            if tag != "caption":
                grid.begin_cell(element)

    def _begin_item(self, tag: str, element: Element) -> None:
        if tag == "li":
            number = self._lists[-1] if self._lists else 0
            self._label = f"{_counter(element)(number)}. " if number else "- "
            if number:
                self._lists[-1] += 1
        elif tag == "dd":
            self._label = f"- {self._term}: " if self._term else "- "
            self._term = ""
            self._lists.append(0)

    def end(self, element: Element) -> None:
        """An element ends."""
        tag = str(element.tag)
        if tag in ("td", "th", "caption") and self._grids:
            text, self._pieces = _tidy("".join(self._pieces)), []
            if tag == "caption":
                self._grids[-1].caption = text
            else:
                self._grids[-1].end_cell(text)
        elif tag == "table" and self._grids and not is_layout(element):
            self._pieces = []
            text = self._grids.pop().text()
            if text:
                self._blocks.append(_Block(text, False))
        elif tag == "thead" and self._grids:
            self._grids[-1].end_head()
        elif tag == "pre":
            self._flush()
            self._code = max(self._code - 1, 0)
        elif tag == "dt":
            self._end_term()
        elif tag in ("ul", "ol", "dd", "dl"):
            self._flush()
            if tag == "dl" and self._term:
                self._blocks.append(_Block(f"- {self._term}", True))
                self._term = ""
            if tag != "dl" and self._lists:
                self._lists.pop()
            self._label = ""
        elif tag in _HEADINGS or tag == "li" or tag in _BLOCKS:
            self._flush()
            if tag in _HEADINGS:
                self._level = 0
            elif tag == "li":
                self._label = ""

    def _end_term(self) -> None:
        words, self._pieces = one_line("".join(self._pieces)), []
        self._term = f"{self._term}; {words}" if self._term and words else self._term or words

    def _raise(self, element: Element, mark: str) -> None:
        words = (element.text or "").strip()
        before = self._pieces[-1][-1:] if self._pieces else ""
        if words and (before.isalnum() or before == ")") and words.lower() not in _ORDINALS and words[0] not in "[(*":
            self._pieces.append(mark)

    def _flush(self) -> None:
        """End the paragraph that is open. In a cell it only ends a line."""
        if self._grids:
            self._pieces.append("\n")
            return
        raw, self._pieces = "".join(self._pieces), []
        if self._code:
            if raw.strip():
                self._blocks.append(_Block(fence(raw.strip("\n").rstrip(), self._language), False))
            return
        text = _tidy(raw)
        if not text:
            return
        if self._level:
            text = _GLUED.sub(r"\1 ", one_line(text), count=1) if text[0].isdigit() else text
            self._blocks.append(_Block(heading(self._level, text), False))
            self.title = self.title or one_line(text)
        elif self._lists:
            indent = "  " * min(len(self._lists) - 1, _MAX_INDENT)
            first, *more = text.split("\n")
            # A label is its item's first paragraph's; further paragraphs stand below its words.
            first = f"{indent}{self._label}{first}" if self._label else f"{indent}  {escape(first)}"
            self._blocks.append(_Block("\n".join([first, *(f"{indent}  {escape(line)}" for line in more)]), True))
            self._label = ""
        else:
            self._blocks.append(_Block(paragraph(tabbed(text)), False))


def _space(found: re.Match[str]) -> str:
    """A tab within a line, as word processors leave it between a term and its meaning, is more than a space."""
    return "\t" if found.group() == "\t" else " "


def _counter(item: Element) -> Callable[[int], str]:
    """How the list of an item counts."""
    parent = item.getparent()
    kind = parent.get("type", "1") if parent is not None else "1"
    return _COUNTERS.get(kind, str)


def _tidy(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _described(element: Element) -> str:
    if element.tag == "img":
        words = one_line(element.get("alt", ""))
        return f"[Picture: {words}]" if words else ""
    source = next((one for one in element.iter() if str(one.tag).endswith("annotation")), None)
    words = element.get("alttext") or (source.text if source is not None else "") or "".join(element.itertext())
    return f" {one_line(words)} "


def _language(element: Element) -> str:
    """The language that a page names for its code, at the ``pre``, its ``code`` or the frame around them."""
    inner = element[0] if len(element) else None
    parent = element.getparent()
    outer = parent.getparent() if parent is not None else None
    for one in (element, inner, parent, outer):
        found = _LANGUAGE.search(one.get("class", "")) if one is not None else None
        if found and found["name"] not in ("default", "text", "none"):
            return found["name"]
    return ""
