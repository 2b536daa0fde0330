"""Search in one corpus: both indexes opened at the stored revision, asked, and their findings put side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.answer import Citation, Evidence
from coreagent.errors import KnowledgeError
from coreagent.knowledge.documents.front_matter import texts
from coreagent.knowledge.index.dense import DenseIndex, VectorSource
from coreagent.knowledge.index.lexical import Entry, LexicalIndex
from coreagent.knowledge.search.fusion import Candidates
from coreagent.knowledge.store.rows import ChunkRow, CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Label, Sensitivity

POOL = 64
"""Chunks that each of the two searches may propose."""
LEXICAL_KIND = "bm25f-1"
"""Name of the saved index; another number makes every saved one be built anew."""

DenseOpener = Callable[[VectorSource], DenseIndex]


@dataclass(frozen=True, slots=True)
class CorpusIndex:
    """Both indexes of one corpus at one revision."""

    corpus: CorpusRow
    lexical: LexicalIndex
    dense: DenseIndex


def open_index(store: Store, corpus: CorpusRow, *, dense: DenseOpener) -> CorpusIndex:
    """Load or build the indexes of this revision.

    Raises:
        KnowledgeError: the store or the dense index can not be read.
    """
    return CorpusIndex(corpus, open_lexical(store, corpus), dense(store.source(corpus)))


def open_lexical(store: Store, corpus: CorpusRow) -> LexicalIndex:
    """The saved BM25 index of this revision, else a new one, which is saved where that is possible."""
    saved = store.derived(corpus, LEXICAL_KIND)
    if saved is not None:
        try:
            return LexicalIndex.load(saved)
        except (ValueError, KeyError, OSError):
            saved = None  # Damaged: the chunks are the truth, so it is simply built again.
    built = LexicalIndex.build(_entry(row) for row in store.chunk_rows(corpus))
    try:
        store.save_derived(corpus, LEXICAL_KIND, data=built.dump())
    except KnowledgeError:
        return built  # Read-only or full: the search works, only the next start is slower.
    return built


def _entry(row: ChunkRow) -> Entry:
    meta = {key: tuple(value) if isinstance(value, list) else value for key, value in row.meta.items()}
    return Entry(row.id, " ".join((row.title, *texts(meta, "aliases"))), row.section, row.text)


def candidates(
    store: Store, index: CorpusIndex, *, query_terms: Sequence[tuple[str, float]], vector: NDArray[np.float32]
) -> Candidates:
    """What either search proposes, with both scores for each; a zero vector leaves the dense search out."""
    lexical = index.lexical.score(query_terms)
    order = np.lexsort((index.lexical.ids, -lexical.bm25))[:POOL]
    by_words = order[lexical.bm25[order] > 0]
    cosines: dict[int, float] = {}
    if vector.any():
        ids, values = index.dense.search(vector, limit=POOL)
        cosines = dict(zip(ids.tolist(), values.tolist(), strict=True))
        missing = [i for i in index.lexical.ids[by_words].tolist() if i not in cosines]
        for page_ids, rows in store.vectors(index.corpus, np.array(missing, dtype=np.int64)):
            cosines.update(zip(page_ids.tolist(), (rows @ vector).tolist(), strict=True))
    # Ids are ascending in the lexical index, so a position is found by bisection.
    # A sorted set, because numpy's union loads numpy.ma for it, a tenth of a second at the first search.
    proposed = np.array(sorted({*index.lexical.ids[by_words].tolist(), *cosines}), dtype=np.int64)
    at = np.searchsorted(index.lexical.ids, proposed)
    known = at < len(index.lexical.ids)
    proposed, at = proposed[known], at[known]
    same = index.lexical.ids[at] == proposed
    proposed, at = proposed[same], at[same]
    return Candidates(
        proposed,
        lexical.bm25[at],
        lexical.share[at],
        lexical.coverage[at],
        np.array([cosines.get(i, 0.0) for i in proposed.tolist()], dtype=np.float32),
    )


def evidence(corpus: CorpusRow, row: ChunkRow, *, score: float) -> Evidence:
    """The chunk as evidence: corpora are data, so it is never trusted to give instructions."""
    sensitivity = corpus.label
    own = row.meta.get("label")
    if isinstance(own, str) and own:
        sensitivity = max(sensitivity, Sensitivity.parse(own))
    return Evidence(
        id=f"{corpus.name}:{row.slug}#{row.start}-{row.end}",
        text=row.text,
        citation=Citation(corpus=corpus.name, document=row.title, section=row.section, start=row.start, end=row.end),
        label=Label(sensitivity, trusted=False),
        score=score,
    )
