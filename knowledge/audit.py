"""Checks a corpus against itself: every span, hash, vector and index entry."""

from dataclasses import dataclass

import numpy as np

from coreagent.knowledge.search.pool import CorpusIndex
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store

_SAMPLES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was looked at and what is wrong; ``problems`` is empty for a sound corpus."""

    corpus: str
    documents: int
    chunks: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def audit_corpus(store: Store, corpus: CorpusRow, *, index: CorpusIndex) -> AuditReport:
    """Compare chunks with their documents and both indexes with the chunks.

    The dense index is asked for up to 50 stored vectors, evenly spread: each must find a chunk with that very vector.
    """
    documents = {row.slug: row for row in store.documents(corpus)}
    texts: dict[str, str] = {}
    problems: list[str] = []
    for row in store.chunk_rows(corpus):
        if row.slug not in texts:
            texts = {row.slug: store.text(documents[row.slug].id)}
        if texts[row.slug][row.start : row.end] != row.text:
            problems.append(f"{row.slug}#{row.start}-{row.end}: the span does not hold the chunk's text")
    ids = store.chunk_ids(corpus)
    if not np.array_equal(ids, index.lexical.ids):
        problems.append("the lexical index and the chunks differ")
    step = max(1, len(ids) // _SAMPLES)
    for _, vectors in store.vectors(corpus, ids[::step]):
        for vector in vectors:
            if not vector.any():
                continue
            _, cosines = index.dense.search(vector, limit=1)
            if not len(cosines) or cosines[0] < 0.999:
                problems.append("the dense index has lost a vector")
    return AuditReport(corpus=corpus.name, documents=len(documents), chunks=len(ids), problems=tuple(problems))
