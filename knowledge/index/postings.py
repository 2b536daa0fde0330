"""What the word index needs of one chunk: how often each term stands in which field, and how early.

Made once for a chunk, beside its vector, and kept with it: an index of the whole corpus is put together from these
arrays without looking at any text again. Terms are kept as 64-bit hashes; at a million distinct terms the chance that
any two share one is below 3e-8.
"""

import hashlib
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.index.terms import terms

RECORD = np.dtype([("term", "<u8"), ("title", "<u2"), ("section", "<u2"), ("body", "<u2"), ("first", "<u2")])
"""``title``, ``section``, ``body`` count the term in each field; ``first`` is its place in the body, in terms."""
_PACKED = struct.Struct("<QHHHH")
_MOST = 65_535


@dataclass(frozen=True, slots=True)
class Entry:
    """One chunk to index. ``title`` may hold the aliases of the document too."""

    id: int
    title: str
    section: str
    body: str


@lru_cache(maxsize=262_144)
def term_hash(term: str) -> int:
    """The same number for a term on every machine."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def postings(title: str, section: str, body: str) -> bytes:
    """Records of one chunk, one a distinct term, as bytes of dtype ``RECORD``.

    A term of the title or the section stands first whatever its place in the body.
    """
    in_title, in_section, in_body = _counted(title), _counted(section), terms(body)
    counts = Counter(in_body)
    # Backwards, so that the first place of a term is what stays.
    first = dict(zip(reversed(in_body), range(len(in_body) - 1, -1, -1), strict=True))
    first.update(dict.fromkeys(in_title, 0))
    first.update(dict.fromkeys(in_section, 0))
    pack = _PACKED.pack
    try:
        return b"".join(
            [pack(term_hash(t), in_title[t], in_section[t], counts[t], min(at, _MOST)) for t, at in first.items()]
        )
    except struct.error:
        clipped = ((t, min(in_title[t], _MOST), min(in_section[t], _MOST), min(counts[t], _MOST)) for t in first)
        return b"".join([pack(term_hash(t), a, b, c, min(first[t], _MOST)) for t, a, b, c in clipped])


@lru_cache(maxsize=4_096)
def _counted(text: str) -> Counter[str]:
    """Terms of a title or a section, which many chunks share."""
    return Counter(terms(text))


def unpack(parts: Sequence[bytes]) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """All records one after the other, and the row (position in ``parts``) of each.

    Raises:
        ValueError: the bytes are not whole records.
    """
    records = np.frombuffer(b"".join(parts), dtype=RECORD)
    sizes = np.array([len(part) // RECORD.itemsize for part in parts], dtype=np.int64)
    return records, np.repeat(np.arange(len(parts), dtype=np.int64), sizes)
