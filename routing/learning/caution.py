"""Caution: where a question is like none recorded, a router's predictions give way to what holds without likeness.

On questions of a task it never saw, a trained router does worse than always asking the best single model; the price of
caution is a little of what it gains on tasks it knows. So it is asked for, not given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.familiarity import Familiarity
from coreagent.routing.learning.difficulty.predictor import DifficultyPredictor
from coreagent.routing.learning.predictors.base import nested, under
from coreagent.routing.outcomes import Floats, Outcomes

MOST_ROWS = 8_192
"""Recorded questions that a new one is compared with, drawn with the seed from more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Caution:
    """``difficulty`` is what holds for a question of any kind, ``familiarity`` says how little of it is needed."""

    familiarity: Familiarity
    difficulty: DifficultyPredictor

    @classmethod
    def fit(cls, outcomes: Outcomes, embeddings: Floats, *, seed: int = 0) -> Self:
        """From recorded outcomes and their embeddings, shape (n, d); rows of one domain count as one task.

        Raises:
            InputError: fewer than two domains, or too few outcomes to tell hard questions from easy ones.
        """
        if len({domain for domain in outcomes.domains if domain}) < 2:
            raise InputError(
                "caution needs questions of two domains or more, to learn what a strange one looks like",
                mend="Give the table a column `domain` or `task`.",
            )
        tasks = np.unique(np.array(outcomes.domains), return_inverse=True)[1].astype(np.int64)
        rows = np.arange(len(outcomes))
        if len(rows) > MOST_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
        return cls(
            familiarity=Familiarity.fit(embeddings[rows], tasks[rows], seed=seed),
            difficulty=DifficultyPredictor.fit(outcomes),
        )

    def mixed(self, text: str, embedding: Floats, scores: Floats, models: tuple[str, ...]) -> Floats:
        """Predictions of one question, ``scores`` of shape (1, m), as far as it is familiar."""
        share = self.familiarity.of(embedding)
        if share == 1.0:
            return scores
        return (share * scores + (1 - share) * self.difficulty.scores([text], models)).astype(np.float32)

    def held_out(self, outcomes: Outcomes, embeddings: Floats, predicted: Floats, *, folds: int = 5) -> Floats:
        """The same for predictions of left-out rows, shape (n, m): each as familiar as it is to other prompts."""
        out = predicted.copy()
        for fold in range(folds):
            left = outcomes.groups % folds == fold
            if not left.any() or left.all():
                continue
            try:
                known = Caution.fit(outcomes.take(~left), embeddings[~left])
            except InputError:
                # One domain alone is left: nothing is strange to it.
                continue
            shares = np.array([known.familiarity.of(row) for row in embeddings[left]], dtype=np.float32)[:, None]
            prompts = [outcomes.prompts[place] for place in np.flatnonzero(left).tolist()]
            out[left] = shares * predicted[left] + (1 - shares) * known.difficulty.scores(prompts, outcomes.models)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {**nested("familiarity", self.familiarity.arrays()), **nested("difficulty", self.difficulty.arrays())}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them. Raises KeyError or ValueError when they are damaged."""
        return cls(
            familiarity=Familiarity.from_arrays(under("familiarity", arrays)),
            difficulty=DifficultyPredictor.from_arrays(under("difficulty", arrays)),
        )
