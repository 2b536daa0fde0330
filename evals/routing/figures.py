"""The figures of one way of choosing, for the rows as they are and for rows weighted as a bootstrap draws them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.evals.statistics import CONFIDENCE, SEED, Estimate
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.replay.curves import Curve, Floats, aiq, apgr, area, cpt, with_nothing
from coreagent.routing.replay.expected import means
from coreagent.routing.replay.played import Played
from coreagent.routing.replay.references import best_column, price_order
from coreagent.routing.replay.sweeps import Sweep, trade_sweep, two_model_sweep

RESAMPLES = 1_000
CURVE_POINTS = 200
"""Thresholds that a resample looks at; the figure itself looks at all."""
BATCH_VALUES = 4_000_000
MEANS = ("quality", "usd", "seconds", "regret", "usd_per_solved")
CURVES = ("apgr", "cpt50", "cpt80", "aiq", "area")


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What curves are measured against: the weak and the strong model, and what every single model costs.

    With two models the strong one is the dearer, with more it is the best single one; the weak one is the cheapest.
    ``rows`` have all scores, and all dollars where ``priced``.
    """

    outcomes: Outcomes
    weak: int
    strong: int
    rows: NDArray[np.int64]
    priced: bool

    @classmethod
    def of(cls, outcomes: Outcomes) -> "Yardstick":
        """The yardstick of a table."""
        order = price_order(outcomes)
        priced = not np.isnan(means(outcomes.usd)).any()
        whole = outcomes.complete & (~np.isnan(outcomes.usd).any(axis=1) if priced else True)
        strong = order[-1] if len(order) == 2 else best_column(outcomes)
        return cls(outcomes, order[0], strong, np.flatnonzero(whole), priced)

    def sweep(self, played: Played, *, usd: bool) -> tuple[NDArray[np.int64], Sweep] | None:
        """Rows, and every threshold over them, in shares of strong calls or dollars; None where there is nothing to."""
        if played.predicted is None or played.predicted_usd is None:
            return None
        two = len(self.outcomes.models) == 2
        needed = [played.predicted] if two else [played.predicted, played.predicted_usd]
        told = ~np.isnan(np.concatenate(needed, axis=1).sum(axis=1))
        rows = self.rows[told[self.rows]]
        if not len(rows) or (usd and not self.priced) or not (two or usd):
            return None
        scores, paid = self.outcomes.scores[rows].astype(np.float64), self.outcomes.usd[rows].astype(np.float64)
        if not two:
            return rows, trade_sweep(played.predicted[rows], played.predicted_usd[rows], scores, paid)
        preference = played.predicted[rows, self.strong] - played.predicted[rows, self.weak]
        pair = scores[:, self.weak], scores[:, self.strong]
        return rows, two_model_sweep(preference, pair, usd=(paid[:, self.weak], paid[:, self.strong]) if usd else None)


class Measured:
    """One way of choosing against the oracle and the yardstick."""

    def __init__(self, played: Played, oracle: Played, yardstick: Yardstick) -> None:
        self._played, self._oracle, self._yardstick = played, oracle, yardstick
        self._singles = tuple(table[yardstick.rows] for table in (yardstick.outcomes.scores, yardstick.outcomes.usd))
        self._shares, self._usd = yardstick.sweep(played, usd=False), yardstick.sweep(played, usd=True)

    def figures(self, weights: Floats, *, most_points: int | None = CURVE_POINTS) -> dict[str, Floats]:
        """Each figure of :data:`MEANS` and :data:`CURVES` for each row of ``weights`` (b, n), (b,)."""
        played = self._played
        with np.errstate(invalid="ignore", divide="ignore"):
            out = {
                "quality": _mean(weights, played.scores),
                "usd": _mean(weights, played.usd),
                "seconds": _mean(weights, played.seconds),
                "regret": _mean(weights, self._oracle.scores - played.scores),
            }
            known = np.where(np.isnan(played.scores), np.nan, played.usd)
            # A row whose dollars are unknown says nothing of dollars a solved prompt.
            solved = _mean(weights, np.where(np.isnan(known), np.nan, played.scores))
            out["usd_per_solved"] = np.where(solved > 0, _mean(weights, known) / solved, np.nan)
        return out | self._curves(weights, out, most_points)

    def _curves(self, weights: Floats, point: dict[str, Floats], most_points: int | None) -> dict[str, Floats]:
        found = {name: np.full(len(weights), np.nan) for name in CURVES}
        yard = self._yardstick
        if not len(yard.rows):
            return found
        drawn = weights if len(yard.rows) == weights.shape[1] else weights[:, yard.rows]
        quality, usd = _mean(drawn, self._singles[0]), _mean(drawn, self._singles[1])
        by_share, by_usd = (_swept(sweep, weights, most_points) for sweep in (self._shares, self._usd))
        for place in range(len(weights)):
            weak, strong = quality[place, yard.weak], quality[place, yard.strong]
            start, end = usd[place, yard.weak], usd[place, yard.strong]
            share = by_share[place] if by_share else None
            if share is None and by_usd and end > start:
                share = by_usd[place].measured_in(start, end)
            if share is not None:
                found["apgr"][place] = apgr(share, weak, strong)
                found["cpt50"][place] = cpt(share, weak, strong, 0.5)
                found["cpt80"][place] = cpt(share, weak, strong, 0.8)
            cost = by_usd[place] if by_usd else None
            if cost is None and yard.priced and np.isfinite(point["usd"][place]):
                cost = Curve.through((float(point["usd"][place]), float(point["quality"][place])))
            if cost is not None:
                low, high = float(usd[place].min()), float(usd[place].max())
                found["aiq"][place], found["area"][place] = aiq(cost, low, high), area(with_nothing(cost), low, high)
            elif share is not None and not yard.priced:
                found["aiq"][place], found["area"][place] = aiq(share, 0.0, 1.0), area(share, 0.0, 1.0)
        return found


def _swept(
    found: tuple[NDArray[np.int64], Sweep] | None, weights: Floats, most_points: int | None
) -> list[Curve] | None:
    if found is None:
        return None
    rows, sweep = found
    at, quality = sweep.curves(weights[:, rows], most_points=most_points)
    return [Curve(*pair) for pair in zip(at, quality, strict=True)]


def _mean(weights: Floats, values: NDArray[np.floating]) -> Floats:
    """Weighted means of what is known, (b,) of values (n,) or (b, m) of values (n, m)."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = weights @ np.where(known, values, 0.0).astype(np.float64) / (weights @ known.astype(np.float64))
    return found


def estimates(
    measured: Sequence[Measured], groups: NDArray[np.int64], *, resamples: int = RESAMPLES
) -> list[dict[str, Estimate]]:
    """Every figure of each with its percentile bootstrap interval over groups of rows; no interval from one group.

    The rows of a group are drawn together. B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993,
    chapter 13; clusters: A. C. Davison and D. V. Hinkley, "Bootstrap Methods", 1997, section 3.8.
    """
    n = len(groups)
    values = [one.figures(np.ones((1, n)), most_points=None) for one in measured]
    drawn: list[dict[str, list[Floats]]] = [{name: [] for name in found} for found in values]
    for weights in drawn_weights(groups, resamples):
        for one, batches in zip(measured, drawn, strict=True):
            for name, batch in one.figures(weights).items():
                batches[name].append(batch)
    return [
        {name: _estimate(float(found[name][0]), batches[name], n) for name in found}
        for found, batches in zip(values, drawn, strict=True)
    ]


def drawn_weights(groups: NDArray[np.int64], resamples: int) -> Iterator[Floats]:
    """How often each row (n,) comes in each resample of groups, in batches (b, n); the same each time."""
    names, places = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return
    drawn = np.random.default_rng(SEED)
    step = max(1, BATCH_VALUES // len(groups))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        picks = drawn.integers(0, len(names), size=(size, len(names))) + np.arange(size)[:, None] * len(names)
        counts = np.bincount(picks.ravel(), minlength=size * len(names)).reshape(size, len(names))
        yield counts[:, places].astype(np.float64)


def _estimate(value: float, batches: list[Floats], n: int) -> Estimate:
    found = np.concatenate(batches) if batches else np.empty(0)
    found = found[np.isfinite(found)]
    if np.isnan(value) or not len(found) or np.ptp(found) <= 1e-12 * max(1e-300, abs(value)):
        return Estimate(value, float("nan"), float("nan"), n)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high), n)
