"""Questions that compare two things: what stands on either side."""

import re
from dataclasses import dataclass

from coreagent.models.builtin.words import terms

_SIDE = r"[^,;:?.!]{1,80}?"
_END = r"\s*(?:[?.!,;:]|$|\bin terms of\b|\bwith (?:regard|respect) to\b)"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:differences?|distinctions?|contrast|comparison)\s+(?:is\s+there\s+)?(?:between|of)\s+(?P<left>{_SIDE})\s+(?:and|from|to|vs\.?|versus)\s+(?P<right>{_SIDE}){_END}",
        rf"\b(?:compare|contrast|distinguish|differentiate)(?:e?s)?\s+(?:between\s+)?(?P<left>{_SIDE})\s+(?:and|with|to|from|against|versus|vs\.?)\s+(?P<right>{_SIDE}){_END}",
        rf"\b(?:do|does|is|are)\s+(?P<left>{_SIDE})\s+(?:differ(?:ent)?)\s+(?:from|to|than)\s+(?P<right>{_SIDE}){_END}",
        rf"\b(?:do|does|are)\s+(?P<left>{_SIDE})\s+and\s+(?P<right>{_SIDE})\s+(?:differ|compare|different)\b",
        rf"\b(?P<left>{_SIDE})\s+(?:compared?\s+(?:to|with)|versus|vs\.?)\s+(?P<right>{_SIDE}){_END}",
    )
)
_LEADING = re.compile(
    r"^(?:(?:what(?:'s|\s+is|\s+are)?|how|is|are|does|do|explain|describe|tell me|please|about|the|an?|main|key|"
    r"difference|between|both)\s+)+",
    re.IGNORECASE,
)
MAX_CHARS = 400


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two sides, as they are worded in the question."""

    left: str
    right: str


def comparison_in(question: str) -> Comparison | None:
    """The comparison a question asks for; None when it asks for none.

    A word that only the second side carries (``category A and category B cells``) is left with that side.
    """
    text = re.sub(r"\s+", " ", question).strip()
    if len(text) > MAX_CHARS:
        return None
    for form in _FORMS:
        match = form.search(text)
        if match:
            left, right = (_LEADING.sub("", match[side].strip()).strip() for side in ("left", "right"))
            if left.casefold() != right.casefold() and _nameable(left) and _nameable(right):
                return Comparison(left, right)
    return None


def _nameable(side: str) -> bool:
    return 0 < len(side.split()) <= 8 and bool(terms(side))
