"""The seam to embedding models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What an index must remember of the embedder that made it. ``digest`` is of the weights or the endpoint."""

    name: str
    dimensions: int
    digest: str


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def identity(self) -> EmbedderIdentity:
        """Who made the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Rows of unit length, shape ``(len(texts), dimensions)``; an empty text gives a zero row."""
        ...
