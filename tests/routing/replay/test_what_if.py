"""A recorded run under another policy, without any model."""

from dataclasses import replace

from coreagent.decision import Candidate, Decision
from coreagent.events import Event, ModelFinished, Planned, Routed, RunStarted
from coreagent.messages import Usage
from coreagent.models.card import UNKNOWN_PRICE, ModelCard, Price
from coreagent.plans import Plan, RoleName, Subtask
from coreagent.routing.policies import best, cheapest_above, objectives, within
from coreagent.routing.policy import Choice, Policy
from coreagent.routing.replay.recorded import recorded_calls
from coreagent.routing.replay.what_if import RecordedCall, Rerouted, reroute
from coreagent.routing.router import Router

SMALL = ModelCard(name="small", adapter="litellm", model="s", quality=0.5, price=Price(1, 1))
LARGE = ModelCard(name="large", adapter="litellm", model="l", quality=0.9, price=Price(100, 100))


def decision(model: str = "small", *, role: RoleName = "summarizer", **candidates: str) -> Decision:
    return Decision(
        subtask="answer",
        role=role,
        policy="cheapest_above(quality=0.5)",
        model=model,
        candidates=tuple(
            Candidate(model=name, quality=0.5, excluded=why) for name, why in (candidates or _OPEN).items()
        ),
        reason="cheapest",
        input_tokens=1000,
        output_tokens=1000,
    )


_OPEN = {"small": "", "large": ""}


def under(policy: Policy, call: Decision, *cards: ModelCard, usd: float = 0.01) -> Rerouted:
    router = Router({card.name: card for card in cards or (SMALL, LARGE)}, policy)
    return reroute([RecordedCall(decision=call, text="q", usd=usd, seconds=1.0)], router)[0]


def test_the_same_choice_keeps_the_recorded_cost() -> None:
    same = under(cheapest_above(quality=0.4), decision())
    assert (same.model, same.differs, same.usd) == ("small", False, 0.01)


def test_another_choice_costs_what_is_predicted_for_it() -> None:
    other = under(best(), decision())
    assert (other.model, other.differs) == ("large", True)
    assert other.usd == 0.2
    assert (other.quality_before, other.quality) == (0.5, 0.9)


def test_a_fallback_that_answered_is_what_the_call_was() -> None:
    assert not under(best(), replace(decision("small"), answered_by="large")).differs


def test_who_was_not_eligible_then_is_not_now_but_a_bound_of_the_old_policy_does_not_hold() -> None:
    barred = decision(small="", large="not cleared for confidential data")
    assert under(best(), barred).model == "small"
    bounded = Candidate(model="large", excluded="predicted dollars 0.2", by_policy=True)
    assert under(best(), _with(decision(), bounded)).model == "large"


def _with(call: Decision, candidate: Candidate) -> Decision:
    return replace(call, candidates=(call.candidates[0], candidate))


def test_a_policy_that_refuses_the_call_says_so() -> None:
    refused = under(within(usd=1e-9), decision())
    assert refused.model == ""
    assert refused.differs
    assert "leaves no model" in refused.reason


def test_models_that_are_no_longer_in_the_settings_leave_nobody() -> None:
    gone = under(best(), decision(), ModelCard(name="new", adapter="litellm", model="n"))
    assert gone.model == ""
    assert "in the settings" in gone.reason


def finished(subtask: str, role: RoleName, usd: float) -> ModelFinished:
    return ModelFinished(subtask, role, "small", Usage(1, 1, 1), usd, 0.5)


def test_calls_are_read_with_what_each_was_asked() -> None:
    plan = Plan((Subtask(id="s1", role="caller", instruction="look it up"),))
    one, two = decision(role="planner"), decision(role="caller")
    two = replace(two, subtask="s1")
    events: list[Event] = [
        RunStarted("r", "the question"),
        Routed(one),
        finished("answer", "planner", 0.1),
        Planned(plan),
        Routed(two),
        finished("s1", "caller", 0.2),
        RunStarted("r", "", resumed=True),
        Routed(decision()),
    ]
    calls = recorded_calls(events)
    assert [(call.decision.role, call.text, call.usd) for call in calls] == [
        ("planner", "the question", 0.1),
        ("caller", "look it up", 0.2),
        ("summarizer", "the question", 0.0),
    ]


def test_a_record_without_the_size_of_its_call_keeps_its_own_predictions() -> None:
    known = tuple(Candidate(model=name, quality=0.5, cost_usd=usd) for name, usd in (("small", 0.01), ("large", 0.5)))
    old = replace(decision(), candidates=known, input_tokens=0, output_tokens=0)
    assert under(Policy("last()", lambda there, _: Choice(("large",), "last")), old).usd == 0.5


def test_a_price_that_nobody_stated_is_no_prediction_of_nothing() -> None:
    dear = replace(LARGE, price=UNKNOWN_PRICE)
    other = under(best(), decision(), SMALL, dear)
    assert (other.model, other.priced) == ("large", False)
    assert under(best(), decision("large"), SMALL, dear).priced


def test_flags_of_the_question_are_no_text_of_its_calls_and_weigh_again() -> None:
    cards = replace(SMALL, params_b=1.0), replace(LARGE, params_b=400.0)
    events: list[Event] = [RunStarted("r", "[size=2] What is A1?"), Routed(decision("large"))]
    calls = recorded_calls(events)
    assert [(call.text, dict(call.flags)) for call in calls] == [("What is A1?", {"size": 2.0})]
    again = reroute(calls, Router({card.name: card for card in cards}, objectives()))[0]
    assert (again.model, again.differs) == ("small", True)
