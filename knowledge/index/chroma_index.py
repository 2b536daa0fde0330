"""Dense search by Chroma, for corpora too big to scan.

SQLite or PostgreSQL stays the truth: a collection of another revision is brought to the stored chunk ids, one that has
lost vectors is filled again, and a damaged folder is emptied and made anew.
"""

import logging
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.chroma_places import Held, Place
from coreagent.knowledge.index.dense import Allowed, ExactIndex, Found, VectorSource, allowed_ids, best

_SCAN = 1_000
"""Up to so many allowed chunks, their vectors are read and scanned: 1 to 7 ms, where Chroma's own filter takes 22."""
_SPARE = 1.5
"""Wider filters ask Chroma for more and leave out what is not allowed: so many times what an even spread needs."""
_MOST_FETCHED = 1_000
"""More than this takes Chroma longer than reading the vectors that are allowed."""
_SCANS_KEPT = 4
_PROBES = 8
_log = logging.getLogger(__name__)


class ChromaIndex:
    """One collection of a place. Safe for threads."""

    def __init__(self, source: VectorSource, place: Place) -> None:
        """Use :meth:`open`, which brings the collection in step."""
        self._source, self._place = source, place
        self._name = f"corpus-{source.key}"
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._scans: OrderedDict[bytes, ExactIndex] = OrderedDict()

    @classmethod
    def open(cls, source: VectorSource, *, place: Place) -> "ChromaIndex":
        """Bring the collection in step with the source, and make sure that it finds what it holds.

        Raises:
            KnowledgeError: the place can not be used, or another process writes to it for over ten minutes.
        """
        index = cls(source, place)
        index._bring_in_step()
        return index

    def search(self, vector: NDArray[np.float32], *, limit: int, allowed: Allowed | None = None) -> Found:
        """As in the protocol; nearest neighbours are approximate (HNSW), those of a narrow filter exact."""
        if allowed is None:
            return best(*self._query(vector, limit), limit=limit)
        ids = allowed_ids(self._ids, allowed)
        wanted = min(len(self._ids), int(limit * _SPARE * len(self._ids) / max(1, len(ids))) + 1)
        if len(ids) <= _SCAN or wanted > _MOST_FETCHED:
            return self._scan(ids).search(vector, limit=limit)
        found, cosines = self._query(vector, wanted)
        kept = np.isin(found, ids)
        if np.count_nonzero(kept) < limit and wanted < len(self._ids):
            # What the filter keeps lies far from the question: few of the nearest pass.
            return self._scan(ids).search(vector, limit=limit)
        return best(found[kept], cosines[kept], limit=limit)

    def _query(self, vector: NDArray[np.float32], limit: int) -> Found:
        try:
            with self._place.reading() as shelf:
                return shelf.get(self._name).query(vector, limit=limit)
        except KnowledgeError as error:
            _log.warning("the vector index is made again: %s", error.message)
        self._bring_in_step()
        with self._place.reading() as shelf:
            return shelf.get(self._name).query(vector, limit=limit)

    def _scan(self, ids: NDArray[np.int64]) -> ExactIndex:
        """The vectors of these chunks; those of the last few filters are kept, because questions share filters."""
        key = ids.tobytes()
        held = self._scans.pop(key, None) or ExactIndex.open(self._source, only=np.sort(ids))
        self._scans[key] = held
        while len(self._scans) > _SCANS_KEPT:
            self._scans.popitem(last=False)
        return held

    def _bring_in_step(self) -> None:
        """Do as little as makes the collection sound: nothing, follow the source, fill it anew, make all anew."""
        with self._place.alone():
            self._ids = self._source.ids()
            problem = ""
            for attempt in (self._leave, self._follow, self._refill, self._start_over):
                try:
                    attempt()
                    if self._is_sound():
                        return
                    problem = "it does not find the vectors that it was given"
                except KnowledgeError as error:
                    problem = error.message
                    _log.warning("the vector index is damaged and made again: %s", problem)
        raise KnowledgeError(
            f"the vector index can not be made: {problem}", mend='Check the disk, or set dense_index = "exact".'
        )

    def _leave(self) -> None:
        """It may be in step already."""

    def _follow(self) -> None:
        """Delete the ids that are gone, add those that are new, and only then note the revision."""
        with self._place.writing() as shelf:
            collection = shelf.make(self._name)
            held = collection.ids()
            collection.delete(np.setdiff1d(held, self._ids))
            kept = [np.intersect1d(held, self._ids)]
            for ids, vectors in self._source.pages(np.setdiff1d(self._ids, held)):
                if len(ids):
                    collection.add(ids, vectors)
                    kept.append(ids)
            # Chunks that were deleted while this ran are not among those that were read.
            self._ids = np.sort(np.concatenate(kept))
            collection.note(self._source.revision)

    def _refill(self) -> None:
        with self._place.writing() as shelf:
            shelf.drop(self._name)
        self._follow()

    def _start_over(self) -> None:
        self._place.clear()
        self._refill()

    def _is_sound(self) -> bool:
        """Of this revision, with as many vectors as there should be, some of which are looked up and found."""
        with self._place.fresh() as shelf:
            if self._name not in shelf.names():
                return False
            collection = shelf.get(self._name)
            if collection.revision() != self._source.revision or collection.count() != len(self._ids):
                return False
            return self._finds(collection)

    def _finds(self, collection: Held) -> bool:
        step = max(1, len(self._ids) // _PROBES)
        for _, vectors in self._source.pages(self._ids[::step][:_PROBES]):
            for vector in vectors:
                if not vector.any():
                    continue
                _, cosines = collection.query(vector, limit=1)
                if not len(cosines) or cosines.max() < 0.999:
                    return False
        return True


def drop_collection(place: Place, key: str) -> None:
    """Delete a corpus's collection; nothing happens when there is none.

    Raises:
        KnowledgeError: the place can not be used.
    """
    with place.alone(), place.writing() as shelf:
        shelf.drop(f"corpus-{key}")
