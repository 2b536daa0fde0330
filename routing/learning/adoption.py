"""A new model joins a trained router from a few dozen scored questions; nothing learned of the others changes.

What the router predicts of the known models says how hard a question is and of which kind. The new model's score is
their mean, an offset, and as much of a ridge regression on them as its own questions support.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

MIN_ROWS = 10
STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0, float("inf"))
"""Ridge penalties, in questions; the infinite one leaves the mean and the offset alone."""
_OFFSET_QUESTIONS = 1.0
"""The offset is pulled to 0 as by so many questions at which the new model did as the mean of the known ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Newcomer:
    """``mean of the known + offset + (known - centre) @ weights``, cut to 0..1.

    ``weights`` and ``centre`` have shape (m,), for the m known models in their order. ``mean`` is the expected score of
    the new model over the questions asked for, from ``low`` to ``high`` with the stated confidence; ``strength`` is
    the ridge penalty that predicted left-out questions best; ``rows`` how many it was scored on.
    """

    weights: Doubles
    centre: Doubles
    offset: float
    strength: float
    mean: float
    low: float
    high: float
    rows: int

    def predict(self, known: Floats) -> Floats:
        """Scores in 0..1, shape (n,), from the predicted scores of the known models, shape (n, m).

        Raises:
            InputError: another number of known models.
        """
        if known.ndim != 2 or known.shape[1] != len(self.weights):
            raise InputError(
                f"predictions of shape {known.shape} are not of {len(self.weights)} known models",
                mend="Adopt the model again for the router as it is now.",
            )
        return np.clip(_raw(known.astype(np.float64), self.weights, self.centre, self.offset), 0, 1).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        numbers = [self.offset, self.strength, self.mean, self.low, self.high, self.rows]
        return {"weights": self.weights, "centre": self.centre, "numbers": np.array(numbers)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        offset, strength, mean, low, high, rows = arrays["numbers"].tolist()
        return cls(
            weights=arrays["weights"],
            centre=arrays["centre"],
            offset=offset,
            strength=strength,
            mean=mean,
            low=low,
            high=high,
            rows=int(rows),
        )


def adopt(
    known: Floats,
    scores: NDArray[np.floating],
    groups: NDArray[np.int64] | None = None,
    *,
    population: Floats | None = None,
    strengths: Sequence[float] = STRENGTHS,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Newcomer:
    """The new model's predictor from its scores, shape (n,), at questions whose predictions are ``known``, (n, m).

    The predictions must come from a router that was not fitted on these questions. The ridge penalty is the one that
    predicts left-out questions best, those of one group together. The interval is the bootstrap's, groups redrawn and
    the fit repeated with the same penalty: it is conditional on that choice, and somewhat narrow with few questions.

    Args:
        known: Predicted scores of the known models in 0..1.
        scores: True scores of the new model in 0..1; NaN is a gap.
        groups: Numbers of distinct prompts, shape (n,).
        population: Predictions, shape (k, m), at the questions the mean is asked for; ``known`` when left out.
        strengths: Penalties to choose from.
        confidence: Of the interval, in 0..1.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        InputError: fewer than 10 known scores, all of them one, shapes that do not fit, or a value outside 0..1.
    """
    have = _checked(known, scores, population)
    inputs, targets = known[have].astype(np.float64), scores[have].astype(np.float64)
    numbers = np.arange(len(targets)) if groups is None else np.unique(groups[have], return_inverse=True)[1]
    whole = inputs if population is None else population.astype(np.float64)
    strength = min(strengths, key=lambda one: (_left_out_error(inputs, targets, numbers, one), -one))
    every = np.ones(len(targets))
    centre, weights, offset = _fit(inputs, targets, every, strength)
    mean = float(np.clip(_raw(whole, weights, centre, offset), 0, 1).mean())
    rng = np.random.default_rng(seed)
    count = int(numbers.max()) + 1
    means = np.empty(resamples)
    for place in range(resamples):
        drawn = np.bincount(rng.integers(count, size=count), minlength=count)[numbers].astype(np.float64)
        again = _fit(inputs, targets, drawn, strength)
        means[place] = np.clip(_raw(whole, again[1], again[0], again[2]), 0, 1).mean()
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return Newcomer(
        weights=weights,
        centre=centre,
        offset=offset,
        strength=strength,
        mean=mean,
        low=min(low, mean),
        high=max(high, mean),
        rows=len(targets),
    )


def extend(known: Floats, newcomers: Sequence[Newcomer]) -> Floats:
    """Predictions of the known models, shape (n, m), untouched, with a column for each newcomer after them.

    Every newcomer is predicted from the known models alone.

    Raises:
        InputError: as :meth:`Newcomer.predict`.
    """
    return np.concatenate([known, *(one.predict(known)[:, None] for one in newcomers)], axis=1)


def _checked(known: Floats, scores: NDArray[np.floating], population: Floats | None) -> NDArray[np.bool_]:
    if known.ndim != 2 or not known.shape[1] or scores.shape != (len(known),):
        raise InputError(f"predictions of shape {known.shape} and scores of shape {scores.shape} do not fit")
    if population is not None and (population.shape[1:] != known.shape[1:] or not len(population)):
        raise InputError(f"a population of shape {population.shape} is not of {known.shape[1]} known models")
    if not all(np.isfinite(table).all() for table in (known, population) if table is not None):
        raise InputError("a prediction of a known model is missing", mend="Predict all known models at every question.")
    have: NDArray[np.bool_] = ~np.isnan(scores)
    if have.sum() < MIN_ROWS:
        raise InputError(
            f"{int(have.sum())} scored questions are too few to add a model",
            mend=f"Score {MIN_ROWS} or more; better 50.",
        )
    if scores[have].min() < 0 or scores[have].max() > 1:
        raise InputError("a score is outside 0..1", mend="Scale scores to 0..1.")
    if np.ptp(scores[have]) == 0:
        raise InputError(
            f"the new model scored {scores[have][0]:g} at every question: nothing says where it is better or worse",
            mend="Score it on more questions, easy and hard ones.",
        )
    return have


def _fit(inputs: Doubles, targets: Doubles, counts: Doubles, strength: float) -> tuple[Doubles, Doubles, float]:
    """Centre, weights and offset by weighted ridge on what the mean of the known models leaves over."""
    total = counts.sum()
    centre = counts @ inputs / total
    apart = inputs - centre
    rest = targets - inputs.mean(axis=1)
    level = float(counts @ rest) / float(total)
    weights = np.zeros_like(centre)
    if np.isfinite(strength):
        # In units of the inputs' own spread, so that a penalty means as much for narrow predictions as for wide ones.
        spread = float(counts @ np.square(apart).sum(axis=1)) / (float(total) * inputs.shape[1])
        curve = (apart * counts[:, None]).T @ apart + max(strength * spread, 1e-9) * np.eye(inputs.shape[1])
        weights = _solved(curve, (apart * counts[:, None]).T @ (rest - level))
    return centre, weights, level * float(total) / (float(total) + _OFFSET_QUESTIONS)


def _solved(curve: Doubles, slope: Doubles) -> Doubles:
    return np.asarray(np.linalg.solve(curve, slope), dtype=np.float64)


def _raw(known: Doubles, weights: Doubles, centre: Doubles, offset: float) -> Doubles:
    out: Doubles = known.mean(axis=1) + offset + (known - centre) @ weights
    return out


def _left_out_error(inputs: Doubles, targets: Doubles, groups: NDArray[np.integer], strength: float) -> float:
    """Mean squared error at groups left out in turn; at most fifty fits, so of several groups together if need be."""
    folds = groups % 50
    errors = np.empty(len(targets))
    for fold in np.unique(folds).tolist():
        left = folds == fold
        if left.all():
            return 0.0
        centre, weights, offset = _fit(inputs[~left], targets[~left], np.ones(int((~left).sum())), strength)
        errors[left] = np.clip(_raw(inputs[left], weights, centre, offset), 0, 1) - targets[left]
    return float(np.square(errors).mean())
