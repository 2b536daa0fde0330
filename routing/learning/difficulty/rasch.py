"""Difficulties of questions from the scores of several models, by the Rasch model.

The chance that model m is right at question q is ``logistic(ability - difficulty)`` (G. Rasch, "Probabilistic models
for some intelligence and attainment tests", 1960). Several models say more surely what is hard than one does. Abilities
are those within a group of questions, such as a task: a model that fails a task's answer format throughout would
otherwise make every question of it look hard.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

DIFFICULTY_SPREAD = 1.5
"""Standard deviation, in logits, of the normal prior of difficulties inside a group."""
ABILITY_SPREAD = 3.0
TELLING = (0.08, 0.97)
"""A model whose mean score in a group is outside says next to nothing of which of its questions are hard."""
_ROUNDS = 200
_STEP = 2.0
"""The longest step in logits: Newton's may overshoot where all answers are right or all wrong."""
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rasch:
    """In logits, both with mean 0 of difficulties in each group.

    ``difficulties`` has shape (n,): NaN where no telling model has a score. ``abilities`` has shape (groups, m): NaN
    where a model's scores tell nothing.
    """

    difficulties: Doubles
    abilities: Doubles

    @classmethod
    def fit(cls, scores: Floats, groups: NDArray[np.integer]) -> "Rasch":
        """The most probable values for scores in 0..1, shape (n, m), NaN in the gaps; ``groups`` (n,) counts from 0.

        Scores between 0 and 1 count as that share of a right answer.

        Raises:
            InputError: shapes that do not fit, or no model's scores tell anything in any group.
        """
        if scores.ndim != 2 or groups.shape != (len(scores),) or not scores.size:
            raise InputError(
                f"scores of shape {scores.shape} and groups of shape {groups.shape} do not fit",
                mend="Give a row of scores and a group for each question.",
            )
        difficulties = np.full(len(scores), np.nan)
        abilities = np.full((int(groups.max()) + 1, scores.shape[1]), np.nan)
        for group in np.unique(groups).tolist():
            rows = np.flatnonzero(groups == group)
            telling = _telling(scores[rows])
            if telling.any():
                found, able = _fit_group(scores[rows][:, telling].astype(np.float64))
                difficulties[rows] = found
                abilities[group, telling] = able
        if np.isnan(difficulties).all():
            raise InputError(
                "no model's scores say which questions are harder than others",
                mend="Give scores of models that are right at some questions of a task and wrong at others.",
            )
        return cls(difficulties=difficulties, abilities=abilities)


def logistic(logits: Doubles) -> Doubles:
    """1 / (1 + exp(-x)), for any size of x."""
    half: Doubles = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return half


def ability(scores: Floats, difficulties: Doubles, *, prior: float = 0.0, spread: float = ABILITY_SPREAD) -> float:
    """The most probable ability of one model from its scores, shape (n,), at questions of known difficulty, (n,).

    NaN scores are gaps. ``prior`` and ``spread`` (logits) are those of the normal prior: with few scores, the ability
    stays near the prior.

    Raises:
        InputError: no score is known, or shapes that do not fit.
    """
    if scores.shape != difficulties.shape or scores.ndim != 1:
        raise InputError(f"scores of shape {scores.shape} and difficulties of shape {difficulties.shape} do not fit")
    have = ~(np.isnan(scores) | np.isnan(difficulties))
    if not have.any():
        raise InputError("no score is known", mend="Give at least one scored question.")
    known, hard = scores[have].astype(np.float64), difficulties[have]
    value = prior
    for _ in range(_ROUNDS):
        chance = logistic(value - hard)
        slope = float((known - chance).sum()) - (value - prior) / spread**2
        curve = float((chance * (1 - chance)).sum()) + 1 / spread**2
        step = min(_STEP, max(-_STEP, slope / curve))
        value += step
        if abs(step) < _CLOSE:
            break
    return value


def _telling(scores: Floats) -> NDArray[np.bool_]:
    have = ~np.isnan(scores)
    counts = have.sum(axis=0)
    means = np.where(have, scores, 0).sum(axis=0, dtype=np.float64) / np.maximum(counts, 1)
    out: NDArray[np.bool_] = (counts > 0) & (means > TELLING[0]) & (means < TELLING[1])
    return out


def _fit_group(scores: Doubles) -> tuple[Doubles, Doubles]:
    """Difficulties (n,) with mean 0 and abilities (m,) of one group, by Newton steps in turn."""
    have = ~np.isnan(scores)
    known = np.where(have, scores, 0.0)
    counts = have.sum(axis=0)
    means = known.sum(axis=0) / counts
    abilities = np.log(means / (1 - means))
    difficulties = np.zeros(len(scores))
    for _ in range(_ROUNDS):
        harder = _step(known, have, abilities - difficulties[:, None], -difficulties, DIFFICULTY_SPREAD, axis=1)
        difficulties -= harder
        better = _step(known, have, abilities - difficulties[:, None], abilities, ABILITY_SPREAD, axis=0)
        abilities = abilities + better
        middle = difficulties[have.any(axis=1)].mean()
        difficulties -= middle
        abilities -= middle
        if max(np.abs(harder).max(), np.abs(better).max()) < _CLOSE:
            break
    return np.where(have.any(axis=1), difficulties, np.nan), abilities


def _step(
    known: Doubles, have: NDArray[np.bool_], logits: Doubles, value: Doubles, spread: float, *, axis: int
) -> Doubles:
    """Newton's step upwards for values that the logits rise with, each with a normal prior around 0."""
    chance = logistic(logits)
    slope = np.where(have, known - chance, 0).sum(axis=axis) - value / spread**2
    curve = np.where(have, chance * (1 - chance), 0).sum(axis=axis) + 1 / spread**2
    out: Doubles = np.clip(slope / curve, -_STEP, _STEP)
    return out
