"""What a paragraph's style means: styles.xml resolved once, by name, by ``basedOn`` and by outline level.

Knows Word's own styles, whatever language Word was in (their names in the file stay English), and those of the 3GPP
and ETSI templates (3GPP TR 21.801, annex on styles): TH, TF, NO, EX, EW, B1.., PL, H6, TAH, ZA, ZT.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from coreagent.knowledge.documents.convert.markup import Element

Role = Literal[
    "body", "heading", "contents", "code", "bullet", "line", "caption", "figure-title", "cover", "cover-title", "title"
]
"""``line``: paragraphs that belong together without a blank line (references, abbreviations, lists without labels).
``caption`` may stand above or below its table; ``figure-title`` is always a figure's."""

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
"""The namespace of WordprocessingML."""

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|标题|見出し) ?(?P<level>[1-9])\Z")
_BULLET = re.compile(r"b(?P<level>[1-9]|10)\+?\Z")
_CONTENTS = re.compile(r"toc(?: ?\d| heading)\Z|tt\Z|contents heading\Z|table of (?:figures|authorities)\Z|index \d\Z")
_ROLES: Mapping[str, Role] = {
    "pl": "code",
    "code": "code",
    "source code": "code",
    "sourcecode": "code",
    "html preformatted": "code",
    "macro text": "code",
    "macro": "code",
    "preformatted text": "code",
    "th": "caption",
    "caption": "caption",
    "tf": "figure-title",
    "ex": "line",
    "ew": "line",
    "nw": "line",
    "za": "cover",
    "zb": "cover",
    "zt": "cover-title",
    "title": "title",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """``level`` is a heading's (1 to 9) or a bullet's (1 for the outermost), else 0.

    ``num_id`` and ``num_level`` are the automatic numbering that the style brings along: -1 where it has none.
    """

    role: Role = "body"
    level: int = 0
    num_id: int = -1
    num_level: int = -1
    hidden: bool = False


BODY = Style()


def read_styles(root: Element) -> dict[str, Style]:
    """Styles by id, each with what it takes over from those it is based on; the default one has an empty id too."""
    raw = {element.get(f"{W}styleId", ""): element for element in root.iterchildren(f"{W}style")}
    found: dict[str, Style] = {}
    for style_id in raw:
        chain: dict[str, None] = {}
        at: str = style_id
        # A circle of styles ends where it closes.
        while at in raw and at not in found and at not in chain:
            chain[at] = None
            at = value(raw[at].find(f"{W}basedOn"))
        style = found.get(at, BODY)
        for name in reversed(chain):
            style = found[name] = _one(raw[name], style)
    default = (i for i, e in raw.items() if is_on(e.get(f"{W}default"), False) and e.get(f"{W}type") == "paragraph")
    found[""] = found.get(next(default, ""), BODY)
    return found


def _one(element: Element, base: Style) -> Style:
    # An alias after a comma is part of the name in older files ("Heading 1,H1").
    name = value(element.find(f"{W}name")).split(",")[0].strip().lower()
    # The default style of older templates is the base of all others: its own role says nothing about them.
    style = _named(name, base)
    properties = element.find(f"{W}pPr")
    if properties is not None:
        outline = integer(properties.find(f"{W}outlineLvl"))
        named_heading = style.role == "heading" and (_HEADING.match(name) or name == "h6")
        if 0 <= outline <= 8 and style.role in ("body", "heading") and not named_heading:
            style = replace(style, role="heading", level=outline + 1)
        elif outline == 9 and style.role == "heading" and not named_heading:
            style = replace(style, role="body", level=0)
        num_id, num_level = numbering(properties)
        style = replace(
            style,
            num_id=num_id if num_id >= 0 else style.num_id,
            num_level=num_level if num_level >= 0 else style.num_level,
        )
    marks = element.find(f"{W}rPr")
    return replace(style, hidden=is_hidden(marks, style.hidden)) if marks is not None else style


def _named(name: str, base: Style) -> Style:
    heading = _HEADING.match(name)
    if heading:
        return replace(base, role="heading", level=int(heading["level"]))
    if name == "h6":
        return replace(base, role="heading", level=6, num_id=-1, num_level=-1)
    bullet = _BULLET.match(name)
    if bullet:
        return replace(base, role="bullet", level=int(bullet["level"]))
    if _CONTENTS.match(name):
        return replace(base, role="contents", level=0)
    role = _ROLES.get(name)
    return replace(base, role=role, level=0) if role else base


def value(element: Element | None) -> str:
    """An element's ``w:val``, or an empty string."""
    return element.get(f"{W}val", "") if element is not None else ""


def integer(element: Element | None) -> int:
    """An element's ``w:val`` as a number that is not negative, else -1."""
    text = value(element)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def numbering(properties: Element) -> tuple[int, int]:
    """``numId`` and ``ilvl`` of paragraph properties, -1 for what they do not say."""
    element = properties.find(f"{W}numPr")
    if element is None:
        return -1, -1
    return integer(element.find(f"{W}numId")), integer(element.find(f"{W}ilvl"))


def is_hidden(marks: Element, inherited: bool = False) -> bool:
    """Whether run properties hide the text."""
    vanish = marks.find(f"{W}vanish")
    return inherited if vanish is None else is_on(vanish.get(f"{W}val"), True)


def is_on(text: str | None, default: bool) -> bool:
    """An on-off value of Word."""
    return default if text is None else text.lower() not in ("0", "false", "off")
