"""Similarity of meaning by an embedder, in 0..1."""

from collections.abc import Sequence

from coreagent.models.embedding import Embedder

MAX_CHARS = 2_000
"""A text's beginning says what it is about; the rest would only cost time."""


def similarities(embedder: Embedder, text: str, others: Sequence[str]) -> list[float]:
    """Cosine of ``text`` with each of the others; negative ones count as 0."""
    if not others:
        return []
    vectors = embedder.embed([text[:MAX_CHARS], *(other[:MAX_CHARS] for other in others)])
    return [max(0.0, min(1.0, float(value))) for value in vectors[1:] @ vectors[0]]
