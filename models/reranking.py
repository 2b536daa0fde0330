"""The seam to re-rankers: models that read a question and a passage together."""

from collections.abc import Sequence
from typing import Protocol

from coreagent.labels import Sensitivity


class Reranker(Protocol):
    """Scores passages against a question, better and slower than vectors can."""

    @property
    def name(self) -> str:
        """Who scores, for explanations."""
        ...

    @property
    def clearance(self) -> Sensitivity:
        """The strictest label of text that it may be shown."""
        ...

    @property
    def passages(self) -> int:
        """How many of the best passages it wants to see."""
        ...

    def score(self, query: str, passages: Sequence[str]) -> tuple[float, ...]:
        """One score a passage, greater is better, 0..1 where the model gives probabilities.

        Raises:
            ModelError: an endpoint that can not be reached or answers wrongly.
        """
        ...
