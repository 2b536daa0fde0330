"""The seam of predictions: what a trained router knows of a call before it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from coreagent.routing.request import RoutingRequest


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one model for one call: the calibrated chance of a good result in 0..1, and tokens it will write, if known."""

    quality: float
    output_tokens: float | None = None


class Predictor(Protocol):
    """Predicts how well each model will do at a call. Synchronous, a fraction of a millisecond, never the network."""

    @property
    def name(self) -> str:
        """As a Decision names it: the artefact's file and the start of its digest."""
        ...

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        """Predictions for those of ``models`` that it knows; empty when it has no say (no text, another role)."""
        ...
