"""Calibration: from a score to the chance of being right that goes with it.

For the predictions of a router, and for a verifier's score of an answer, whose chance of being right decides in a
cascade. The calibrators themselves are in :mod:`coreagent.routing.learning.calibrators`.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.calibrators import (
    Calibrator,
    Constant,
    Doubles,
    Isotonic,
    Platt,
    Unchanged,
    logistic,
)
from coreagent.routing.learning.folds import SEED, deal

Criterion = Literal["brier", "log_loss"]

MIN_ROWS = 20
"""With fewer known rows there is nothing to choose by: scores stay as they are, or become the share of right ones."""
_SURE = 1e-6
"""For log loss a chance of 0 or 1 counts as this far from it."""


def platt(scores: NDArray[np.floating], rights: NDArray[np.floating]) -> Platt | Constant:
    """Platt's sigmoid, by Newton's method on his smoothed targets.

    J. Platt, "Probabilistic outputs for support vector machines", 1999; the method of H.-T. Lin, C.-J. Lin and
    R. C. Weng, "A note on Platt's probabilistic outputs", 2007. ``rights`` in 0..1 may be shares. Where a higher score
    means a lower chance, or all scores or all rights are one, the result is the constant ``(right + 1) / (rows + 2)``.

    Raises:
        InputError: no known rows, shapes that do not fit, a score that is infinite, or a right outside 0..1.
    """
    known_scores, known_rights = _known(scores, rights)
    if _single(known_scores, known_rights):
        return _share(known_rights)
    right, wrong = known_rights.sum(), (1 - known_rights).sum()
    high, low = (right + 1) / (right + 2), 1 / (wrong + 2)
    targets = known_rights * high + (1 - known_rights) * low
    # Centred and scaled, so that the steps are well-behaved for scores of any unit.
    centre, scale = float(known_scores.mean()), float(known_scores.std())
    slope, intercept = _newton((known_scores - centre) / scale, targets)
    if slope <= 0:
        return _share(known_rights)
    return Platt(slope / scale, intercept - slope * centre / scale)


def isotonic(scores: NDArray[np.floating], rights: NDArray[np.floating]) -> Isotonic | Constant:
    """The rising step line of least squared error, joined by straight lines: pool adjacent violators.

    M. Ayer et al., "An empirical distribution function for sampling with incomplete information", 1955; B. Zadrozny and
    C. Elkan, KDD 2002. Rows of one score are pooled first. When all scores or all rights are one, the result is the
    constant ``(right + 1) / (rows + 2)``.

    Raises:
        InputError: as :func:`platt`.
    """
    known_scores, known_rights = _known(scores, rights)
    if _single(known_scores, known_rights):
        return _share(known_rights)
    places, inverse = np.unique(known_scores, return_inverse=True)
    weights = np.bincount(inverse).astype(np.float64)
    means = np.bincount(inverse, weights=known_rights) / weights
    risen = _rising(means, weights)
    # Only the ends of level stretches are knots.
    flat = np.zeros(len(places), dtype=np.bool_)
    flat[1:-1] = (risen[1:-1] == risen[:-2]) & (risen[1:-1] == risen[2:])
    return Isotonic(places[~flat], np.clip(risen[~flat], 0, 1))


def calibrate(
    scores: NDArray[np.floating],
    rights: NDArray[np.floating],
    groups: NDArray[np.int64] | None = None,
    *,
    by: Criterion = "brier",
    seed: int = SEED,
) -> Calibrator:
    """The best of leaving scores alone, Platt and isotonic, judged on groups of rows left out in turn.

    ``scores`` must be predictions of rows that the predictor was not fitted on. All three arrays have shape (n,); NaN
    is a gap, and ``groups`` numbers distinct prompts. Equals are decided in the order above. One score or one outcome
    throughout gives the constant ``(right + 1) / (rows + 2)``; fewer than 20 known rows, or one group, leave scores
    alone.

    Raises:
        InputError: as :func:`platt`.
    """
    known_scores, known_rights = _known(scores, rights)
    if _single(known_scores, known_rights):
        return _share(known_rights)
    if len(known_scores) < MIN_ROWS:
        return Unchanged()
    have = ~(np.isnan(scores) | np.isnan(rights))
    numbers = np.arange(len(known_scores)) if groups is None else groups[have]
    if len(np.unique(numbers)) < 2:
        return Unchanged()
    folds = deal(numbers, seed=seed)
    losses: list[float] = []
    for make in (_unchanged, platt, isotonic):
        chances = np.empty(len(known_scores))
        for fold in np.unique(folds).tolist():
            left, rest = folds == fold, folds != fold
            chances[left] = make(known_scores[rest], known_rights[rest])(known_scores[left])
        losses.append(_loss(chances, known_rights, by))
    best = int(np.argmin(losses))
    return (_unchanged, platt, isotonic)[best](known_scores, known_rights)


def calibrate_columns(
    predicted: NDArray[np.floating],
    scores: NDArray[np.floating],
    groups: NDArray[np.int64] | None = None,
    *,
    by: Criterion = "brier",
    seed: int = SEED,
) -> tuple[Calibrator, ...]:
    """A calibrator for each column of predictions, shape (n, m), from true scores, (n, m).

    Each model's chance is right by itself, but the order of the models may change, and a choice by the greatest chance
    can become worse. Where the order is to stay, :func:`calibrate_shared` is the one.

    Raises:
        InputError: as :func:`platt`, of any column.
    """
    _fit_together(predicted, scores)
    return tuple(
        calibrate(predicted[:, column], scores[:, column], groups, by=by, seed=seed)
        for column in range(predicted.shape[1])
    )


def calibrate_shared(
    predicted: NDArray[np.floating], scores: NDArray[np.floating], *, by: Criterion = "brier"
) -> Unchanged | Platt:
    """One strictly rising calibrator for all columns of predictions, shape (n, m), from true scores, (n, m).

    The order of the models at a prompt stays as it is, and so does every choice by the greatest chance. It is Platt's
    sigmoid, or nothing where that is no better on these rows (it has two numbers: no rows are left out), or where
    scores or outcomes are all one, or fewer than 20.

    Raises:
        InputError: as :func:`platt`.
    """
    known_scores, known_rights = _known(predicted, scores)
    made = platt(known_scores, known_rights)
    if len(known_scores) < MIN_ROWS or not isinstance(made, Platt):
        return Unchanged()
    losses = [_loss(one(known_scores), known_rights, by) for one in (Unchanged(), made)]
    return made if losses[1] < losses[0] else Unchanged()


def apply_columns(calibrators: Sequence[Calibrator], predicted: NDArray[np.floating]) -> Doubles:
    """Calibrated predictions, shape (n, m): each column by its own calibrator.

    Raises:
        InputError: another number of columns than of calibrators.
    """
    if predicted.ndim != 2 or predicted.shape[1] != len(calibrators):
        raise InputError(f"predictions of shape {predicted.shape} do not fit {len(calibrators)} calibrators")
    return np.stack([one(predicted[:, column]) for column, one in enumerate(calibrators)], axis=1)


def _unchanged(scores: NDArray[np.floating], rights: NDArray[np.floating]) -> Unchanged:
    del scores, rights
    return Unchanged()


def _fit_together(scores: NDArray[np.floating], rights: NDArray[np.floating]) -> None:
    if scores.shape != rights.shape:
        raise InputError(f"scores of shape {scores.shape} and outcomes of shape {rights.shape} do not fit")


def _known(scores: NDArray[np.floating], rights: NDArray[np.floating]) -> tuple[Doubles, Doubles]:
    _fit_together(scores, rights)
    have = ~(np.isnan(scores) | np.isnan(rights))
    if not have.any():
        raise InputError("nothing to calibrate with", mend="Give scores together with what came of them.")
    known_scores, known_rights = scores[have].astype(np.float64), rights[have].astype(np.float64)
    if np.isinf(known_scores).any() or known_rights.min() < 0 or known_rights.max() > 1:
        raise InputError("a score is infinite, or an outcome outside 0..1", mend="Scale outcomes to 0..1.")
    return known_scores, known_rights


def _single(scores: Doubles, rights: Doubles) -> bool:
    return bool(np.ptp(scores) == 0 or np.ptp(rights) == 0)


def _share(rights: Doubles) -> Constant:
    return Constant(float((rights.sum() + 1) / (len(rights) + 2)))


def _loss(chances: Doubles, rights: Doubles, by: Criterion) -> float:
    if by == "brier":
        return float(np.square(chances - rights).mean())
    sure = np.clip(chances, _SURE, 1 - _SURE)
    return float(-(rights * np.log(sure) + (1 - rights) * np.log1p(-sure)).mean())


def _newton(scores: Doubles, targets: Doubles) -> tuple[float, float]:
    """Slope and intercept of least log loss; steps are halved until they help."""
    found: Doubles = np.array([0.0, np.log(targets.mean() / (1 - targets.mean()))])
    design = np.stack([scores, np.ones_like(scores)], axis=1)

    def loss(at: Doubles) -> float:
        values = design @ at
        return float((np.logaddexp(0, values) - targets * values).sum())

    here = loss(found)
    for _ in range(100):
        chances = logistic(design @ found)
        slope = design.T @ (chances - targets)
        if np.abs(slope).max() < 1e-9 * len(scores):
            break
        curve = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(curve, slope).astype(np.float64)
        size = 1.0
        while size > 1e-10 and loss(found - size * step) > here - 1e-4 * size * float(slope @ step):
            size /= 2
        found = found - size * step
        here = loss(found)
    return float(found[0]), float(found[1])


def _rising(values: Doubles, weights: Doubles) -> Doubles:
    """Pool adjacent violators: blocks whose means rise, each value replaced by its block's mean."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, size = value, weight, 1
        while means and means[-1] >= mean:
            before = masses.pop()
            mean = (means.pop() * before + mean * mass) / (before + mass)
            mass, size = before + mass, size + sizes.pop()
        means.append(mean)
        masses.append(mass)
        sizes.append(size)
    return np.repeat(np.array(means), sizes)
