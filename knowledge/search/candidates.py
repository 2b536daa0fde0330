"""What either search proposes in one corpus for one query, with the scores of both side by side."""

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.search.fusion import Candidates
from coreagent.knowledge.search.question import Query

POOL = 64
"""Chunks that each of the two searches may propose."""


def candidates(
    index: CorpusIndex,
    query: Query,
    *,
    vector: NDArray[np.float32],
    allowed: NDArray[np.bool_] | None = None,
    named: NDArray[np.float32] | None = None,
) -> Candidates:
    """The union of what both searches propose among the allowed chunks; a zero vector leaves the dense search out.

    ``allowed`` and ``named`` have one value a chunk of the corpus, see ``conditions``. Chunks of a clause that is named
    are proposed whatever they score.
    """
    lexical = index.lexical.score(query.concepts)
    ids = index.lexical.ids
    bm25 = lexical.bm25 if allowed is None else np.where(allowed, lexical.bm25, np.float32(0))
    words = _best(bm25, POOL)
    words = words[bm25[words] > 0]
    cosines: dict[int, float] = {}
    if vector.any():
        found, values = index.dense.search(vector, limit=POOL, allowed=None if allowed is None else ids[allowed])
        cosines = dict(zip(found.tolist(), values.tolist(), strict=True))
    meaning = frozenset(cosines)
    proposed = {*ids[words].tolist(), *cosines}
    if named is not None:
        wanted = named if allowed is None else np.where(allowed, named, np.float32(0))
        most = _best(wanted, POOL)
        proposed.update(ids[most[wanted[most] > 0]].tolist())
    if vector.any():
        missing = np.array(sorted(proposed - meaning), dtype=np.int64)
        for page_ids, rows in index.store.vectors(index.corpus, missing):
            cosines.update(zip(page_ids.tolist(), (rows @ vector).tolist(), strict=True))
    chosen = np.array(sorted(proposed), dtype=np.int64)
    at = np.searchsorted(ids, chosen)
    # The dense index may know chunks of a later revision than this one.
    known = at < len(ids)
    known[known] = ids[at[known]] == chosen[known]
    chosen, at = chosen[known], at[known]
    by_words = set(words.tolist())
    return Candidates(
        ids=chosen,
        bm25=lexical.bm25[at],
        share=lexical.share[at],
        coverage=lexical.coverage[at],
        lead=lexical.lead[at],
        cosine=np.array([cosines.get(one, 0.0) for one in chosen.tolist()], dtype=np.float32),
        by_words=np.array([row in by_words for row in at.tolist()], dtype=np.bool_),
        by_meaning=np.array([one in meaning for one in chosen.tolist()], dtype=np.bool_),
        named=np.zeros(len(at), dtype=np.float32) if named is None else named[at],
    )


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rows of the greatest scores, best first; equal ones in their order."""
    if len(scores) > 4 * count:
        # Everything that reaches the count-th score, so that a tie is not broken by chance.
        least = np.partition(scores, -count)[-count]
        rows = np.flatnonzero(scores >= least)
        if len(rows) > 16 * count:  # Nearly everything is equal, for example zero.
            rows = np.flatnonzero(scores > least)
    else:
        rows = np.arange(len(scores))
    return rows[np.argsort(-scores[rows], kind="stable")][:count]
