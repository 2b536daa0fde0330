"""Dense search: which chunks mean something like the question. The seam, and the exact scan behind it by default."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Page = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Chunk ids and their vectors, shapes ``(n,)`` and ``(n, dimensions)``."""
Allowed = NDArray[np.bool_] | NDArray[np.int64]
"""Which chunks may be found: a mark for each of the source's ids in ascending order, or the ids themselves."""
Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids and cosines of chunks, best first, both of shape ``(n,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSource:
    """Where an index gets its vectors: the source of truth.

    ``key`` names the corpus for ever, ``revision`` changes with every change of its content. ``ids()`` are all chunk
    ids, ascending; an id never comes back with another vector. ``pages(ids)`` reads vectors in ascending order of id,
    a page at a time; ids that are gone are left out.
    """

    key: str
    revision: str
    dimensions: int
    ids: Callable[[], NDArray[np.int64]]
    pages: Callable[[NDArray[np.int64]], Iterator[Page]]


class DenseIndex(Protocol):
    """Nearest chunks by cosine."""

    def search(self, vector: NDArray[np.float32], *, limit: int, allowed: Allowed | None = None) -> Found:
        """Up to ``limit`` nearest chunks, of those allowed; ``vector`` has unit length.

        Raises:
            KnowledgeError: the index can not be read.
        """
        ...


class ExactIndex:
    """A scan over all vectors: exact, 3 ms for 20,000 x 256, nothing to build and nothing to go stale."""

    def __init__(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Rows of unit length, one an id, in ascending order of id."""
        self._ids, self._vectors = ids, vectors

    @classmethod
    def open(cls, source: VectorSource, *, only: NDArray[np.int64] | None = None) -> "ExactIndex":
        """Read all vectors of the source, or only those of some ids, ascending."""
        ids = source.ids() if only is None else only
        vectors = np.empty((len(ids), source.dimensions), dtype=np.float32)
        kept = np.empty(len(ids), dtype=np.int64)
        filled = 0
        for page_ids, page in source.pages(ids):
            kept[filled : filled + len(page)] = page_ids
            vectors[filled : filled + len(page)] = page
            filled += len(page)
        return cls(kept[:filled], vectors[:filled])

    def search(self, vector: NDArray[np.float32], *, limit: int, allowed: Allowed | None = None) -> Found:
        """As in the protocol; ties go to the lower id."""
        if allowed is None:
            return best(self._ids, _cosines(self._vectors, vector), limit=limit)
        rows = _rows(self._ids, allowed_ids(self._ids, allowed))
        # Gathering rows costs about four times as much as multiplying where they lie.
        gather = 4 * len(rows) < len(self._ids)
        cosines = _cosines(self._vectors[rows], vector) if gather else _cosines(self._vectors, vector)[rows]
        return best(self._ids[rows], cosines, limit=limit)


def _cosines(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Row by row, on this thread alone."""
    # A matrix product wants a thread on every core: on busy ones it waits for them, up to ten times as long.
    out: NDArray[np.float32] = np.vecdot(vectors, vector)
    return out


def best(ids: NDArray[np.int64], cosines: NDArray[np.float32], *, limit: int) -> Found:
    """The ``limit`` greatest cosines in descending order; ties go to the lower id."""
    limit = max(0, limit)
    if limit < len(ids):
        # Everything as good as the last that may stay, so that ties are not broken by chance.
        least = np.partition(cosines, len(ids) - limit)[len(ids) - limit] if limit else np.inf
        kept = np.flatnonzero(cosines >= least)
        ids, cosines = ids[kept], cosines[kept]
    order = np.lexsort((ids, -cosines))[:limit]
    return ids[order], cosines[order]


def allowed_ids(ids: NDArray[np.int64], allowed: Allowed) -> NDArray[np.int64]:
    """The ids that are allowed; ``ids`` are all of the source."""
    return ids[allowed] if allowed.dtype == np.bool_ else allowed.astype(np.int64, copy=False)


def _rows(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where the wanted ids stand among all, which ascend; those that are not there are left out."""
    at = np.searchsorted(ids, wanted)
    inside = at < len(ids)
    at, wanted = at[inside], wanted[inside]
    return at[np.equal(ids[at], wanted)]
