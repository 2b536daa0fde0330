"""Quality against what is paid for it: the curve of a router, and the figures that are read from it.

A curve is straight between its points, for a router can toss a coin between two of its settings. Formulas:

* PGR (performance gap recovered) = (quality - weak) / (strong - weak); APGR is its mean over the share of strong calls
  from 0 to 1, CPT(x) the smallest share at which PGR reaches x (I. Ong et al., "RouteLLM", arXiv:2406.18665).
* AIQ (average improvement in quality) = 1 / (high - low) times the integral, over dollars from low to high, of the
  smallest concave non-decreasing curve that lies nowhere below the points (Q. J. Hu et al., "RouterBench",
  arXiv:2403.12031). Right of the last point it stays level; left of the first it runs to (0, 0), which is what giving
  no answer costs and solves. low and high must be the same for whatever is compared.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points from left to right: ``at`` (k,) is a share of strong calls or dollars a prompt, ``quality`` (k,) 0..1."""

    at: Floats
    quality: Floats

    @classmethod
    def through(cls, *points: tuple[float, float]) -> "Curve":
        """A curve through these ``(at, quality)``, sorted."""
        ordered = sorted(points)
        return cls(np.array([at for at, _ in ordered]), np.array([quality for _, quality in ordered]))

    def value(self, at: float) -> float:
        """Quality there; level beyond both ends."""
        return float(np.interp(at, self.at, self.quality))

    def measured_in(self, start: float, end: float) -> "Curve":
        """The same with ``start`` as 0 and ``end`` as 1.

        Raises:
            ValueError: the two are equal.
        """
        if start == end:
            raise ValueError("a scale of no length")
        return Curve((self.at - start) / (end - start), self.quality)


def area(curve: Curve, low: float, high: float) -> float:
    """The mean height of the curve from ``low`` to ``high``, level beyond its ends; its height there if both are equal.

    Raises:
        ValueError: ``high`` is below ``low``.
    """
    if high < low:
        raise ValueError(f"a range from {low} down to {high}")
    if high == low:
        return curve.value(low)
    inside = (curve.at > low) & (curve.at < high)
    at = np.concatenate(([low], curve.at[inside], [high]))
    quality = np.concatenate(([curve.value(low)], curve.quality[inside], [curve.value(high)]))
    return float(np.trapezoid(quality, at)) / (high - low)


def pgr(quality: float, weak: float, strong: float) -> float:
    """The share of the way from ``weak`` to ``strong``; NaN where there is none, for the strong is no better."""
    return (quality - weak) / (strong - weak) if strong > weak else math.nan


def apgr(curve: Curve, weak: float, strong: float) -> float:
    """The mean PGR over shares of strong calls from 0 to 1; NaN where the strong is no better."""
    return pgr(area(curve, 0.0, 1.0), weak, strong)


def cpt(curve: Curve, weak: float, strong: float, recovered: float) -> float:
    """The smallest share of strong calls at which PGR reaches ``recovered`` (0..1); NaN where it never does."""
    if not strong > weak:
        return math.nan
    wanted = weak + recovered * (strong - weak) - 1e-12
    above = np.flatnonzero(curve.quality >= wanted)
    if not len(above):
        return math.nan
    first = int(above[0])
    if not first:
        return max(0.0, float(curve.at[0]))
    left, right = slice(first - 1, first), slice(first, first + 1)
    rise = float((curve.quality[right] - curve.quality[left])[0])
    part = (wanted - float(curve.quality[first - 1])) / rise
    return max(0.0, float(curve.at[first - 1] + part * (curve.at[right] - curve.at[left])[0]))


def hull(curve: Curve) -> Curve:
    """The smallest concave non-decreasing curve nowhere below the points, and level after the best of them."""
    kept: list[tuple[float, float]] = []
    for at, quality in sorted(zip(curve.at.tolist(), curve.quality.tolist(), strict=True)):
        if kept and quality <= kept[-1][1]:
            continue
        while kept and (kept[-1][0] == at or (len(kept) > 1 and _below(kept[-2], kept[-1], (at, quality)))):
            kept.pop()
        kept.append((at, quality))
    return Curve.through(*kept)


def _below(left: tuple[float, float], point: tuple[float, float], right: tuple[float, float]) -> bool:
    """The point lies on or below the line from left to right."""
    return (point[1] - left[1]) * (right[0] - left[0]) <= (right[1] - left[1]) * (point[0] - left[0])


def with_nothing(curve: Curve) -> Curve:
    """The curve with the router that answers nothing: no dollars, nothing solved."""
    return Curve(np.concatenate(([0.0], curve.at)), np.concatenate(([0.0], curve.quality)))


def aiq(curve: Curve, low: float, high: float) -> float:
    """The mean height from ``low`` to ``high`` dollars of the curve's hull: see the head of this file."""
    return area(hull(with_nothing(curve)), low, high)


def usd_per_solved(usd: float, solved: float) -> float:
    """Dollars for one solved prompt; NaN where none is solved."""
    return usd / solved if solved > 0 else math.nan
