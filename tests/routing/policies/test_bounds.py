"""Bounds of a call, and staying local."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, seen

from coreagent.errors import NoModelError, UsageError
from coreagent.models.card import UNKNOWN_PRICE
from coreagent.routing.policies import best, cheapest_above, parse_policy, prefer_local, within

CLOUD, SITE = card("cloud", placement="cloud"), card("site", placement="site")


def test_what_is_over_a_bound_is_out_and_told() -> None:
    there = field(seen("a", 0.9, 0.02), seen("b", 0.5, 0.01, latency_s=1.0), seen("c", 0.4, 0.001, latency_s=9.0))
    choice = chosen(within(usd=0.01, seconds=5) | best(), there)
    assert choice.order == ("b",)
    assert choice.excluded["a"] == "predicted 0.02 dollars a call, at most 0.01 asked for"
    assert choice.excluded["c"] == "predicted 9 seconds a call, at most 5 asked for"


def test_what_nobody_knows_is_not_within_a_bound() -> None:
    there = field(seen("free", 0.3), seen("unpriced", 0.9), cards=(card("unpriced", price=UNKNOWN_PRICE),))
    choice = chosen(within(usd=1) | best(), there)
    assert choice.order == ("free",)
    assert choice.excluded == {"unpriced": "dollars of a call unknown, at most 1 asked for"}


def test_a_model_without_a_price_is_never_the_cheapest() -> None:
    there = field(seen("dear", 0.8, 5), seen("unpriced", 0.9), cards=(card("unpriced", price=UNKNOWN_PRICE),))
    assert chosen(cheapest_above(quality=0.5), there).order == ("dear", "unpriced")


def test_bounds_that_leave_nobody_name_the_nearest_that_would() -> None:
    there = field(seen("a", 0.9, 0.0212345), seen("b", 0.5, 0.03))
    with pytest.raises(NoModelError) as caught:
        within(usd=0.01).choose(there)
    assert caught.value.mend == "The nearest that leaves one: within(usd=0.0214) allows a."
    assert set(caught.value.excluded) == {"a", "b"}


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=4), st.floats(1e-12, 1))
def test_the_nearest_bounds_do_leave_one(costs: list[float], share: float) -> None:
    there = field(*(seen(f"m{at}", 0.5, usd) for at, usd in enumerate(costs)))
    try:
        within(usd=min(costs) * share / 2).choose(there)
    except NoModelError as error:
        named = re.search(r"within\(.*?\)", error.mend)
        assert named
        assert chosen(parse_policy(named[0]) | best(), there).order


def test_no_bound_and_negative_bounds_are_refused() -> None:
    with pytest.raises(UsageError, match="bounds nothing"):
        within()
    with pytest.raises(UsageError, match="usd=-1"):
        within(usd=-1)


def test_local_models_come_first_while_they_are_good_enough() -> None:
    there = field(seen("cloud", 0.9), seen("site", 0.7), cards=(CLOUD, SITE))
    local = chosen(prefer_local() | cheapest_above(quality=0.6), there)
    assert (local.order, local.reason) == (("site", "cloud"), "only model left for this call, local preferred")
    assert chosen(prefer_local() | cheapest_above(quality=0.8), there).order == ("cloud", "site")


def test_a_bound_after_prefer_local_that_no_cloud_model_meets_keeps_the_local_choice() -> None:
    there = field(seen("cloud", 0.9, 5), seen("site", 0.7, 0.1), cards=(CLOUD, SITE))
    choice = chosen(prefer_local() | within(usd=1) | best(), there)
    assert choice.order == ("site",)
    nobody_local = chosen(prefer_local() | within(seconds=1) | best(), field(
        seen("cloud", 0.9, latency_s=0.5), seen("site", 0.7, latency_s=3.0), cards=(CLOUD, SITE)))  # fmt: skip
    assert nobody_local.order == ("cloud",)
    assert set(nobody_local.excluded) == {"site"}
