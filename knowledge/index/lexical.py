"""BM25 over fields (BM25F): which chunks hold the words of the question.

Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (2004): the term frequencies of
title, section and body are weighted and length-normalised before saturation, so a word in a title counts for more.
Written here rather than taken from bm25s because that has one field and costs 0.1 s of import; the tests compare the
scores with it where both can do the same.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.index.postings import Entry, postings, term_hash, unpack

K1 = 1.2
_FIELDS = ("title", "section", "body")
_FIELD_WEIGHTS = (1.6, 1.2, 1.0)
_FIELD_B = (0.4, 0.4, 0.7)
_LEAD = 15.0
"""A term this many terms into a chunk counts half for the lead."""

Weighted = tuple[str, float]
"""A term and its weight."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that is asked for: a chunk that says any one of the alternatives says it.

    Each alternative is some terms with weights, for example an abbreviation, and the words it stands for.
    """

    alternatives: tuple[tuple[Weighted, ...], ...]


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """For every chunk of the index, in its order.

    ``bm25`` is the plain sum; ``share`` is it over the most that any chunk could reach (0..1); ``coverage`` is the part
    of what is asked, weighted by how rare it is, that the chunk holds at all (0..1); ``lead`` is the same with less
    weight the later in the chunk it stands: definitions come first.
    """

    bm25: NDArray[np.float32]
    share: NDArray[np.float32]
    coverage: NDArray[np.float32]
    lead: NDArray[np.float32]


class LexicalIndex:
    """An inverted index in five arrays. Build once; immutable."""

    def __init__(
        self,
        ids: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        *,
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: NDArray[np.float32],
        firsts: NDArray[np.uint16],
    ) -> None:
        """Term ``t`` of the sorted ``hashes`` stands in the chunks ``ids[rows[starts[t]:starts[t + 1]]]``.

        Beside each stand its saturated weight (0..1) and its first place in the chunk.
        """
        self.ids = ids
        self._hashes, self._starts, self._rows = hashes, starts, rows
        self._weights, self._firsts = weights, firsts

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> "LexicalIndex":
        """Index the entries; an empty iterable gives an index that finds nothing."""
        known = list(entries)
        parts = [postings(entry.title, entry.section, entry.body) for entry in known]
        return cls.assemble(np.array([entry.id for entry in known], dtype=np.int64), parts)

    @classmethod
    def assemble(cls, ids: NDArray[np.int64], parts: Sequence[bytes]) -> "LexicalIndex":
        """Put an index together from the ``postings`` of its chunks.

        Raises:
            ValueError: a part is damaged.
        """
        records, rows = unpack(parts)
        frequency = np.zeros(len(records), dtype=np.float64)
        for field, weight, b in zip(_FIELDS, _FIELD_WEIGHTS, _FIELD_B, strict=True):
            counts = records[field].astype(np.float64)
            lengths = np.bincount(rows, weights=counts, minlength=len(ids))
            mean = max(float(lengths.mean()), 1.0) if len(ids) else 1.0
            frequency += counts * (weight / (1 - b + b * lengths / mean))[rows]
        terms = records["term"]
        order = np.argsort(terms, kind="stable")
        ordered = terms[order]
        # Where a new term begins; written out because numpy's unique would sort again.
        new = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else order
        frequency = frequency[order]
        return cls(
            ids,
            ordered[new],
            starts=np.append(new, len(ordered)).astype(np.int64),
            rows=rows[order].astype(np.int32),
            weights=(frequency / (K1 + frequency)).astype(np.float32),
            firsts=records["first"][order],
        )

    def score(self, query: Sequence[Concept]) -> LexicalScores:
        """Scores of all chunks."""
        count = len(self.ids)
        bm25, held, lead = (np.zeros(count, dtype=np.float32) for _ in range(3))
        possible = 0.0
        for concept in query:
            if len(concept.alternatives) == 1:
                possible += self._add(concept.alternatives[0], bm25, held=held, lead=lead)
                continue
            best = max((self._most(alternative) for alternative in concept.alternatives), default=0.0)
            possible += best
            most_held, most_lead = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
            for alternative in concept.alternatives:
                own_held, own_lead = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
                most = self._add(alternative, bm25, held=own_held, lead=own_lead)
                if most > 0:
                    np.maximum(most_held, own_held * np.float32(best / most), out=most_held)
                    np.maximum(most_lead, own_lead * np.float32(best / most), out=most_lead)
            held += most_held
            lead += most_lead
        scale = np.float32(1.0 / possible if possible > 0 else 0.0)
        return LexicalScores(bm25, bm25 * scale, held * scale, lead * scale)

    def _add(
        self,
        alternative: Sequence[Weighted],
        bm25: NDArray[np.float32],
        *,
        held: NDArray[np.float32],
        lead: NDArray[np.float32],
    ) -> float:
        """Add the terms' scores in place; returns the most that any chunk could reach."""
        possible = 0.0
        for term, weight in alternative:
            first, after = self._span(term)
            idf = np.float32(weight * self._rarity(after - first))
            possible += float(idf)
            rows = self._rows[first:after]
            bm25[rows] += idf * self._weights[first:after]
            held[rows] += idf
            lead[rows] += idf / (1.0 + self._firsts[first:after].astype(np.float32) / np.float32(_LEAD))
        return possible

    def _most(self, alternative: Sequence[Weighted]) -> float:
        most = 0.0
        for term, weight in alternative:
            first, after = self._span(term)
            most += weight * self._rarity(after - first)
        return most

    def contributions(self, query: Sequence[Concept], chunk: int) -> tuple[Weighted, ...]:
        """What each term of the query adds to the BM25 of one chunk, greatest first, without those that add nothing."""
        row = int(np.searchsorted(self.ids, chunk))
        found: dict[str, float] = {}
        for term, weight in (pair for concept in query for one in concept.alternatives for pair in one):
            first, after = self._span(term)
            at = first + int(np.searchsorted(self._rows[first:after], row))
            if at < after and self._rows[at] == row:
                share = weight * self._rarity(after - first) * float(self._weights[at])
                found[term] = max(share, found.get(term, 0.0))
        return tuple(sorted(found.items(), key=lambda pair: -pair[1]))

    def _span(self, term: str) -> tuple[int, int]:
        number = np.uint64(term_hash(term))
        at = int(np.searchsorted(self._hashes, number))
        if at == len(self._hashes) or self._hashes[at] != number:
            return 0, 0
        return int(self._starts[at]), int(self._starts[at + 1])

    def _rarity(self, holders: int) -> float:
        """Inverse document frequency, never negative."""
        return float(np.log1p((len(self.ids) - holders + 0.5) / (holders + 0.5)))

    def dump(self) -> bytes:
        """The index as bytes for :meth:`load`."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            ids=self.ids,
            hashes=self._hashes,
            starts=self._starts,
            rows=self._rows,
            weights=self._weights,
            firsts=self._firsts,
        )
        return buffer.getvalue()

    @classmethod
    def load(cls, data: bytes) -> "LexicalIndex":
        """Read what :meth:`dump` wrote; raises ValueError, KeyError or OSError for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return cls(
                archive["ids"],
                archive["hashes"],
                starts=archive["starts"],
                rows=archive["rows"],
                weights=archive["weights"],
                firsts=archive["firsts"],
            )
