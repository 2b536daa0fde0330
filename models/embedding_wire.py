"""The answer of the OpenAI embeddings protocol, read and checked."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from coreagent.models.wire import WireError, is_list, is_object


def read_vectors(value: object, count: int) -> NDArray[np.float32]:
    """The vectors in the order of the texts, shape ``(count, dimensions)``, as they came: not of unit length.

    Numbers may be a JSON list, or base64 of little-endian 32-bit floats. Entries are sorted by their ``index`` where
    they have one.

    Raises:
        WireError: no list, another count, an index missing or twice, vectors of several lengths, empty ones, or numbers
            that are not finite.
    """
    entries = value.get("data") if is_object(value) else None
    if not is_list(entries):
        raise WireError("no list of vectors in the answer")
    if len(entries) != count:
        raise WireError(f"{len(entries)} vectors came for {count} texts")
    rows = [_row(entry) for entry in entries]
    sizes = sorted({len(row) for row in rows})
    if len(sizes) != 1:
        raise WireError(f"vectors of different lengths in one answer: {', '.join(map(str, sizes))}")
    if not sizes[0]:
        raise WireError("the vectors are empty")
    matrix = np.stack(rows)
    if not np.isfinite(matrix).all():
        raise WireError("a vector holds numbers that are not finite (NaN, infinity or null)")
    return matrix[_order(entries)]


def _row(entry: object) -> NDArray[np.float32]:
    numbers = entry.get("embedding") if is_object(entry) else None
    try:
        if isinstance(numbers, str):
            return np.frombuffer(base64.b64decode(numbers, validate=True), dtype="<f4").astype(np.float32)
        if is_list(numbers):
            # What is too large becomes infinite, which is refused with the rest.
            with np.errstate(over="ignore"):
                row = np.array(numbers, dtype=np.float32)
            if row.ndim == 1:
                return row
            raise WireError("a vector is a list of lists: the model gives one vector a token")
    except (binascii.Error, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, WireError):
            raise
        raise WireError(f"a vector that can not be read: {error}") from error
    raise WireError("an entry without an embedding")


def _order(entries: list[object]) -> list[int]:
    """Positions of the entries in the order of their texts."""
    places = [entry.get("index") if is_object(entry) else None for entry in entries]
    if all(place is None for place in places):
        return list(range(len(entries)))
    numbers = [place for place in places if isinstance(place, int)]
    if sorted(numbers) != list(range(len(entries))):
        raise WireError("the index of a vector is missing, or there twice")
    order = [0] * len(numbers)
    for at, number in enumerate(numbers):
        order[number] = at
    return order
