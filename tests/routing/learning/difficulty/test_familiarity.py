"""How familiar a question is, from strange to like one that is recorded."""

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.familiarity import Familiarity
from coreagent.testing.hash_embedder import HashEmbedder

TEXTS = [
    *(f"how many {thing} cells are in cluster {number}" for thing in ("small", "large") for number in range(20)),
    *(f"who wrote the {thing} standard of release {number}" for thing in ("radio", "core") for number in range(20)),
]
TASKS = np.repeat([0, 1], 40)


def test_in_between_it_is_mixed() -> None:
    embedder = HashEmbedder()
    familiarity = Familiarity.fit(embedder.embed(TEXTS), TASKS)
    inside, outside = embedder.embed([TEXTS[0], "zebra quartz violin"])
    shares = [familiarity.of(step * outside + (1 - step) * inside) for step in np.linspace(0, 1, 9, dtype=np.float32)]

    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert shares[-1] == 0.0
    assert any(0 < share < 1 for share in shares)


def test_an_embedding_that_says_nothing_is_strange() -> None:
    familiarity = Familiarity.fit(HashEmbedder().embed(TEXTS), TASKS)
    size = HashEmbedder().identity.dimensions

    assert familiarity.of(np.zeros(size, dtype=np.float32)) == 0.0
    assert familiarity.of(np.full(size, np.nan, dtype=np.float32)) == 0.0


def test_one_task_can_not_say_what_is_strange() -> None:
    with pytest.raises(InputError, match="one task"):
        Familiarity.fit(HashEmbedder().embed(TEXTS), np.zeros(len(TEXTS), dtype=np.int64))


def test_it_survives_arrays() -> None:
    rows = HashEmbedder().embed(TEXTS)
    found = Familiarity.fit(rows, TASKS)

    again = Familiarity.from_arrays(found.arrays())

    assert (again.strange, again.familiar) == (found.strange, found.familiar)
    assert again.of(rows[7]) == found.of(rows[7])
