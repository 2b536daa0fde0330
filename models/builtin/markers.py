"""Citation markers and answer lines of a draft."""

import re

from coreagent.models.builtin.sentences import split_sentences

_MARKERS = re.compile(r"(?: ?\[\d{1,4}(?:\s*[,;\u2013-]\s*\d{1,4})*\])+")
_ANSWER = re.compile(r"^[ \t*_]*answer[ \t]*[:\uff1a][ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_BOXED = re.compile(r" ?\\boxed\{+[^{}]*\}+\.?")
_EMPTY_HANDED = re.compile(
    r"\s*(?:\(nothing came back\)|(?:[\w ]{1,40}\b)?(?:no|not any|nothing)\b[\w ]{0,30}"
    r"\b(?:entry|entries|results?|match(?:es)?|records?|passages?|documents?|found)\b)",
    re.IGNORECASE,
)
MAX_DRAFT_CHARS = 20_000


def is_not_found(draft: str) -> bool:
    """True for a draft that says that there is no answer."""
    return bool(re.match(r"[\s*_]*not found\b", draft, re.IGNORECASE))


def is_empty_handed(text: str) -> bool:
    """True for what a look-up says when it has nothing (``no entry for``, ``nothing was found``)."""
    return bool(_EMPTY_HANDED.match(text[:200]))


def answer_line(draft: str) -> str:
    """What stands on the last ``ANSWER:`` line; empty without one."""
    lines = _ANSWER.findall(draft)
    return str(lines[-1]).strip(" \t*_") if lines else ""


def marked_sentences(draft: str) -> list[tuple[str, tuple[int, ...]]]:
    """Sentences without markers, each with the evidence numbers after or in it; answer lines and boxes are left out."""
    found: list[tuple[str, tuple[int, ...]]] = []
    tidy = re.sub(r"[ \t]+", " ", draft[:MAX_DRAFT_CHARS])
    prose = _BOXED.sub("", _ANSWER.sub("", tidy))
    # "Text. [1] More" and "Text [1]. More" are both written: the marker goes before the stop.
    prose = re.sub(r"([.!?\u3002])((?: ?\[[\d,; \u2013-]{1,40}\])+)", r"\2\1", prose)
    for line in prose.splitlines():
        for sentence in split_sentences(line.strip().lstrip("-*\u2022 ")):
            numbers = tuple(
                dict.fromkeys(int(n) for marker in _MARKERS.findall(sentence) for n in re.findall(r"\d+", marker))
            )
            text = re.sub(r"\s+([.,;:!?])", r"\1", _MARKERS.sub("", sentence)).strip()
            if re.search(r"\w", text):
                found.append((text, numbers))
    return found
