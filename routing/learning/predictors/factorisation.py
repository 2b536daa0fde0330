"""Matrix factorisation: a few traits of a prompt, times what each trait means for each model.

I. Ong et al., "RouteLLM", 2024, score a model by a product of a model vector and a projected prompt. Here the same form
is found in closed form, by reduced-rank regression (A. J. Izenman, Journal of Multivariate Analysis 5, 1975): the ridge
fit of all models, held to its main directions over the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.predictors.base import Family, Rows, column_means, completed
from coreagent.routing.outcomes import Floats

RANKS = (2.0, 5.0)
_PENALTY = 100.0
"""On the traits' weights, in prompts at which every column lies one spread from its mean."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factorisation:
    """``means + (prompt features @ traits) @ models``: ``traits`` (c + d, r), ``models`` (r, m) of unit rows."""

    means: Floats
    traits: Floats
    models: Floats

    @classmethod
    def of(cls, rows: Rows, scores: Floats, *, rank: int) -> Self:
        """Fitted with so many traits, or as many as there are models.

        Raises:
            InputError: as :func:`column_means`.
        """
        means = column_means(rows, scores)
        inputs = _inputs(rows).astype(np.float64)
        targets = (completed(scores, means) - means).astype(np.float64)
        curve = inputs.T @ inputs
        curve.flat[:: len(curve) + 1] += _PENALTY
        weights = np.linalg.solve(curve, inputs.T @ targets)
        _, _, directions = np.linalg.svd(inputs @ weights, full_matrices=False)
        models = directions[: min(rank, scores.shape[1])]
        return cls(
            means=means, traits=(weights @ models.T).astype(np.float32), models=np.asarray(models, dtype=np.float32)
        )

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m), within 0..1 or a little outside."""
        return (self.means + (_inputs(rows) @ self.traits) @ self.models).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {"means": self.means, "traits": self.traits, "models": self.models}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(means=arrays["means"], traits=arrays["traits"], models=arrays["models"])


def _inputs(rows: Rows) -> Floats:
    # A unit vector's entries are small: brought to the spread of the columns.
    return np.concatenate([rows.columns, rows.embedding * np.float32(rows.embedding.shape[1] ** 0.5)], axis=1)


def _fit(rows: Rows, scores: Floats, setting: float, seed: int) -> Factorisation:
    del seed
    return Factorisation.of(rows, scores, rank=round(setting))


FACTORISATION = Family("factorisation", "traits", RANKS, _fit, Factorisation.from_arrays)
