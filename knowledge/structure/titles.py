"""The title of a standard, which its file's properties and its first heading rarely give."""

import re

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.structure.headings import split_number

_COVER_CHARACTERS = 6_000
_MAX_TITLE = 250
_MARKS = str.maketrans({"*": None, "|": " ", "#": " ", ">": " "})
_END = re.compile(r"\((?:3GPP T[SR] [\d.-]{5,12} version [\d.]{5,9} )?Release \d{1,2}\)")
_BODIES = re.compile(
    r"3rd Generation Partnership Project[ ;]*|Technical Specification Group [^;]{0,80};"
    r"|TECHNICAL (?:SPECIFICATION|REPORT)"
)
_FIRST_HEADINGS = frozenset(["foreword", "contents", "table of contents", "introduction", "scope", "abstract"])


def title_of(found: str, *, text: str, specification: Specification) -> str:
    """The title to show: for a 3GPP specification the one on its cover, else ``found``.

    The cover names the bodies, then the title in parts that end with a semicolon, then "(Release 17)", in ETSI's
    edition "(3GPP TS 38.331 version 17.4.0 Release 17)". Where ``found`` is only the heading of a standard's first
    clause, the standard's number is the better title.
    """
    if not specification.number:
        return found
    clause = split_number(found)[0] or found.lower() in _FIRST_HEADINGS
    return _on_cover(text[:_COVER_CHARACTERS]) or (specification.number if clause else found)


def _on_cover(head: str) -> str:
    plain = " ".join(head.translate(_MARKS).split())
    end = _END.search(plain)
    bodies = list(_BODIES.finditer(plain, 0, end.start())) if end else []
    if not end or not bodies:
        return ""
    title = plain[bodies[-1].end() : end.start()].strip(" ;")
    return title if len(title) <= _MAX_TITLE else ""
