"""Cheap first, then another family."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, request, seen

from coreagent.errors import UsageError
from coreagent.models.card import Price
from coreagent.routing.policies import best, cascade, cheapest_above, other_family, prefer_local, within
from coreagent.routing.router import Router

AFTER = request(escalated_from="failed")


def test_the_first_call_goes_to_the_cheapest() -> None:
    there = field(seen("dear", 0.9, 3), seen("cheap", 0.2, 1), seen("middle", 0.6, 2))
    assert chosen(cascade(), there).order == ("cheap", "middle", "dear")
    started = chosen(cascade(start=0.6), there)
    assert (started.order, started.threshold) == (("middle", "dear", "cheap"), 0.6)
    assert not chosen(cascade(start=0.95), there).met


def test_an_escalation_goes_to_the_best_of_another_family() -> None:
    cards = card("failed", family="q"), card("sister", family="q"), card("other", family="g")
    there = field(seen("sister", 0.9), seen("other", 0.8), ask=AFTER, cards=cards, failed=seen("failed", 0.5))
    choice = chosen(cascade(), there)
    assert choice.order == ("other", "sister")
    assert choice.notes == ()
    assert choice.reason == "next of a cascade: best predicted of another family after failed"


def test_the_same_family_comes_when_no_other_is_as_good_with_a_note() -> None:
    cards = card("failed", family="q"), card("sister", family="q"), card("other", family="g")
    there = field(seen("sister", 0.9), seen("other", 0.4), ask=AFTER, cards=cards, failed=seen("failed", 0.5))
    choice = chosen(cascade(), there)
    assert choice.order == ("sister", "other")
    assert choice.notes == ("no other family has a model at least as good as failed",)
    alone = field(seen("sister", 0.9), ask=AFTER, cards=cards)
    assert "another family" not in chosen(cascade(), alone).reason


def test_another_family_in_the_cloud_comes_before_a_local_sister() -> None:
    cards = card("failed", family="q"), card("sister", family="q"), card("cloud", family="g", placement="cloud")
    there = field(seen("sister", 0.9), seen("cloud", 0.8), ask=AFTER, cards=cards, failed=seen("failed", 0.5))
    assert chosen(prefer_local() | cascade(), there).order == ("cloud", "sister")


def test_a_worse_model_comes_only_when_nothing_else_is_left_with_a_note() -> None:
    there = field(seen("worse", 0.3), ask=AFTER, cards=(card("failed"),), failed=seen("failed", 0.5))
    assert chosen(cascade(), there).notes == ("only models predicted worse than failed (0.50) are left",)


def test_without_a_prediction_of_the_failed_model_its_card_speaks() -> None:
    there = field(seen("worse", 0.3), ask=AFTER, cards=(card("failed", quality=0.4),))
    assert "(0.40)" in chosen(cascade(), there).notes[0]


def test_the_router_tells_what_the_failed_model_was_predicted() -> None:
    cards = [card("failed", quality=0.7), card("weak", quality=0.6), card("strong", quality=0.8, price=Price(9, 9))]
    decision = Router({entry.name: entry for entry in cards}, cascade()).decide(AFTER)
    assert (decision.model, decision.fallbacks) == ("strong", ("weak",))


def test_families_that_failed_before_are_left_behind_too() -> None:
    cards = card("failed", family="q"), card("first", family="g"), card("a", family="g"), card("b", family="m")
    ask = request(escalated_from="failed", tried=frozenset({"first"}))
    there = field(seen("a", 0.9), seen("b", 0.8), ask=ask, cards=cards)
    assert chosen(cascade(), there).order == ("b", "a")
    assert chosen(other_family() | best(), there).order == ("b",)


def test_other_family_narrows_only_after_an_escalation_and_never_to_nobody() -> None:
    cards = card("failed", family="q"), card("a", family="q"), card("b", family="g")
    entries = seen("a", 0.9), seen("b", 0.8)
    assert chosen(other_family() | best(), field(*entries, cards=cards)).order[0] == "a"
    assert chosen(other_family() | best(), field(*entries, cards=cards, ask=AFTER)).order == ("b",)
    assert chosen(other_family() | best(), field(entries[0], cards=cards, ask=AFTER)).order == ("a",)


def test_the_accept_bound_is_carried_on_by_a_line_of_policies() -> None:
    assert cascade(accept=0.7).accept == 0.7
    assert (within(usd=1) | cascade(accept=0.7)).accept == 0.7
    assert (cascade(accept=0.7) | cheapest_above(quality=0.5)).accept == 0.7
    assert (within(usd=1) | best()).accept is None


def test_bounds_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="accept=1.5"):
        cascade(accept=1.5)
    with pytest.raises(UsageError, match=r"start=1\.1"):
        cascade(start=1.1)


@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["", "q", "g"])), min_size=1, max_size=6))
def test_never_something_worse_than_what_failed_while_there_is_better(
    failed: float, models: list[tuple[float, str]]
) -> None:
    cards = [card("failed", family="q"), *(card(f"m{at}", family=family) for at, (_, family) in enumerate(models))]
    qualities = {f"m{at}": quality for at, (quality, _) in enumerate(models)}
    there = field(
        *(seen(name, quality) for name, quality in qualities.items()),
        ask=AFTER, cards=tuple(cards), failed=seen("failed", failed),
    )  # fmt: skip
    choice = chosen(cascade(), there)
    assert sorted(choice.order) == sorted(qualities)
    if max(qualities.values()) >= failed:
        assert qualities[choice.order[0]] >= failed
        others = [name for at, (name, q) in enumerate(qualities.items()) if q >= failed and models[at][1] != "q"]
        assert not others or choice.order[0] in others
    else:
        assert any("worse" in note for note in choice.notes)
