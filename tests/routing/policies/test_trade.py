"""Quality against dollars, seconds, watt-hours and staying local."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, seen

from coreagent.errors import UsageError
from coreagent.models.card import UNKNOWN_PRICE
from coreagent.routing.policies import best, trade


def test_a_point_of_quality_is_bought_only_at_its_price() -> None:
    there = field(seen("small", 0.70, 0.001), seen("large", 0.80, 0.011))
    # Ten points more cost ten thousandths of a dollar more.
    assert chosen(trade(usd=0.0011), there).order == ("large", "small")
    assert chosen(trade(usd=0.0009), there).order == ("small", "large")


def test_the_reason_names_the_runner_up_and_how_far_it_is_behind() -> None:
    choice = chosen(trade(usd=0.001), field(seen("small", 0.70, 0.001), seen("large", 0.75, 0.011)))
    assert choice.reason == (
        "best trade (a point of quality for 0.001 dollars): quality 0.70, 0.001 dollars;"
        " large is 5 points behind: quality 0.75, 0.011 dollars"
    )
    assert choice.by == "trade"


def test_staying_local_is_worth_its_bonus_and_no_more() -> None:
    cards = card("cloud", placement="cloud"), card("site", placement="site")
    there = field(seen("cloud", 0.80), seen("site", 0.72), cards=cards)
    assert chosen(trade(local=0.1), there).order[0] == "site"
    assert chosen(trade(local=0.05), there).order[0] == "cloud"
    assert chosen(trade(local=0.1), there).reason.startswith("best trade (10 points for staying local): quality 0.72;")


def test_equal_worth_goes_to_the_higher_quality_then_the_name() -> None:
    there = field(seen("b", 0.7, 0.0), seen("a", 0.7, 0.0), seen("c", 0.75, 0.005))
    assert chosen(trade(usd=0.001), there).order == ("c", "a", "b")


def test_seconds_and_watt_hours_count_like_dollars() -> None:
    slow, fast = seen("slow", 0.8, latency_s=12.0, energy_wh=1.0), seen("fast", 0.75, latency_s=2.0, energy_wh=9.0)
    assert chosen(trade(seconds=1), field(slow, fast)).order[0] == "fast"
    assert chosen(trade(seconds=1, wh=1), field(slow, fast)).order[0] == "slow"


def test_an_amount_nobody_knows_counts_as_the_largest_known() -> None:
    unpriced = card("unpriced", price=UNKNOWN_PRICE)
    there = field(seen("unpriced", 0.80), seen("dear", 0.81, 0.02), seen("cheap", 0.65, 0.001), cards=(unpriced,))
    choice = chosen(trade(usd=0.001), there)
    assert choice.order == ("cheap", "dear", "unpriced")
    assert choice.notes == ("dollars of unpriced unknown: taken as the most of the others",)


@pytest.mark.parametrize("wrong", [{}, {"usd": 0.0}, {"seconds": -1.0}, {"local": 1.5}, {"usd": float("nan")}])
def test_rates_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="trade"):
        trade(**wrong)


def test_an_empty_field_is_handed_on() -> None:
    assert trade(usd=1).choose(field()) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6), st.floats(1e-6, 1))
def test_what_is_chosen_is_worth_no_less_than_any_other(models: list[tuple[float, float]], usd: float) -> None:
    there = field(*(seen(f"m{at}", quality, cost) for at, (quality, cost) in enumerate(models)))
    worth = {f"m{at}": quality - 0.01 * cost / usd for at, (quality, cost) in enumerate(models)}
    assert worth[chosen(trade(usd=usd), there).order[0]] == max(worth.values())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.data())
def test_money_of_no_account_gives_the_best_model(qualities: list[float], data: st.DataObject) -> None:
    there = field(*(seen(f"m{at}", quality) for at, quality in enumerate(qualities)))
    assert chosen(trade(usd=data.draw(st.floats(1e-6, 1e6))), there).order == chosen(best(), there).order
