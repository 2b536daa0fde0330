"""The entries of a clause of abbreviations or definitions, in the forms that standards and documentation use."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from coreagent.knowledge.structure.abbreviation import MAX_EXPANSION, is_abbreviation, spells
from coreagent.knowledge.structure.weight import weight

_MAX_MEANING = 600
_MAX_UNSPELLED = 80
"""What stands behind an abbreviation in its list and is longer than this explains it, unless it spells it out."""
_MAX_LINE = 2_000
_MAX_TERM = 60
_MAX_TERM_WORDS = 5
_ROW = re.compile(r"[ \t]*\|(?P<cells>.+)\|[ \t]*\Z")
_BULLET = re.compile(r"[ \t]*(?:\\?[-*+\u2022][ \t]+)?(?:\d{1,2}(?:\.\d{1,3}){2,5}[ \t]+)?")
_LIST_CELL = re.compile(r"[ \t]*\*[ \t]+-[ \t]+(\S[^\n]{0,80})\Z")
_GAP = re.compile(r"(?P<term>\S{1,40}(?: \S{1,40}){0,5}?)(?<![.,;!?])(?:\t[ \t]*|[ ]{2,})(?P<rest>\S.*)")
_SEPARATOR = r"(?::(?=\s)|\uff1a|[ ][-\u2013\u2014][ ]|[ ]=[ ])"
_MARKED = re.compile(
    r"(?P<mark>\*\*|__|`|\*)(?P<term>[^\n|*`]{1,80}?)(?:[ ]?:(?P=mark)|(?P=mark)[ \t]{0,8}"
    rf"{_SEPARATOR})[ \t]*(?P<rest>\S.*)"
)
_COLON = re.compile(rf"(?P<term>[^\s:*`|][^:|\n]{{0,80}}?)[ \t]{{0,8}}{_SEPARATOR}[ \t]*(?P<rest>\S.*)")
_SPACE = re.compile(r"(?P<term>[^\s:*`|]{2,12})[ ](?P<rest>[^\W_(]\S.*|\(\S.*)")
_TAG = re.compile(r"</?\w[^<>]{0,200}>")
_MARKS = re.compile(r"[*`_]{1,3}(?=\S)|(?<=\S)[*`_]{1,3}")
_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,300}\)|`([^`<]{1,200}?)[ ]?<[^<>]{0,300}>`_{1,2}")
_REFERENCE = re.compile(r"[ ]*\[[^\[\]]{1,40}\]\Z")


class Entry(NamedTuple):
    """``term`` is an abbreviation, or words that are defined and then stand in ``expansion`` too."""

    term: str
    expansion: str
    meaning: str


def entries(text: str) -> Iterator[Entry]:
    """What each line or paragraph of a clause explains, where it reads as an entry; all others are passed over."""
    lines = [line.rstrip()[:_MAX_LINE] for line in text.split("\n")]
    at = 0
    while at < len(lines):
        first = at == 0 or not lines[at - 1]
        term, rest, at = _pair(lines, at, first=first)
        entry = _entry(plain(term), [plain(line) for line in rest], first=first)
        if entry:
            yield entry


def plain(words: str) -> str:
    """The words without marks, links, tags and escapes of Markdown or reStructuredText."""
    linked = _LINK.sub(lambda found: found[1] or found[2] or "", words[:_MAX_LINE])
    return " ".join(_MARKS.sub("", _TAG.sub("", _ESCAPE.sub("", linked))).split()).strip(" :`*")


def _pair(lines: list[str], at: int, *, first: bool) -> tuple[str, list[str], int]:
    """The term of the entry that begins at a line, the lines that explain it, and where they end; no lines for none."""
    line = lines[at]
    below = lines[at + 1] if at + 1 < len(lines) else ""
    row = _ROW.match(line)
    if row or not line:
        term, rest = _cells(row["cells"]) if row else ("", [])
        return term, rest, at + 1
    cell = _LIST_CELL.match(line)
    if cell:
        words = below.strip().removeprefix("-").strip()
        after = at + 2 if words else _after(lines, at + 2)
        return cell[1], [words] if words else lines[at + 2 : after], after
    found = _match(line, first=first)
    if found:
        after = _after(lines, at + 1)
        return found["term"], [found["rest"], *lines[at + 1 : after]], after
    if not line[0].isspace() and len(line) <= _MAX_TERM and below[:1] in (" ", "\t", ":") and below.strip(" \t:"):
        # A definition list: the term on a line of its own, what it means indented below.
        after = _after(lines, at + 2)
        return line, [below.strip(" \t:"), *lines[at + 2 : after]], after
    return "", [], at + 1


def _match(line: str, *, first: bool) -> re.Match[str] | None:
    bullet = _BULLET.match(line)
    body = line[bullet.end() :] if bullet else line
    found = _GAP.match(body) or _MARKED.match(body) or _COLON.match(body)
    if found:
        return found
    # With one space between them the words have to be an abbreviation and begin like what it stands for.
    spaced = _SPACE.match(body)
    if not spaced or not is_abbreviation(spaced["term"]):
        return None
    likely = first and not spaced["rest"][:2].islower()
    return spaced if likely or spells(spaced["term"], spaced["rest"]) else None


def _after(lines: list[str], at: int) -> int:
    """The line after the words that were wrapped: a blank one, or one that begins an entry."""
    while at < len(lines) and lines[at] and not _begins_entry(lines[at]):
        at += 1
    return at


def _begins_entry(line: str) -> bool:
    bullet = _BULLET.match(line)
    body = line[bullet.end() :] if bullet else line
    if _ROW.match(line) or (bullet and bullet.group().strip()) or _GAP.match(body) or _MARKED.match(body):
        return True
    found = _COLON.match(body) or _SPACE.match(body)
    return found is not None and is_abbreviation(found["term"])


def _cells(row: str) -> tuple[str, list[str]]:
    full = [cell.strip() for cell in row.split("|") if cell.strip()]
    # A third column explains the second, often in another language.
    known = len(full) == 2 or (len(full) == 3 and is_abbreviation(plain(full[0])))
    return (full[0], ["; ".join(full[1:])]) if known and set(full[1]) - set(":- ") else ("", [])


def _entry(term: str, lines: list[str], *, first: bool) -> Entry | None:
    rest = " ".join(lines)
    if not term or sum(c.isalnum() for c in rest) < 2:
        return None
    if is_abbreviation(term):
        # What it stands for is wrapped once at most; what follows then is a page's foot or the next paragraph.
        expansion = next((words for words in (" ".join(lines[:2]), lines[0]) if spells(term, words.rstrip("."))), "")
        expansion, meaning = (expansion.rstrip("."), "") if expansion else _split(term, rest)
        if not meaning and not spells(term, expansion) and (". " in expansion or len(expansion) > _MAX_UNSPELLED):
            return Entry(term, term, rest[:_MAX_MEANING])
        return Entry(term, expansion, meaning) if len(expansion) <= MAX_EXPANSION else None
    # Plain words are a term only at the start of a paragraph, and their definition has to be a phrase, not a value.
    term = _REFERENCE.sub("", term)
    wordy = len(rest.split()) >= 4 or weight(rest) - len(rest) >= 10
    phrase = wordy and rest[0].isalnum() and len(term.split()) <= _MAX_TERM_WORDS
    if first and phrase and 3 <= weight(term) <= _MAX_TERM and term[0].isalnum() and not term.endswith((".", ",")):
        return Entry(term, term, rest[:_MAX_MEANING])
    return None


def _split(term: str, rest: str) -> tuple[str, str]:
    """What an abbreviation stands for, and the explanation that follows it, if any."""
    for mark in (". ", ": ", "; ", " - ", " – ", ", ", " (", " as defined "):
        head, found, tail = rest.partition(mark)
        if found and spells(term, head):
            return head.strip(), tail.strip(" ).")[:_MAX_MEANING]
    return rest.strip(" .;,"), ""
