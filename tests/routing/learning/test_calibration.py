"""Calibrators against references, and what they do with input that teaches nothing."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # sklearn ships no types

from coreagent.errors import InputError, SettingsError
from coreagent.evals.statistics.calibration import ece
from coreagent.routing.learning.calibration import (
    apply_columns,
    calibrate,
    calibrate_columns,
    calibrate_shared,
    isotonic,
    platt,
)
from coreagent.routing.learning.calibrators import (
    Constant,
    Isotonic,
    Platt,
    Unchanged,
    calibrators_as_arrays,
    calibrators_from_arrays,
)

Doubles = NDArray[np.float64]


def drawn(count: int, *, seed: int = 0, slope: float = 1.0, shift: float = 0.0) -> tuple[Doubles, Doubles]:
    """Scores whose chance of being right is the sigmoid of a line."""
    rng = np.random.default_rng(seed)
    scores = rng.random(count)
    chance = 1 / (1 + np.exp(-(slope * (scores - 0.5) + shift)))
    return scores, (rng.random(count) < chance).astype(np.float64)


@pytest.mark.parametrize("count", [2, 7, 50, 400])
@pytest.mark.parametrize("decimals", [1, 8])
def test_isotonic_is_that_of_the_reference(count: int, decimals: int) -> None:
    scores, rights = drawn(count, slope=4)
    scores = np.round(scores, decimals)
    rights[:2], scores[:2] = (1, 0), (0.7, 0.3)
    asked = np.linspace(-0.5, 1.5, 101)
    reference: Any = IsotonicRegression(out_of_bounds="clip")
    expected: Doubles = reference.fit(scores, rights).predict(asked)
    found = isotonic(scores, rights)
    assert isinstance(found, Isotonic)
    assert found(asked) == pytest.approx(expected, abs=1e-12)
    assert (np.diff(found(asked)) >= 0).all()


@pytest.mark.parametrize("unit", [1.0, 1000.0, 1e-4])
def test_platt_reaches_the_minimum_of_the_reference(unit: float) -> None:
    scores, rights = drawn(300, slope=5, shift=-0.7)
    right = rights.sum()
    low, high = 1 / (300 - right + 2), (right + 1) / (right + 2)
    targets = low + rights * (high - low)

    def loss(line: Doubles) -> float:
        values = line[0] * scores + line[1]
        return float((np.logaddexp(0, values) - targets * values).sum())

    reference = minimize(loss, np.zeros(2), method="BFGS", tol=1e-10).x
    found = platt(scores * unit + 3, rights)
    assert isinstance(found, Platt)
    assert found.slope * unit == pytest.approx(reference[0], rel=1e-3)
    asked = np.linspace(0, 1, 11)
    assert found(asked * unit + 3) == pytest.approx(1 / (1 + np.exp(-(reference[0] * asked + reference[1]))), abs=1e-4)


def test_platt_stays_finite_where_a_score_parts_the_outcomes() -> None:
    found = platt(np.arange(10.0), (np.arange(10) >= 5).astype(float))
    assert isinstance(found, Platt)
    chances = found(np.array([-1e9, 0.0, 9.0, 1e9]))
    assert chances[[0, 3]].tolist() == [0.0, 1.0]
    assert 0.01 < chances[1] < 0.2
    assert chances[1] + chances[2] == pytest.approx(1)


def test_shares_count_as_outcomes() -> None:
    scores = np.repeat([0.2, 0.8], 10)
    whole = isotonic(scores, np.repeat([0.3, 0.6], 10))
    assert whole(np.array([0.2, 0.5, 0.8])) == pytest.approx([0.3, 0.45, 0.6])


def test_a_higher_score_never_means_a_lower_chance() -> None:
    scores, rights = drawn(200, slope=-6)
    assert platt(scores, rights) == Constant(float((rights.sum() + 1) / 202))
    against = isotonic(scores, rights)
    assert (np.diff(against(np.linspace(0, 1, 50))) >= 0).all()


@pytest.mark.parametrize("make", [platt, isotonic, calibrate])
def test_one_outcome_or_one_score_gives_the_smoothed_share(make: object) -> None:
    assert callable(make)
    assert make(np.array([0.1, 0.5, 0.9]), np.ones(3)) == Constant(0.8)
    assert make(np.array([0.1, 0.5, 0.9]), np.zeros(3)) == Constant(0.2)
    assert make(np.full(4, 0.5), np.array([1.0, 0, 1, 1])) == Constant(4 / 6)
    assert make(np.array([0.7]), np.array([1.0])) == Constant(2 / 3)


def test_few_rows_leave_scores_alone() -> None:
    assert calibrate(*drawn(19)) == Unchanged()
    assert Unchanged()(np.array([-1.0, 0.4, 7.0, np.nan])).tolist()[:3] == [0.0, 0.4, 1.0]


def test_the_best_on_rows_left_out_is_chosen() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(4000)
    honest = (rng.random(4000) < scores).astype(float)
    assert calibrate(scores, honest) == Unchanged()
    steep, sure = drawn(4000, slope=8)
    assert isinstance(calibrate(steep, sure, by="log_loss"), Platt)
    steps = (rng.random(4000) < np.select([scores < 0.3, scores < 0.6], [0.1, 0.8], 0.85)).astype(float)
    assert isinstance(calibrate(scores, steps), Isotonic)


@pytest.mark.parametrize("by", ["brier", "log_loss"])
def test_calibration_error_falls_on_fresh_rows(by: str) -> None:
    scores, rights = drawn(1500, slope=2, shift=-1)
    fresh, truth = drawn(1500, seed=1, slope=2, shift=-1)
    found = calibrate(scores, rights, by=by)  # type: ignore[arg-type]  # the parameter's names
    before = ece(fresh, [bool(value) for value in truth])
    after = ece(found(fresh), [bool(value) for value in truth])
    assert before > 0.15
    assert after < 0.05


def test_gaps_are_left_out_and_passed_on() -> None:
    scores, rights = drawn(200, slope=6)
    more = np.concatenate([scores, [np.nan, 0.5]]), np.concatenate([rights, [1.0, np.nan]])
    for make in (platt, isotonic, calibrate):
        bare, gapped = make(scores, rights), make(*more)
        asked = np.array([0.1, np.nan, 0.9])
        assert np.array_equal(bare(asked), gapped(asked), equal_nan=True)
        assert np.isnan(gapped(asked)).tolist() == [False, True, False]
    assert np.isnan(Constant(0.5)(np.array([np.nan]))).all()


def test_rows_of_one_group_are_left_out_together() -> None:
    # Each prompt stands ten times with one outcome that its score does not know: apart, isotonic learns it by heart.
    rng = np.random.default_rng(2)
    scores = np.repeat(rng.random(60), 10)
    rights = np.repeat((rng.random(60) < 0.5).astype(float), 10)
    assert isinstance(calibrate(scores, rights), Isotonic | Platt)
    found = calibrate(scores, rights, np.repeat(np.arange(60), 10))
    assert np.ptp(found(np.linspace(0, 1, 20))) < 0.4


def test_wrong_input_is_refused() -> None:
    for make in (platt, isotonic, calibrate):
        with pytest.raises(InputError, match="nothing to calibrate"):
            make(np.zeros(0), np.zeros(0))
        with pytest.raises(InputError, match="nothing to calibrate"):
            make(np.array([np.nan, 0.5]), np.array([1.0, np.nan]))
        with pytest.raises(InputError, match="do not fit"):
            make(np.zeros(3), np.zeros(2))
        with pytest.raises(InputError, match="outside"):
            make(np.array([0.1, 0.2]), np.array([0.0, 2.0]))
        with pytest.raises(InputError, match="infinite"):
            make(np.array([0.1, np.inf]), np.array([0.0, 1.0]))


def test_columns_are_calibrated_apart_and_stored() -> None:
    low, rights = drawn(600, slope=6)
    high, others = drawn(600, seed=3, slope=0.5, shift=2)
    predicted = np.stack([low, high, np.full(600, 0.5)], axis=1)
    truth = np.stack([rights, others, rights], axis=1)
    found = calibrate_columns(predicted, truth, np.arange(600))
    assert found[0] == calibrate(low, rights, np.arange(600)) or isinstance(found[0], Isotonic)
    assert isinstance(found[2], Constant)
    chances = apply_columns(found, predicted)
    assert chances.mean(axis=0) == pytest.approx(truth.mean(axis=0), abs=0.02)
    again = calibrators_from_arrays(calibrators_as_arrays((*found, Unchanged(), isotonic(low, rights))))
    assert np.array_equal(apply_columns(again[:3], predicted), chances)
    assert again[3] == Unchanged()
    assert np.array_equal(again[4](low), isotonic(low, rights)(low))
    assert calibrators_from_arrays(calibrators_as_arrays(())) == ()
    with pytest.raises(InputError, match="2 calibrators"):
        apply_columns(found[:2], predicted)
    with pytest.raises(InputError, match="do not fit"):
        calibrate_columns(predicted, truth[:, :2])


def test_a_shared_calibrator_keeps_the_order_of_the_models() -> None:
    rng = np.random.default_rng(6)
    predicted = rng.random((500, 4))
    truth = (rng.random((500, 4)) < 0.3 + 0.2 * predicted).astype(float)
    truth[::7, 1] = np.nan
    found = calibrate_shared(predicted, truth)
    assert isinstance(found, Platt)
    chances = apply_columns((found,) * 4, predicted)
    assert np.array_equal(np.argsort(chances, axis=1), np.argsort(predicted, axis=1))
    known = ~np.isnan(truth)
    assert ece(chances[known], truth[known].tolist()) < 0.03
    assert ece(predicted[known], truth[known].tolist()) > 0.15


def test_a_shared_calibrator_that_would_lose_the_order_is_none() -> None:
    predicted = np.random.default_rng(7).random((100, 2))
    assert calibrate_shared(predicted, np.ones((100, 2))) == Unchanged()
    assert calibrate_shared(predicted, 1 - predicted) == Unchanged()
    assert calibrate_shared(np.full((100, 2), 0.4), predicted) == Unchanged()
    assert calibrate_shared(predicted[:3], np.round(predicted[:3])) == Unchanged()
    with pytest.raises(InputError):
        calibrate_shared(predicted, predicted[:, :1])


def test_one_group_leaves_scores_alone() -> None:
    assert calibrate(*drawn(100, slope=4), np.zeros(100, dtype=np.int64)) == Unchanged()


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [(2, [-1.0, 0.0]), (3, [0.2, 0.1, 0.0, 1.0]), (3, [0.1, 0.2, 1.0, 0.0]), (3, [1.0]), (7, []), (1, [])],
)
def test_numbers_that_are_no_calibrator_are_refused(kind: int, numbers: list[float]) -> None:
    stored = {
        "calibrator_kinds": np.array([kind]),
        "calibrator_ends": np.array([len(numbers)]),
        "calibrator_numbers": np.array(numbers),
    }
    with pytest.raises(SettingsError, match="can not be read"):
        calibrators_from_arrays(stored)
