"""Which models may do a call at all, and what each is predicted to give."""

from coreagent.decision import Candidate
from coreagent.models.card import ModelCard
from coreagent.routing.request import RoutingRequest

# The chance of a good answer assumed for a model nobody has measured: it passes a default bound of 0.6, so that a
# model added by hand is used at once, and loses to any model with a better measured score.
UNMEASURED_QUALITY = 0.6


def candidate(card: ModelCard, request: RoutingRequest) -> Candidate:
    """Predicted quality, cost and latency of one model for one call, and why it is out, if it is."""
    return Candidate(
        model=card.name,
        quality=predicted_quality(card, request),
        cost_usd=card.price.cost_usd(request.input_tokens, min(request.output_tokens, card.max_output_tokens)),
        latency_s=card.latency.total_s(request.output_tokens) if card.latency else None,
        excluded=exclusion(card, request),
    )


def predicted_quality(card: ModelCard, request: RoutingRequest) -> float:
    """The measured score nearest to the call: its domain, its role, the card's prior; else the unmeasured prior."""
    for key in (request.domain, request.role):
        if key in card.scores:
            return card.scores[key]
    return UNMEASURED_QUALITY if card.quality is None else card.quality


def exclusion(card: ModelCard, request: RoutingRequest) -> str:
    """Why this model can not do the call, in words; empty when it can.

    Security comes first, so that a model without clearance is reported as that and nothing else.
    """
    sensitivity = request.label.sensitivity
    if not card.may_see(sensitivity):
        return f"not cleared for {sensitivity} data ({card.placement}, clearance {card.clearance})"
    if request.role not in card.roles:
        return f"not a {request.role}"
    if request.pinned and card.name != request.pinned:
        return f"{request.pinned} was asked for"
    if card.name in request.avoid:
        return "its endpoint failed a moment ago"
    if card.name == request.escalated_from:
        return "its result was not good enough"
    if request.needs_tools and not card.tools:
        return "can not call tools"
    if request.needs_schema and not card.json_schema:
        return "can not write to a JSON schema"
    room = card.context_tokens - min(request.output_tokens, card.max_output_tokens)
    if request.input_tokens > room:
        return f"context too small ({request.input_tokens:,} tokens needed, {room:,} fit)"
    if request.price_required and not card.price.known:
        return "has no price, and the budget is in dollars"
    cost = card.price.cost_usd(request.input_tokens, min(request.output_tokens, card.max_output_tokens))
    if cost > request.usd_left + 1e-12:
        return f"predicted ${cost:.6g}, ${max(request.usd_left, 0):.6g} is left"
    return ""
