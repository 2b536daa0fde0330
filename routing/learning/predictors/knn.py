"""Similarity routing: a model will do at a prompt as it did at those most like it.

Z. Li, "Rethinking predictive modeling for LLM routing: when simple kNN beats complex learned routers", 2025; the
survey of C. Varangot-Reille et al., "Doing more with less", 2025, section on similarity. One neighbour alone can be
worse than a random choice, so the number of neighbours is chosen on prompts left out, and the weighted mean of
their scores is pulled towards the model's mean over all prompts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.neighbours import Neighbours
from coreagent.routing.outcomes import Floats

NEIGHBOURS = (5, 10, 20, 40, 80, 160)
TEMPERATURES = (0.05, 0.1, 0.2, 1.0)
PSEUDO_COUNTS = (0.3, 1.0, 3.0, 10.0)
JUDGED_ROWS = 4_000
"""The settings are judged on at most this many rows, drawn with the seed."""
_TYPICAL = 20
"""A neighbour of typical nearness, whose weight is 1, is the median of the nearest so many."""


@dataclass(frozen=True, slots=True)
class KnnSettings:
    """How many neighbours count, how fast their weight falls with the cosine, and how strongly the mean pulls.

    A neighbour's weight is ``exp((cosine - typical) / temperature)``; ``pseudo_count`` is the weight of the model's
    mean, in neighbours of typical nearness. So a prompt that is like nothing recorded gets the means.
    """

    neighbours: int = 40
    temperature: float = 0.2
    pseudo_count: float = 1.0
    typical: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what can not be computed."""
        if self.neighbours < 1 or not self.temperature > 0 or not self.pseudo_count >= 0:
            raise InputError(
                f"{self} can not be used",
                mend="At least one neighbour, a temperature above 0, a pseudo-count of 0 or more.",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knn:
    """Recorded prompts with their scores, shape (n, m), NaN where nothing is known; ``means``, shape (m,)."""

    index: Neighbours
    scores: Floats
    means: Floats
    settings: KnnSettings

    @classmethod
    def of(cls, rows: Floats, scores: Floats, settings: KnnSettings | None = None, *, seed: int = 0) -> Self:
        """From embeddings, shape (n, d), and scores in 0..1, shape (n, m), with the settings given.

        Raises:
            InputError: no rows, shapes that do not fit, an embedding that is not finite, a model without any score.
        """
        means = column_means(rows, scores)
        index, order = Neighbours.of(rows, seed=seed)
        return cls(
            index=index, scores=scores[order].astype(np.float32), means=means, settings=settings or KnnSettings()
        )

    @classmethod
    def fit(
        cls,
        rows: Floats,
        scores: Floats,
        groups: NDArray[np.int64],
        *,
        seed: int = 0,
        neighbours: Sequence[int] = NEIGHBOURS,
        temperatures: Sequence[float] = TEMPERATURES,
        pseudo_counts: Sequence[float] = PSEUDO_COUNTS,
    ) -> Self:
        """The same with settings chosen on these rows, each predicted from the other groups alone.

        The best are those whose choice of a model scores most, ties by squared error. ``groups``, shape (n,), numbers
        distinct prompts.

        Raises:
            InputError: as :meth:`of`.
        """
        means = column_means(rows, scores)
        index, order = Neighbours.of(rows, seed=seed)
        kept, numbers = scores[order].astype(np.float32), groups[order]
        rng = np.random.default_rng(seed)
        asked = np.sort(rng.choice(len(rows), min(len(rows), JUDGED_ROWS), replace=False))
        places, cosines = index.among(asked, numbers, max(neighbours))
        near = cosines[:, : min(_TYPICAL, cosines.shape[1])]
        typical = float(np.median(near[np.isfinite(near)])) if np.isfinite(near).any() else 0.0
        grid = [
            KnnSettings(count, temperature, pseudo, typical)
            for count, temperature, pseudo in product(neighbours, temperatures, pseudo_counts)
        ]
        best = max(
            (
                (*merit(predicted, kept[asked]), settings)
                for settings, predicted in _tried(grid, places, cosines, kept, means)
            ),
            key=lambda entry: entry[:2],
        )
        return cls(index=index, scores=kept, means=means, settings=best[2])

    def predict(self, rows: Floats) -> Floats:
        """Scores in 0..1 for embeddings of shape (n, d): shape (n, m).

        A row that is zero or not finite is like nothing recorded: it gets the models' means.
        """
        out = np.empty((len(rows), len(self.means)), dtype=np.float32)
        for place, row in enumerate(rows):
            places, cosines = self.index.nearest(row, self.settings.neighbours)
            weights = _weights(cosines, self.settings)
            near = self.scores[places]
            sums, counts = weights @ filled(near), weights @ known(near)
            out[place] = _pulled(sums, counts, self.means, self.settings.pseudo_count)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        settings = self.settings
        numbers = [settings.neighbours, settings.temperature, settings.pseudo_count, settings.typical]
        return {**self.index.arrays(), "scores": self.scores, "means": self.means, "settings": np.array(numbers)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        count, *others = arrays["settings"].tolist()
        return cls(
            index=Neighbours.from_arrays(arrays),
            scores=arrays["scores"],
            means=arrays["means"],
            settings=KnnSettings(int(count), *others),
        )


def column_means(rows: Floats, scores: Floats) -> Floats:
    """The mean score of each model, shape (m,), over the rows where it is known.

    Raises:
        InputError: no rows, shapes that do not fit, or a model without any score.
    """
    if rows.ndim != 2 or scores.ndim != 2 or not scores.size or len(rows) != len(scores):
        raise InputError(
            f"embeddings of shape {rows.shape} and scores of shape {scores.shape} do not fit",
            mend="Give one row of each a prompt.",
        )
    counts = known(scores).sum(axis=0)
    if not counts.all():
        raise InputError(
            f"model {int(np.argmin(counts)) + 1} of {len(counts)} has no score", mend="Leave it out, or score it."
        )
    means: Floats = (filled(scores).sum(axis=0, dtype=np.float64) / counts).astype(np.float32)
    return means


def known(scores: Floats) -> Floats:
    """1 where a score is known, else 0."""
    return (~np.isnan(scores)).astype(np.float32)


def filled(scores: Floats) -> Floats:
    """Scores with 0 in the gaps."""
    return np.where(np.isnan(scores), np.float32(0), scores)


def merit(predicted: Floats, scores: Floats) -> tuple[float, float]:
    """How good predictions are, greater is better: the mean score of the models they choose, then minus squared error.

    Of models with a known score only; rows without any count for nothing.
    """
    have = ~np.isnan(scores)
    rows = have.any(axis=1)
    chosen = np.argmax(np.where(have, predicted, -np.inf)[rows], axis=1)
    routed = scores[rows][np.arange(len(chosen)), chosen]
    errors = (predicted - scores)[have]
    return float(routed.mean(dtype=np.float64)), -float(np.square(errors).mean(dtype=np.float64))


def _weights(cosines: Floats, settings: KnnSettings) -> Floats:
    # Beyond this a weight has left single precision; it only says that the row is the prompt itself.
    steps = np.minimum((cosines - settings.typical) / settings.temperature, 60)
    out: Floats = np.exp(steps).astype(np.float32)
    return out


def _pulled(sums: Floats, counts: Floats, means: Floats, pseudo_count: float) -> Floats:
    # Never all of nothing: a prompt without a scored neighbour gets the mean.
    pseudo = max(pseudo_count, 1e-6)
    out: Floats = np.divide(sums + pseudo * means, counts + pseudo, dtype=np.float32)
    return out


def _tried(
    grid: Sequence[KnnSettings], places: NDArray[np.int64], cosines: Floats, scores: Floats, means: Floats
) -> Iterator[tuple[KnnSettings, Floats]]:
    """Predictions of all settings: sums over the nearest are kept for each temperature."""
    near, have = filled(scores)[places], known(scores)[places]
    for temperature in dict.fromkeys(entry.temperature for entry in grid):
        same = [entry for entry in grid if entry.temperature == temperature]
        weights = _weights(cosines, same[0])[:, :, None]
        sums, counts = np.cumsum(weights * near, axis=1), np.cumsum(weights * have, axis=1)
        for entry in same:
            last = min(entry.neighbours, places.shape[1]) - 1
            yield entry, _pulled(sums[:, last], counts[:, last], means, entry.pseudo_count)
