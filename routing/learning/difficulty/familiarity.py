"""Where a question is like none recorded, similarity has nothing to say: how familiar it is, and what stands in.

A question is familiar when its nearest recorded one is as near as is usual among those recorded, and strange when it is
as far as the nearest of another task mostly is. In between the two predictions are mixed in proportion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.neighbours import Neighbours
from coreagent.routing.outcomes import Floats

JUDGED_ROWS = 2_000
"""The two cosines are quantiles over at most so many rows, drawn with the seed."""
_STRANGE = 0.25
"""Of the cosines to the nearest question of another task: three in four of them are nearer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Familiarity:
    """``strange`` and ``familiar`` are cosines to the nearest recorded question: at or below the first it is 0."""

    index: Neighbours
    strange: float
    familiar: float

    @classmethod
    def fit(cls, rows: Floats, tasks: NDArray[np.integer], *, seed: int = 0) -> Self:
        """From embeddings, shape (n, d), and the number of each one's task, (n,).

        Raises:
            InputError: fewer than two tasks of two questions or more, or an embedding that is not finite.
        """
        index, order = Neighbours.of(rows, seed=seed)
        numbers = tasks[order].astype(np.int64)
        shared = np.flatnonzero(np.bincount(numbers)[numbers] > 1)
        if len(np.unique(numbers[shared])) < 2:
            raise InputError(
                "the questions are of one task: nothing says what a strange one looks like",
                mend="Give outcomes of two tasks or more, and their names as domains.",
            )
        rng = np.random.default_rng(seed)
        asked = np.sort(rng.choice(shared, min(len(shared), JUDGED_ROWS), replace=False))
        other = index.among(asked, numbers, 1)[1][:, 0]
        every = index.among(asked, np.arange(len(numbers)), 1)[1][:, 0]
        strange, familiar = float(np.quantile(other, _STRANGE)), float(np.median(every))
        # Tasks that are alike throughout: the nearest is as near in another.
        return cls(index=index, strange=min(strange, familiar - 1e-6), familiar=familiar)

    def of(self, row: Floats) -> float:
        """From 0, strange, to 1, familiar, for one embedding, shape (d,); 0 for one that is zero or not finite."""
        cosines = self.index.nearest(row, 1)[1]
        if not len(cosines):
            return 0.0
        return float(np.clip((float(cosines[0]) - self.strange) / (self.familiar - self.strange), 0.0, 1.0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {**self.index.arrays(), "bounds": np.array([self.strange, self.familiar])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        strange, familiar = arrays["bounds"].tolist()
        return cls(index=Neighbours.from_arrays(arrays), strange=strange, familiar=familiar)
