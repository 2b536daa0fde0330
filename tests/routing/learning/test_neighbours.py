"""Nearest recorded prompts and k-means."""

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.kmeans import assign, kmeans
from coreagent.routing.learning.neighbours import Neighbours, unit_rows
from coreagent.routing.outcomes import Floats


def noise(count: int, wide: int = 16, *, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, wide)).astype(np.float32)


def blobs(count: int, kinds: int, *, seed: int = 0) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    rng = np.random.default_rng(seed)
    kind = np.arange(count) % kinds
    centres = unit_rows(rng.standard_normal((kinds, 16)).astype(np.float32))
    spread = 0.05 * rng.standard_normal((count, 16))
    return (centres[kind] + spread).astype(np.float32), kind


def test_the_nearest_are_those_of_a_full_sort() -> None:
    rows = noise(300)
    index, order = Neighbours.of(rows)
    assert order.tolist() == list(range(300))
    query = noise(1, seed=9)[0]
    places, cosines = index.nearest(query, 7)
    expected = unit_rows(rows) @ unit_rows(query[None, :])[0]
    assert places.tolist() == np.argsort(-expected)[:7].tolist()
    assert cosines == pytest.approx(np.sort(expected)[::-1][:7], abs=2e-3)


def test_ties_go_to_the_lower_place_and_a_limit_beyond_the_rows_gives_all() -> None:
    index, _ = Neighbours.of(np.tile(noise(1), (9, 1)))
    query = noise(1)[0]
    assert index.nearest(query, 4)[0].tolist() == [0, 1, 2, 3]
    assert index.nearest(query, 50)[0].tolist() == list(range(9))


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_nothing_is_near_a_row_without_direction(value: float) -> None:
    index, _ = Neighbours.of(noise(20))
    places, cosines = index.nearest(np.full(16, value, dtype=np.float32), 3)
    assert len(places) == len(cosines) == 0


def test_cells_find_almost_all_that_a_full_scan_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coreagent.routing.learning.neighbours.SCANNED_ROWS", 600)
    rows, _ = blobs(3000, 40)
    whole, _ = Neighbours.of(rows)
    cells, order = Neighbours.of(rows, exact_rows=100)
    assert len(cells.centres) == round(3000**0.5)
    assert sorted(order.tolist()) == list(range(3000))
    shared = 0
    for query in blobs(50, 40, seed=0)[0]:
        there = order[cells.nearest(query, 20)[0]]
        shared += len(set(there.tolist()) & set(whole.nearest(query, 20)[0].tolist()))
    assert shared >= 0.95 * 50 * 20


def test_rows_of_the_own_group_are_no_neighbours() -> None:
    rows = np.repeat(noise(10), 2, axis=0)
    index, _ = Neighbours.of(rows)
    groups = np.repeat(np.arange(10), 2)
    places, cosines = index.among(np.arange(20), groups, 18)
    assert not (groups[places] == groups[:, None]).any()
    assert (np.diff(cosines, axis=1) <= 0).all()
    _, beyond = index.among(np.arange(20), groups, 20)
    assert np.isinf(beyond[:, 18:]).all()


def test_it_survives_being_stored() -> None:
    index, _ = Neighbours.of(blobs(400, 8)[0], exact_rows=50)
    again = Neighbours.from_arrays(index.arrays())
    query = noise(1, seed=3)[0]
    assert index.nearest(query, 9)[0].tolist() == again.nearest(query, 9)[0].tolist()
    assert np.array_equal(index.nearest(query, 9)[1], again.nearest(query, 9)[1])


@pytest.mark.parametrize("rows", [np.zeros((0, 4)), np.zeros((3, 0)), np.full((3, 4), np.nan), np.zeros(4)])
def test_rows_that_are_no_embeddings_are_refused(rows: Floats) -> None:
    with pytest.raises(InputError):
        Neighbours.of(rows.astype(np.float32))


def test_kmeans_finds_clear_clusters_and_repeats_itself() -> None:
    rows, kind = blobs(300, 6)
    centres, places = kmeans(rows, 6, seed=4)
    assert len({(int(a), int(b)) for a, b in zip(kind, places, strict=True)}) == 6
    again = kmeans(rows, 6, seed=4)
    assert np.array_equal(centres, again[0])
    assert np.array_equal(places, again[1])
    for place in range(6):
        assert centres[place] == pytest.approx(rows[places == place].mean(axis=0), abs=1e-5)


def test_kmeans_needs_no_more_centres_than_distinct_rows() -> None:
    centres, places = kmeans(np.repeat(noise(3), 5, axis=0), 10)
    assert len(centres) == 3
    assert np.array_equal(assign(np.repeat(noise(3), 5, axis=0), centres), places)


@pytest.mark.parametrize(
    ("rows", "count"), [(noise(0), 2), (np.full((2, 3), np.nan, dtype=np.float32), 1), (noise(3), 0)]
)
def test_kmeans_refuses_what_can_not_be_clustered(rows: Floats, count: int) -> None:
    with pytest.raises(InputError):
        kmeans(rows, count)
