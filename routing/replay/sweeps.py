"""Every operating point of predictions: from the cheapest choice for all prompts to the dearest, step by step.

A step moves one prompt to a dearer model. Steps are taken in the order of what the predictions promise for the money,
so each threshold that a router could be set to is met once, and steps that promise the same are taken together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.replay.curves import Curve, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """``first_quality`` and ``first_cost`` (n,) are of each prompt's cheapest choice.

    Step ``s`` of k changes prompt ``rows[s]`` by ``gains[s]`` in score and ``costs[s]`` in cost. ``stops`` are the
    numbers of steps after which a threshold can lie, 0 and k among them.
    """

    first_quality: Floats
    first_cost: Floats
    rows: NDArray[np.int64]
    gains: Floats
    costs: Floats
    stops: NDArray[np.int64]

    def curve(self) -> Curve:
        """Mean quality against mean cost at every threshold."""
        at, quality = self.curves(np.ones((1, len(self.first_cost))))
        return Curve(at[0], quality[0])

    def curves(self, weights: Floats, *, most_points: int | None = None) -> tuple[Floats, Floats]:
        """The same with prompts weighted, for each row of ``weights`` (b, n): costs and qualities, (b, points) each.

        ``most_points`` keeps that many thresholds, evenly chosen.
        """
        stops = self.stops
        if most_points is not None and len(stops) > most_points:
            stops = stops[np.linspace(0, len(stops) - 1, most_points).round().astype(np.int64)]
        total = weights.sum(axis=1, keepdims=True)
        out: list[Floats] = []
        for first, steps in ((self.first_cost, self.costs), (self.first_quality, self.gains)):
            sums = np.zeros((len(weights), len(steps) + 1))
            np.cumsum(weights[:, self.rows] * steps, axis=1, out=sums[:, 1:])
            out.append((weights @ first[:, None] + sums[:, stops]) / total)
        return out[0], out[1]


def two_model_sweep(
    preference: NDArray[Any],
    scores: tuple[NDArray[Any], NDArray[Any]],
    *,
    usd: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> Sweep:
    """From the weak model for all prompts to the strong one for all, those of the highest ``preference`` (n,) first.

    ``scores`` are of the weak and the strong model, (n,) each. Costs are shares of strong calls, or dollars where
    ``usd`` gives those of the weak and the strong model.
    """
    order = np.argsort(-preference, kind="stable").astype(np.int64)
    weak, strong = (np.asarray(score, dtype=np.float64) for score in scores)
    low, high = (np.zeros(len(weak)), np.ones(len(weak))) if usd is None else usd
    return Sweep(
        first_quality=weak,
        first_cost=np.asarray(low, dtype=np.float64),
        rows=order,
        gains=(strong - weak)[order],
        costs=np.asarray(high - low, dtype=np.float64)[order],
        stops=_stops(preference[order]),
    )


def trade_sweep(predicted: NDArray[Any], predicted_usd: NDArray[Any], scores: NDArray[Any], usd: NDArray[Any]) -> Sweep:
    """Each prompt's cheapest model first, then whatever promises the most quality for a further dollar; all (n, m).

    That is the choice of the highest ``predicted - price * predicted_usd`` for every price of quality from endless down
    to 0; where predictions fall with cost, nobody pays more. What is gained is what was recorded.

    Raises:
        ValueError: a value is not finite.
    """
    tables = [np.asarray(table, dtype=np.float64) for table in (predicted, predicted_usd, scores, usd)]
    if not all(np.isfinite(table).all() for table in tables):
        raise ValueError("a sweep needs every value")
    promised, price, score, paid = tables
    first: list[int] = []
    found: list[tuple[float, int, int, int]] = []
    for row, (qualities, prices) in enumerate(zip(promised.tolist(), price.tolist(), strict=True)):
        path = _frontier(qualities, prices)
        first.append(path[0])
        for here, there in zip(path, path[1:], strict=False):
            worth = (qualities[there] - qualities[here]) / (prices[there] - prices[here])
            found.append((worth, row, here, there))
    found.sort(key=lambda step: -step[0])
    rows = np.array([row for _, row, _, _ in found], dtype=np.int64)
    before = np.array([column for *_, column, _ in found], dtype=np.int64)
    after = np.array([column for *_, column in found], dtype=np.int64)
    n = np.arange(len(score))
    return Sweep(
        first_quality=score[n, first],
        first_cost=paid[n, first],
        rows=rows,
        gains=score[rows, after] - score[rows, before],
        costs=paid[rows, after] - paid[rows, before],
        stops=_stops(np.array([worth for worth, *_ in found])),
    )


def _stops(values: NDArray[Any]) -> NDArray[np.int64]:
    """0, each place where the next value differs, and the end."""
    changes = np.flatnonzero(np.diff(values)) + 1 if len(values) else np.empty(0, dtype=np.int64)
    return np.unique(np.concatenate(([0], changes, [len(values)]))).astype(np.int64)


def _frontier(qualities: list[float], prices: list[float]) -> list[int]:
    """Columns of the concave rising frontier of one prompt, from the cheapest to the best predicted."""
    kept: list[int] = []
    for column in sorted(range(len(prices)), key=lambda c: (prices[c], -qualities[c], c)):
        if kept and qualities[column] <= qualities[kept[-1]]:
            continue
        while len(kept) > 1 and (
            (qualities[kept[-1]] - qualities[kept[-2]]) * (prices[column] - prices[kept[-2]])
            <= (qualities[column] - qualities[kept[-2]]) * (prices[kept[-1]] - prices[kept[-2]])
        ):
            kept.pop()
        kept.append(column)
    return kept
