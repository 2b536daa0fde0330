"""Splits a request into the questions it is made of."""

import re

from coreagent.models.builtin.words import acronyms, terms

_ASKING = r"(?:what|which|who|whom|whose|when|where|why|how)"
_VERB = (
    r"(?:is|are|was|were|does|do|did|can|could|should|will|would|must|has|have|carries|defines|uses|specifies|connects|"
    r"terminates|handles|provides|supports|means|controls|stores|manages|sends|runs|\w+s)"
)
_DOING = (
    r"(?:convert|calculate|compute|explain|describe|define|list|compare|find|set|show|give|tell|diagnose|identify|"
    r"evaluate)"
)
# "and between which", "and why" depend on what stands before; a part of its own has an asking word and a verb, or an
# order.
_JOINT = re.compile(
    rf"(?:\s*[,;]\s*|\s+)(?:and(?:\s+also|\s+then)?|also|then|plus)\s+"
    rf"(?=(?:{_ASKING}\b(?:\s+[\w/.-]+){{0,5}}?\s+{_VERB}\b|{_DOING}\s+\w+))"
    rf"|\s*;\s*(?={_ASKING}\b|{_DOING}\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[?\uff1f])\s*|(?<=[.!])\s+(?=[A-Z])|\n+")
_NUMBERED = re.compile(r"^\s*(?:[-*\u2022]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+")
_ASKS = re.compile(
    rf"[?\uff1f]\s*$|^\W*(?:in|at|on|for|from|to|by|between|under|with)?\s*{_ASKING}\b|^\W*{_DOING}\b", re.IGNORECASE
)
_REFERS = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|both|the same|one)\b", re.IGNORECASE)
MAX_SPLIT_CHARS = 2_000
"""A longer text is a case with data, not a list of questions."""


def split_parts(question: str) -> tuple[str, ...]:
    """The questions of a request, in order; one when it can not be split into several.

    Sentences that do not ask go with the question after them. A part that refers back (``its``, ``they``) or names
    nothing gets the names of the part before.
    """
    if len(question) > MAX_SPLIT_CHARS:
        return (question,)
    parts: list[str] = []
    context = ""
    for sentence in _SENTENCE.split(question):
        plain = _NUMBERED.sub("", sentence).strip()
        if not plain:
            continue
        if not _ASKS.search(plain):
            context = f"{context} {plain}".strip()
            continue
        for index, piece in enumerate(_split_joint(plain)):
            parts.append(f"{context} {piece}".strip() if index == 0 else piece)
        context = ""
    if not parts:
        return (question.strip() or question,)
    if context:
        parts[-1] = f"{parts[-1]} {context}"
    return tuple(_with_topic(part, parts[0]) if index else part for index, part in enumerate(parts))


def _split_joint(sentence: str) -> list[str]:
    pieces = [piece.strip(" ,;") for piece in _JOINT.split(sentence)]
    if not all(len(terms(piece)) > 0 for piece in pieces):
        return [sentence]
    # What comes before the first piece that asks is said for its sake.
    asking = next((index for index, piece in enumerate(pieces) if _ASKS.search(piece)), 0)
    return [", ".join(pieces[: asking + 1]), *pieces[asking + 1 :]]


def _with_topic(part: str, first: str) -> str:
    refers = _REFERS.search(part)
    if not refers and (acronyms(part) or len(terms(part)) > 2):
        return part
    names = [name for name in acronyms(first) if name not in part]
    topic = " ".join(names or [word for word in terms(first)[:3] if word not in part.lower()])
    return f"{part.rstrip('?. ')} ({topic})?" if topic else part
