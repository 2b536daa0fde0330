"""Cluster routing: prompts fall into clusters, and each model has a score in each.

W. Jitkrittum et al., "Universal model routing for efficient LLM inference", 2025; "Doing more with less", 2025, section
on similarity. A new model is a new column of scores: nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.folds import SEED, deal
from coreagent.routing.learning.kmeans import kmeans
from coreagent.routing.learning.neighbours import unit_rows
from coreagent.routing.learning.predictors.knn import column_means, filled, known, merit
from coreagent.routing.outcomes import Floats

COUNTS = (8, 16, 32, 64, 128)
PSEUDO_COUNTS = (1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterScores:
    """Centres, shape (c, d); scores of each model in each cluster, shape (c, m), already pulled to its mean, (m,)."""

    centres: Floats
    table: Floats
    means: Floats
    pseudo_count: float

    @classmethod
    def of(cls, rows: Floats, scores: Floats, *, count: int, pseudo_count: float = 3.0, seed: int = 0) -> Self:
        """From embeddings, shape (n, d), and scores in 0..1, shape (n, m), NaN where nothing is known.

        ``pseudo_count`` is the weight, in prompts, of a model's mean over all prompts in each of its cluster scores.

        Raises:
            InputError: no rows, shapes that do not fit, an embedding that is not finite, a model without any score, or
                a count or pseudo-count that can not be.
        """
        if not pseudo_count > 0:
            raise InputError(f"a pseudo-count of {pseudo_count:g}", mend="It must be above 0: a cluster may be empty.")
        means = column_means(rows, scores)
        centres, places = kmeans(unit_rows(rows), count, seed=seed)
        table = _table(places, len(centres), scores, means, pseudo_count)
        return cls(centres=centres, table=table, means=means, pseudo_count=pseudo_count)

    @classmethod
    def fit(
        cls,
        rows: Floats,
        scores: Floats,
        groups: NDArray[np.int64],
        *,
        seed: int = SEED,
        counts: Sequence[int] = COUNTS,
        pseudo_counts: Sequence[float] = PSEUDO_COUNTS,
    ) -> Self:
        """The same with the number of clusters and the pseudo-count chosen on groups of rows left out in turn.

        The clusters are made of all rows, as they know no score; the scores of a cluster only of the other rows. One
        group alone gets the fewest clusters and the strongest pull.

        Raises:
            InputError: as :meth:`of`.
        """
        means = column_means(rows, scores)
        units = unit_rows(rows)
        if len(np.unique(groups)) < 2:
            return cls.of(rows, scores, count=min(counts), pseudo_count=max(pseudo_counts), seed=seed)
        folds = deal(groups, seed=seed)
        tried: list[tuple[tuple[float, float], int, float]] = []
        for count in counts:
            centres, places = kmeans(units, count, seed=seed)
            for pseudo in pseudo_counts:
                predicted = np.empty_like(scores)
                for fold in np.unique(folds).tolist():
                    rest, left = folds != fold, folds == fold
                    # A fold may leave a model without a score: the mean of all rows stands in, in fitting only.
                    table = _table(places[rest], len(centres), scores[rest], _means(scores[rest], means), pseudo)
                    predicted[left] = table[places[left]]
                tried.append((merit(predicted, scores), count, pseudo))
        _, count, pseudo = max(tried, key=lambda entry: entry[0])
        return cls.of(rows, scores, count=count, pseudo_count=pseudo, seed=seed)

    def with_model(self, rows: Floats, scores: Floats) -> Self:
        """The same with one more model at the end, from its scores, shape (k,), at embeddings, shape (k, d).

        Nothing that is predicted of the others changes.

        Raises:
            InputError: as :meth:`of`.
        """
        column = scores.reshape(-1, 1)
        mean = column_means(rows, column)
        added = _table(self._places(unit_rows(rows)), len(self.centres), column, mean, self.pseudo_count)
        return replace(
            self, table=np.concatenate([self.table, added], axis=1), means=np.concatenate([self.means, mean])
        )

    def predict(self, rows: Floats) -> Floats:
        """Scores in 0..1 for embeddings of shape (n, d): shape (n, m); a row of zeros or not finite gets the means."""
        with np.errstate(invalid="ignore", over="ignore"):
            sound = np.isfinite(rows).all(axis=1) & (np.vecdot(rows, rows) > 0)
        out = np.tile(self.means, (len(rows), 1))
        out[sound] = self.table[self._places(unit_rows(rows[sound]))]
        return out

    def _places(self, units: Floats) -> NDArray[np.int64]:
        half = 0.5 * np.vecdot(self.centres, self.centres)
        # One row after the other on this thread: a matrix product wakes a thread on every core and waits for them.
        return np.array([np.argmax(np.vecdot(self.centres, unit) - half) for unit in units], dtype=np.int64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            "centres": self.centres,
            "table": self.table,
            "means": self.means,
            "pseudo_count": np.array(self.pseudo_count),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(
            centres=arrays["centres"],
            table=arrays["table"],
            means=arrays["means"],
            pseudo_count=float(arrays["pseudo_count"]),
        )


def _table(places: NDArray[np.int64], count: int, scores: Floats, means: Floats, pseudo_count: float) -> Floats:
    sums = np.zeros((count, scores.shape[1]))
    weights = np.zeros_like(sums)
    np.add.at(sums, places, filled(scores))
    np.add.at(weights, places, known(scores))
    out: Floats = ((sums + pseudo_count * means) / (weights + pseudo_count)).astype(np.float32)
    return out


def _means(scores: Floats, otherwise: Floats) -> Floats:
    counts = known(scores).sum(axis=0)
    out: Floats = np.where(counts > 0, filled(scores).sum(axis=0) / np.maximum(counts, 1), otherwise).astype(np.float32)
    return out
