"""Logistic regression on the columns: the chance that each model is right, one model at a time.

Newton's method with an L2 penalty (S. le Cessie and J. C. van Houwelingen, Applied Statistics 41, 1992). Scores between
0 and 1 count as shares. The words are left out: form and meaning hold most of what a small table can tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.calibrators import logistic
from coreagent.routing.learning.predictors.base import Family, Rows, column_means
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

PENALTIES = (30.0, 200.0)
_ROUNDS = 25
_SETTLED = 1e-6
_LONGEST_STEP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic:
    """``1 / (1 + exp(-(levels + columns @ weights)))``; ``levels`` (m,), ``weights`` (c, m)."""

    levels: Floats
    weights: Floats

    @classmethod
    def of(cls, rows: Rows, scores: Floats, *, penalty: float) -> Self:
        """Fitted with this penalty on the squared weights; the level is free but for one made-up row, half right.

        Raises:
            InputError: as :func:`column_means`.
        """
        column_means(rows, scores)
        fitted: list[Doubles] = []
        for model in range(scores.shape[1]):
            known = ~np.isnan(scores[:, model])
            fitted.append(
                _newton(rows.columns[known].astype(np.float64), scores[known, model].astype(np.float64), penalty)
            )
        table = np.stack(fitted, axis=1).astype(np.float32)
        return cls(levels=table[0], weights=table[1:])

    def predict(self, rows: Rows) -> Floats:
        """Predicted chances, shape (n, m)."""
        out: Floats = logistic((self.levels + rows.columns @ self.weights).astype(np.float64)).astype(np.float32)
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
        return cls(levels=arrays["levels"], weights=arrays["weights"])


def _newton(columns: Doubles, targets: Doubles, penalty: float) -> Doubles:
    """Level and weights, (1 + c,), of least penalised log loss."""
    # One made-up row that is half right keeps the level finite when every score is 0, or every score 1.
    design = np.vstack([np.column_stack([np.ones(len(columns)), columns]), np.eye(1, 1 + columns.shape[1])])
    wanted = np.append(targets, 0.5)
    found = np.zeros(design.shape[1])
    held = np.full(design.shape[1], penalty)
    held[0] = 0
    for _ in range(_ROUNDS):
        chances = logistic(design @ found)
        slope = design.T @ (chances - wanted) + held * found
        curve = (design * (chances * (1 - chances))[:, None]).T @ design
        curve.flat[:: len(held) + 1] += held + 1e-9
        step = np.linalg.solve(curve, slope)
        size = float(np.abs(step).max())
        found = found - step * min(1.0, _LONGEST_STEP / max(size, 1e-12))
        if size < _SETTLED:
            break
    return found


def _fit(rows: Rows, scores: Floats, setting: float, seed: int) -> Logistic:
    del seed
    return Logistic.of(rows, scores, penalty=setting)


LOGISTIC = Family("logistic", "penalty", PENALTIES, _fit, Logistic.from_arrays)
