"""Rows dealt into folds with a fixed seed; rows of one group are never parted."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.outcomes import Floats

SEED = 7
FOLDS = 5
Places = NDArray[np.int64]


def deal(groups: NDArray[np.integer], *, count: int = FOLDS, seed: int = SEED) -> Places:
    """The fold of each row, 0..count-1, shape (n,); fewer groups than ``count`` make one fold each.

    Raises:
        InputError: fewer than two groups, or a count below two.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    if len(names) < 2 or count < 2:
        raise InputError(
            f"{len(names)} different prompts can not be dealt into {count} folds", mend="Give at least two of each."
        )
    order = np.random.default_rng(seed).permutation(len(names))
    out: Places = (order % min(count, len(names)))[numbers].astype(np.int64)
    return out


def held_out(
    folds: Places, models: int, predict: Callable[[NDArray[np.bool_], NDArray[np.bool_]], Floats | None]
) -> Floats:
    """Predictions of every row by what was fitted on the other folds, shape (n, models).

    ``predict(fitting, left)`` gets masks and gives the predictions of the rows ``left``; None leaves them NaN.
    """
    out = np.full((len(folds), models), np.nan, dtype=np.float32)
    for fold in np.unique(folds).tolist():
        left = folds == fold
        predicted = predict(~left, left)
        if predicted is not None:
            out[left] = predicted
    return out
