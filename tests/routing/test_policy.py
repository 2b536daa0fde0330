"""Policies over cards and requests only; no model is built."""

from typing import Any

import pytest

from coreagent.decision import Candidate
from coreagent.errors import BudgetExceededError, NoModelError
from coreagent.labels import Label, Sensitivity
from coreagent.models.card import FREE, UNKNOWN_PRICE, Latency, ModelCard, Price
from coreagent.plans import RoleName
from coreagent.routing.explain import explain
from coreagent.routing.policies import Rule, cheapest_above, fixed, rules
from coreagent.routing.policy import Policy
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import Router


def card(name: str, *, quality: float | None = None, usd: float = 0.0, **more: object) -> ModelCard:
    price = Price(usd, usd) if usd else FREE
    return ModelCard(name=name, adapter="litellm", model=name, quality=quality, **{"price": price, **more})  # type: ignore[arg-type]


def request(role: RoleName = "summarizer", **more: object) -> RoutingRequest:
    return RoutingRequest(subtask="s1", role=role, input_tokens=1000, output_tokens=500, **more)  # type: ignore[arg-type]


def router(*cards: ModelCard, policy: Policy | None = None) -> Router:
    return Router({entry.name: entry for entry in cards}, policy or cheapest_above(quality=0.6))


def test_the_cheapest_model_at_or_above_the_bound_is_chosen() -> None:
    small, middle, large = card("s", quality=0.5, usd=1), card("m", quality=0.6, usd=2), card("l", quality=0.9, usd=9)
    decision = router(large, small, middle).decide(request())
    assert decision.model == "m"
    assert decision.reason == "cheapest above quality 0.6"
    assert decision.threshold == 0.6
    assert decision.fallbacks == ("l", "s")


def test_the_best_is_chosen_when_none_reaches_the_bound() -> None:
    decision = router(card("a", quality=0.2), card("b", quality=0.4, usd=3)).decide(request())
    assert decision.model == "b"
    assert "none reaches" in decision.reason


def test_a_domain_score_counts_before_a_role_score_and_the_prior() -> None:
    one = card("one", quality=0.9, scores={"o-ran": 0.3, "summarizer": 0.7})
    two = card("two", quality=0.65, usd=5)
    assert router(one, two).decide(request(domain="o-ran")).model == "two"
    assert router(one, two).decide(request(domain="ip")).model == "one"


def test_ties_go_to_the_name_whatever_the_order_of_the_cards() -> None:
    a, b = card("a", quality=0.7), card("b", quality=0.7)
    assert router(a, b).decide(request()).model == router(b, a).decide(request()).model == "a"


def test_fixed_then_cheapest_reads_as_the_rule_it_is() -> None:
    policy = fixed({"planner": "big"}) | cheapest_above(quality=0.6)
    cards = card("big", quality=0.9, usd=9), card("small", quality=0.7)
    assert router(*cards, policy=policy).decide(request("planner")).model == "big"
    assert router(*cards, policy=policy).decide(request("verifier")).model == "small"


def test_a_fixed_model_that_is_not_eligible_leaves_the_choice_to_the_next_policy() -> None:
    policy = fixed({"summarizer": "cloud"}) | cheapest_above(quality=0.1)
    cards = card("cloud", quality=0.9, placement="cloud"), card("site", quality=0.3, clearance=Sensitivity.CONFIDENTIAL)
    decision = router(*cards, policy=policy).decide(request(label=Label(Sensitivity.CONFIDENTIAL)))
    assert decision.model == "site"


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule(model="m"), True),
        (Rule(model="m", role="planner"), False),
        (Rule(model="m", domain="ran"), True),
        (Rule(model="m", min_tokens=1001), False),
        (Rule(model="m", min_tokens=1000, max_tokens=1000), True),
    ],
)
def test_rule_conditions(rule: Rule, matches: bool) -> None:
    assert rule.matches(request(domain="ran")) is matches


def test_the_first_matching_rule_decides_and_is_named() -> None:
    table = (Rule(model="a", domain="core"), Rule(model="b", domain="ran"), Rule(model="c"))
    decision = router(card("a"), card("b"), card("c"), policy=rules(table)).decide(request(domain="ran"))
    assert (decision.model, decision.reason) == ("b", "rule 2: domain is ran")


@pytest.mark.parametrize(
    ("entry", "ask", "why"),
    [
        (card("m", roles=("planner",)), request(), "not a summarizer"),
        (card("m", placement="cloud", clearance=Sensitivity.CONFIDENTIAL),
         request(label=Label(Sensitivity.CONFIDENTIAL)), "not cleared for confidential data"),
        (card("m", clearance=Sensitivity.PUBLIC), request(label=Label(Sensitivity.INTERNAL)), "not cleared"),
        (card("m", tools=False), request(needs_tools=True), "can not call tools"),
        (card("m", json_schema=False), request(needs_schema=True), "JSON schema"),
        (card("m", context_tokens=1200), request(), "context too small"),
        (card("m", price=UNKNOWN_PRICE), request(price_required=True), "has no price"),
        (card("m"), request(avoid=frozenset({"m"})), "failed a moment ago"),
        (card("m"), request(escalated_from="m"), "not good enough"),
        (card("m"), request(pinned="other"), "other was asked for"),
    ],
)  # fmt: skip
def test_each_exclusion_is_named(entry: ModelCard, ask: RoutingRequest, why: str) -> None:
    with pytest.raises(NoModelError, match="coreagent|no model") as caught:
        router(entry).decide(ask)
    assert why in caught.value.excluded["m"]


def test_when_only_money_is_missing_it_is_a_matter_of_the_budget() -> None:
    with pytest.raises(BudgetExceededError, match=r"predicted at \$0.015, \$0.001 is left"):
        router(card("m", usd=10), card("n", usd=20)).decide(request(usd_left=0.001))
    decision = router(card("m", usd=10), card("free", quality=0.1)).decide(request(usd_left=0.001))
    assert decision.model == "free"
    assert decision.candidates[0].excluded == "predicted $0.015, $0.001 is left"


def test_confidential_data_never_goes_to_the_cloud_whatever_the_card_claims() -> None:
    cloud = card("cloud", quality=1.0, placement="cloud", clearance=Sensitivity.CONFIDENTIAL)
    site = card("site", quality=0.1, placement="site", clearance=Sensitivity.CONFIDENTIAL)
    decision = router(cloud, site).decide(request(label=Label(Sensitivity.CONFIDENTIAL)))
    assert decision.model == "site"
    assert "cloud" not in decision.fallbacks


def test_a_pinned_model_is_taken_and_said_to_be_asked_for() -> None:
    decision = router(card("a", quality=0.9), card("b", quality=0.1)).decide(request(pinned="b"))
    assert (decision.model, decision.reason, decision.fallbacks) == ("b", "asked for: b", ())


@pytest.mark.parametrize(
    ("more", "why", "mend"),
    [
        ({"price_required": True}, "dear: has no price", 'State price under [models."dear"]'),
        ({"energy_required": True}, "dear: nobody stated what it consumes", 'State energy under [models."dear"]'),
    ],
)
def test_a_pinned_model_that_can_not_do_it_is_the_only_cause_told(more: dict[str, Any], why: str, mend: str) -> None:
    cards = card("dear", price=UNKNOWN_PRICE), card("free")
    with pytest.raises(NoModelError) as caught:
        router(*cards).decide(request(pinned="dear", **more))
    assert why in str(caught.value)
    assert "was asked for" not in str(caught.value)
    assert mend in caught.value.mend
    assert set(caught.value.excluded) == {"dear", "free"}


def test_costs_and_latency_are_predicted_for_every_candidate() -> None:
    decision = router(card("m", usd=2, latency=Latency(0.1, 0.01))).decide(request())
    assert decision.candidates == (
        Candidate(
            model="m",
            quality=0.6,
            quality_by="unmeasured",
            cost_usd=pytest.approx(0.003),  # type: ignore[arg-type]
            most_usd=pytest.approx(0.003),  # type: ignore[arg-type]
            latency_s=pytest.approx(5.1),  # type: ignore[arg-type]
        ),
    )


def test_explain_names_the_choice_the_reason_and_what_was_out() -> None:
    words = explain(router(card("a", quality=0.9), card("b", tools=False)).decide(request(needs_tools=True)))
    assert "s1 (summarizer) -> a" in words
    assert "b: out, can not call tools" in words
