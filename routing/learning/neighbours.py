"""Which recorded prompts are most like one: an exact scan, and above some thousand rows only the nearest cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.kmeans import kmeans
from coreagent.routing.outcomes import Floats

EXACT_ROWS = 8_192
"""Up to here every row is looked at; above, the rows of the nearest cells until this share of that is reached."""
SCANNED_ROWS = 6_144
_BLOCK = 8_192
_COSINES = 2**24
"""So many are held at a time when rows are compared with all others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Rows of unit length, shape (n, d), those of one cell together: ``starts[c]`` to ``starts[c + 1]``.

    ``centres``, shape (c, d), is empty when every row is looked at.
    """

    vectors: Floats
    centres: Floats
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Floats, *, seed: int = 0, exact_rows: int = EXACT_ROWS) -> tuple[Self, NDArray[np.int64]]:
        """The index, and the order it keeps the rows in: row ``order[place]`` stands at ``place``.

        Vectors are rounded to half precision, as they are stored.

        Raises:
            InputError: no rows, or a value that is not finite.
        """
        if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
            raise InputError("embeddings are missing or not finite", mend="Give one finite vector a prompt.")
        vectors = unit_rows(rows).astype(np.float16).astype(np.float32)
        if len(rows) <= exact_rows:
            whole = np.array([0, len(rows)], dtype=np.int64)
            none = np.zeros((0, rows.shape[1]), dtype=np.float32)
            return cls(vectors=vectors, centres=none, starts=whole), np.arange(len(rows), dtype=np.int64)
        centres, places = kmeans(vectors, round(len(rows) ** 0.5), seed=seed, iterations=10)
        order = np.argsort(places, kind="stable").astype(np.int64)
        starts = np.concatenate(([0], np.cumsum(np.bincount(places, minlength=len(centres))))).astype(np.int64)
        return cls(vectors=vectors[order], centres=unit_rows(centres), starts=starts), order

    def nearest(self, row: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Places and cosines of the ``limit`` nearest rows, the nearest first, ties to the lower place.

        Nothing is near a row that is zero or not finite: both come back empty.
        """
        length = float(np.sqrt(np.vdot(row, row)))
        if not 0 < length < np.inf:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        query = (row / np.float32(length)).astype(np.float32)
        # Row by row on this thread: a matrix product wakes a thread on every core and waits for them.
        if not len(self.centres):
            return _best(np.vecdot(self.vectors, query), limit)
        spans = self._spans(query, max(limit, SCANNED_ROWS))
        cosines = np.concatenate([np.vecdot(self.vectors[start:end], query) for start, end in spans])
        inside, best = _best(cosines, limit)
        places = np.concatenate([np.arange(start, end, dtype=np.int64) for start, end in spans])
        return places[inside], best

    def _spans(self, query: Floats, wanted: int) -> list[tuple[int, int]]:
        """The nearest cells that together hold the wanted number of rows."""
        order = np.argsort(-np.vecdot(self.centres, query), kind="stable")
        sizes = np.cumsum(self.starts[order + 1] - self.starts[order])
        cells = np.sort(order[: int(np.searchsorted(sizes, wanted)) + 1])
        return list(zip(self.starts[cells].tolist(), self.starts[cells + 1].tolist(), strict=True))

    def among(
        self, places: NDArray[np.int64], groups: NDArray[np.int64], limit: int
    ) -> tuple[NDArray[np.int64], Floats]:
        """For rows of the index itself: their nearest rows of other groups, by an exact scan; for choosing settings.

        ``groups`` has the group of each place. Returns places and cosines, both (len(places), limit), the nearest
        first; where a row has fewer than ``limit`` neighbours the cosine is -inf.
        """
        limit = min(limit, len(self.vectors))
        found = np.empty((len(places), limit), dtype=np.int64)
        cosines = np.empty((len(places), limit), dtype=np.float32)
        size = max(1, _COSINES // len(self.vectors))
        for start in range(0, len(places), size):
            asked = places[start : start + size]
            near = self.vectors[asked] @ self.vectors.T
            near[groups[asked, None] == groups[None, :]] = -np.inf
            kept = np.argpartition(-near, limit - 1, axis=1)[:, :limit]
            values = np.take_along_axis(near, kept, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            found[start : start + size] = np.take_along_axis(kept, order, axis=1)
            cosines[start : start + size] = np.take_along_axis(values, order, axis=1)
        return found, cosines

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {"vectors": self.vectors.astype(np.float16), "centres": self.centres, "starts": self.starts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(
            vectors=arrays["vectors"].astype(np.float32),
            centres=arrays["centres"].astype(np.float32),
            starts=arrays["starts"].astype(np.int64),
        )


def unit_rows(rows: Floats) -> Floats:
    """Rows scaled to unit length; a row of zeros stays zero."""
    out = np.empty(rows.shape, dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        # In double precision, where the square of no single number overflows.
        wide = rows[start : start + _BLOCK].astype(np.float64)
        lengths = np.sqrt(np.vecdot(wide, wide))[:, None]
        out[start : start + _BLOCK] = wide / np.where(lengths > 0, lengths, 1)
    return out


def _best(cosines: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
    if limit < len(cosines):
        # All as good as the last that may stay, so that ties are not broken by chance.
        least = np.partition(cosines, len(cosines) - limit)[len(cosines) - limit]
        kept = np.flatnonzero(cosines >= least)
        order = kept[np.argsort(-cosines[kept], kind="stable")[:limit]]
    else:
        order = np.argsort(-cosines, kind="stable")
    return order, cosines[order]
