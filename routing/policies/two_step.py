"""Category, then expert: the two steps of Composition of Experts (SambaNova, 2024).

The best expert of a single prompt is a noisy label; categories are not. So a request is first given a category, and the
expert of the category was assigned beforehand, within a budget for all experts together.
"""

from collections.abc import Callable, Mapping

from coreagent.errors import InputError
from coreagent.models.card import ModelCard
from coreagent.routing.policies.arguments import check, written
from coreagent.routing.policies.assignment import Assignment, assign
from coreagent.routing.policies.notes import passed_on
from coreagent.routing.policies.ordering import first_then
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import RoutingRequest

GENERAL = "general"
"""The category of a request whose own is not sure enough."""

CategoryOf = Callable[[RoutingRequest], tuple[str, float]]
"""The category of a request and how sure that is, in 0..1. Fast, and never the network."""


def domain_of(request: RoutingRequest) -> tuple[str, float]:
    """The domain that the request names, surely; none, not at all."""
    return request.domain, 1.0 if request.domain else 0.0


def two_step(assignment: Assignment, category_of: CategoryOf = domain_of, *, unsure: float = 0.5) -> Policy:
    """The expert assigned to the category of the request.

    Below a confidence of ``unsure`` (0..1) the category is :data:`GENERAL`. Where the category has no expert, or its
    expert is not eligible, the next policy decides and a note says why.

    Raises:
        UsageError: ``unsure`` is outside 0..1.
    """
    check("two_step", unsure=unsure, most=1.0)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        named, sure = category_of(there.request)
        category = named if sure >= unsure and named else GENERAL
        why = f"{named or 'no category'} only {sure:.2f} sure" if category is GENERAL and named != GENERAL else ""
        expert = assignment.experts.get(category)
        if expert is None:
            return passed_on(there, rest, f"no expert is assigned to {category}{f' ({why})' if why else ''}")
        if all(entry.model != expert for entry in there.candidates):
            return passed_on(there, rest, f"{expert}, the expert for {category}, can not do the call")
        reason = f"expert for {category}" + (f": {why}" if why else f" ({sure:.2f} sure)")
        return Choice(first_then(there, expert), reason, unsure if why else None, by="two_step")

    return Policy(written("two_step", unsure=unsure), decide)


def assignment_from_cards(
    cards: Mapping[str, ModelCard], *, budget: float, weights: Mapping[str, float] | None = None
) -> Assignment:
    """The best assignment by the measured scores of cards, where the parameters in use fit ``budget`` (billions).

    Categories are the keys of ``weights``, or all that a card has a score for, asked equally often. Experts are the
    cards that state their parameters and, for each category, a score or at least their prior quality.

    Raises:
        InputError: no card states both, or no expert fits.
    """
    categories = sorted(weights or {key for card in cards.values() for key in card.scores})
    sizes: dict[str, float] = {}
    scores: dict[str, dict[str, float]] = {category: {} for category in categories}
    for name, card in cards.items():
        known = {key: score for key in categories if (score := card.scores.get(key, card.quality)) is not None}
        if card.params_b is not None and known and len(known) == len(categories):
            sizes[name] = card.params_b
            for category, score in known.items():
                scores[category][name] = score
    if not sizes:
        raise InputError(
            f"no model states its parameters and a score for each of: {', '.join(categories) or 'any category'}",
            mend='Under [models."NAME"] state params_b, and scores by domain: params_b = 7 and scores = {o-ran = 0.7}.',
        )
    return assign(scores, weights=weights or dict.fromkeys(categories, 1.0), sizes=sizes, budget=budget)
