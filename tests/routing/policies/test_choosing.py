"""Fixed models, rules, and the cheapest above a bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, request, seen

from coreagent.errors import UsageError
from coreagent.routing.policies import best, cheapest_above, fixed


def test_the_only_model_is_told_from_the_only_one_left() -> None:
    alone = field(seen("a", 0.9), cards=(card("p", roles=("planner",)),))
    assert chosen(cheapest_above(quality=0.5), alone).reason == "only model for this role"
    left = field(seen("a", 0.9), cards=(card("out"),))
    assert chosen(cheapest_above(quality=0.5), left).reason == "only model left for this call"


def test_fixed_is_written_in_the_order_of_the_roles() -> None:
    assert fixed({"verifier": "v", "planner": 'p"1'}).name == 'fixed(planner="p\\"1", verifier="v")'
    assert chosen(fixed({"planner": "b"}) | best(), field(seen("a", 0.9), seen("b"), ask=request("planner"))).order == (
        "b",
        "a",
    )


def test_a_bound_out_of_range_is_refused() -> None:
    with pytest.raises(UsageError, match=r"quality=1\.2"):
        cheapest_above(quality=1.2)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 9)), min_size=2, max_size=6), st.floats(0, 1))
def test_no_model_at_or_above_the_bound_is_cheaper(models: list[tuple[float, float]], bound: float) -> None:
    there = field(*(seen(f"m{at}", quality, usd) for at, (quality, usd) in enumerate(models)))
    choice = chosen(cheapest_above(quality=bound), there)
    quality, usd = models[int(choice.order[0][1:])]
    good = [cost for value, cost in models if value >= bound]
    assert choice.met == bool(good)
    assert usd == min(good) if good else quality == max(value for value, _ in models)
    assert sorted(choice.order) == sorted(entry.model for entry in there.candidates)
