"""MinHash: a short signature by which near-duplicate documents are found without comparing their words.

A. Z. Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences, 1997.
"""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128
"""The standard error of a similarity near .9 is .027."""
SIGNATURE_BYTES = PERMUTATIONS * 4
_SHINGLE_WORDS = 5
_MIN_WORDS = 20
_BANDS = 32
"""Of four values each: of pairs with a similarity of .8, one in ten million shares no band."""
_BLOCK_SHINGLES = 1_024
_PIECE_CHARACTERS = 1_000_000
_WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]|[^\\W_\u3040-\uffff]+|[^\\W_]"
)
# Constants of a fixed seed: the same on every machine and with every version of numpy (PCG64 streams are stable).
_RANDOM = np.random.Generator(np.random.PCG64(20_260_101))
_FACTORS = _RANDOM.integers(0, 2**32, size=(PERMUTATIONS, 1), dtype=np.uint32) | np.uint32(1)
_OFFSETS = _RANDOM.integers(0, 2**32, size=(PERMUTATIONS, 1), dtype=np.uint32)
_MIX = np.uint64(0x9E3779B97F4A7C15)

Signatures = NDArray[np.uint32]


class _Hashes(dict[str, int]):
    def __missing__(self, word: str) -> int:
        value = self[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return value


def signature(text: str) -> bytes:
    """The text's MinHash over runs of five words (five characters of Chinese, Japanese or Korean).

    512 bytes, the same on every machine: 128 little-endian numbers of 32 bits. Empty for a text under 20 words.
    """
    codes = _word_codes(text)
    if len(codes) < _MIN_WORDS:
        return b""
    shingles = np.zeros(len(codes) - _SHINGLE_WORDS + 1, np.uint64)
    for at in range(_SHINGLE_WORDS):
        shingles = (shingles + codes[at : at + len(shingles)]) * _MIX
        shingles ^= shingles >> np.uint64(29)
    mixed = (shingles >> np.uint64(32)).astype(np.uint32)
    least = np.full(PERMUTATIONS, 2**32 - 1, np.uint32)
    for start in range(0, len(mixed), _BLOCK_SHINGLES):
        # An odd multiple with an offset, modulo 2**32, is a permutation of the 32-bit numbers.
        orders = mixed[start : start + _BLOCK_SHINGLES] * _FACTORS + _OFFSETS
        np.minimum(least, orders.min(axis=1), out=least)
    return least.astype("<u4").tobytes()


def _word_codes(text: str) -> NDArray[np.uint64]:
    """A number for each word. Long texts are read in pieces, so that their words never stand in memory together."""
    parts: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    for start in range(0, len(text), _PIECE_CHARACTERS):
        words = _WORD.findall(text[start : start + _PIECE_CHARACTERS].lower())
        hashes = _Hashes()
        parts.append(np.fromiter((hashes[word] for word in words), np.uint64, len(words)))
    return np.concatenate(parts)


def similarity(first: bytes, second: bytes) -> float:
    """The share of runs of words that two texts have in common (Jaccard), estimated; 0 where one has no signature.

    Raises:
        ValueError: a signature is of another length.
    """
    if not first or not second:
        return 0.0
    return float(similarities(first, matrix([second]))[0])


def matrix(signatures: Sequence[bytes]) -> Signatures:
    """Signatures as rows of an array of shape ``(signatures, 128)``.

    Raises:
        ValueError: a signature is empty or of another length; leave the documents without one out.
    """
    if any(len(one) != SIGNATURE_BYTES for one in signatures):
        raise ValueError(f"a signature has {SIGNATURE_BYTES} bytes")
    return np.frombuffer(b"".join(signatures), "<u4").astype(np.uint32).reshape(-1, PERMUTATIONS)


def similarities(one: bytes, others: Signatures) -> NDArray[np.float32]:
    """The similarity of one text to each row of ``others``; shape ``(rows,)``.

    Raises:
        ValueError: the signature is of another length.
    """
    alike: NDArray[np.float32] = (others == matrix([one])[0]).sum(axis=1, dtype=np.float32) / np.float32(PERMUTATIONS)
    return alike


def near_duplicates(others: Signatures, *, threshold: float = 0.8) -> list[tuple[int, int]]:
    """Pairs ``(a, b)``, ``a < b``, of rows at least this similar, enough of them to link all members of each group.

    Only rows that agree in one of 32 bands are compared, in time near linear in their number; a band that many share
    is compared with its first row and from neighbour to neighbour. Below a threshold of about .5 pairs get lost.
    """
    pairs: set[tuple[int, int]] = set()
    width = PERMUTATIONS // _BANDS
    for band in range(_BANDS):
        part = np.ascontiguousarray(others[:, band * width : (band + 1) * width])
        keys = part.view(np.dtype((np.void, width * 4))).ravel()
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        first = -1
        for at in same.tolist():
            a, b = int(order[at]), int(order[at + 1])
            if at == 0 or keys[order[at - 1]] != keys[order[at]]:
                first = a
            pairs.update({(min(a, b), max(a, b)), (min(first, b), max(first, b))})
    candidates = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    found: list[tuple[int, int]] = []
    for start in range(0, len(candidates), 65_536):
        some = candidates[start : start + 65_536]
        alike = np.mean(others[some[:, 0]] == others[some[:, 1]], axis=1) >= threshold
        found += [(int(a), int(b)) for a, b in some[alike]]
    return found
