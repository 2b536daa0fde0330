import hashlib
import re
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder, EmbedderIdentity


class HashedWords:
    """Likeness is shared words; the same in every process."""

    identity = EmbedderIdentity("hashed-words", 256, "test")
    clearance = Sensitivity.CONFIDENTIAL

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[int(hashlib.sha256(word[:5].encode()).hexdigest(), 16) % 256] += 1
        norms = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return np.asarray(rows / norms, dtype=np.float32)

    embed_queries = embed


@pytest.fixture
def embedder() -> Embedder:
    return HashedWords()
