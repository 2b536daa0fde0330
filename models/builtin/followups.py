"""Questions that lean on the one before: what their searches need of it, since they do not name it themselves."""

import re
from collections.abc import Sequence

from coreagent.models.builtin.queries import asked_term
from coreagent.models.builtin.words import FILLER, GENERIC, acronyms, stem, terms
from coreagent.sections import EARLIER, Section

_OPENS = re.compile(
    r"^\W*(?:and|but|or|so|then|also|(?:what|how)\s+about|what\s+if|it|its|they|them|their|theirs|that|this|those|these|"
    r"the\s+(?:same|others?|former|latter)|which\s+(?:one|of\s+(?:them|these|those)))\b",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(r"\b(?:it|its|they|them|their|theirs)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w./-]*\w")
MAX_WORDS = 12
MAX_QUESTION_CHARS = 600
"""Of an earlier question; what comes after is data."""
SHORT = 3
"""Topic words up to which a question may still mean something else by ``it``."""


def leans(question: str) -> bool:
    """True for a question that begins like a follow-up, or has hardly a topic of its own."""
    if _OPENS.search(question):
        return True
    topic = {word for word in terms(question) if word not in GENERIC}
    if not topic:
        return True
    if acronyms(question):
        return False
    if _STANDS_FOR.search(question):
        return len(topic) <= SHORT
    return len(topic) == 1 and not asked_term(question)[1]


def asked_before(memory: Sequence[Section]) -> tuple[str, ...]:
    """The earlier questions of the conversation among the ``memory`` sections, oldest first."""
    turns = [section.body.removeprefix(EARLIER) for section in memory if section.body.startswith(EARLIER)]
    return tuple(turn.split("\n\n", 1)[0][:MAX_QUESTION_CHARS] for turn in turns)


def carried(question: str, before: Sequence[str]) -> str:
    """Topic words of the last question that stands alone, and of the follow-ups since; empty where none are needed.

    A bare number goes only with a question that has no number of its own: ``type 3`` is not ``type 1``.
    """
    if not before or not leans(question):
        return ""
    own = set(terms(question))
    counted = any(letter.isdigit() for letter in question)
    words: dict[str, str] = {}
    for earlier in reversed(before):
        for word in _WORD.findall(earlier):
            kept = stem(word.lower())
            if word.lower() in FILLER or own & {kept, *terms(word)}:
                continue
            if not (counted and word.isdigit()):
                words.setdefault(kept, word)
        counted = counted or any(letter.isdigit() for letter in earlier)
        if not leans(earlier):
            break
    return " ".join(list(words.values())[:MAX_WORDS])


def with_topic(query: str, topic: str) -> str:
    """The query with those words behind it."""
    return f"{query.rstrip('?.! ')} ({topic})"
