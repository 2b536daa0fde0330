"""A small made world for tests of trained routers: three kinds of prompts, each the strength of another model."""

from collections.abc import Sequence

import numpy as np

from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity
from coreagent.routing.outcomes import Floats, Outcomes

MODELS = ("counts", "codes", "recalls")
_TEMPLATES = (
    "A shop sells {a} crates of {b} apples each day. How many apples are sold in {c} days?",
    "Write a function `step_{a}(x)` that returns x plus {b} and raises on {c}.\n```python\ndef step_{a}(x):\n```",
    "Which river, number {a} by length, joins the sea near harbour {b} of region {c}",
)


class LetterEmbedder:
    """Unit vectors of letter shares: enough to tell kinds of prompts apart, and no file is read."""

    def __init__(self, digest: str = "letters") -> None:
        self._identity = EmbedderIdentity("letters", 26, digest)

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity

    @property
    def clearance(self) -> Sensitivity:
        return Sensitivity.CONFIDENTIAL

    def embed(self, texts: Sequence[str]) -> Floats:
        counts = np.array(
            [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts],
            dtype=np.float32,
        )
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        return np.asarray(counts / np.maximum(1, lengths), dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Floats:
        return self.embed(texts)


def prompts(count: int) -> list[str]:
    return [_TEMPLATES[place % 3].format(a=place, b=place % 7 + 2, c=place % 11 + 3) for place in range(count)]


def made(count: int = 240, *, missing: float = 0.0, seed: int = 0) -> Outcomes:
    """Each model is right at .9 of its own kind and at .3 of the others; a share of the scores is missing."""
    rng = np.random.default_rng(seed)
    chances = np.where(np.arange(3) == (np.arange(count) % 3)[:, None], 0.9, 0.3)
    scores = (rng.random((count, 3)) < chances).astype(np.float32)
    scores[rng.random(scores.shape) < missing] = np.nan
    tokens = np.where(np.arange(count) % 3 == 1, 300, 40)[:, None] * np.ones((1, 3), dtype=np.float32)
    return Outcomes.of(prompts(count), MODELS, scores, output_tokens=tokens, data_hash="0" * 64)
