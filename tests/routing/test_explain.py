"""A Decision in words."""

import pytest

from coreagent.decision import Candidate, Decision
from coreagent.labels import Label, Sensitivity
from coreagent.models.card import FREE, UNKNOWN_PRICE, Energy, Latency, ModelCard, Price
from coreagent.routing.eligibility import candidate
from coreagent.routing.explain import explain, kind_of
from coreagent.routing.policies import parse_policy
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import Router


def card(name: str, **more: object) -> ModelCard:
    return ModelCard(name=name, adapter="litellm", model=name, **{"price": FREE, **more})  # type: ignore[arg-type]


def request(**more: object) -> RoutingRequest:
    return RoutingRequest(subtask="s1", role="summarizer", input_tokens=1000, output_tokens=500, **more)  # type: ignore[arg-type]


def decided(policy: str, *cards: ModelCard, width: int = 80, **more: object) -> str:
    router = Router({entry.name: entry for entry in cards}, parse_policy(policy))
    return explain(router.decide(request(**more)), width=width)


def test_the_whole_of_a_decision() -> None:
    words = decided(
        "graded() | advised() | within(usd=0.01) | prefer_local() | cheapest_above(quality=0.7)",
        card("cloud", quality=0.9, price=Price(20, 20), placement="cloud"),
        card("site", quality=0.8, price=Price(1, 1), latency=Latency(0.5, 0.01), energy=Energy(100, 1000)),
        card("tiny", quality=0.4),
        card("mute", tools=False),
        card("deaf", tools=False),
        card("short", context_tokens=1_000),
        card("planner", roles=("planner",)),
        domain="o-ran",
        needs_tools=True,
        risk=0.5,
    )
    assert words.split("\n") == [
        "s1 (summarizer) -> site: cheapest above quality 0.7; then tiny",
        "  asked for   summarizer in o-ran, up to 1,000 tokens in, 500 out",
        "  decided by  cheapest_above, threshold 0.7",
        "  policy      graded(t1=0.3, t2=0.7) | advised() | within(usd=0.01) |",
        "              prefer_local() | cheapest_above(quality=0.7)",
        "  conduct     guarded: the guard sees a risk of 0.50",
        "  note        no adviser was asked; the next policy decided",
        "  candidate  quality        at most  latency  energy",
        "  > site     0.80 (stated)  $0.0015   5.50 s  0.6 Wh",
        "    tiny     0.40 (stated)       $0",
        "  capability  deaf, mute: out, can not call tools",
        "  context     short: out, context too small (1,000 tokens needed, 500 fit)",
        "  bound       cloud: out, predicted 0.03 dollars a call, at most 0.01 asked for",
    ]


def test_an_escalation_and_a_failure_are_told() -> None:
    cards = card("small", quality=0.5), card("large", quality=0.9), card("third", quality=0.8)
    decision = Router({entry.name: entry for entry in cards}, parse_policy("cascade()")).decide(
        request(escalated_from="small")
    )
    assert "escalated from small; then third" in explain(decision)
    assert "  escalation  small: out, its result was not good enough" in explain(decision)


def test_a_fallback_that_answered_is_told() -> None:
    decision = Decision(
        subtask="s1", role="caller", policy="best()", model="a", candidates=(), reason="best", answered_by="b"
    )
    assert explain(decision).split("\n")[0] == "s1 (caller) -> a: best; it failed, and b answered"


def test_a_drawn_model_shows_its_chance_and_a_prediction_who_made_it() -> None:
    decision = Decision(
        subtask="s1",
        role="caller",
        policy="bandit(floor=0.05, prior=10)",
        model="a",
        candidates=(
            Candidate(model="b", quality=None),
            Candidate(model="a", quality=0.71, quality_by="router.npz 3f2a", cost_usd=0.0012, most_usd=0.003),
        ),
        reason="explored",
        decided_by="bandit",
        probability=0.0314,
    )
    words = explain(decision)
    assert words.split("\n") == [
        "s1 (caller) -> a: explored",
        "  decided by  bandit",
        "  policy      bandit(floor=0.05, prior=10)",
        "  chance      3.14% for this model; the policy explores",
        "  candidate  quality                    cost  at most",
        "  > a        0.71 (router.npz 3f2a)  $0.0012   $0.003",
        "    b        unknown                      $0",
    ]


@pytest.mark.parametrize(
    ("entry", "ask", "kind"),
    [
        (card("m", placement="cloud"), request(label=Label(Sensitivity.CONFIDENTIAL)), "clearance"),
        (card("m", roles=("planner",)), request(), "role"),
        (card("m"), request(pinned="other"), "asked for"),
        (card("m"), request(avoid=frozenset({"m"})), "health"),
        (card("m"), request(escalated_from="m"), "escalation"),
        (card("m", tools=False), request(needs_tools=True), "capability"),
        (card("m", json_schema=False), request(needs_schema=True), "capability"),
        (card("m", context_tokens=600), request(), "context"),
        (card("m", price=UNKNOWN_PRICE), request(price_required=True), "budget"),
        (card("m", price=Price(9, 9)), request(usd_left=0.001), "budget"),
        (card("m"), request(energy_required=True), "budget"),
        (card("m", energy=Energy(100, 1000)), request(energy_required=True, wh_left=0.001), "budget"),
    ],
)
def test_every_exclusion_has_its_kind(entry: ModelCard, ask: RoutingRequest, kind: str) -> None:
    left_out = candidate(entry, ask)
    assert left_out.excluded
    assert kind_of(left_out) == kind


def test_a_price_that_nobody_stated_is_not_shown_as_nothing() -> None:
    words = decided("best()", card("dear", quality=0.9, price=UNKNOWN_PRICE), card("free", quality=0.4))
    assert [line.split()[-1] for line in words.split("\n")[-2:]] == ["unknown", "$0"]


def test_words_are_wrapped_and_a_decision_of_the_default_says_so() -> None:
    words = decided('fixed(planner="a")', card("a", quality=0.9), card("b"), width=60)
    assert "  decided by  cheapest_above, threshold 0.6 (the default:\n              the policy left it open)" in words


def test_a_kind_nobody_knows_is_still_told() -> None:
    odd = Candidate(model="m", excluded="on holiday")
    decision = Decision(subtask="s1", role="caller", policy="best()", model="a", candidates=(odd,), reason="best")
    assert "other" in explain(decision)
    assert "m: out, on holiday" in explain(decision)
