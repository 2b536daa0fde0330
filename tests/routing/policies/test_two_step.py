"""Category, then its expert."""

import pytest
from tests.routing.policies.fields import card, chosen, field, request, seen

from coreagent.errors import InputError, UsageError
from coreagent.routing.policies import Assignment, assignment_from_cards, best, two_step
from coreagent.routing.request import RoutingRequest

ASSIGNED = Assignment(
    experts={"ran": "small", "core": "large", "general": "middle"}, score=0.7, total_size=100, average_active=40
)
ENTRIES = seen("small", 0.4), seen("middle", 0.5), seen("large", 0.9)


def test_the_domain_of_the_request_is_its_category() -> None:
    choice = chosen(two_step(ASSIGNED), field(*ENTRIES, ask=request(domain="ran")))
    assert choice.order[0] == "small"
    assert choice.reason == "expert for ran (1.00 sure)"


def test_an_unsure_category_goes_to_the_general_expert() -> None:
    def guess(asked: RoutingRequest) -> tuple[str, float]:
        return "ran", 0.3 if "maybe" in asked.text else 0.8

    policy = two_step(ASSIGNED, guess, unsure=0.6)
    unsure = chosen(policy, field(*ENTRIES, ask=request(text="maybe")))
    assert (unsure.order[0], unsure.threshold) == ("middle", 0.6)
    assert unsure.reason == "expert for general: ran only 0.30 sure"
    assert chosen(policy, field(*ENTRIES, ask=request(text="sure"))).order[0] == "small"


def test_no_domain_is_a_general_question() -> None:
    assert chosen(two_step(ASSIGNED), field(*ENTRIES)).order[0] == "middle"


def test_a_category_without_an_expert_is_handed_on_with_a_note() -> None:
    choice = chosen(two_step(ASSIGNED) | best(), field(*ENTRIES, ask=request(domain="optics")))
    assert (choice.order[0], choice.by) == ("large", "best")
    assert choice.notes == ("no expert is assigned to optics",)


def test_an_expert_that_is_not_eligible_is_handed_on_with_a_note() -> None:
    choice = chosen(two_step(ASSIGNED) | best(), field(*ENTRIES[:2], ask=request(domain="core")))
    assert choice.order[0] == "middle"
    assert choice.notes == ("large, the expert for core, can not do the call",)


def test_unsure_is_a_share() -> None:
    with pytest.raises(UsageError, match="unsure=2"):
        two_step(ASSIGNED, unsure=2)


def test_an_assignment_is_made_of_the_scores_that_cards_state() -> None:
    cards = {
        "a": card("a", params_b=7, scores={"ran": 0.9, "core": 0.2}),
        "b": card("b", params_b=7, scores={"ran": 0.3, "core": 0.8}),
        "c": card("c", params_b=70, scores={"ran": 0.9, "core": 0.9}),
        "no size": card("no size", scores={"ran": 1.0, "core": 1.0}),
        "no score": card("no score", params_b=1, scores={"ran": 1.0}),
    }
    assert assignment_from_cards(cards, budget=20).experts == {"ran": "a", "core": "b"}
    assert assignment_from_cards(cards, budget=8, weights={"ran": 1, "core": 3}).experts == {"ran": "b", "core": "b"}
    prior = {**cards, "prior": card("prior", params_b=1, quality=0.95, scores={"ran": 0.1})}
    assert assignment_from_cards(prior, budget=8).experts == {"ran": "a", "core": "prior"}
    with pytest.raises(InputError, match="no model states"):
        assignment_from_cards(cards, budget=20, weights={"optics": 1.0})
    with pytest.raises(InputError, match="no model states"):
        assignment_from_cards({}, budget=20)
