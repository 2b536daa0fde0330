"""Which rows are worth a label, and which labels are worth keeping."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.errors import InputError
from coreagent.routing.learning.active import (
    combined_ranks,
    density,
    keep_labels,
    percentile_ranks,
    worth_labelling,
)
from coreagent.routing.outcomes import Floats


def rows(count: int, *, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)


def test_the_published_vector_of_combined_ranks() -> None:
    found = combined_ranks(np.array([0.9, 0.2, 0.5, 0.7]), np.array([0.1, 0.4, 0.3, 0.2]), alpha=0.33)
    assert found == pytest.approx([0.2475, 0.5025, 0.4175, 0.3325])


def test_a_percentile_rank_is_the_share_below() -> None:
    assert percentile_ranks(np.array([3.0, 1.0, 3.0, 9.0])).tolist() == [0.25, 0.0, 0.25, 0.75]
    for wrong in (np.zeros(0), np.array([1.0, np.nan])):
        with pytest.raises(InputError):
            percentile_ranks(wrong)
    with pytest.raises(InputError, match="do not add up"):
        combined_ranks(np.ones(2), np.ones(3))
    with pytest.raises(InputError, match="do not add up"):
        combined_ranks(np.ones(2), np.ones(2), alpha=1.5)


def test_density_falls_with_the_distance_to_the_own_centre() -> None:
    found = density(
        np.array([[0, 0], [3, 4], [9, 9]], dtype=np.float32),
        np.array([[0, 0], [9, 9]], dtype=np.float32),
        np.array([0, 0, 1]),
    )
    assert found == pytest.approx([1, 1 / 6, 1])


def test_the_budget_is_used_up_and_never_exceeded() -> None:
    usd = np.random.default_rng(1).uniform(0.001, 0.05, 400)
    found = worth_labelling(rows(400), np.random.default_rng(2).random(400), usd, 0.5)
    assert found.of == 400
    assert found.usd == pytest.approx(usd[found.rows].sum())
    assert found.usd <= 0.5
    left = np.setdiff1d(np.arange(400), found.rows)
    assert found.usd + usd[left].min() > 0.5
    assert len(set(found.rows.tolist())) == len(found.picks)


def test_money_for_all_labels_all() -> None:
    for budget in (0.3, 1.0, float("inf")):
        found = worth_labelling(rows(30), np.zeros(30), 0.01, budget)
        assert sorted(found.rows.tolist()) == list(range(30))


def test_the_unsure_come_first_and_say_so() -> None:
    unsure = np.arange(100) / 100
    found = worth_labelling(np.tile(rows(1), (100, 1)), unsure, 0.01, 0.1)
    assert found.rows.tolist() == list(range(99, 89, -1))
    assert found.picks[0].reason == "more typical than 0% of the questions, predicted less surely than 99%"
    assert found.picks[0].value == pytest.approx(0.67 * 0.99)


def test_disagreement_counts_beside_uncertainty() -> None:
    same = np.tile(rows(1), (50, 1))
    quarrel = np.arange(50.0)
    found = worth_labelling(same, np.zeros(50), 0.01, 0.05, disagreement=quarrel)
    assert found.rows.tolist() == [49, 48, 47, 46, 45]
    assert found.picks[0].reason.endswith("disagreement 49")


def test_every_class_gets_its_share() -> None:
    kinds = np.repeat([0, 1, 2], [80, 15, 5])
    unsure = np.where(kinds == 0, 0.9, 0.5) + np.arange(100) / 1e4
    found = worth_labelling(np.tile(rows(1), (100, 1)), unsure, 0.01, 0.15, kinds=kinds)
    assert {pick.kind for pick in found.picks[:4]} == {0, 1, 2}
    assert np.bincount(kinds[found.rows], minlength=3).min() >= 2


def test_cheap_labels_are_preferred_when_they_add_more_together() -> None:
    usd = np.where(np.arange(60) < 30, 0.10, 0.01)
    unsure = np.where(np.arange(60) < 30, 0.6, 0.5) + np.arange(60) / 1e4
    found = worth_labelling(rows(60), unsure, usd, 0.3)
    assert (usd[found.rows] == 0.01).all()
    assert len(found.picks) == 30


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 3)), min_size=1, max_size=40),
    st.floats(0.001, 5),
    st.integers(1, 4),
)
def test_no_budget_is_ever_exceeded(rated: list[tuple[float, float]], budget: float, kinds: int) -> None:
    unsure, usd = np.array([entry[0] for entry in rated]), np.array([entry[1] for entry in rated])
    there = rows(len(rated))
    if usd.min() > budget:
        with pytest.raises(InputError, match="pays for no label"):
            worth_labelling(there, unsure, usd, budget)
        return
    found = worth_labelling(there, unsure, usd, budget, kinds=np.arange(len(rated)) % kinds)
    assert 0 < sum(pick.usd for pick in found.picks) <= budget * (1 + 1e-12)


def test_what_can_not_be_chosen_from_is_refused() -> None:
    for unsure, usd, budget in (
        (np.ones(3), 0.01, 1.0),
        (np.array([1, np.nan, 1, 1]), 0.01, 1.0),
        (np.ones(4), 0.0, 1.0),
        (np.ones(4), np.array([0.1, 0.1, np.nan, 0.1]), 1.0),
        (np.ones(4), 0.01, 0.001),
        (np.ones(4), 0.01, float("nan")),
    ):
        with pytest.raises(InputError):
            worth_labelling(rows(4), unsure, usd, budget)
    with pytest.raises(InputError):
        worth_labelling(rows(0), np.zeros(0), 0.1, 1.0)


def test_unsure_labels_of_large_classes_go_first() -> None:
    labels = ["a"] * 8 + ["b"] * 2
    confidence = np.array([0.9, 0.8, 0.3, 0.95, 0.7, 0.85, 0.99, 0.6, 0.4, 0.5])
    kept = keep_labels(labels, confidence, remove=0.2)
    # The least sure of the many go, though labels of the rare class are less sure than the second of them.
    assert np.flatnonzero(~kept).tolist() == [2, 7]


def test_the_last_label_of_a_class_stays() -> None:
    assert keep_labels(["a", "b", "c"], np.array([0.1, 0.2, 0.3]), remove=0.9).all()
    kept = keep_labels(["a", "a", "a", "b"], np.array([0.9, 0.8, 0.7, 0.0]), remove=0.5)
    assert kept.tolist() == [True, False, False, True]


def test_confidence_alone_decides_within_one_class_and_ties_go_in_order() -> None:
    assert keep_labels(["a"] * 4, np.array([0.5, 0.5, 0.9, 0.5]), remove=0.5).tolist() == [False, False, True, True]
    assert keep_labels(["a"] * 5, np.ones(5), remove=0.0).all()


def test_labels_that_do_not_fit_are_refused() -> None:
    for labels, confidence, remove in (
        (["a"], np.ones(2), 0.2),
        ([], np.ones(0), 0.2),
        (["a"], np.ones(1), 1.0),
        (["a"], np.array([np.nan]), 0.2),
    ):
        with pytest.raises(InputError):
            keep_labels(labels, confidence, remove=remove)
