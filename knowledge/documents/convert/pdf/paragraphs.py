"""Sentences and words over the lines of a paragraph: where one ends, and where a hyphen only breaks a word."""

import re
from collections.abc import Iterable, Set

from coreagent.knowledge.documents.convert.pdf.lines import Line, is_wide

_TABLE = re.compile(r"(?:Table|TABLE|表)\s*(?:[A-Z]{1,3}[.-]?)?\d")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"')\]”’]*\Z")
_LAST_PART = re.compile(r"((?:\w+-)*)(\w+)-\Z")
_FIRST_PART = re.compile(r"\w+")
_ANY_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_WORD_END = 80


def names_table(text: str) -> bool:
    """Whether a line begins as the caption of a table does."""
    return _TABLE.match(text) is not None


def ends_sentence(text: str) -> bool:
    """Whether a line ends with a stop, perhaps with quotation marks or brackets behind it."""
    return _SENTENCE_END.search(text) is not None


def join(text: str, line: str, words: Set[str]) -> str:
    """A paragraph and its next line; a hyphen that only broke a word goes. ``words`` are the document's."""
    if text.endswith("-") and len(text) > 1 and text[-2].isalnum() and line[0].isalnum():
        before, after = _LAST_PART.search(text[-_WORD_END:]), _FIRST_PART.match(line)
        lower = line[0].islower() and text[-2].islower()
        broken = before and after and lower and _is_one_word(before[1], before[2], after[0], words)
        return text[:-1] + line if broken else text + line
    wide = is_wide(text[-1]) and is_wide(line[0])
    return f"{text}{line}" if wide or text.endswith(("/", "_")) else f"{text} {line}"


def _is_one_word(compound: str, first: str, second: str, words: Set[str]) -> bool:
    """Whether "reposi-" and "tory" are one word, told by the words that the document uses elsewhere."""
    first, second = first.lower(), second.lower()
    if f"{first}{second}" in words:
        return True
    if compound or f"{first}-{second}" in words:
        return False
    return not (len(first) > 2 and len(second) > 2 and first in words and second in words)


def words_of(lines: Iterable[Line]) -> set[str]:
    """The words of a document in lower case, those that a hyphen breaks at the end of a line left out."""
    words: set[str] = set()
    for line in lines:
        text = line.text.lower()
        if text.endswith("-"):
            text = text[: text.rfind(" ") + 1]
        words.update(_ANY_WORD.findall(text))
    return words
