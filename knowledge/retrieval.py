"""The seam to the corpora: a question in, evidence out."""

from dataclasses import dataclass
from typing import Protocol

from coreagent.answer import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage that was found, and why.

    ``score`` in 0..1 is the fused, calibrated confidence; ``lexical`` and ``dense`` are the raw scores behind it
    (BM25, cosine). ``evidence.score`` equals ``score``.
    """

    evidence: Evidence
    score: float
    lexical: float
    dense: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What a search gave. ``confidence`` in 0..1: how likely anything relevant was found at all."""

    query: str
    hits: tuple[Hit, ...]
    confidence: float


class Retriever(Protocol):
    """Searches corpora."""

    async def search(self, query: str, *, corpora: tuple[str, ...] = (), limit: int = 6) -> Retrieval:
        """Best passages first; all corpora when none is named.

        Raises:
            UnknownNameError: a corpus that does not exist.
            EmbedderMismatchError: a corpus whose index another embedder made.
            KnowledgeError: a corpus that can not be read.
        """
        ...
