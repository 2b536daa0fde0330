"""Acronyms and their words as one: what a question and a passage call differently is the same thing."""

import re
from collections.abc import Iterable, Sequence

from coreagent.models.builtin.wording import acronym_table
from coreagent.models.builtin.words import terms

_INTRODUCED = re.compile(r"(?<![\w-])((?:[\w-]{1,40} ){1,6})\(([A-Za-z][\w-]{1,9})\)")
MAX_CHARS = 60_000

Equivalent = tuple[frozenset[str], frozenset[str]]
"""The words of an acronym (one, or the parts of a hyphened one), and those of its full form."""


def equivalents(question: str, passages: Iterable[str]) -> tuple[Equivalent, ...]:
    """Pairs of which the question uses either side: those known, and those that the passages introduce."""
    asked = frozenset(terms(question[:4_000]))
    table = dict(acronym_table())
    for match in _INTRODUCED.finditer("\n".join(passages)[:MAX_CHARS]):
        words = _spelled_out(match[1].split(), match[2])
        if words:
            table.setdefault(match[2].removesuffix("s").upper(), words)
    pairs = ((frozenset(terms(short)), frozenset(terms(words))) for short, words in table.items())
    return tuple(pair for pair in pairs if all(pair) and (pair[0] <= asked or pair[1] <= asked))


def widened(words: frozenset[str], pairs: Sequence[Equivalent]) -> frozenset[str]:
    """The words with the other side of every pair of which they hold one."""
    for short, full in pairs:
        if short <= words or full <= words:
            words |= short | full
    return words


def _spelled_out(before: Sequence[str], short: str) -> str:
    """The last words before ``(RB)`` whose initials it is; empty when they are not."""
    letters = re.sub(r"[^A-Z]", "", short)
    if len(letters) < 2:
        return ""
    parts = [part for word in before for part in word.split("-") if part]
    last = parts[-len(letters) :]
    return " ".join(last) if "".join(part[0] for part in last).upper() == letters else ""
