"""The seam to embedding models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from coreagent.labels import Sensitivity

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
        """Who made the vectors.

        Raises:
            ModelError: an endpoint that has to be asked for its dimensions and can not be.
        """
        ...

    @property
    def clearance(self) -> Sensitivity:
        """The strictest label of text that it may be given: its callers must keep to it. Confidential on the device."""
        ...

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Vectors of passages: rows of unit length, shape ``(len(texts), dimensions)``; an empty text gives a zero row.

        Raises:
            ModelError: an endpoint that can not be reached or answers wrongly.
        """
        ...

    def embed_queries(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Vectors of questions, comparable with those of passages; many models treat the two differently."""
        ...
