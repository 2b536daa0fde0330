"""Word documents as Markdown: headings with their numbers, tables whole with their captions, notes, lists, code.

Made for the specifications of 3GPP and O-RAN, which come as DOCX of a thousand pages and more: the main part is read
as a stream, so that memory does not grow with the tree of the whole document and time is linear.

By way of lxml and not of python-docx, because that builds the whole tree first (470 MB for 50,000 paragraphs of six
runs, against 56 MB here), does not open the "Strict" variant, and says nothing about what makes up most of this code:
the numbers that Word computes, footnotes, fields, deleted text, equations, and what the styles of 3GPP mean. It would
save the lines of ``ooxml`` that follow the links between parts, and no more.
"""

import re
from pathlib import Path

from coreagent.knowledge.documents.convert.docx.blocks import Block, Kind, arranged, bold, written
from coreagent.knowledge.documents.convert.docx.numbering import Numbering
from coreagent.knowledge.documents.convert.docx.runs import Runs
from coreagent.knowledge.documents.convert.docx.styles import (
    BODY,
    Style,
    W,
    integer,
    numbering,
    read_styles,
    value,
)
from coreagent.knowledge.documents.convert.docx.tables import blocks, only_cell, read_grid
from coreagent.knowledge.documents.convert.markup import Element, release
from coreagent.knowledge.documents.convert.ooxml import Package, no_text, open_package
from coreagent.knowledge.documents.convert.tables import (
    clean,
    document,
    escape,
    heading,
    one_line,
    paragraph,
    tabbed,
    table,
)
from coreagent.knowledge.documents.document import Conversion

_AROUND = frozenset(f"{W}{name}" for name in ("body", "sdt", "sdtContent", "customXml", "ins", "moveTo"))
_ANNEX = re.compile(r"(?:annex|appendix|附录|附件)[ \t\u3000]*[A-Z0-9]", re.IGNORECASE)
_ANNEX_NUMBER = re.compile(r"[A-Z]{1,2}(?P<below>(?:\.\d+[A-Za-z]?)+)(?:\s|\Z)")
_BULLET = re.compile(r"[-–—•·▪◦*]\t[ \t]*")
_NUMBER = re.compile(r"\bT[SR] \d{2}\.\d{3}(?:-\d+)?")
_COVER_NOISE = re.compile(r"3rd Generation Partnership Project;?|Technical Specification Group .*|European Telecom.*")


def convert(path: Path) -> Conversion:
    """The document as Markdown; see the module.

    Raises:
        DocumentError: not a DOCX, damaged, encrypted, in the old binary format, or without any text.
    """
    with open_package(path, "word") as package:
        title, meta = package.properties()
        reader = _Reader(package)
        text = reader.read()
    if not text:
        raise no_text(path)
    return Conversion(text=text, grammar="markdown", title=reader.cover_title() or title or reader.title, meta=meta)


class _Reader:
    def __init__(self, package: Package) -> None:
        self._package = package
        styles, numbers = package.related(package.main, "styles"), package.related(package.main, "numbering")
        self._styles = read_styles(package.root(styles)) if styles else {"": BODY}
        self._numbering = Numbering(package.root(numbers) if numbers else None, self._styles)
        self._runs = Runs(self._styles)
        self._notes = {**self._read_notes("footnotes", ""), **self._read_notes("endnotes", "e")}
        self._blocks: list[Block] = []
        self._annex = self._headed = False
        self._cover: list[str] = []
        self._number = ""
        self.title = ""

    def _read_notes(self, kind: str, mark: str) -> dict[str, str]:
        part = self._package.related(self._package.main, kind)
        if not part:
            return {}
        runs = Runs(self._styles)
        found: dict[str, str] = {}
        for note in self._package.root(part):
            texts = (runs.text(element) for element in note.iter(f"{W}p"))
            found[f"{mark}{note.get(f'{W}id', '')}"] = one_line(clean(" ".join(texts)))
        return found

    def read(self) -> str:
        for element in self._package.elements(self._package.main, (f"{W}p", f"{W}tbl")):
            parent = element.getparent()
            if parent is None or parent.tag not in _AROUND or not _is_top(element):
                continue
            self._block(element)
            release(element)
        self._end_clause()
        return document(written(block) for block in arranged(self._blocks))

    def cover_title(self) -> str:
        """Number and title from the cover of a 3GPP or ETSI document, or an empty string."""
        words = " ".join(filter(None, map(_without_noise, self._cover)))
        return f"{self._number} {words}".strip() if words else ""

    def _block(self, element: Element) -> None:
        if element.tag == f"{W}p":
            self._paragraph(element)
            return
        inside = only_cell(element)
        if inside is None and not self._headed and self._is_cover(element):
            for one in element.iter(f"{W}p"):
                self._paragraph(one)
        elif inside is not None:
            for block in blocks(inside):
                self._block(block)
        else:
            grid = read_grid(element, self._cell_paragraph)
            self._runs.boxes()
            text = table(grid.rows, headers=grid.headers)
            if text:
                self._blocks.append(Block("table", [text]))

    def _is_cover(self, element: Element) -> bool:
        return any(self._style(one)[1].role.startswith("cover") for one in element.iter(f"{W}p"))

    def _style(self, element: Element) -> tuple[str, Style]:
        properties = element.find(f"{W}pPr")
        style_id = value(properties.find(f"{W}pStyle")) if properties is not None else ""
        style = self._styles.get(style_id) or self._styles[""]
        outline = integer(properties.find(f"{W}outlineLvl")) if properties is not None else -1
        if 0 <= outline <= 8 and style.role == "body":
            style = Style(role="heading", level=outline + 1, num_id=style.num_id, num_level=style.num_level)
        return style_id, style

    def _cell_paragraph(self, element: Element) -> str:
        style_id, style = self._style(element)
        text = clean(self._runs.text(element)).strip()
        return self._labelled(element, style_id, style, text)[0].replace("\t", " ") if text else ""

    def _labelled(self, element: Element, style_id: str, style: Style, text: str) -> tuple[str, int]:
        """The text behind its automatic label, and the level of the list from 0 on; -1 for a text that is no item."""
        properties = element.find(f"{W}pPr")
        num_id, num_level = numbering(properties) if properties is not None else (-1, -1)
        if num_id < 0 <= style.num_id:
            num_id = style.num_id
        if num_id <= 0:
            return text, -1
        own = style.num_level if style.num_level >= 0 else style.level - 1 if style.role == "heading" else 0
        label = self._numbering.label(num_id, num_level, style_id=style_id, default=own)
        if label is None or (style.role == "heading" and label.bullet):
            return text, -1
        if label.bullet:
            return f"- {text}", label.level
        # Some writers type the number that Word also shows.
        already = not label.text or text.split(maxsplit=1)[:1] == [label.text]
        return text if already else f"{label.text} {text}", label.level

    def _paragraph(self, element: Element) -> None:
        style_id, style = self._style(element)
        if style.role == "heading" and self._runs.in_contents:
            self._runs.end_fields()
        raw = clean(self._runs.text(element))
        text = raw.strip()
        if style.role == "code":
            self._code(raw)
        elif text and style.role == "contents":
            # Its heading may take a number, as in documents whose style of it is made from "Heading 1".
            self._labelled(element, style_id, style, text)
        elif text and not style.hidden:
            self._words(element, style_id, style, text)
        for box in self._runs.boxes():
            words = (clean(self._runs.text(one)).strip() for one in box.iter(f"{W}p"))
            self._add("text", paragraph("; ".join(one_line(word) for word in words if word)))
        self._runs.boxes()

    def _words(self, element: Element, style_id: str, style: Style, text: str) -> None:
        labelled, level = self._labelled(element, style_id, style, text)
        if style.role == "heading":
            self._heading(style.level, labelled)
        elif style.role in ("caption", "figure-title"):
            self._add("caption" if style.role == "caption" else "text", bold(labelled))
        elif style.role == "bullet":
            self._add("list", _bullet(text, style.level - 1) if level < 0 else _item(labelled, style.level - 1))
        elif level >= 0:
            self._add("list", _item(labelled, level))
        elif style.role == "line":
            self._add("list", paragraph(tabbed(text)))
        else:
            self._note_cover(style, text)
            self._add("text", paragraph(tabbed(text)))

    def _note_cover(self, style: Style, text: str) -> None:
        if self._headed:
            return
        if style.role == "cover-title":
            self._cover.append(text)
        elif style.role == "title":
            self.title = self.title or _without_noise(text)
        found = _NUMBER.search(text) if style.role == "cover" and not self._number else None
        if found:
            self._number = found.group()

    def _heading(self, level: int, text: str) -> None:
        words = one_line(text)
        annexed = _ANNEX_NUMBER.match(words)
        if _ANNEX.match(words) and (level == 1 or level > 6):
            # 3GPP gives its annexes the styles Heading 8 and 9.
            self._annex, level = True, 1
        elif self._annex and annexed:
            # "A.1" has the style Heading 1 there, as if it stood beside its annex.
            level = 1 + annexed["below"].count(".")
        elif level == 1:
            self._annex = False
        self._end_clause()
        self._headed = True
        self._add("heading", heading(level, words))

    def _code(self, raw: str) -> None:
        line = raw.replace("\t", "    ").rstrip()
        if self._blocks and self._blocks[-1].kind == "code":
            self._blocks[-1].lines.append(line)
        elif line:
            self._blocks.append(Block("code", [line]))

    def _end_clause(self) -> None:
        """Footnotes go below the clause that refers to them."""
        for note in dict.fromkeys(self._runs.notes):
            if self._notes.get(note):
                self._add("list", f"[^{note}]: {self._notes[note]}")
        self._runs.notes.clear()

    def _add(self, kind: Kind, text: str) -> None:
        if not text:
            return
        if kind == "list" and self._blocks and self._blocks[-1].kind == "list":
            self._blocks[-1].lines.append(text)
        else:
            self._blocks.append(Block(kind, [text]))


def _is_top(element: Element) -> bool:
    """Whether a block stands in the body itself, content controls apart; a table of contents counts as not."""
    for above in element.iterancestors():
        if above.tag == f"{W}body":
            return True
        if above.tag not in _AROUND:
            return False
        gallery = above.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and value(gallery) == "Table of Contents":
            return False
    return False


def _without_noise(text: str) -> str:
    """Of a title on a cover what only this document has."""
    lines = (line.strip() for line in text.split("\n"))
    return " ".join(line for line in lines if line and not _COVER_NOISE.fullmatch(line))


def _bullet(text: str, level: int) -> str:
    """3GPP's B1, B2, ...: the label is part of the text, with a tab behind it."""
    if "\t" not in text[:12]:
        return _item(f"- {text}", level)
    bare = _BULLET.match(text)
    if bare:
        return _item(f"- {text[bare.end() :]}", level)
    label, _, words = text.partition("\t")
    return _item(f"- {label} {words.strip()}", level)


def _item(text: str, level: int) -> str:
    indent = "  " * level
    first, *more = text.replace("\t", " ").split("\n")
    lines = [f"{indent}{first}", *(f"{indent}  {line.strip()}" for line in more if line.strip())]
    return "\n".join(escape(line) for line in lines)
