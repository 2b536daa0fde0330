"""Words and pairs of words as numbers: hashed, weighted by how rare they are, the same in every process.

A term's place is its CRC-32 cut to the size of the table: nothing is looked up, so no vocabulary is kept, and a term
that was never seen has no weight. K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML
2009; the weights are those of K. Sparck Jones, 1972.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.cheap_features import cut

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

PLACES = 1 << 16
_MASK = PLACES - 1
_MIX = 0x2545F491
_WORD = re.compile(rb"[\w\x80-\xff]+|[^\w\s\x80-\xff]")
"""Runs of letters and digits, whatever the script, and marks one by one: of bytes, as the hash wants them."""
_FEWEST_TEXTS = 2
"""A term of one text alone says nothing of another."""


@dataclass(frozen=True, slots=True, eq=False)
class TermWeights:
    """The weight of each place, shape (65536,): 0 where too few texts had a term there."""

    weights: Floats

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """``1 + log((1 + texts) / (1 + texts with the term))``."""
        counts = np.zeros(PLACES, dtype=np.int64)
        for text in texts:
            counts[np.unique(_places(text))] += 1
        weights = 1 + np.log((1 + len(texts)) / (1 + counts))
        weights[counts < _FEWEST_TEXTS] = 0
        return cls(weights.astype(np.float32))

    def terms(self, text: str) -> tuple[Places, Floats]:
        """Places of the known terms of a text, in order, and their weights, squares summing to 1; both may be empty.

        A term that comes several times counts as ``1 + log(times)``.
        """
        places, times = _counted(_places(text))
        weights = self.weights[places] * (1 + np.log(times, dtype=np.float32))
        known = weights > 0
        places, weights = places[known], weights[known]
        length = float(np.sqrt(np.vdot(weights, weights)))
        return places, weights / np.float32(length) if length else weights


def _places(text: str) -> Places:
    # Lone surrogates are text too: they are passed on as they are.
    words = _WORD.findall(cut(text).lower().encode("utf-8", "surrogatepass"))
    hashes = np.array([crc32(word) for word in words], dtype=np.int64)
    pairs = hashes[:-1] * _MIX + hashes[1:]
    return np.concatenate((hashes, pairs ^ (pairs >> 29))) & _MASK


def _counted(places: Places) -> tuple[Places, Places]:
    ordered = np.sort(places)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else ordered
    return ordered[starts], np.diff(starts, append=len(ordered))
