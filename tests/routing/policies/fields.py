"""Fields of candidates for tests of policies."""

from coreagent.decision import Candidate
from coreagent.models.card import FREE, ModelCard
from coreagent.plans import RoleName
from coreagent.routing.policy import Choice, Field, Policy
from coreagent.routing.request import RoutingRequest


def card(name: str, **more: object) -> ModelCard:
    return ModelCard(name=name, adapter="litellm", model=name, **{"price": FREE, **more})  # type: ignore[arg-type]


def seen(model: str, quality: float | None = 0.5, usd: float = 0.0, **more: object) -> Candidate:
    return Candidate(model=model, quality=quality, cost_usd=usd, **more)  # type: ignore[arg-type]


def request(role: RoleName = "summarizer", **more: object) -> RoutingRequest:
    return RoutingRequest(subtask="s1", role=role, **more)  # type: ignore[arg-type]


def field(
    *candidates: Candidate,
    ask: RoutingRequest | None = None,
    cards: tuple[ModelCard, ...] = (),
    failed: Candidate | None = None,
) -> Field:
    """Candidates with plain cards, unless a card is given."""
    known = {entry.model: card(entry.model) for entry in candidates} | {entry.name: entry for entry in cards}
    return Field(ask or request(), candidates, known, failed)


def chosen(policy: Policy, there: Field) -> Choice:
    choice = policy.choose(there)
    assert choice is not None
    return choice
