"""What a router gives at many points of its curve of cost and quality: sums over prompts, and means of redrawn ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.wish import Wish

Doubles = NDArray[np.float64]
Gains = tuple[Doubles, Doubles, Doubles, Doubles, Doubles]
"""Sums over each group: quality, dollars and local calls at each point, scores of each model, and rows."""

MIN_ROWS = 30
MAX_ROWS = 20_000
"""Of more rows, so many groups are drawn with the seed."""
_POINTS = 200
_TURN_ROWS = 5_000
_POINT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Means at g points: ``quality``, ``usd`` and ``local`` of shape (..., g), ``best`` single of shape (...)."""

    quality: Doubles
    usd: Doubles
    local: Doubles
    best: Doubles

    def margin(self, wish: Wish) -> Doubles:
        """How far each point is inside the wish, (..., g); below 0 it is not granted."""
        match wish.kind:
            case "below_best":
                return self.quality - self.best[..., None] + wish.value
            case "usd":
                return wish.value - self.usd
            case "local":
                return self.local - wish.value
            case _:
                return self.quality - wish.value

    def chosen(self, wish: Wish, granted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The best of the granted points, (...), or that with the greatest margin where there is none.

        Best is the least cost for a wish of quality, else the most quality.
        """
        thrifty = wish.kind in ("below_best", "quality")
        good = -self.usd if thrifty else self.quality
        # Equal cost is decided by quality and the other way round, a billionth of it being nothing.
        second = self.quality if thrifty else np.nan_to_num(-self.usd)
        merit = np.where(granted, good + 1e-9 * second, -np.inf)
        fallback = self.margin(wish)
        first, nearest = np.argmax(merit, axis=-1), np.argmax(fallback, axis=-1)
        met: NDArray[np.bool_] = np.any(granted, axis=-1, keepdims=False)
        return np.asarray(met * first + ~met * nearest, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Complete rows: arrays of shape (n, m), ``local`` of shape (m,), ``groups`` numbered from 0, shape (n,)."""

    predicted: Doubles
    scores: Doubles
    usd: Doubles
    local: Doubles
    groups: NDArray[np.int64]


def choices(
    predicted: NDArray[np.floating],
    *,
    usd: NDArray[np.floating] | None = None,
    local: NDArray[np.bool_] | None = None,
    usd_per_point: float = float("inf"),
    local_bonus: float = 0.0,
    threshold: float | None = None,
) -> NDArray[np.int64]:
    """The model each row would go to, shape (n,), by the rule of this module or the cheapest above a threshold."""
    quality = predicted.astype(np.float64)
    price = np.zeros_like(quality) if usd is None else usd.astype(np.float64)
    if threshold is not None:
        above = quality >= threshold
        # A cost nobody knows is the same for all here: then the best of those above is taken.
        worth = np.where(above, -price, -np.inf)
        worth[~above.any(axis=1)] = 0.0
    else:
        worth = quality - _POINT * price / usd_per_point if usd_per_point < np.inf else quality.copy()
        if local is not None:
            worth = worth + local_bonus * local
    equal = worth >= worth.max(axis=1, keepdims=True) - 1e-12
    out: NDArray[np.int64] = np.where(equal, quality, -np.inf).argmax(axis=1)
    return out


def complete_rows(
    wish: Wish,
    predicted: NDArray[np.floating],
    scores: NDArray[np.floating],
    usd: NDArray[np.floating] | None,
    local: NDArray[np.bool_] | None,
    groups: NDArray[np.int64] | None,
    seed: int,
) -> Table:
    """The rows where all is known that the wish needs, see :func:`..operating_point.operating_point`.

    Raises:
        InputError: costs or places that the wish needs are not there, too few rows, or shapes that do not fit.
    """
    n, m = predicted.shape if predicted.ndim == 2 else (0, 0)
    fits = scores.shape == (n, m) and (usd is None or usd.shape == (n, m)) and (local is None or local.shape == (m,))
    if not n or not m or not fits or (groups is not None and groups.shape != (n,)):
        raise InputError("predictions, scores, costs, places and groups do not fit", mend="Give rows by models.")
    needs_usd = wish.kind != "local"
    if needs_usd and (usd is None or np.isnan(usd).all()):
        raise InputError(
            f"{str(wish)!r} needs costs, and there are none", mend="Add a cost column, or ask for % local."
        )
    if wish.kind == "local" and (local is None or not local.any()):
        raise InputError(f"{str(wish)!r}: no model is local", mend="Add one on the device or the site.")
    price = _unknown(n, m) if usd is None else usd.astype(np.float64)
    have = ~(np.isnan(predicted) | np.isnan(scores)).any(axis=1)
    if needs_usd:
        have &= ~np.isnan(price).any(axis=1)
    if have.sum() < MIN_ROWS:
        raise InputError(
            f"{int(have.sum())} complete rows are too few for an operating point", mend=f"Give {MIN_ROWS} or more."
        )
    own = np.arange(n, dtype=np.int64) if groups is None else groups
    numbers = np.unique(own[have], return_inverse=True)[1]
    rows = np.flatnonzero(have)
    count = int(numbers.max()) + 1
    if count > MAX_ROWS:
        drawn = np.zeros(count, dtype=np.bool_)
        drawn[np.random.default_rng(seed).choice(count, MAX_ROWS, replace=False)] = True
        rows, numbers = rows[drawn[numbers]], np.unique(numbers[drawn[numbers]], return_inverse=True)[1]
    return Table(
        predicted=predicted[rows].astype(np.float64),
        scores=scores[rows].astype(np.float64),
        usd=price[rows],
        local=_unknown(m) if local is None else local.astype(np.float64),
        groups=numbers.astype(np.int64),
    )


def _unknown(*shape: int) -> Doubles:
    return np.full(shape, np.nan, dtype=np.float64)


def points_to_try(wish: Wish, table: Table) -> Doubles:
    """Numbers to try, rising: about as many rows change their model from each to the next."""
    if wish.kind == "each":
        return np.array([wish.value])
    quality = table.predicted
    if wish.kind == "local":
        stays = table.local > 0
        if stays.all():
            return np.zeros(1)
        apart = quality[:, ~stays].max(axis=1) - quality[:, stays].max(axis=1)
        # At an exact tie the better model would still be taken.
        shares = np.quantile(np.maximum(apart, 0), np.linspace(0, 1, _POINTS)) + 1e-6
        return np.unique(np.concatenate([[0.0], np.minimum(shares, 1.0)]))
    step = max(1, len(quality) // _TURN_ROWS)
    price, quality = table.usd[::step], quality[::step]
    better = quality[:, :, None] - quality[:, None, :]
    dearer = price[:, :, None] - price[:, None, :]
    turns = _POINT * dearer[(better > 0) & (dearer > 0)] / better[(better > 0) & (dearer > 0)]
    if not len(turns):
        return np.array([np.inf])
    shares = np.quantile(turns, np.linspace(0, 1, _POINTS))
    return np.unique(np.concatenate([[shares[0] / 10], shares, [np.inf]]))


def gains_at(wish: Wish, table: Table, points: Doubles) -> Gains:
    """Sums over each group: quality, dollars and local calls at each point, scores of each model, and rows."""
    count = int(table.groups.max()) + 1
    quality, usd, local = (np.empty((count, len(points))) for _ in range(3))
    rows = np.arange(len(table.groups))
    known = None if np.isnan(table.usd).any() else table.usd
    stays = None if np.isnan(table.local).any() else table.local > 0
    for place, point in enumerate(points.tolist()):
        chosen = choices(
            table.predicted,
            usd=known,
            local=stays if wish.kind == "local" else None,
            usd_per_point=np.inf if wish.kind in ("local", "each") else point,
            local_bonus=point if wish.kind == "local" else 0.0,
            threshold=point if wish.kind == "each" else None,
        )
        quality[:, place] = np.bincount(table.groups, table.scores[rows, chosen], count)
        usd[:, place] = np.bincount(table.groups, table.usd[rows, chosen], count)
        local[:, place] = np.bincount(table.groups, table.local[chosen], count)
    singles = np.empty((count, table.scores.shape[1]))
    for place, column in enumerate(table.scores.T):
        singles[:, place] = np.bincount(table.groups, column, count)
    return quality, usd, local, singles, np.bincount(table.groups, minlength=count).astype(np.float64)


def curve_of(gains: Gains, counts: Doubles) -> Curve:
    """Means over samples that hold each group so many times; ``counts`` has shape (samples, groups)."""
    quality, usd, local, singles, rows = gains
    total = (counts @ rows)[:, None]
    return Curve(
        quality=counts @ quality / total,
        usd=counts @ usd / total,
        local=counts @ local / total,
        best=(counts @ singles / total).max(axis=1),
    )
