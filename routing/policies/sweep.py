"""What a flag costs in quality: sweeps of its weight over recorded losses, and how often the choice was the best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError

WEIGHTS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""From quality alone to the cost alone."""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """What a weight gives: the mean loss and mean cost of the models chosen.

    ``undominated``: no other point has both a loss and a cost at most as high, one of them lower.
    """

    weight: float
    mean_loss: float
    mean_cost: float
    undominated: bool


def pareto_sweep(
    losses: NDArray[np.floating],
    costs: NDArray[np.floating],
    *,
    predicted: NDArray[np.floating] | None = None,
    weights: Sequence[float] = WEIGHTS,
) -> tuple[SweepPoint, ...]:
    """A point for each weight of one flag.

    ``losses`` are the real ones, shape (prompts, models); ``costs`` those of the flag in 0..1, shape (models,) or
    (prompts, models). The choice is made by ``predicted`` losses, of the shape of ``losses``, or by the real ones when
    None, which is what an oracle would do. Ties go to the first model.

    Raises:
        InputError: no prompts, shapes that do not fit, or values that are not finite.
    """
    seen = losses if predicted is None else predicted
    _check(losses, seen, costs)
    spread = np.broadcast_to(costs, losses.shape)
    rows = np.arange(len(losses))
    means: list[tuple[float, float, float]] = []
    for weight in weights:
        chosen = np.argmin(seen + weight * spread, axis=1)
        means.append((weight, float(losses[rows, chosen].mean()), float(spread[rows, chosen].mean())))
    return tuple(
        SweepPoint(weight, loss, cost, undominated=not any(_dominates(other[1:], (loss, cost)) for other in means))
        for weight, loss, cost in means
    )


def selection_accuracy(losses: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """The share of prompts where the model of least predicted loss is one of least real loss; both (prompts, models).

    Raises:
        InputError: no prompts, shapes that do not fit, or values that are not finite.
    """
    _check(losses, predicted, losses)
    chosen = np.argmin(predicted, axis=1)
    hits: NDArray[np.bool_] = losses[np.arange(len(losses)), chosen] <= losses.min(axis=1)
    return float(hits.mean())


def _dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def _check(losses: NDArray[np.floating], predicted: NDArray[np.floating], costs: NDArray[np.floating]) -> None:
    if losses.ndim != 2 or not losses.size:
        raise InputError(f"losses have shape {losses.shape}, not (prompts, models)")
    if predicted.shape != losses.shape:
        raise InputError(f"predicted losses have shape {predicted.shape}, the real ones {losses.shape}")
    if costs.shape not in (losses.shape, losses.shape[1:]):
        raise InputError(f"costs have shape {costs.shape}, not {losses.shape[1:]} or {losses.shape}")
    if not all(np.isfinite(table).all() for table in (losses, predicted, costs)):
        raise InputError("losses or costs are missing or not finite", mend="Leave prompts with gaps out.")
