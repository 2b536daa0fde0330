"""Checks a corpus against itself: its rows, every span and hash, and whether each passage is found by asking for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.lexical import Concept
from coreagent.knowledge.index.terms import terms
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.store.rows import ChunkRow, CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.store.writing import chunk_digest

SAMPLES = 200
_POOL = 64
"""As many as a search looks at."""
_SAME = 0.999
"""Cosine from which two vectors count as one; Chroma rounds."""
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was looked at and what is wrong; ``problems`` is empty for a sound corpus.

    ``asked`` is how many chunks were looked up in both indexes.
    """

    corpus: str
    documents: int
    clauses: int
    chunks: int
    asked: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def audit_corpus(
    store: Store, corpus: CorpusRow, *, open_index: Callable[[], CorpusIndex], deep: bool = False
) -> AuditReport:
    """Compare the rows with each other, each chunk with its document, and both indexes with the chunks.

    Every chunk's text, hash and vector is looked at. Both indexes are asked for 200 chunks, evenly spread, or with
    ``deep`` for all: the word index must hold every word of the chunk, and the dense one find it by its own vector.
    Indexes that can not be opened are a problem of the corpus too.

    Raises:
        KnowledgeError: the store can not be read.
    """
    problems = [*store.faults(corpus), *_contents(store, corpus)]
    ids = store.chunk_ids(corpus)
    spread = np.linspace(0, max(0, len(ids) - 1), SAMPLES, dtype=np.int64)
    sample = ids if deep else ids[np.unique(spread)[: len(ids)]]
    try:
        index = open_index()
        problems += _lost_words(store, corpus, index, sample)
        problems += _vectors(store, corpus, index, sample)
    except KnowledgeError as error:
        problems.append(error.message)
    return AuditReport(
        corpus=corpus.name,
        documents=len(store.documents(corpus)),
        clauses=len(store.clauses(corpus)),
        chunks=len(ids),
        asked=len(sample),
        problems=tuple(problems),
    )


def _contents(store: Store, corpus: CorpusRow) -> Iterator[str]:
    """Chunks that are not what their document says between their ends, or not what was hashed."""
    columns = store.columns(corpus)
    digests = dict(zip(columns.ids.tolist(), columns.digests.tolist(), strict=True))
    document, text = 0, ""
    for row in store.chunk_rows(corpus):
        if row.document_id != document:
            document, text = row.document_id, store.text(row.document_id)
        if text[row.start : row.end] != row.text:
            yield f"{_name(row)}: the span does not hold the chunk's text"
        if int(chunk_digest(row.text)[:16], 16) != digests.get(row.id):
            yield f"{_name(row)}: the text is not the one that was hashed"
        # A heading without text of its own stands in the chunk of the clause below it, so that one may begin early.
        if row.clause_id and not (row.start < row.clause_end and row.clause_start < row.end):
            yield f"{_name(row)}: the chunk lies outside its clause"


def _lost_words(store: Store, corpus: CorpusRow, index: CorpusIndex, sample: NDArray[np.int64]) -> Iterator[str]:
    if not np.array_equal(store.chunk_ids(corpus), index.lexical.ids):
        yield "the word index and the chunks differ"
    for row in store.chunk_rows(corpus, sample.tolist()):
        words = dict.fromkeys(terms(row.text))
        if not words:
            continue
        at = int(np.searchsorted(index.lexical.ids, row.id))
        known = at < len(index.lexical.ids) and index.lexical.ids[at] == row.id
        scores = index.lexical.score([Concept((((word, 1.0),),)) for word in words])
        if not known or scores.coverage[at] < _SAME:
            yield f"{_name(row)}: the word index does not find it"


def _vectors(store: Store, corpus: CorpusRow, index: CorpusIndex, sample: NDArray[np.int64]) -> Iterator[str]:
    lost: list[tuple[int, str]] = []
    asked = set(sample.tolist())
    for page, vectors in store.vectors(corpus, store.chunk_ids(corpus)):
        lengths = np.linalg.norm(vectors, axis=1)
        # A text without a known word has a vector of zeros.
        odd = ~((np.abs(lengths - 1) <= _LENGTH_TOLERANCE) | (lengths == 0))
        lost += [(int(number), "its vector has not length one") for number in page[odd]]
        for number, vector, length in zip(page.tolist(), vectors, lengths.tolist(), strict=True):
            if number in asked and abs(length - 1) <= _LENGTH_TOLERANCE:
                found, cosines = index.dense.search(vector, limit=_POOL)
                # Of many equal ones, any may come first.
                alike = found[cosines >= _SAME]
                if number not in alike and len(alike) < _POOL:
                    lost.append((number, "the dense index does not find it"))
    reasons = dict(lost)
    for row in store.chunk_rows(corpus, list(reasons)):
        yield f"{_name(row)}: {reasons[row.id]}"


def _name(row: ChunkRow) -> str:
    return f"{row.slug}#{row.start}-{row.end}"
