"""How many tokens each model will write, from the form and meaning of the prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.predictors.base import Rows
from coreagent.routing.outcomes import Floats

_FEWEST = 20
_PENALTY = 100.0
_LONGEST = np.log(1e6)
"""Logarithms of predicted tokens end here."""


@dataclass(frozen=True, slots=True, eq=False)
class OutputLength:
    """``exp(levels + columns @ weights) - 1``; ``levels`` (m,) are NaN for a model whose lengths are not known."""

    levels: Floats
    weights: Floats

    @classmethod
    def of(cls, rows: Rows, tokens: Floats) -> Self:
        """By ridge regression of the logarithm on the columns; ``tokens`` (n, m), NaN unknown.

        Fewer than 20 known lengths of a model leave it without a prediction.
        """
        models = tokens.shape[1]
        levels = np.full(models, np.nan, dtype=np.float32)
        weights = np.zeros((rows.columns.shape[1], models), dtype=np.float32)
        for model in range(models):
            known = np.isfinite(tokens[:, model]) & (tokens[:, model] >= 0)
            if known.sum() < _FEWEST:
                continue
            logs = np.log1p(tokens[known, model].astype(np.float64))
            columns = rows.columns[known].astype(np.float64)
            centre, level = columns.mean(axis=0), float(logs.mean())
            apart = columns - centre
            curve = apart.T @ apart
            curve.flat[:: len(curve) + 1] += _PENALTY
            found = np.asarray(np.linalg.solve(curve, apart.T @ (logs - level)), dtype=np.float64)
            weights[:, model] = found
            levels[model] = level - centre @ found
        return cls(levels, weights)

    def predict(self, rows: Rows) -> Floats:
        """Tokens, shape (n, m), NaN where nothing is known."""
        logs = self.levels + rows.columns @ self.weights
        out: Floats = np.expm1(np.minimum(np.maximum(logs, 0), _LONGEST)).astype(np.float32)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {"levels": self.levels, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(arrays["levels"], arrays["weights"])
