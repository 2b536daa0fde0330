"""The title of a standard, which its file's properties and its first heading rarely give."""

import re
from itertools import pairwise, takewhile

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.structure.headings import split_number
from coreagent.knowledge.structure.numbering import from_line

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
_KIND = re.compile(r"technical (?:specification|report)", re.IGNORECASE)
_FIRST_HEADINGS = frozenset(["foreword", "contents", "table of contents", "introduction", "scope", "abstract"])


def title_of(found: str, *, text: str, specification: Specification) -> str:
    """The title to show: for a 3GPP or O-RAN specification the one on its cover, else ``found``.

    3GPP's cover names the bodies, then the title in parts that end with a semicolon, then "(Release 17)", in ETSI's
    edition "(3GPP TS 38.331 version 17.4.0 Release 17)"; O-RAN's names the working group, then the title. Where
    ``found`` is only the heading of a standard's first clause, the line below its number on the cover is the better
    title, else the number itself.
    """
    if not specification.number:
        return found
    head = text[:_COVER_CHARACTERS]
    title = _below_group(head) if specification.number.startswith("O-RAN.") else _on_cover(head)
    if title or not (split_number(found)[0] or found.lower() in _FIRST_HEADINGS):
        return title or found
    return _below_number(head, specification.number) or specification.number


def _on_cover(head: str) -> str:
    plain = " ".join(head.translate(_MARKS).split())
    end = _END.search(plain)
    bodies = list(_BODIES.finditer(plain, 0, end.start())) if end else []
    if not end or not bodies:
        return ""
    title = plain[bodies[-1].end() : end.start()].strip(" ;")
    return title if len(title) <= _MAX_TITLE else ""


def _cover_lines(head: str) -> list[str]:
    lines = (" ".join(line.split()) for line in head.translate(_MARKS).split("\n")[:_COVER_LINES])
    return [line for line in lines if line]


def _below_group(head: str) -> str:
    lines = _cover_lines(head)
    for at, line in enumerate(lines):
        group = _WORKING_GROUP.match(line)
        if group:
            below = [line[group.end() :].strip(), *lines[at + 1 :]]
            title = " ".join(takewhile(lambda words: not _BELOW_TITLE.match(words), filter(None, below)))
            return title if len(title) <= _MAX_TITLE else ""
    return ""


def _below_number(head: str, number: str) -> str:
    """The line below the one that gives number and version, where it reads like a title."""
    lines = _cover_lines(head)
    for line, below in pairwise(line for line in lines if not _KIND.fullmatch(line)):
        found = from_line(line, titled=False) if len(line) <= _MAX_TITLE else None
        if found is not None and found.number == number:
            plain = not split_number(below)[0] and below.lower() not in _FIRST_HEADINGS
            named = plain and " " in below and not _BELOW_TITLE.match(below) and below[-1] not in ".;:,"
            return below if named and len(below) <= _MAX_TITLE else ""
    return ""
