"""The search: every query in every corpus, fused, merged, re-ranked, collapsed, explained."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import ModelError
from coreagent.knowledge.retrieval import Explanation, Hit, Retrieval, Where
from coreagent.knowledge.search.candidates import candidates
from coreagent.knowledge.search.collapse import Group, collapse
from coreagent.knowledge.search.conditions import allowed, named
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.search.evidence import evidence, span_of
from coreagent.knowledge.search.fusion import FEATURES, WEIGHTS, Candidates, confidence, fuse, passage_features
from coreagent.knowledge.search.question import Query, Question
from coreagent.knowledge.store.rows import ChunkRow
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.models.reranking import Reranker

RankBy = Literal["fused", "lexical", "dense"]
_OVERSAMPLED = 4
"""Hits looked at for each one wanted, so that copies leave enough behind."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to search. ``context``: characters of the clause to show around a hit, 0 for the passage alone."""

    limit: int
    where: Where | None = None
    label: Sensitivity = Sensitivity.PUBLIC
    rank_by: RankBy = "fused"
    collapse: bool = True
    context: int = 0
    explain: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """One chunk with the query that it answers best: its position in that query's candidates."""

    corpus: int
    chunk: int
    score: float
    query: Query
    part: Candidates
    at: int


def search(
    question: Question,
    opened: Sequence[CorpusIndex],
    *,
    embedder: Embedder,
    options: Options,
    reranker: Reranker | None = None,
) -> Retrieval:
    """Best passages of all corpora first.

    Raises:
        KnowledgeError: a corpus can not be read.
        ModelError: the embedder is an endpoint that does not answer.
    """
    searches = tuple(query.text for query in question.queries)
    if not question.queries or options.limit < 1:
        return Retrieval(query=question.text, hits=(), confidence=0.0)
    notes: list[str] = []
    if options.label <= embedder.clearance:
        vectors = embedder.embed_queries(searches)
    else:
        vectors = np.zeros((len(searches), embedder.identity.dimensions), dtype=np.float32)
        notes.append(
            f"the embedder {embedder.identity.name} may not see a {options.label} question: words alone decide"
        )
    lists: dict[str, list[_Found]] = {}
    whole: list[Candidates] = []
    for number, index in enumerate(opened):
        mask = allowed(index, options.where, collapse=options.collapse)
        bonus = named(index, question.references, text=question.text)
        for query, vector in zip(question.queries, vectors, strict=True):
            part = candidates(index, query, vector=vector, allowed=mask, named=bonus)
            if query is question.queries[0]:
                whole.append(part)
            # Options compete with the whole question for the places; each part has places of its own.
            own = query.text if query.role == "part" else ""
            lists.setdefault(own, []).extend(_scored(part, query, number, options.rank_by))
    ranked = _merged(list(lists.values()))
    wanted = options.limit * _OVERSAMPLED
    ranked = ranked[: max(wanted, reranker.passages if reranker else 0)]
    rows = _rows(opened, ranked)
    ranked = [one for one in ranked if (one.corpus, one.chunk) in rows]
    reranked: dict[tuple[int, int], float] = {}
    if reranker is not None and options.label > reranker.clearance:
        notes.append(f"the re-ranker {reranker.name} may not see a {options.label} question")
    elif reranker is not None and options.rank_by == "fused" and ranked:
        ranked, reranked = _reranked(question, ranked, rows, reranker, notes)
    hits = _hits(opened, ranked, rows, options, reranked)
    return Retrieval(
        query=question.text, hits=hits, confidence=confidence(whole), searches=searches, notes=tuple(notes)
    )


def _scored(part: Candidates, query: Query, corpus: int, rank_by: RankBy) -> Iterable[_Found]:
    scores: NDArray[np.floating] = (
        fuse(part) if rank_by == "fused" else part.bm25 if rank_by == "lexical" else part.cosine
    )
    for at, (chunk, score) in enumerate(zip(part.ids.tolist(), scores.tolist(), strict=True)):
        yield _Found(corpus, chunk, score * query.weight, query, part, at)


def _merged(lists: Sequence[Sequence[_Found]]) -> list[_Found]:
    """The lists' best in turn, each chunk once: an easy part of a question must not crowd out a hard one."""
    ranked = [sorted(one, key=lambda found: (-found.score, found.corpus, found.chunk)) for one in lists]
    out: dict[tuple[int, int], _Found] = {}
    for row in zip_longest(*ranked):
        for found in row:
            if found is not None:
                out.setdefault((found.corpus, found.chunk), found)
    return list(out.values())


def _rows(opened: Sequence[CorpusIndex], ranked: Sequence[_Found]) -> dict[tuple[int, int], ChunkRow]:
    """The stored chunks; those that were removed meanwhile are missing."""
    out: dict[tuple[int, int], ChunkRow] = {}
    for number, index in enumerate(opened):
        ids = sorted(one.chunk for one in ranked if one.corpus == number)
        out.update(((number, row.id), row) for row in index.store.chunk_rows(index.corpus, ids))
    return out


def _reranked(
    question: Question,
    ranked: Sequence[_Found],
    rows: dict[tuple[int, int], ChunkRow],
    reranker: Reranker,
    notes: list[str],
) -> tuple[list[_Found], dict[tuple[int, int], float]]:
    """The best passages in the re-ranker's order; those that it may not see keep their places."""
    shown = [
        at
        for at, one in enumerate(ranked[: reranker.passages])
        if rows[one.corpus, one.chunk].label <= reranker.clearance
    ]
    texts = [_read_alone(rows[ranked[at].corpus, ranked[at].chunk]) for at in shown]
    if not texts:
        return list(ranked), {}
    try:
        scores = reranker.score(question.queries[0].text, texts)
    except ModelError as error:
        # A search without it is worth more than none; the caller is told.
        _log.warning("re-ranker %s: %s", reranker.name, error.message)
        notes.append(f"the re-ranker {reranker.name} did not answer: {error.message}")
        return list(ranked), {}
    out = list(ranked)
    order = sorted(range(len(shown)), key=lambda at: (-scores[at], at))
    for place, at in zip(shown, order, strict=True):
        out[place] = replace(ranked[shown[at]], score=scores[at])
    return out, {(ranked[at].corpus, ranked[at].chunk): score for at, score in zip(shown, scores, strict=True)}


def _read_alone(row: ChunkRow) -> str:
    return "\n".join(part for part in (row.title, row.section, row.context, row.text) if part)


def _hits(
    opened: Sequence[CorpusIndex],
    ranked: Sequence[_Found],
    rows: dict[tuple[int, int], ChunkRow],
    options: Options,
    reranked: dict[tuple[int, int], float],
) -> tuple[Hit, ...]:
    own = [rows[one.corpus, one.chunk] for one in ranked]
    groups = (
        collapse(own, limit=options.limit * 2) if options.collapse else tuple(Group(shown=at) for at in range(len(own)))
    )
    hits: list[Hit] = []
    shown: list[tuple[int, int, int, int]] = []
    for group in groups:
        if len(hits) == options.limit:
            break
        one, row = ranked[group.shown], own[group.shown]
        index = opened[one.corpus]
        span = span_of(row, context=options.context)
        if any(
            (one.corpus, row.document_id) == place[:2] and place[2] <= span[0] and span[1] <= place[3]
            for place in shown
        ):
            continue  # The clause is shown already, for a better passage of it.
        shown.append((one.corpus, row.document_id, *span))
        score = ranked[min((group.shown, *group.hidden))].score
        hits.append(
            Hit(
                evidence=evidence(index, row, span=span, score=score),
                score=score,
                lexical=float(one.part.bm25[one.at]),
                dense=float(one.part.cosine[one.at]),
                passage=(row.start, row.end),
                explanation=_explained(
                    index, one, [own[at] for at in group.hidden], reranked.get((one.corpus, one.chunk))
                )
                if options.explain
                else None,
            )
        )
    return tuple(hits)


def _explained(index: CorpusIndex, one: _Found, hidden: Sequence[ChunkRow], reranked: float | None) -> Explanation:
    part, at = one.part, one.at
    features = passage_features(part)[at].tolist()
    found_by = (("words",) if part.by_words[at] else ()) + (("meaning",) if part.by_meaning[at] else ())
    return Explanation(
        features={**dict(zip(FEATURES, features, strict=True)), "named": float(part.named[at])},
        weights={**dict(zip(FEATURES, WEIGHTS.passage, strict=True)), "named": 1.0},
        terms=index.lexical.contributions(one.query.concepts, one.chunk),
        found_by=found_by + (("named",) if part.named[at] else ()),
        query=one.query.text,
        hidden=tuple(f"{row.slug}#{row.start}-{row.end}" for row in hidden),
        reranked=reranked,
    )
