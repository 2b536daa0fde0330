"""What both searches propose for a benchmark's question, with the right passages marked: what fusion is fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.retrieval_sets import Asked, Corpus
from numpy.typing import NDArray

from coreagent.knowledge.glossary import bundled_glossary
from coreagent.knowledge.search.candidates import candidates
from coreagent.knowledge.search.fusion import Candidates
from coreagent.knowledge.search.question import understand
from coreagent.models.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates of one question; ``missed`` when no right one is among them."""

    found: Candidates
    gold: NDArray[np.bool_]

    @property
    def missed(self) -> bool:
        """True when there is nothing right to rank."""
        return not self.gold.any()


def pools(corpus: Corpus, asked: Sequence[Asked], embedder: Embedder) -> list[Pool]:
    """One pool a question, of the whole question alone."""
    return [_pool(corpus, one, embedder) for one in asked]


def _pool(corpus: Corpus, asked: Asked, embedder: Embedder) -> Pool:
    glossaries = (bundled_glossary(), corpus.index.glossary)
    query = understand(asked.text, glossaries=glossaries, split=False, options=False).queries[0]
    found = candidates(corpus.index, query, vector=embedder.embed_queries([query.text])[0])
    right: set[int] = set()
    if asked.gold:
        for row in corpus.store.chunk_rows(corpus.index.corpus, found.ids.tolist()):
            if asked.answered_by(corpus.index.documents[row.document_id].path, row.section):
                right.add(row.id)
    return Pool(found, np.isin(found.ids, np.array(sorted(right), dtype=np.int64)))
