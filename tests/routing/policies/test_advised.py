"""Advice of a model, and what happens without it."""

import math

from tests.routing.policies.fields import chosen, field, request, seen

from coreagent.routing.policies import advised, best
from coreagent.routing.request import Advice

ENTRIES = seen("a", 0.9, 3), seen("b", 0.5, 2), seen("c", 0.1, 1)


def test_the_preferred_eligible_model_is_chosen_and_the_rest_follow() -> None:
    advice = Advice(by="adviser", scores={"b": 0.7, "a": 0.2, "gone": 0.9})
    choice = chosen(advised() | best(), field(*ENTRIES, ask=request(advice=advice)))
    assert choice.order == ("b", "a", "c")
    assert choice.reason == "adviser prefers it (0.7 against 0.2 for a)"
    assert choice.notes == ("adviser named models that do not exist: 'gone'",)


def test_failed_advice_leaves_the_choice_to_the_next_policy_with_a_note() -> None:
    advice = Advice(by="generative router", problem="not JSON")
    choice = chosen(advised() | best(), field(*ENTRIES, ask=request(advice=advice)))
    assert (choice.order[0], choice.by) == ("a", "best")
    assert choice.notes == ("generative router failed: not JSON; the next policy decided",)


def test_the_default_does_it_when_there_is_no_usable_advice() -> None:
    choice = chosen(advised(default="c") | best(), field(*ENTRIES))
    assert (choice.order[0], choice.by) == ("c", "advised")
    assert choice.notes == ("no adviser was asked; the default c does it",)
    gone = chosen(advised(default="gone") | best(), field(*ENTRIES))
    assert gone.by == "best"


def test_scores_that_are_no_numbers_and_names_nobody_knows_are_passed_over() -> None:
    names = {f"x{at}" * 100: 1.0 for at in range(5)}
    advice = Advice(by="adviser", scores={"a": math.nan, "b": math.inf, **names})
    choice = chosen(advised() | best(), field(*ENTRIES, ask=request(advice=advice)))
    assert choice.by == "best"
    assert choice.notes[0] == "adviser named no model that can do the call; the next policy decided"
    assert "and 2 more" in choice.notes[1]
    assert len(choice.notes[1]) < 400


def test_an_empty_field_is_handed_on() -> None:
    assert advised().choose(field()) is None
