"""Difficulty from wording: weights learned inside groups of questions, so that they hold in groups never seen.

Between tasks nearly any column tells which task it is, and with it how the models do there; that knowledge is worth
nothing at another task. So difficulties and columns are taken less their means in each group. A column's weight is its
correlation with difficulty there, and none where that has the other sign than every column is meant to have: with
columns this much alike, weights fitted jointly lean on chance differences between them and carry over worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.features import COLUMNS, WordCounts, row, table
from coreagent.routing.learning.difficulty.rasch import Doubles, Rasch
from coreagent.routing.outcomes import Floats

MIN_ROWS = 30
_FLAT = 1e-9
"""A column that varies less than this inside groups is the same throughout, but for rounding."""
_FAR = 6.0
"""A column counts as at most so many standard deviations off."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difficulty:
    """``slope * ((columns - centre) / scale) @ weights``, in logits, 0 for the mean of what it was fitted on.

    ``centre``, ``scale``, ``weights`` have shape (len(COLUMNS),). ``weights`` are correlations, none below 0.
    """

    words: WordCounts
    centre: Doubles
    scale: Doubles
    weights: Doubles
    slope: float

    @classmethod
    def fit(cls, texts: Sequence[str], scores: Floats, groups: NDArray[np.integer]) -> Self:
        """From the scores of several models in 0..1, shape (n, m), NaN in the gaps; ``groups`` (n,) are the tasks.

        Raises:
            InputError: fewer than 30 questions with a score that tells, or as :meth:`Rasch.fit`.
        """
        if len(texts) != len(scores):
            raise InputError(f"{len(texts)} questions and {len(scores)} rows of scores do not pair")
        found = Rasch.fit(scores, groups).difficulties
        have = ~np.isnan(found)
        if have.sum() < MIN_ROWS:
            raise InputError(
                f"{int(have.sum())} questions are too few to learn from what is hard",
                mend=f"Score {MIN_ROWS} or more; better a few hundred of several tasks.",
            )
        words = WordCounts.of(texts)
        return cls._of(words, table(texts, words, own=1)[have], found[have], groups[have])

    @classmethod
    def _of(cls, words: WordCounts, columns: Doubles, found: Doubles, groups: NDArray[np.integer]) -> Self:
        apart, hard = _within(columns, groups), _within(found[:, None], groups)[:, 0]
        spread = np.sqrt(np.square(apart).mean(axis=0))
        scale = np.where(spread > _FLAT, spread, 1.0)
        standard = np.where(spread > _FLAT, np.clip(apart / scale, -_FAR, _FAR), 0.0)
        size = float(np.sqrt(np.square(hard).mean()))
        weights = np.maximum(0.0, standard.T @ hard / (len(hard) * size)) if size > 0 else np.zeros(len(COLUMNS))
        raw = standard @ weights
        square = float(raw @ raw)
        return cls(
            words=words,
            centre=columns.mean(axis=0),
            scale=scale,
            weights=weights,
            slope=float(raw @ hard) / square if square > 0 else 0.0,
        )

    def of(self, text: str) -> float:
        """The difficulty of one question, in logits."""
        return float(self._from(row(text, self.words)))

    def of_all(self, texts: Sequence[str], *, own: int = 0) -> Doubles:
        """Of several, shape (n,). ``own`` is 1 for the questions it was fitted on, whose words were counted."""
        return self._from(table(texts, self.words, own=own))

    def _from(self, columns: Doubles) -> Doubles:
        out: Doubles = np.clip((columns - self.centre) / self.scale, -_FAR, _FAR) @ (self.weights * self.slope)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            **self.words.arrays(),
            "centre": self.centre,
            "scale": self.scale,
            "weights": self.weights,
            "slope": np.array(self.slope),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
            ValueError: they do not fit each other or the columns of this version.
        """
        centre, scale, weights = arrays["centre"], arrays["scale"], arrays["weights"]
        if not centre.shape == scale.shape == weights.shape == (len(COLUMNS),):
            raise ValueError(f"weights of shape {weights.shape} are not of {len(COLUMNS)} columns")
        return cls(
            words=WordCounts.from_arrays(arrays),
            centre=centre,
            scale=scale,
            weights=weights,
            slope=float(arrays["slope"]),
        )


def _within(values: Doubles, groups: NDArray[np.integer]) -> Doubles:
    """Values, shape (n, k), less their means in each group."""
    numbers = np.unique(groups, return_inverse=True)[1]
    counts = np.bincount(numbers)
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, numbers, values)
    out: Doubles = values - (sums / counts[:, None])[numbers]
    return out
