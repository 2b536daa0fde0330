"""Every question asked three times: ranked by words alone, by meaning alone, and by both."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from coreagent.errors import InputError
from coreagent.evals.retrieval.places import Shelf, Target, locate
from coreagent.evals.retrieval.questions import Gold, Question, QuestionSet
from coreagent.knowledge.retrieval import Retrieval

Ranking = Literal["lexical", "dense", "fused"]
RANKINGS: tuple[Ranking, ...] = ("lexical", "dense", "fused")
_SHOWN = 3

Asked = Callable[[int, int], None]
"""Called after each question with how many are done, of how many."""


class RankedSearch(Protocol):
    """Searches by one ranking; the library does."""

    def search_now(
        self, query: str, *, corpora: tuple[str, ...] = (), limit: int = 6, rank_by: Ranking = "fused"
    ) -> Retrieval:
        """Best passages first."""
        ...


class Searchable(RankedSearch, Shelf, Protocol):
    """What is measured: the corpora and the search in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question, asked.

    ``ranks`` has for each gold that the corpora hold the rank of the first hit that shows it, from 1; 0 for none within
    the limit. Off-topic questions are ranked by ``fused`` only and have no ranks. ``seconds`` are for each search.
    """

    question: Question
    ranks: dict[Ranking, tuple[int, ...]]
    seconds: dict[Ranking, float]
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was asked and what came of it, in the order of the file.

    ``missing`` have no gold in the corpora and were not asked; of ``partly_missing`` some golds are not there.
    ``ambiguous`` name several documents by one gold, of which any counts. ``open_seconds``: the first search, which
    opens the indexes. ``interrupted`` when some were not asked.
    """

    questions: QuestionSet
    corpora: tuple[str, ...]
    limit: int
    on_topic: tuple[Outcome, ...]
    off_topic: tuple[Outcome, ...]
    missing: tuple[Question, ...]
    partly_missing: tuple[Question, ...]
    ambiguous: tuple[Question, ...]
    open_seconds: float
    interrupted: bool


def measure(
    questions: QuestionSet,
    system: Searchable,
    *,
    corpora: tuple[str, ...],
    limit: int = 10,
    progress: Asked | None = None,
) -> Measured:
    """Find the gold passages, then ask every question whose passage is there; Ctrl-C ends it with what there is.

    Raises:
        InputError: no question has its passage in the corpora, and none is off-topic.
        KnowledgeError: a corpus can not be read.
        UnknownNameError: a corpus that does not exist.
    """
    targets = locate((gold for question in questions.questions for gold in question.gold), system, corpora)
    present = [q for q in questions.questions if _present(q, targets) or not q.gold]
    missing = tuple(q for q in questions.questions if q.gold and not _present(q, targets))
    if not present:
        raise _nothing_found(questions, targets, corpora)
    outcomes: list[Outcome] = []
    interrupted = False
    begun = time.perf_counter()
    system.search_now(present[0].text, corpora=corpora, limit=limit)
    opened = time.perf_counter() - begun
    try:
        for question in present:
            outcomes.append(_ask(question, targets, system, corpora, limit))
            if progress is not None:
                progress(len(outcomes), len(present))
    except KeyboardInterrupt:
        if not outcomes:
            raise
        interrupted = True
    return Measured(
        questions=questions,
        corpora=corpora,
        limit=limit,
        on_topic=tuple(outcome for outcome in outcomes if outcome.question.gold),
        off_topic=tuple(outcome for outcome in outcomes if not outcome.question.gold),
        missing=missing,
        partly_missing=tuple(q for q in present if len(_present(q, targets)) < len(q.gold)),
        ambiguous=tuple(q for q in present if any(targets[gold].named > 1 for gold in q.gold)),
        open_seconds=opened,
        interrupted=interrupted,
    )


def _present(question: Question, targets: dict[Gold, Target]) -> list[Target]:
    return [targets[gold] for gold in question.gold if targets[gold].is_present]


def _ask(
    question: Question, targets: dict[Gold, Target], system: RankedSearch, corpora: tuple[str, ...], limit: int
) -> Outcome:
    golds = _present(question, targets)
    ranks: dict[Ranking, tuple[int, ...]] = {}
    seconds: dict[Ranking, float] = {}
    confidence = 0.0
    for ranking in RANKINGS if golds else ("fused",):
        begun = time.perf_counter()
        found = system.search_now(question.text, corpora=corpora, limit=limit, rank_by=ranking)
        seconds[ranking] = time.perf_counter() - begun
        if ranking == "fused":
            confidence = found.confidence
        if golds:
            ranks[ranking] = tuple(_rank(target, found) for target in golds)
    return Outcome(question=question, ranks=ranks, seconds=seconds, confidence=confidence)


def _rank(target: Target, found: Retrieval) -> int:
    return next((rank for rank, hit in enumerate(found.hits, start=1) if target.shown_by(hit)), 0)


def _nothing_found(questions: QuestionSet, targets: dict[Gold, Target], corpora: Sequence[str]) -> InputError:
    count = len(questions.questions)
    sought = [_words(gold) for gold in list(targets)[:_SHOWN]]
    named = sum(target.named > 0 for target in targets.values())
    what = "their documents are there, but not these parts of them" if named else "it does not hold their documents"
    return InputError(
        f"{questions.name}: none of its questions ({count:,}) has its passage in {', '.join(corpora)}: {what}",
        mend=f"Sought, for example: {'; '.join(sought)}. Compare with: coreagent corpus show {corpora[0]}",
    )


def _words(gold: Gold) -> str:
    names = ("corpus", "document", "source", "path", "section", "clause", "text")
    filled = [(name, getattr(gold, name)) for name in names]
    return ", ".join(f"{name} {value[:60]!r}" for name, value in filled if value)
