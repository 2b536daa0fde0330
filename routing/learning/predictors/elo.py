"""Preference routing: Bradley-Terry strengths from the duels at prompts like the one at hand.

The similarity-weighted ranking of I. Ong et al., "RouteLLM: learning to route LLMs with preference data", 2024: a
recorded prompt counts with ``gamma ** (1 + cosine)``. Where two models have a score at a prompt, the better one has
won, and equal scores are half a win each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.neighbours import Neighbours
from coreagent.routing.learning.predictors.knn import column_means, merit
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

GAMMAS = (10.0, 1_000.0, 100_000.0)
NEIGHBOURS = (40, 160)
PRIORS = (3.0, 30.0)
JUDGED_ROWS = 1_000
"""The settings are judged on at most this many rows, drawn with the seed: each needs its own fit."""
_ROUNDS = 8
_SETTLED, _NEAR = 1e-10, 1e-4
"""Strengths move by less than this in a round: of all prompts, and of one prompt while a call waits."""


@dataclass(frozen=True, slots=True)
class EloSettings:
    """How many neighbours duel, how fast their weight falls with the cosine, and how much the mean prompt counts.

    ``prior`` is in prompts at which every pair of models ended as it did on average; the weights of the neighbours
    are scaled so that the nearest counts as one prompt.
    """

    neighbours: int = 160
    gamma: float = 10.0
    prior: float = 3.0

    def __post_init__(self) -> None:
        """Refuse what can not be computed."""
        if self.neighbours < 1 or not self.gamma >= 1 or not self.prior > 0:
            raise InputError(
                f"{self} can not be used", mend="At least one neighbour, gamma of 1 or more, a prior above 0."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalElo:
    """Recorded prompts with their scores, (n, m), and the mean duel of each pair, ``duels[a, b]``: how a beats b.

    ``strengths``, shape (m,), are those over all prompts. What is predicted is the expected score of a model against
    the field of the others: an order, not yet a chance of being right; a calibrator makes it one.
    """

    index: Neighbours
    scores: Floats
    duels: Doubles
    strengths: Doubles
    settings: EloSettings

    @classmethod
    def of(cls, rows: Floats, scores: Floats, settings: EloSettings | None = None, *, seed: int = 0) -> Self:
        """From embeddings, shape (n, d), and scores in 0..1, shape (n, m), with the settings given.

        Raises:
            InputError: fewer than two models, no rows, shapes that do not fit, an embedding that is not finite, or a
                model without any score.
        """
        return cls._with_order(rows, scores, settings or EloSettings(), seed)[0]

    @classmethod
    def _with_order(
        cls, rows: Floats, scores: Floats, settings: EloSettings, seed: int
    ) -> tuple[Self, NDArray[np.int64]]:
        column_means(rows, scores)
        if scores.shape[1] < 2:
            raise InputError("one model alone has no duels", mend="Give the scores of two or more.")
        index, order = Neighbours.of(rows, seed=seed)
        kept = scores[order].astype(np.float32)
        duels = _mean_duels(kept)
        start = np.ones(len(duels))
        made = cls(
            index=index,
            scores=kept,
            duels=duels,
            strengths=strengths(duels, start, rounds=500),
            settings=settings,
        )
        return made, order

    @classmethod
    def fit(
        cls,
        rows: Floats,
        scores: Floats,
        groups: NDArray[np.int64],
        *,
        seed: int = 0,
        neighbours: Sequence[int] = NEIGHBOURS,
        gammas: Sequence[float] = GAMMAS,
        priors: Sequence[float] = PRIORS,
    ) -> Self:
        """The same with settings chosen on these rows, each predicted from the other groups alone.

        The best are those whose choice of a model scores most, the first of equals.

        Raises:
            InputError: as :meth:`of`.
        """
        found, order = cls._with_order(rows, scores, EloSettings(), seed)
        asked = np.sort(np.random.default_rng(seed).choice(len(rows), min(len(rows), JUDGED_ROWS), replace=False))
        places, cosines = found.index.among(asked, groups[order], max(neighbours))
        tried: list[tuple[float, EloSettings]] = []
        for settings in (EloSettings(*entry) for entry in product(neighbours, gammas, priors)):
            last = settings.neighbours
            predicted = np.stack(
                [found.expected(near[:last], like[:last], settings) for near, like in zip(places, cosines, strict=True)]
            )
            tried.append((merit(predicted, found.scores[asked])[0], settings))
        best = max(tried, key=lambda entry: entry[0])[1]
        return replace(found, settings=best)

    def predict(self, rows: Floats) -> Floats:
        """Expected scores against the field, in 0..1, for embeddings of shape (n, d): shape (n, m).

        A row that is zero or not finite is like nothing recorded: it gets the order over all prompts.
        """
        out = np.empty((len(rows), len(self.duels)), dtype=np.float32)
        for place, row in enumerate(rows):
            places, cosines = self.index.nearest(row, self.settings.neighbours)
            out[place] = self.expected(places, cosines, self.settings)
        return out

    def expected(self, places: NDArray[np.int64], cosines: Floats, settings: EloSettings) -> Floats:
        """Expected score of each model against the mean of the others, (m,), from the duels at these places."""
        wins = settings.prior * self.duels
        if len(places):
            # gamma ** (1 + cosine) over that of the nearest: only their ratio plays a part.
            weights = settings.gamma ** (cosines - cosines[0]).astype(np.float64)
            wins = wins + _duels(self.scores[places], weights)
        local = strengths(wins, self.strengths, rounds=_ROUNDS, settled=_NEAR)
        chances = local[:, None] / (local[:, None] + local[None, :])
        out: Floats = ((chances.sum(axis=1) - 0.5) / (len(local) - 1)).astype(np.float32)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        settings = self.settings
        return {
            **self.index.arrays(),
            "scores": self.scores,
            "duels": self.duels,
            "strengths": self.strengths,
            "settings": np.array([settings.neighbours, settings.gamma, settings.prior]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        count, gamma, prior = arrays["settings"].tolist()
        return cls(
            index=Neighbours.from_arrays(arrays),
            scores=arrays["scores"],
            duels=arrays["duels"],
            strengths=arrays["strengths"],
            settings=EloSettings(int(count), gamma, prior),
        )


def strengths(wins: Doubles, start: Doubles, *, rounds: int, settled: float = _SETTLED) -> Doubles:
    """Bradley-Terry strengths with geometric mean 1 from ``wins[a, b]``, how often a beat b, shape (m, m).

    Minorisation-maximisation from ``start``, at most so many rounds, until none moves by more than ``settled`` (D. R.
    Hunter, "MM algorithms for generalized Bradley-Terry models", 2004). Every model must have won and lost something,
    else its strength grows without end.
    """
    games = wins + wins.T
    won = wins.sum(axis=1)
    found = start
    for _ in range(rounds):
        shared = games / (found[:, None] + found[None, :])
        moved = won / shared.sum(axis=1)
        moved = moved / np.exp(np.log(moved).mean())
        change = float(np.abs(moved - found).max())
        found = moved
        if change <= settled:
            break
    return found


def _duels(scores: Floats, weights: Doubles) -> Doubles:
    """Weighted wins of each model over each other, (m, m), from scores (k, m), ties half."""
    ours, theirs = scores[:, :, None], scores[:, None, :]
    halves = (ours > theirs).astype(np.float64) + 0.5 * (ours == theirs)
    out: Doubles = np.einsum("k,kab->ab", weights, halves)
    np.fill_diagonal(out, 0)
    return out


def _mean_duels(scores: Floats) -> Doubles:
    """How each pair ended on average: each pair sums to 1; half a win each is added, so that all are above 0."""
    wins = np.full((scores.shape[1],) * 2, 0.5)
    for start in range(0, len(scores), 4_096):
        block = scores[start : start + 4_096]
        wins += _duels(block, np.ones(len(block)))
    np.fill_diagonal(wins, 0)
    games = wins + wins.T
    np.fill_diagonal(games, 1)
    out: Doubles = wins / games
    return out
