"""An embedder without a model."""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class HashEmbedder:
    """Each word counts in a few places that its hash names, with a sign (feature hashing, Weinberger et al., 2009).

    Deterministic on every machine; texts that share words are near each other, which is enough to test an index.
    """

    def __init__(self, dimensions: int = 64) -> None:
        """Raises ValueError when ``dimensions`` is below 1."""
        if dimensions < 1:
            raise ValueError("an embedding has at least one dimension")
        self._identity = EmbedderIdentity("hash", dimensions, f"blake2b-{dimensions}")

    @property
    def identity(self) -> EmbedderIdentity:
        """Who made the vectors."""
        return self._identity

    @property
    def clearance(self) -> Sensitivity:
        """Anything: no text leaves the process."""
        return Sensitivity.CONFIDENTIAL

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Rows of unit length, shape ``(len(texts), dimensions)``; a text without words gives a zero row."""
        import numpy as np  # noqa: PLC0415  (heavy; importing the doubles must stay light)

        size = self._identity.dimensions
        rows = np.zeros((len(texts), size), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=12).digest()
                for at in range(0, 12, 3):
                    place = int.from_bytes(digest[at : at + 2], "big") % size
                    row[place] += 1.0 if digest[at + 2] & 1 else -1.0
            length = float(np.linalg.norm(row))
            if length:
                row /= length
        return rows

    def embed_queries(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """The same as for passages."""
        return self.embed(texts)
