"""How well a sentence answers a question: shared words and meaning, and the shape of the sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coreagent.models.builtin.evidence import Sentence, asked_terms
from coreagent.models.builtin.numbers import quantities
from coreagent.models.builtin.queries import asked_term
from coreagent.models.builtin.wording import acronym_table
from coreagent.models.builtin.words import acronyms, negated, overlap, terms

_CONTRAST = re.compile(r"\b(?:differ\w*|versus|vs|compar\w+|confus\w+|not|instead|rather)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:is|are|was|does|do|did|has|have|can|may|must|will)\s+(?:not|no|never)\b|\b(?:cannot|never|neither)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\b.+\band\b|\bfrom\b.+\bto\b|\bconnects?\b.+\b(?:to|with|and)\b", re.IGNORECASE)
_BECAUSE = re.compile(
    r"\b(?:because|since|so that|due to|therefore|thus|in order to|causes?|caused by|limits?|otherwise|avoids?|"
    r"prevents?)\b",
    re.IGNORECASE,
)
_SAYS = (
    r"(?:is|are|was|stands? for|means?|denotes?|describes?|refers to|defines?|divides?|consists? of|acts? as|gives?)"
)
_COURSE = re.compile(r"\b(?:how\s+(?:do|does|is|are|can|to)|why|explain|describe|procedure|steps?)\b", re.IGNORECASE)
_FORMULA_ASKED = re.compile(r"\b(?:comput\w+|calculat\w+|formula|equation|derived?)\b", re.IGNORECASE)
_IS_A = re.compile(r"^[^,;:]{2,90}\s(?:is|are)\s+(?:an?|the)\s", re.IGNORECASE)
_HOW = re.compile(r"\bhow\s+(?:do|does|is|are|can|could|will|would|did|to|should)\b", re.IGNORECASE)
_MECHANISM = re.compile(
    r"\b(?:by|first|then|next|prefers?|selects?|chooses?|lowest|highest|sends?|answers?|based on|only if|when|if|after|"
    r"until|derives?|writes?|subscribes?|steps?)\b",
    re.IGNORECASE,
)
# Words that may follow a name and leave it the same thing: the A1 interface is A1, a CAG identifier is no CAG.
_CLASS = (
    r"(?:(?:reference )?(?:point|interface|protocol|function|layer|framework|formula|procedure|service|plane|area|"
    r"event|algorithm|method|architecture|network|band|split|messages?|signal|channel|router|node|entity))"
)
MAX_OPENING = 100
_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|far|large|high|often|big|wide)\b|\bwhich port\b|\bwhat (?:port|value|number)\b"
    r"|\bwhat(?:'s| is| are) (?:the )?(?:\w+ ){0,3}"
    r"(?:period|interval|duration|timeout|threshold|limit|voltage|temperature)s?\b",
    re.IGNORECASE,
)
EXACT = 1.6
_NAMED = 0.5
_CLAUSE = re.compile(r"\b(?:sub-?clause|clause|section|annex|§) *((?:\d|[A-Z]\b)[\d.]*(?<!\.))")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart once: its topic words, its names, and the term it wants defined, if any."""

    text: str
    words: tuple[str, ...]
    names: tuple[str, ...]
    term: str

    @property
    def clause(self) -> str:
        """The number of the clause that is asked about; empty when none is named."""
        named = _CLAUSE.search(self.text)
        return named[1] if named else ""

    @property
    def wants_more(self) -> bool:
        """How, why and explain ask for a course of things rather than for one fact."""
        return bool(_COURSE.search(self.text))

    @property
    def why(self) -> bool:
        """A cause is asked for."""
        return bool(re.search(r"\bwhy\b", self.text, re.IGNORECASE))

    @classmethod
    def of(cls, question: str) -> "Asked":
        """Take a question apart."""
        term, sure = asked_term(question)
        names = tuple(name for name in acronyms(question) if len(name) > 1)
        return cls(question, tuple(asked_terms(question)), names, term if sure else "")


def relevance(sentence: Sentence, asked: Asked, weights: Mapping[str, float]) -> float:
    """About 0..1: own words, with heading and context, likeness of meaning and retrieval score, then the shape."""
    # A number or a name says most exactly what is asked about.
    exact = {word: EXACT * weights.get(word, 1.0) for word in asked.words if any(c.isdigit() for c in word)}
    weights = {**weights, **exact}
    own = overlap(asked.words, set(sentence.own), weights)
    around = overlap(asked.words, set(sentence.around), weights)
    base = 0.35 * own + 0.2 * around + 0.25 * sentence.likeness + 0.2 * sentence.piece.score
    return base + _shape(sentence, asked) + (_NAMED if asked.clause and _stands_in(sentence, asked.clause) else 0.0)


def _stands_in(sentence: Sentence, clause: str) -> bool:
    """Does the sentence's source name this clause, or one below it?"""
    return bool(re.search(rf"(?:§|>) *(?:Annex )?{re.escape(clause)}(?:[.]\d|[\s,]|$)", sentence.piece.source))


def _shape(sentence: Sentence, asked: Asked) -> float:
    text = sentence.text
    bonus = 0.0
    if asked.term and defines(text, asked.term):
        bonus += 0.3
    if denies(text) and not _CONTRAST.search(asked.text) and not negated(asked.text):
        # "Never A, only B" still says B.
        bonus -= 0.05 if re.search(r"\bonly\b", text) else 0.15
    if re.search(r"\b(?:between|from|connect\w*|endpoints?|end points?)\b", asked.text, re.I) and _BETWEEN.search(text):
        bonus += 0.12
    if asked.why:
        bonus += 0.12 if gives_cause(text) else 0.0
        bonus += 0.05 if re.search(r"\bwhy\b", sentence.piece.source, re.I) else 0.0
    if asked.term and f"({asked.term})" in text[:MAX_OPENING]:
        bonus += 0.2  # The full form stands before it.
    if _FORMULA_ASKED.search(asked.text) and re.search(r"\w\s*=\s*\S", text):
        bonus += 0.2
    if _HOW.search(asked.text):
        bonus -= 0.1 if _IS_A.search(text) else 0.0  # What a thing is says little of how it goes.
        bonus += min(0.1, 0.04 * len({cue.lower() for cue in _MECHANISM.findall(text)}))
    if _AMOUNT.search(asked.text) and not quantities(text, spelled=True):
        bonus -= 0.1
    if sentence.place == 0:
        bonus += 0.04
    if asked.term and re.search(r"\bdefinition\b", sentence.piece.source, re.I):
        bonus += 0.02
    if _starts_with_topic(text, asked):
        bonus += 0.06
    title = set(terms(sentence.piece.title))
    if title and title <= set(asked.words):
        bonus += 0.05  # The document is about a thing that was asked about.
    words = len(text.split())
    return bonus - (0.2 if words < 4 else 0.0) - (0.05 if words > 60 else 0.0)


def denies(text: str) -> bool:
    """True when the sentence says what is not so, rather than that something goes without something else."""
    return bool(_DENIES.search(text))


def tells_how(text: str) -> bool:
    """True when the sentence speaks of order, choice or condition, as the rule of a procedure does."""
    return bool(_MECHANISM.search(text))


def gives_cause(text: str) -> bool:
    """True when the sentence says what causes, limits or prevents something."""
    return bool(_BECAUSE.search(text))


def defines(text: str, term: str) -> bool:
    """True when the sentence says what the term is: as its subject, or by spelling the acronym out."""
    pattern = re.escape(term.strip()).replace(r"\ ", r"\s+")
    spelled = re.escape(acronym_table().get(term.upper(), term))
    subject = (
        rf"^(?:an?|the|in [\w\s-]{{1,60}},)?\s*(?:\w+ )??(?:{pattern}|{spelled})s?(?:\s+\([^)]*\))?"
        rf"(?:\s+{_CLASS})?\s+{_SAYS}\b(?!\s+not\b)"
    )
    if re.search(subject, text, re.IGNORECASE):
        return True
    if re.search(rf"^[^:;]{{1,60}}: {pattern}\s*(?:;|$)", text, re.IGNORECASE):
        return True  # A row of a table about it.
    return bool(re.search(rf"^[\w\s/-]{{2,90}}\({pattern}s?\),?\s+{_SAYS}\b(?!\s+not\b)", text))


def _starts_with_topic(text: str, asked: Asked) -> bool:
    opening = set(terms(" ".join(text.split()[:6])))
    wanted = set(asked.words) if not asked.names else {word for name in asked.names for word in terms(name)}
    return bool(opening & wanted)
