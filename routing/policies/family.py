"""Families of models: an escalation goes to another one, because models of one family fail at the same questions."""

from coreagent.models.card import ModelCard
from coreagent.routing.policy import Choice, Chooser, Field, Policy


def family_of(card: ModelCard) -> str:
    """The family a card states; a model without one is a family of its own."""
    return card.family or card.name


def of_other_family(there: Field, model: str) -> bool:
    """True when ``model`` is of another family than the models whose results were not good enough."""
    failed = {there.request.escalated_from, *there.request.tried}
    before = {family_of(there.cards[name]) if name in there.cards else name for name in failed}
    return family_of(there.cards[model]) not in before


def other_family() -> Policy:
    """After an escalation only models of another family than those that failed, while there is one."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.request.escalated_from:
            return rest(there)
        others = there.only(lambda entry: of_other_family(there, entry.model))
        return rest(others if others.candidates else there)

    return Policy("other_family()", decide)
