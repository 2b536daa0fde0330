"""Predictors on features: each learns who is good at what, stands gaps, and is read back as it was written."""

import numpy as np
import pytest
from tests.routing.learning.made_outcomes import LetterEmbedder, made

from coreagent.errors import InputError, UnknownNameError
from coreagent.routing.learning.features import FeatureMaker
from coreagent.routing.learning.folds import deal
from coreagent.routing.learning.predictors.base import Rows, completed, error
from coreagent.routing.learning.predictors.blend import FAMILIES, Blend
from coreagent.routing.learning.predictors.ridge import conjugate_gradients
from coreagent.routing.outcomes import Floats, Outcomes

OURS = ("forest", "ridge", "logistic", "factorisation")


def with_rows(table: Outcomes) -> tuple[Rows, Rows, Outcomes]:
    """Rows of the table, and of other prompts of the same kinds."""
    maker, rows = FeatureMaker.of(table, LetterEmbedder().embed(table.prompts))
    whole = made(len(table) + 90, seed=5)
    other = whole.take(np.arange(len(table), len(whole)))
    return rows, maker.rows(other, LetterEmbedder().embed(other.prompts)), other


def routed(predicted: Floats, scores: Floats) -> float:
    return float(scores[np.arange(len(scores)), predicted.argmax(axis=1)].mean())


@pytest.mark.parametrize("family", OURS)
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_each_beats_the_best_single_model_on_new_prompts(family: str, missing: float) -> None:
    table = made(240, missing=missing)
    rows, new, other = with_rows(table)
    setting = FAMILIES[family].settings[0]
    fitted = FAMILIES[family].fit(rows, table.scores, setting, 0)
    assert routed(fitted.predict(new), other.scores) > other.scores.mean(axis=0).max() + 0.1


@pytest.mark.parametrize("family", OURS)
def test_one_row_is_predicted_as_it_is_among_others(family: str) -> None:
    table = made(120)
    rows, new, _ = with_rows(table)
    fitted = FAMILIES[family].fit(rows, table.scores, FAMILIES[family].settings[0], 0)
    assert fitted.predict(new.take(np.array([4])))[0] == pytest.approx(fitted.predict(new)[4], abs=1e-5)


@pytest.mark.parametrize("family", OURS)
def test_each_is_read_back_as_it_was_written(family: str) -> None:
    table = made(120)
    rows, new, _ = with_rows(table)
    fitted = FAMILIES[family].fit(rows, table.scores, FAMILIES[family].settings[0], 0)
    again = FAMILIES[family].read(fitted.arrays())
    # What is stored in half precision comes back rounded.
    assert again.predict(new) == pytest.approx(fitted.predict(new), abs=2e-3)


@pytest.mark.parametrize("family", OURS)
def test_a_model_with_one_outcome_is_predicted_near_it(family: str) -> None:
    table = made(120)
    scores = table.scores.copy()
    scores[:, 1] = 1
    rows, new, _ = with_rows(table)
    predicted = FAMILIES[family].fit(rows, scores, FAMILIES[family].settings[0], 0).predict(new)
    assert predicted[:, 1].min() > 0.85


@pytest.mark.parametrize("family", OURS)
def test_a_model_without_scores_is_refused(family: str) -> None:
    table = made(60)
    scores = table.scores.copy()
    scores[:, 2] = np.nan
    rows, _, _ = with_rows(table)
    with pytest.raises(InputError, match="model 3 of 3 has no score"):
        FAMILIES[family].fit(rows, scores, FAMILIES[family].settings[0], 0)


def test_gaps_are_filled_by_the_models_mean_and_the_rows_level() -> None:
    scores = np.array([[1.0, np.nan], [0.0, 0.0], [np.nan, 1.0]], dtype=np.float32)
    filled = completed(scores, np.array([0.5, 0.5], dtype=np.float32))
    assert filled.tolist() == [[1.0, 0.75], [0.0, 0.0], [0.75, 1.0]]


def test_the_error_is_that_of_differences_between_models() -> None:
    scores = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert error(scores - 0.3, scores) == pytest.approx(0)
    assert error(1 - scores, scores) == pytest.approx(1)
    alone = np.array([[1.0], [np.nan]], dtype=np.float32)
    assert error(np.full((2, 1), 0.5, dtype=np.float32), alone) == pytest.approx(0.25)


def test_conjugate_gradients_solve_each_column() -> None:
    rng = np.random.default_rng(0)
    half = rng.standard_normal((6, 6))
    curve = half @ half.T + 6 * np.eye(6)
    slopes = np.column_stack([rng.standard_normal((6, 2)), np.zeros(6)])
    assert conjugate_gradients(lambda at: curve @ at, slopes) == pytest.approx(np.linalg.solve(curve, slopes), abs=1e-3)


def test_a_blend_predicts_left_out_rows_and_is_read_back() -> None:
    table = made(150, missing=0.2)
    rows, new, other = with_rows(table)
    both = ("forest", "ridge")
    blend, left_out = Blend.fit(rows, table.scores, table.groups, seed=3, families=both)
    assert left_out.shape == table.scores.shape
    assert not np.isnan(left_out).any()
    assert sum(member.weight for member in blend.members) == pytest.approx(1)
    assert routed(blend.predict(new), other.scores) > other.scores.mean(axis=0).max() + 0.1
    assert Blend.from_arrays(blend.arrays()).predict(new) == pytest.approx(blend.predict(new), abs=2e-3)
    assert Blend.fit(rows, table.scores, table.groups, seed=3, families=both)[0].words == blend.words


def test_an_unknown_family_is_named() -> None:
    table = made(30)
    rows, _, _ = with_rows(table)
    with pytest.raises(UnknownNameError, match="'forrest'.*forest"):
        Blend.fit(rows, table.scores, table.groups, seed=0, families=("forrest",))


def test_folds_never_part_a_group_and_do_not_move() -> None:
    groups = np.repeat(np.arange(40), 3)
    folds = deal(groups, seed=1)
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in range(40))
    assert sorted(np.bincount(folds).tolist()) == [24] * 5
    assert np.array_equal(folds, deal(groups, seed=1))
    assert not np.array_equal(folds, deal(groups, seed=2))


def test_one_group_makes_no_folds() -> None:
    with pytest.raises(InputError, match="1 different prompts"):
        deal(np.zeros(9, dtype=np.int64))
