"""Where on its curve of cost and quality a router should stand, found on predictions of rows it was not fitted on.

The choice is that of ``trade``: the model with the greatest ``quality - 0.01 * usd / usd_per_point + bonus if local``,
ties to the higher predicted quality. One number is sought, the one that grants the wish.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.operating_curve import Curve, Doubles, complete_rows, curve_of, gains_at, points_to_try
from coreagent.routing.learning.wish import Wish, parse_wish

RESAMPLES = 500
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
    table = complete_rows(wanted, predicted, scores, usd, local, groups, seed)
    points = points_to_try(wanted, table)
    gains = gains_at(wanted, table, points)
    count = int(table.groups.max()) + 1
    here = curve_of(gains, np.ones((1, count)))
    rng = np.random.default_rng(seed)
    drawn = np.stack([np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(resamples)])
    there = curve_of(gains, drawn.astype(np.float64))
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


def _refusal(wish: Wish, here: Curve, kept: Doubles, sure: float) -> InputError:
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
