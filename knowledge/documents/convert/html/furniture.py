"""What of a web page is no part of its text: scripts, hidden elements, menus, banners, contents, deleted words."""

import re

from coreagent.knowledge.documents.convert.markup import Element

_DROPPED = frozenset(
    (
        *(
            "head",
            "script",
            "style",
            "template",
            "noscript",
            "iframe",
            "object",
            "embed",
            "svg",
            "canvas",
            "audio",
            "del",
        ),
        *(
            "video",
            "nav",
            "footer",
            "button",
            "select",
            "option",
            "input",
            "textarea",
            "map",
            "frameset",
            "menu",
            "rt",
            "rp",
        ),
    )
)
_DROPPED_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "menu", "menubar", "toolbar"))
_DROPPED_CLASSES = frozenset(
    (
        *("headerlink", "anchor-link", "mw-editsection", "linenos", "lineno", "linenodiv", "gutter", "breadcrumb"),
        *("noprint", "toc", "table-of-contents", "contents-heading"),
    )
)
_KEPT_ASIDES = ("footnote", "note", "admonition", "topic", "warning")
_HIDDEN = re.compile(r"(?:\A|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|table[ -]?of[ -]?contents)\d*\Z", re.IGNORECASE)


def is_dropped(element: Element) -> bool:
    """Whether an element and all in it is hidden, a script, or furniture of the page: menus, banners, footers."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _DROPPED:
        return True
    if not element.attrib:
        return tag in ("aside", "dialog")
    if "hidden" in element.attrib or element.get("aria-hidden") == "true" or _HIDDEN.search(element.get("style", "")):
        return True
    if tag == "dialog" and "open" not in element.attrib:
        return True
    if tag == "div" and element.get("title") in ("header", "footer"):
        # LibreOffice's for those of the pages on paper.
        return True
    classes = element.get("class", "").lower().split()
    if tag == "aside":
        said = (*classes, element.get("role", ""))
        return not any(kept in one for one in said for kept in _KEPT_ASIDES)
    if _CONTENTS.match(element.get("id", "")):
        return True
    return element.get("role", "") in _DROPPED_ROLES or not _DROPPED_CLASSES.isdisjoint(classes)
