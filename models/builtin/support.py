"""Does a text bear a sentence out? Words, numbers, units, names and denials must agree."""

import re
from dataclasses import dataclass

from coreagent.models.builtin.numbers import Quantity, convert, quantities
from coreagent.models.builtin.sentences import passage_sentences
from coreagent.models.builtin.words import acronyms, negated, overlap, rarity, terms, vocabulary

MAX_SENTENCE_CHARS = 2_000
MAX_EVIDENCE_CHARS = 20_000
ENOUGH = 0.6
"""Share of a sentence's topic words that its evidence must hold."""


@dataclass(frozen=True, slots=True)
class Support:
    """``share`` in 0..1 of the sentence's words found in the evidence; ``problem`` is empty when it is borne out."""

    share: float
    problem: str = ""


def check_support(sentence: str, evidence: str) -> Support:
    """Compare a sentence, without its markers, with the evidence it cites."""
    sentence, evidence = sentence[:MAX_SENTENCE_CHARS], evidence[:MAX_EVIDENCE_CHARS]
    wanted = terms(sentence)
    present = vocabulary(evidence)
    share = overlap(wanted, present, {})
    folded = re.sub(r"\W+", " ", evidence).casefold()
    if wanted and re.sub(r"\W+", " ", sentence).casefold().strip() in folded:
        return Support(1.0)
    number = missing_number(sentence, evidence)
    if number:
        return Support(share, f"{number} does not stand in the evidence")
    absent = [name for name in acronyms(sentence) if not _named(name, present, folded)]
    if absent:
        return Support(share, f"{absent[0]} does not stand in the evidence")
    if wanted and share < ENOUGH:
        return Support(share, "the evidence speaks of something else")
    if _denies(sentence, evidence):
        return Support(share, "the evidence says the opposite")
    return Support(share if wanted else 0.0, "" if wanted else "the sentence says nothing that can be checked")


def missing_number(sentence: str, evidence: str) -> str:
    """The first number of the sentence that the evidence lacks, in any unit of its kind; empty when all stand there."""
    known = quantities(evidence)
    for quantity in quantities(sentence):
        if not any(_same(quantity, other) for other in known):
            shown = sentence[quantity.start : quantity.end].strip()
            if shown not in evidence:
                return shown
    return ""


def _same(quantity: Quantity, other: Quantity) -> bool:
    if quantity.unit and other.unit:
        value = convert(other, quantity.unit)
        return value is not None and _close(quantity.value, value)
    return not quantity.unit and _close(quantity.value, other.value)


def _close(left: float, right: float) -> bool:
    # A rounded value agrees with the full one: 2.34 Gbps with 2337.5 Mbps.
    return abs(left - right) <= 5e-3 * max(abs(left), abs(right), 1e-12)


def _named(name: str, present: set[str], folded: str) -> bool:
    lowered = name.lower()
    return lowered in present or re.sub(r"\W+", " ", lowered) in folded or set(terms(name)) <= present


def _denies(sentence: str, evidence: str) -> bool:
    """Compare with the evidence sentence that is nearest: one denies, the other does not."""
    candidates = passage_sentences(evidence)
    weights = rarity([vocabulary(candidate) for candidate in candidates])
    wanted = terms(sentence)
    scored = [(overlap(wanted, vocabulary(candidate), weights), candidate) for candidate in candidates]
    best = max((share for share, _ in scored), default=0.0)
    near = [candidate for share, candidate in scored if share >= best - 0.05]
    return best >= 0.5 and all(negated(candidate) != negated(sentence) for candidate in near)
