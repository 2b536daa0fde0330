"""Small outcome tables, and a predictor that knows what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coreagent.routing.outcomes import Outcomes
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest

GAP = float("nan")


def table(scores: Sequence[Sequence[float]], *, models: Sequence[str] = ("small", "large"), **more: Any) -> Outcomes:
    """Prompts p0, p1 ... of growing length; the second model costs ten times the first, and so on."""
    n = len(scores)
    prompts = more.pop("prompts", [f"p{row}" + "x" * row for row in range(n)])
    usd = more.pop("usd", np.tile([0.001 * 10.0**column for column in range(len(models))], (n, 1)))
    return Outcomes.of(prompts, models, np.array(scores, dtype=np.float64), usd=usd, **more)


@dataclass(frozen=True)
class Told:
    """Predicts what stands under the prompt."""

    qualities: Mapping[str, Mapping[str, float]]
    fitted_on: frozenset[str] = frozenset()
    name: str = "told"
    asked: list[str] = field(default_factory=list)
    tokens: float | None = None

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        self.asked.append(request.text)
        said = self.qualities.get(request.text, {})
        return {model: Prediction(said[model], self.tokens) for model in models if model in said}
