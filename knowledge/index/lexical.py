"""BM25 over fields (BM25F): which chunks hold the words of the question.

Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (2004): the term frequencies of
title, section and body are weighted and length-normalised before saturation, so a word in a title counts for more.
Written here rather than taken from bm25s because that has one field and costs 0.1 s of import; the tests compare the
scores with it where both can do the same.
"""

import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.index.terms import terms

K1 = 1.2
_FIELD_WEIGHTS = (1.6, 1.2, 1.0)
_FIELD_B = (0.4, 0.4, 0.7)


@dataclass(frozen=True, slots=True)
class Entry:
    """One chunk to index. ``title`` may hold the aliases of the document too."""

    id: int
    title: str
    section: str
    body: str


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """For every chunk of the index, in its order.

    ``bm25`` is the plain sum; ``share`` is it over the most that any chunk could reach (0..1); ``coverage`` is the part
    of the question's terms, weighted by how rare they are, that the chunk holds at all (0..1).
    """

    bm25: NDArray[np.float32]
    share: NDArray[np.float32]
    coverage: NDArray[np.float32]


class LexicalIndex:
    """An inverted index in four arrays. Build once; immutable."""

    def __init__(
        self,
        ids: NDArray[np.int64],
        vocabulary: Sequence[str],
        *,
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: NDArray[np.float32],
    ) -> None:
        """Term ``t`` stands in the chunks ``ids[rows[starts[t]:starts[t + 1]]]``, saturated weights (0..1) beside."""
        self.ids = ids
        self._vocabulary = vocabulary
        self._number = {term: number for number, term in enumerate(vocabulary)}
        self._starts, self._rows, self._weights = starts, rows, weights

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> "LexicalIndex":
        """Index the entries; an empty iterable gives an index that finds nothing."""
        ids: list[int] = []
        fields: list[tuple[Counter[str], ...]] = []
        for entry in entries:
            ids.append(entry.id)
            fields.append(tuple(Counter(terms(field)) for field in (entry.title, entry.section, entry.body)))
        lengths = np.array([[sum(field.values()) for field in row] for row in fields], dtype=np.float64)
        lengths = lengths.reshape(len(ids), len(_FIELD_B))
        mean = np.maximum(lengths.mean(axis=0), 1.0) if ids else np.ones(len(_FIELD_B))
        b = np.array(_FIELD_B)
        factors = np.array(_FIELD_WEIGHTS) / (1 - b + b * lengths / mean)
        number: dict[str, int] = {}
        term_numbers: list[int] = []
        rows: list[int] = []
        frequencies: list[float] = []
        for row, counts in enumerate(fields):
            weighted: dict[str, float] = {}
            for factor, field in zip(factors[row].tolist(), counts, strict=True):
                for term, count in field.items():
                    weighted[term] = weighted.get(term, 0.0) + factor * count
            for term, frequency in weighted.items():
                term_numbers.append(number.setdefault(term, len(number)))
                rows.append(row)
                frequencies.append(frequency)
        term_array = np.array(term_numbers, dtype=np.int64)
        order = np.argsort(term_array, kind="stable")
        frequency_array = np.array(frequencies, dtype=np.float64)[order]
        starts = np.zeros(len(number) + 1, dtype=np.int64)
        np.cumsum(np.bincount(term_array, minlength=len(number)), out=starts[1:])
        return cls(
            np.array(ids, dtype=np.int64),
            list(number),
            starts=starts,
            rows=np.array(rows, dtype=np.int32)[order],
            weights=(frequency_array / (K1 + frequency_array)).astype(np.float32),
        )

    def score(self, query: Sequence[tuple[str, float]]) -> LexicalScores:
        """Scores of all chunks for (term, weight) pairs; repeated terms count once, with their greatest weight."""
        count = len(self.ids)
        bm25 = np.zeros(count, dtype=np.float32)
        held = np.zeros(count, dtype=np.float32)
        best: dict[str, float] = {}
        for term, weight in query:
            best[term] = max(weight, best.get(term, 0.0))
        possible = 0.0
        for term, weight in best.items():
            at = self._number.get(term)
            first, after = (int(self._starts[at]), int(self._starts[at + 1])) if at is not None else (0, 0)
            idf = weight * math.log(1 + (count - (after - first) + 0.5) / (after - first + 0.5))
            possible += idf
            rows = self._rows[first:after]
            bm25[rows] += idf * self._weights[first:after]
            held[rows] += idf
        scale = 1.0 / possible if possible > 0 else 0.0
        return LexicalScores(bm25, bm25 * np.float32(scale), held * np.float32(scale))

    def dump(self) -> bytes:
        """The index as bytes for :meth:`load`."""
        buffer = io.BytesIO()
        words = np.frombuffer("\n".join(self._vocabulary).encode("utf-8"), dtype=np.uint8)
        np.savez(buffer, ids=self.ids, words=words, starts=self._starts, rows=self._rows, weights=self._weights)
        return buffer.getvalue()

    @classmethod
    def load(cls, data: bytes) -> "LexicalIndex":
        """Read what :meth:`dump` wrote; raises ValueError, KeyError or OSError for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            words = archive["words"].tobytes().decode("utf-8")
            return cls(
                archive["ids"],
                words.split("\n") if words else [],
                starts=archive["starts"],
                rows=archive["rows"],
                weights=archive["weights"],
            )
