"""Where on its curve of cost and quality a router should stand, found on predictions of rows it was not fitted on.

The choice is that of ``trade``: the model with the greatest ``quality - 0.01 * usd / usd_per_point + bonus if local``,
ties to the higher predicted quality. One number is sought, the one that grants the wish.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.wish import Wish, parse_wish

Doubles = NDArray[np.float64]

MIN_ROWS = 30
MAX_ROWS = 20_000
"""Of more rows, so many groups are drawn with the seed."""
RESAMPLES = 500
_POINTS = 200
_TURN_ROWS = 5_000
_POINT = 0.01
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """The number that grants a wish, and what it gives on the rows it was found on.

    One of three is the number: ``usd_per_point``, the dollars a call may cost more for one point (0.01) of predicted
    quality, infinite when cost plays no part; ``local_bonus``, in quality (0..1); ``threshold``, a predicted quality.
    ``quality`` is the mean true score, ``usd_per_call`` the mean cost in dollars (NaN when unknown), ``local_share``
    the share of calls that stay (NaN when unknown). ``kept`` is the share of redrawn samples in which this very point
    keeps the wish; ``conditional`` says that the intervals do not count the choice of the point. ``rows`` were used.
    """

    wish: Wish
    usd_per_point: float | None
    local_bonus: float | None
    threshold: float | None
    quality: Interval
    usd_per_call: Interval
    local_share: Interval
    best_single: float
    kept: float
    conditional: bool
    rows: int

    @property
    def words(self) -> str:
        """The point in a sentence."""
        said = [f"{self.wish}: mean quality {_shown(self.quality, 1)} (best single model {self.best_single:.3f})"]
        if not np.isnan(self.usd_per_call.value):
            said.append(f"${_shown(self.usd_per_call, 1000)} per 1,000 calls")
        if not np.isnan(self.local_share.value):
            said.append(f"{_shown(self.local_share, 100)} % local")
        said.append(f"kept in {self.kept:.0%} of redrawn samples of {self.rows} rows")
        if self.conditional:
            said.append("intervals for this very point")
        return ", ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
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
class _Table:
    """Complete rows: arrays of shape (n, m), ``local`` of shape (m,), ``groups`` numbered from 0, shape (n,)."""

    predicted: Doubles
    scores: Doubles
    usd: Doubles
    local: Doubles
    groups: NDArray[np.int64]


def operating_point(
    wish: Wish | str,
    predicted: NDArray[np.floating],
    scores: NDArray[np.floating],
    usd: NDArray[np.floating] | None = None,
    local: NDArray[np.bool_] | None = None,
    *,
    groups: NDArray[np.int64] | None = None,
    sure: float = 0.0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> OperatingPoint:
    """The point that grants the wish at the least cost (a wish of quality), or with the most quality (any other).

    Rows with a gap in what the wish needs are left out. Each interval is the bootstrap's over groups of rows: the point
    is sought again in one redrawn sample and looked at in another. With ``sure`` the intervals are those of the chosen
    point alone, and say so.

    Args:
        wish: As :func:`coreagent.routing.learning.wish.parse_wish` reads it.
        predicted: Calibrated predictions in 0..1 of rows the router was not fitted on, shape (n, m).
        scores: True scores in 0..1, shape (n, m).
        usd: Dollars of each call, shape (n, m).
        local: Which models are not in the cloud, shape (m,).
        groups: Numbers of distinct prompts, shape (n,).
        sure: The wish must also hold in at least this share of redrawn samples.
        confidence: Of the intervals, in 0..1.
        resamples: Of the bootstrap.
        seed: Of the bootstrap, and of the draw from more than 20,000 groups.

    Raises:
        InputError: the wish can not be granted (the nearest that can is named), needs costs or places that are not
            there, fewer than 30 complete rows, or shapes that do not fit.
    """
    wanted = parse_wish(wish) if isinstance(wish, str) else wish
    table = _complete(wanted, predicted, scores, usd, local, groups, seed)
    points = _points(wanted, table)
    gains = _gains(wanted, table, points)
    count = int(table.groups.max()) + 1
    here = _means(gains, np.ones((1, count)))
    rng = np.random.default_rng(seed)
    drawn = np.stack([np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(resamples)])
    there = _means(gains, drawn.astype(np.float64))
    kept = (there.margin(wanted) >= -_SLACK).mean(axis=0)
    granted = (here.margin(wanted) >= -_SLACK) & (kept >= sure)
    if wanted.kind != "each" and not granted.any():
        raise _refusal(wanted, here, kept, sure)
    place = int(here.chosen(wanted, granted)[0])
    again = np.full(resamples, place) if sure > 0 else there.chosen(wanted, there.margin(wanted) >= -_SLACK)
    # Sought in one sample and looked at in the next, which knows nothing of it.
    looked = np.roll(np.arange(resamples), 1)

    def interval(means: Doubles, redrawn: Doubles) -> Interval:
        low, high = np.quantile(redrawn[looked, again], [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
        value = float(means[0, place])
        return Interval(value, min(low, value), max(high, value))

    number = float(points[place])
    return OperatingPoint(
        wish=wanted,
        usd_per_point=number if wanted.kind in ("below_best", "quality", "usd") else None,
        local_bonus=number if wanted.kind == "local" else None,
        threshold=number if wanted.kind == "each" else None,
        quality=interval(here.quality, there.quality),
        usd_per_call=interval(here.usd, there.usd),
        local_share=interval(here.local, there.local),
        best_single=float(here.best[0]),
        kept=float(kept[place]),
        conditional=sure > 0,
        rows=len(table.groups),
    )


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


def _complete(
    wish: Wish,
    predicted: NDArray[np.floating],
    scores: NDArray[np.floating],
    usd: NDArray[np.floating] | None,
    local: NDArray[np.bool_] | None,
    groups: NDArray[np.int64] | None,
    seed: int,
) -> _Table:
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
    return _Table(
        predicted=predicted[rows].astype(np.float64),
        scores=scores[rows].astype(np.float64),
        usd=price[rows],
        local=_unknown(m) if local is None else local.astype(np.float64),
        groups=numbers.astype(np.int64),
    )


def _unknown(*shape: int) -> Doubles:
    return np.full(shape, np.nan, dtype=np.float64)


def _points(wish: Wish, table: _Table) -> Doubles:
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


def _gains(wish: Wish, table: _Table, points: Doubles) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles]:
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


def _means(gains: tuple[Doubles, Doubles, Doubles, Doubles, Doubles], counts: Doubles) -> _Curve:
    """Means over samples that hold each group so many times; ``counts`` has shape (samples, groups)."""
    quality, usd, local, singles, rows = gains
    total = (counts @ rows)[:, None]
    return _Curve(
        quality=counts @ quality / total,
        usd=counts @ usd / total,
        local=counts @ local / total,
        best=(counts @ singles / total).max(axis=1),
    )


def _refusal(wish: Wish, here: _Curve, kept: Doubles, sure: float) -> InputError:
    """Names the nearest wish that can be granted, rounded to the granting side."""
    margin = here.margin(wish)[0]
    place = int(margin.argmax())
    if margin[place] >= -_SLACK:
        return InputError(
            f"{str(wish)!r} can be met, but in {kept.max():.0%} of redrawn samples at most, not {sure:.0%}",
            mend="Ask for less, be less sure, or give more rows.",
        )
    quality, usd, local = here.quality[0, place], here.usd[0, place], here.local[0, place]
    match wish.kind:
        case "below_best":
            nearest = Wish(wish.kind, _up(max(float(here.best[0] - quality), 0.0), 4))
        case "usd":
            nearest = Wish(wish.kind, _up(float(usd), 7))
        case "local":
            nearest = Wish(wish.kind, -_up(-float(local), 4))
        case _:
            nearest = Wish(wish.kind, -_up(-float(quality), 4))
    return InputError(f"{str(wish)!r} can not be met: the nearest is {str(nearest)!r}", mend=f'Ask for "{nearest}".')


def _up(value: float, digits: int) -> float:
    return float(np.ceil(value * 10**digits - 1e-6) / 10**digits)


def _shown(interval: Interval, factor: float) -> str:
    value, low, high = (factor * part for part in (interval.value, interval.low, interval.high))
    return f"{value:.3g} ({low:.3g} to {high:.3g})"
