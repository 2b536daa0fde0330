"""Lines that every router is held against."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.replay.tables import GAP, table

from coreagent.routing.replay.played import Played
from coreagent.routing.replay.references import (
    best_column,
    best_of_random,
    cheapest_single,
    oracle,
    price_order,
    prompt_length,
    random_choice,
    references,
)
from coreagent.routing.replay.splits import folds


def named(outcomes_table: object, **more: object) -> dict[str, Played]:
    return {played.name.split(":")[0]: played for played in references(outcomes_table, **more)}  # type: ignore[arg-type]


def test_all_of_them_by_hand() -> None:
    found = named(table([[1, 0], [0, 1], [0, 1], [0, 1]]))
    assert list(found) == [
        "best single", "cheapest single", "random", "best of 100 random", "prompt length", "oracle",
    ]  # fmt: skip
    means = {name: played.scores.mean() for name, played in found.items()}
    assert (means["best single"], means["cheapest single"], means["random"]) == (0.75, 0.25, 0.5)
    # The two longer prompts go to the dearer model.
    assert found["prompt length"].answered_by.tolist() == [0, 0, 1, 1]
    assert means["prompt length"] == 0.75
    assert found["oracle"].answered_by.tolist() == [0, 1, 1, 1]
    assert means["best of 100 random"] > 0.5
    assert found["best single"].usd.mean() == pytest.approx(0.01)
    assert found["random"].usd.mean() == pytest.approx(0.0055)
    assert found["random"].shares().tolist() == [0.5, 0.5]


def test_names_say_which_model() -> None:
    lines = references(table([[1, 0], [0, 1], [0, 1]]))
    assert [line.name for line in lines[:2]] == ["best single: large", "cheapest single: small"]


def test_of_equal_models_the_cheaper_is_the_best_single() -> None:
    assert best_column(table([[1, 1], [0, 0]])) == 0
    assert best_column(table([[1, 1], [0, 0]], usd=np.array([[0.2, 0.1]] * 2))) == 1


def test_the_oracle_takes_the_cheapest_of_equals() -> None:
    assert oracle(table([[1, 1], [0, 0]])).answered_by.tolist() == [0, 0]
    # This once the dearer model was the cheaper.
    paid = np.array([[0.5, 0.1], [0.1, 0.5]])
    assert oracle(table([[1, 1], [1, 1]], usd=paid)).answered_by.tolist() == [1, 0]


def test_without_prices_the_better_model_is_taken_for_the_dearer() -> None:
    unpriced = table([[1, 0], [1, 0], [0, 1]], usd=np.full((3, 2), GAP))
    assert price_order(unpriced) == [1, 0]
    assert cheapest_single(unpriced, unpriced).answered_by.tolist() == [1, 1, 1]
    assert oracle(unpriced).scores.tolist() == [1, 1, 1]
    assert np.isnan(random_choice(unpriced).usd).all()


def test_gaps_are_no_zeros() -> None:
    gappy = table([[1, GAP], [0, 1], [GAP, 1]])
    assert random_choice(gappy).scores.tolist() == [1, 0.5, 1]
    assert random_choice(gappy).calls.tolist() == [[1, 0], [0.5, 0.5], [0, 1]]
    assert best_column(gappy) == 1
    assert references(gappy)[0].gaps == 1
    assert not best_of_random(gappy).gaps and not oracle(gappy).gaps


def test_what_is_chosen_is_chosen_on_the_other_folds() -> None:
    # The model that is best on all rows is not the best on the rows outside each fold.
    scores = [[1, 0], [1, 0], [0, 1], [0, 1]]
    outcomes = table(scores)
    splits = folds(outcomes, 2)
    best = named(outcomes, splits=splits)["best single"]
    for split in splits:
        assert split.fitting is not None
        assert set(best.answered_by[split.rows].tolist()) == {best_column(split.fitting)}


def test_the_best_of_random_routers_is_the_same_each_time() -> None:
    outcomes = table([[1, 0], [0, 1]] * 20)
    assert best_of_random(outcomes).answered_by.tolist() == best_of_random(outcomes).answered_by.tolist()
    assert best_of_random(outcomes, seed=8).answered_by.tolist() != best_of_random(outcomes).answered_by.tolist()


def test_lengths_of_several_models_are_parted_evenly() -> None:
    outcomes = table([[0, 0, 0]] * 9, models=("a", "b", "c"))
    played = prompt_length(outcomes, outcomes)
    assert played.answered_by.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert played.predicted is None


@given(
    st.integers(2, 4).flatmap(
        lambda m: st.lists(
            st.lists(st.floats(0, 1, width=32) | st.just(GAP), min_size=m, max_size=m), min_size=1, max_size=12
        )
    )
)
def test_nobody_beats_the_oracle(scores: list[list[float]]) -> None:
    outcomes = table(scores, models=[f"m{column}" for column in range(len(scores[0]))])
    *others, best = references(outcomes)
    for played in others:
        known = ~np.isnan(played.scores)
        assert (played.scores[known] <= best.scores[known] + 1e-6).all()
