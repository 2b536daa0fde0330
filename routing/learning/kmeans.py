"""K-means over embeddings, small and seeded."""

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.outcomes import Floats

SAMPLE = 20_000
"""Centres are fitted on at most this many rows, drawn with the seed; all rows are then assigned."""
_BLOCK = 8_192


def kmeans(rows: Floats, count: int, *, seed: int = 0, iterations: int = 25) -> tuple[Floats, NDArray[np.int64]]:
    """Centres, shape (c, d), and the place of each row's nearest centre, shape (n,).

    Lloyd's algorithm from a k-means++ start (D. Arthur and S. Vassilvitskii, SODA 2007), Euclidean. The same rows and
    seed give the same centres. There are fewer than ``count`` centres when there are fewer distinct rows.

    Raises:
        InputError: no rows, a value that is not finite, or ``count`` below 1.
    """
    if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
        raise InputError("rows to cluster are missing or not finite", mend="Give one finite vector a row.")
    if count < 1:
        raise InputError(f"{count} clusters hold nothing", mend="Ask for at least one.")
    rng = np.random.default_rng(seed)
    sample = rows if len(rows) <= SAMPLE else rows[np.sort(rng.choice(len(rows), SAMPLE, replace=False))]
    centres = _start(sample, count, rng)
    places = assign(sample, centres)
    for _ in range(iterations):
        centres = _means(sample, places, centres)
        moved = assign(sample, centres)
        if np.array_equal(moved, places):
            break
        places = moved
    return centres, assign(rows, centres)


def assign(rows: Floats, centres: Floats) -> NDArray[np.int64]:
    """The place of the nearest centre of each row, shape (n,); ties go to the lower place."""
    half = 0.5 * np.vecdot(centres, centres)
    places = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        places[start : start + _BLOCK] = np.argmax(block @ centres.T - half, axis=1)
    return places


def distances(rows: Floats, centres: Floats, places: NDArray[np.int64]) -> Floats:
    """Euclidean distance of each row to the centre at its place, shape (n,)."""
    out = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        apart = rows[start : start + _BLOCK] - centres[places[start : start + _BLOCK]]
        out[start : start + _BLOCK] = np.sqrt(np.vecdot(apart, apart))
    return out


def _start(rows: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Rows far from each other: each drawn by its squared distance to those before it."""
    chosen = [int(rng.integers(len(rows)))]
    nearest = _squared(rows, rows[chosen[0]])
    while len(chosen) < count and nearest.max() > 0:
        cumulative: NDArray[np.float64] = np.cumsum(nearest, dtype=np.float64)
        drawn = rng.random() * float(cumulative[-1])
        place = int(np.searchsorted(cumulative, drawn, side="right"))
        chosen.append(min(place, len(rows) - 1))
        nearest = np.minimum(nearest, _squared(rows, rows[chosen[-1]]))
    return rows[chosen].astype(np.float32)


def _squared(rows: Floats, row: Floats) -> Floats:
    apart = rows - row
    out: Floats = np.vecdot(apart, apart)
    return out


def _means(rows: Floats, places: NDArray[np.int64], centres: Floats) -> Floats:
    """The mean of each cluster; an empty one moves to the row that is worst served."""
    order = np.argsort(places, kind="stable")
    sizes = np.bincount(places, minlength=len(centres))
    full = np.flatnonzero(sizes)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))[full]
    moved = centres.copy()
    moved[full] = np.add.reduceat(rows[order], starts, axis=0) / sizes[full, None]
    empty = np.flatnonzero(sizes == 0)
    if len(empty):
        worst = np.argsort(-distances(rows, centres, places), kind="stable")[: len(empty)]
        moved[empty] = rows[worst]
    return moved
