"""The title of a standard, which its file's properties and its first heading rarely give."""

import re
from itertools import takewhile

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.structure.headings import split_number

_COVER_CHARACTERS = 6_000
_COVER_LINES = 60
_MAX_TITLE = 250
_MARKS = str.maketrans({"*": None, "|": " ", "#": " ", ">": " "})
_END = re.compile(r"\((?:3GPP T[SR] [\d.-]{5,12} version [\d.]{5,9} )?Release \d{1,2}\)")
_BODIES = re.compile(
    r"3rd Generation Partnership Project[ ;]*|Technical Specification Group [^;]{0,80};"
    r"|TECHNICAL (?:SPECIFICATION|REPORT)"
)
_WORKING_GROUP = re.compile(r"O-RAN\b.{0,80}?\bGroup(?: \d{1,2})?(?: \([^)]{1,80}\))?")
_BELOW_TITLE = re.compile(
    r"copyright|©|\(c\)|this (?:is|document|specification)|prepared|revision|(?:table of )?contents|foreword|\d",
    re.IGNORECASE,
)
_FIRST_HEADINGS = frozenset(["foreword", "contents", "table of contents", "introduction", "scope", "abstract"])


def title_of(found: str, *, text: str, specification: Specification) -> str:
    """The title to show: for a 3GPP or O-RAN specification the one on its cover, else ``found``.

    The cover names the bodies, then the title in parts that end with a semicolon, then "(Release 17)", in ETSI's
    edition "(3GPP TS 38.331 version 17.4.0 Release 17)"; O-RAN's names the working group, then the title. Where ``found`` is only the heading of a standard's first
    clause, the standard's number is the better title.
    """
    if not specification.number:
        return found
    clause = split_number(found)[0] or found.lower() in _FIRST_HEADINGS
    read = _below_group if specification.number.startswith("O-RAN.") else _on_cover
    return read(text[:_COVER_CHARACTERS]) or (specification.number if clause else found)


def _on_cover(head: str) -> str:
    plain = " ".join(head.translate(_MARKS).split())
    end = _END.search(plain)
    bodies = list(_BODIES.finditer(plain, 0, end.start())) if end else []
    if not end or not bodies:
        return ""
    title = plain[bodies[-1].end() : end.start()].strip(" ;")
    return title if len(title) <= _MAX_TITLE else ""


def _below_group(head: str) -> str:
    lines = [" ".join(line.split()) for line in head.translate(_MARKS).split("\n")[:_COVER_LINES]]
    lines = [line for line in lines if line]
    for at, line in enumerate(lines):
        group = _WORKING_GROUP.match(line)
        if group:
            below = [line[group.end() :].strip(), *lines[at + 1 :]]
            title = " ".join(takewhile(lambda words: not _BELOW_TITLE.match(words), filter(None, below)))
            return title if len(title) <= _MAX_TITLE else ""
    return ""
