"""Operating points on made outcomes: a cheap local model, a middle one, and a dear one that is best."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.operating_curve import choices
from coreagent.routing.learning.operating_point import OperatingPoint, operating_point

Doubles = NDArray[np.float64]

LOCAL = np.array([True, False, False])


@dataclass(frozen=True)
class Made:
    predicted: Doubles
    scores: Doubles
    usd: Doubles

    def at(self, point: OperatingPoint) -> NDArray[np.int64]:
        return choices(
            self.predicted,
            usd=self.usd if point.usd_per_point is not None or point.threshold is not None else None,
            local=LOCAL,
            usd_per_point=float("inf") if point.usd_per_point is None else point.usd_per_point,
            local_bonus=point.local_bonus or 0.0,
            threshold=point.threshold,
        )

    def quality(self, point: OperatingPoint) -> float:
        return float(self.scores[np.arange(len(self.scores)), self.at(point)].mean())

    def cost(self, point: OperatingPoint) -> float:
        return float(self.usd[np.arange(len(self.usd)), self.at(point)].mean())


def made(count: int = 600, *, seed: int = 0) -> Made:
    """Calibrated predictions: the dear model is better by far at hard questions only."""
    rng = np.random.default_rng(seed)
    hard = rng.random(count)
    predicted = np.stack([0.95 - 0.7 * hard, 0.93 - 0.45 * hard, 0.94 - 0.2 * hard], axis=1)
    scores = (rng.random((count, 3)) < predicted).astype(np.float64)
    usd = np.array([0.0001, 0.001, 0.01]) * rng.uniform(0.5, 1.5, (count, 1))
    return Made(predicted, scores, usd)


def test_close_to_the_best_costs_less_than_the_best() -> None:
    there = made()
    point = operating_point("at most 2 points below the best model", there.predicted, there.scores, there.usd, LOCAL)
    best = int(there.scores.mean(axis=0).argmax())
    assert point.best_single == pytest.approx(there.scores.mean(axis=0).max())
    assert point.quality.value >= point.best_single - 0.02
    assert point.usd_per_call.value < 0.85 * there.usd[:, best].mean()
    # It says what its own number gives.
    assert point.quality.value == pytest.approx(there.quality(point))
    assert point.usd_per_call.value == pytest.approx(there.cost(point))
    assert point.local_share.value == pytest.approx((there.at(point) == 0).mean())
    assert (point.local_bonus, point.threshold) == (None, None)


def test_a_bound_on_cost_is_kept_and_used() -> None:
    there = made()
    point = operating_point("at most $2 per 1,000", there.predicted, there.scores, there.usd, LOCAL)
    assert 0.001 < point.usd_per_call.value <= 0.002
    assert point.quality.value > there.scores[:, 0].mean() + 0.05
    dear = operating_point("at most $6 per 1,000", there.predicted, there.scores, there.usd, LOCAL)
    assert dear.usd_per_point is not None
    assert point.usd_per_point is not None
    assert dear.usd_per_point > point.usd_per_point


def test_money_enough_for_the_best_at_every_call_lets_cost_play_no_part() -> None:
    there = made()
    usd = np.tile([0.001, 0.002, 0.003], (600, 1))
    perfect = Made(there.scores, there.scores, usd)
    point = operating_point("at most $1,000 per 1,000", perfect.predicted, perfect.scores, usd)
    assert point.quality.value == pytest.approx(there.scores.max(axis=1).mean())
    assert np.isnan(point.local_share.value)
    assert "local" not in point.words


def test_a_share_stays_local_and_costs_are_not_needed_for_it() -> None:
    there = made()
    point = operating_point("80 % local", there.predicted, there.scores, None, LOCAL)
    assert point.local_bonus is not None
    assert 0.8 <= point.local_share.value < 0.95
    assert np.isnan(point.usd_per_call.value)
    assert (there.at(point) == 0).mean() == pytest.approx(point.local_share.value)
    # Those kept here are the ones that lose least by it.
    lost = there.predicted.max(axis=1) - there.predicted[:, 0]
    stays = there.at(point) == 0
    assert lost[stays].max() <= lost[~stays].min() + 1e-5
    assert operating_point("100 % local", there.predicted, there.scores, None, LOCAL).local_share.value == 1


def test_a_wish_for_quality_is_met_at_the_least_cost() -> None:
    there = made()
    point = operating_point("at least 0.7", there.predicted, there.scores, there.usd, LOCAL)
    more = operating_point("at least 0.8", there.predicted, there.scores, there.usd, LOCAL)
    assert 0.7 <= point.quality.value < 0.73
    assert more.quality.value >= 0.8
    assert point.usd_per_call.value < more.usd_per_call.value


def test_each_call_takes_the_cheapest_above_the_threshold() -> None:
    there = made()
    point = operating_point("each at least 0.7", there.predicted, there.scores, there.usd, LOCAL)
    assert point.threshold == 0.7
    chosen = there.at(point)
    assert (there.predicted[np.arange(600), chosen] >= 0.7).all()
    assert (chosen[there.predicted[:, 0] >= 0.7] == 0).all()
    assert choices(np.array([[0.2, 0.6]]), usd=np.array([[1.0, 2.0]]), threshold=0.9).tolist() == [1]


@pytest.mark.parametrize(
    ("wish", "nearest"),
    [
        ("at least 0.99", r"at least 0\.\d+"),
        ("at most $0.01 per 1,000", r"at most \$0\.\d+ per 1,000"),
    ],
)
def test_a_wish_that_can_not_be_met_names_the_nearest_that_can(wish: str, nearest: str) -> None:
    there = made()
    with pytest.raises(InputError, match=nearest) as caught:
        operating_point(wish, there.predicted, there.scores, there.usd, LOCAL)
    offered = caught.value.mend.removeprefix('Ask for "').removesuffix('".')
    assert operating_point(offered, there.predicted, there.scores, there.usd, LOCAL).rows == 600


def test_the_distance_to_the_best_that_predictions_allow_is_offered() -> None:
    there = made()
    backwards = Made(1 - there.predicted, there.scores, there.usd)
    with pytest.raises(InputError, match="points below the best model") as caught:
        operating_point("at most 0 points below the best model", backwards.predicted, there.scores, there.usd)
    offered = caught.value.mend.removeprefix('Ask for "').removesuffix('".')
    assert operating_point(offered, backwards.predicted, there.scores, there.usd).quality.value < there.scores.mean()


def test_intervals_hold_what_the_same_search_gives_on_fresh_rows() -> None:
    fresh = made(20_000, seed=77)
    held = {"quality": 0, "usd": 0}
    for seed in range(40):
        there = made(300, seed=seed)
        point = operating_point("at most $3 per 1,000", there.predicted, there.scores, there.usd, resamples=200)
        assert point.quality.low <= point.quality.value <= point.quality.high
        held["quality"] += point.quality.low <= fresh.quality(point) <= point.quality.high
        held["usd"] += point.usd_per_call.low <= fresh.cost(point) <= point.usd_per_call.high
    assert min(held.values()) >= 34


def test_being_sure_costs_more_and_is_kept_more_often() -> None:
    there = made()
    wish = "at most 2 points below the best model"
    plain = operating_point(wish, there.predicted, there.scores, there.usd)
    sure = operating_point(wish, there.predicted, there.scores, there.usd, sure=0.9)
    assert plain.kept < 0.9 <= sure.kept
    assert sure.usd_per_call.value > plain.usd_per_call.value
    assert sure.conditional
    assert "for this very point" in sure.words
    assert not plain.conditional
    with pytest.raises(InputError, match="redrawn samples at most"):
        operating_point("at least 0.845", there.predicted, there.scores, there.usd, sure=0.999)


def test_the_same_seed_gives_the_same_point_and_it_says_so_in_words() -> None:
    there = made()
    points = [operating_point("at least 0.8", there.predicted, there.scores, there.usd, LOCAL) for _ in range(2)]
    assert points[0] == points[1]
    words = points[0].words
    assert words.startswith("at least 0.8: mean quality 0.8")
    assert "per 1,000 calls" in words
    assert "% local" in words


def test_copies_of_a_prompt_are_drawn_together() -> None:
    there = made(150)
    copied = Made(*(np.repeat(table, 8, axis=0) for table in (there.predicted, there.scores, there.usd)))
    groups = np.repeat(np.arange(150), 8)
    apart = operating_point("at least 0.8", copied.predicted, copied.scores, copied.usd)
    together = operating_point("at least 0.8", copied.predicted, copied.scores, copied.usd, groups=groups)
    assert together.quality.value == apart.quality.value
    assert together.quality.high - together.quality.low > 1.8 * (apart.quality.high - apart.quality.low)


def test_rows_with_gaps_are_left_out() -> None:
    there = made(200)
    scores, usd = there.scores.copy(), there.usd.copy()
    scores[:40, 1] = np.nan
    usd[40:60, 0] = np.nan
    assert operating_point("at least 0.7", there.predicted, scores, usd, LOCAL).rows == 140
    local = operating_point("50 % local", there.predicted, scores, usd, LOCAL)
    assert local.rows == 160
    assert np.isnan(local.usd_per_call.value)


def test_a_single_model_is_its_own_operating_point() -> None:
    there = made(100)
    point = operating_point(
        "at most 0 points below the best model", there.predicted[:, :1], there.scores[:, :1], there.usd[:, :1]
    )
    assert point.quality.value == point.best_single
    assert operating_point("90 % local", there.predicted[:, :1], there.scores[:, :1], None, LOCAL[:1]).local_bonus == 0


def test_many_rows_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coreagent.routing.learning.operating_curve.MAX_ROWS", 100)
    there = made(400)
    groups = np.repeat(np.arange(200), 2)
    point = operating_point("at least 0.7", there.predicted, there.scores, there.usd, groups=groups)
    assert point.rows == 200


def test_what_a_wish_needs_and_is_not_there_is_named() -> None:
    there = made(100)
    with pytest.raises(InputError, match="needs costs"):
        operating_point("at least 0.7", there.predicted, there.scores)
    with pytest.raises(InputError, match="needs costs"):
        operating_point("at least 0.7", there.predicted, there.scores, np.full((100, 3), np.nan))
    with pytest.raises(InputError, match="no model is local"):
        operating_point("80 % local", there.predicted, there.scores, there.usd)
    with pytest.raises(InputError, match="no model is local"):
        operating_point("80 % local", there.predicted, there.scores, there.usd, np.zeros(3, dtype=np.bool_))
    with pytest.raises(InputError, match="too few"):
        operating_point("at least 0.7", there.predicted[:29], there.scores[:29], there.usd[:29])
    with pytest.raises(InputError, match="do not fit"):
        operating_point("at least 0.7", there.predicted, there.scores[:-1], there.usd)


def test_ties_go_to_the_better_model() -> None:
    assert choices(np.array([[0.5, 0.6]]), usd=np.array([[0.0, 0.001]]), usd_per_point=0.0001).tolist() == [1]
    assert choices(np.array([[0.5, 0.6]]), local=np.array([True, False]), local_bonus=0.1).tolist() == [1]
    assert choices(np.array([[0.5, 0.6]]), local=np.array([True, False]), local_bonus=0.11).tolist() == [0]
