"""Curves by hand, and what holds of any curve."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.routing.replay.curves import Curve, aiq, apgr, area, cpt, hull, pgr, usd_per_solved, with_nothing
from coreagent.routing.replay.sweeps import trade_sweep, two_model_sweep

WEAK, STRONG = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 0.0])


def swept(preference: list[float]) -> Curve:
    return two_model_sweep(np.array(preference), (WEAK, STRONG)).curve()


def test_a_curve_by_hand() -> None:
    # Rows 1 and 3 are gained first, then row 2 changes nothing, then row 4 is lost.
    curve = swept([0.9, 0.2, 0.8, 0.1])
    assert curve.at.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve.quality.tolist() == [0.5, 0.75, 1, 1, 0.75]
    assert apgr(curve, 0.5, 0.75) == pytest.approx((0.25 * (0.5 / 2 + 0.75 + 1 + 1 + 0.75 / 2) - 0.5) / 0.25)
    assert cpt(curve, 0.5, 0.75, 0.5) == pytest.approx(0.125)
    assert cpt(curve, 0.5, 0.75, 0.8) == pytest.approx(0.2)
    assert cpt(curve, 0.5, 0.75, 0.0) == 0


def test_equal_preferences_are_taken_together() -> None:
    curve = swept([1, 1, 1, 1])
    assert curve.at.tolist() == [0, 1]
    assert apgr(curve, 0.5, 0.75) == pytest.approx(0.5)
    assert cpt(curve, 0.5, 0.75, 0.8) == pytest.approx(0.8)


def test_pgr_needs_a_gap() -> None:
    assert pgr(0.7, 0.6, 0.8) == pytest.approx(0.5)
    assert math.isnan(pgr(0.7, 0.8, 0.8)) and math.isnan(apgr(swept([1, 2, 3, 4]), 0.8, 0.5))
    assert math.isnan(cpt(swept([1, 2, 3, 4]), 0.8, 0.5, 0.5))
    assert math.isnan(cpt(Curve.through((0, 0.2), (1, 0.3)), 0.2, 0.9, 0.5)), "never reached"


def test_an_area_is_level_beyond_the_ends() -> None:
    curve = Curve.through((1, 0.2), (3, 0.6))
    assert area(curve, 1, 3) == pytest.approx(0.4)
    assert area(curve, 0, 4) == pytest.approx((0.2 + 2 * 0.4 + 0.6) / 4)
    assert area(curve, 2, 2) == pytest.approx(0.4)
    with pytest.raises(ValueError, match="range"):
        area(curve, 3, 1)


def test_a_hull_is_concave_and_never_falls() -> None:
    curve = hull(Curve.through((0, 0.1), (1, 0.2), (2, 0.6), (3, 0.5), (4, 0.7), (4, 0.3)))
    assert list(zip(curve.at.tolist(), curve.quality.tolist(), strict=True)) == [(0, 0.1), (2, 0.6), (4, 0.7)]


def test_aiq_by_hand() -> None:
    # The hull of (0, 0), (1, .4), (2, .5) and (3, .6) runs through all of them; from 1 to 3 its mean height is .5.
    points = Curve.through((1, 0.4), (2, 0.5), (3, 0.6), (2.5, 0.1))
    assert aiq(points, 1, 3) == pytest.approx(0.5)
    # One point: the line from nothing up to it, level after it.
    assert aiq(Curve.through((2, 0.6)), 1, 3) == pytest.approx((0.45 + 0.6) / 2)
    assert aiq(points, 2, 2) == pytest.approx(0.5)


def test_what_nothing_costs_and_solves_joins_the_curve() -> None:
    assert with_nothing(Curve.through((2, 0.6))).at.tolist() == [0, 2]
    assert usd_per_solved(3.0, 2) == 1.5
    assert math.isnan(usd_per_solved(3.0, 0))


def test_a_scale_has_a_length() -> None:
    curve = Curve.through((2, 0.1), (4, 0.2)).measured_in(2, 4)
    assert curve.at.tolist() == [0, 1]
    with pytest.raises(ValueError, match="no length"):
        curve.measured_in(1, 1)


def test_a_trade_goes_where_the_most_is_promised_for_a_dollar() -> None:
    predicted = np.array([[0.2, 0.8, 0.9], [0.5, 0.4, 0.9]])
    price = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    scores = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    curve = trade_sweep(predicted, price, scores, price).curve()
    # .6 for the first dollar of row 1; .2 a dollar for both of row 2; .1 for the second of row 1.
    assert curve.at.tolist() == [1, 1.5, 2.5, 3]
    assert curve.quality.tolist() == [0.5, 1, 0.5, 0.5]
    with pytest.raises(ValueError, match="every value"):
        trade_sweep(np.array([[math.nan, 1.0]]), price[:1, :2], scores[:1, :2], price[:1, :2])


def test_weights_stand_for_repeated_rows() -> None:
    sweep = two_model_sweep(np.array([0.9, 0.2, 0.8, 0.1]), (WEAK, STRONG))
    twice = np.array([0, 0, 1, 2, 2, 2, 3])
    again = two_model_sweep(np.array([0.9, 0.2, 0.8, 0.1])[twice], (WEAK[twice], STRONG[twice])).curve()
    at, quality = sweep.curves(np.array([[2.0, 1.0, 3.0, 1.0]]))
    # Copies of a row pass each threshold together.
    assert at[0].tolist() == pytest.approx(again.at.tolist())
    assert quality[0].tolist() == pytest.approx(again.quality.tolist())
    assert sweep.curves(np.ones((1, 4)), most_points=2)[0][0].tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=5))
def test_all_orders_together_are_chance(pairs: list[tuple[int, int]]) -> None:
    weak, strong = np.array(pairs, dtype=np.float64).T
    areas = [
        area(two_model_sweep(np.array(order), (weak, strong)).curve(), 0, 1)
        for order in itertools.permutations(range(len(pairs)))
    ]
    assert np.mean(areas) == pytest.approx((weak.mean() + strong.mean()) / 2)


TABLES = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.floats(0, 1), min_size=n * 3, max_size=n * 3).map(lambda v: np.array(v).reshape(-1, 3)),) * 3
    )
)


@given(TABLES)
def test_no_curve_is_above_the_oracle_s_hull(tables: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    predicted, scores, usd = tables
    curve = trade_sweep(predicted, usd, scores, usd).curve()
    oracle = hull(trade_sweep(scores, usd, scores, usd).curve())
    for at, quality in zip(curve.at.tolist(), curve.quality.tolist(), strict=True):
        assert quality <= oracle.value(at) + 1e-9


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 1)), min_size=1, max_size=9))
def test_a_hull_is_nowhere_below_its_points(points: list[tuple[float, float]]) -> None:
    curve = Curve.through(*points)
    over = hull(curve)
    assert all(over.value(at) >= quality - 1e-9 for at, quality in points)
    assert (np.diff(over.quality) >= 0).all()
    low, high = float(curve.at.min()), float(curve.at.max())
    assert aiq(curve, low, high) >= area(with_nothing(curve), low, high) - 1e-9
