"""Watt-hours rule models out as dollars do, and what calls usually take counts where the worst case does not fit."""

from dataclasses import replace

import pytest

from coreagent.errors import BudgetExceededError, NoModelError
from coreagent.models.card import Energy, ModelCard, Price
from coreagent.routing.eligibility import exclusion
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import Router

CARD = ModelCard(name="big", adapter="scripted", model="big", price=Price(0.0, 1.0), energy=Energy(0.0, 1_000.0))
REQUEST = RoutingRequest(subtask="s1", role="caller", input_tokens=10, output_tokens=500)


def test_a_model_that_would_take_too_much_energy_is_out() -> None:
    assert exclusion(CARD, replace(REQUEST, wh_left=0.5)) == ""
    assert exclusion(CARD, replace(REQUEST, wh_left=0.4)) == "predicted 0.5 Wh, 0.4 Wh is left"


def test_unknown_watt_hours_are_out_under_a_limit_only() -> None:
    unknown = replace(CARD, energy=None)
    assert exclusion(unknown, REQUEST) == ""
    assert "nobody stated what it consumes" in exclusion(unknown, replace(REQUEST, energy_required=True))


def test_what_nearly_all_calls_keep_to_is_enough_to_be_left() -> None:
    tight = replace(REQUEST, wh_left=0.1, usd_left=0.0001)
    assert exclusion(CARD, tight) != ""
    assert exclusion(CARD, replace(tight, least_output={"big": 100, "other": 1})) == ""
    assert exclusion(CARD, replace(tight, least_output={"big": 101})) != ""


@pytest.mark.parametrize(
    ("request_", "limit"),
    [
        (replace(REQUEST, wh_left=0.1), "wh"),
        (replace(REQUEST, usd_left=0.0001), "usd"),
        (replace(REQUEST, wh_left=0.1, usd_left=0.0001), "usd"),
    ],
)
def test_the_refusal_names_the_unit_that_keeps_the_call_from_its_models(request_: RoutingRequest, limit: str) -> None:
    with pytest.raises(BudgetExceededError) as caught:
        Router({"big": CARD}).decide(request_)
    assert caught.value.limit == limit


def test_where_more_than_the_budget_is_missing_no_model_is_named() -> None:
    with pytest.raises(NoModelError, match="nobody stated what it consumes"):
        Router({"big": replace(CARD, energy=None)}).decide(replace(REQUEST, wh_left=5, energy_required=True))
