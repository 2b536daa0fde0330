"""Which models may do a call at all, and what each is predicted to give."""

import math

from coreagent.decision import Candidate
from coreagent.models.card import ModelCard
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest

# The chance of a good answer assumed for a model nobody has measured: it passes a default bound of 0.6, so that a
# model added by hand is used at once, and loses to any model with a better measured score.
UNMEASURED_QUALITY = 0.6


def candidate(
    card: ModelCard,
    request: RoutingRequest,
    prediction: Prediction | None = None,
    *,
    predicted_by: str = "",
    excluded: str | None = None,
) -> Candidate:
    """Predicted quality, cost, latency and energy of one model for one call, and why it is out, if it is.

    ``prediction`` comes from the trained router that ``predicted_by`` names; the card speaks where it is None.
    ``excluded`` is what :func:`exclusion` said, for callers that asked already.
    """
    most_tokens = most_written(card, request)
    written: float = min(request.output_tokens, most_tokens)
    if prediction is not None and prediction.output_tokens is not None:
        written = min(prediction.output_tokens, most_tokens)
    if prediction is None:
        quality, quality_by = card_quality(card, request)
    else:
        quality, quality_by = prediction.quality, predicted_by
    return Candidate(
        model=card.name,
        quality=quality,
        quality_by=quality_by,
        cost_usd=card.price.cost_usd(request.input_tokens, written),
        most_usd=card.price.cost_usd(request.input_tokens, most_tokens),
        latency_s=card.latency.total_s(written) if card.latency else None,
        energy_wh=card.energy.wh(request.input_tokens, written) if card.energy else None,
        excluded=exclusion(card, request) if excluded is None else excluded,
        priced=card.price.known,
    )


def card_quality(card: ModelCard, request: RoutingRequest) -> tuple[float, str]:
    """The card's measured score nearest to the call, by domain or role; else its prior; else the unmeasured prior."""
    for key in (request.domain, request.role):
        if key in card.scores:
            return card.scores[key], "score"
    return (UNMEASURED_QUALITY, "unmeasured") if card.quality is None else (card.quality, "prior")


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
        return request.why_avoided.get(card.name, "its endpoint failed a moment ago")
    if card.name == request.escalated_from or card.name in request.tried:
        return "its result was not good enough"
    if request.needs_tools and not card.tools:
        return "can not call tools"
    if request.needs_schema and not card.json_schema:
        return "can not write to a JSON schema"
    room = card.context_tokens - most_written(card, request)
    if request.input_tokens > room:
        return f"context too small ({request.input_tokens:,} tokens needed, {room:,} fit)"
    if request.price_required and not card.price.known:
        return "has no price, and the budget is in dollars"
    if request.energy_required and card.energy is None:
        return "nobody stated what it consumes, and the budget is in watt-hours"
    if request.usd_left == request.wh_left == math.inf:
        return ""
    usd, wh = least_spent(card, request)
    if usd > request.usd_left + 1e-12:
        return f"predicted ${usd:.6g}, ${max(request.usd_left, 0):.6g} is left"
    if wh > request.wh_left + 1e-12:
        return f"predicted {wh:.6g} Wh, {max(request.wh_left, 0):.6g} Wh is left"
    return ""


def most_written(card: ModelCard, request: RoutingRequest) -> int:
    """Output tokens that the call can take at most."""
    return min(request.output_tokens if request.output_limit is None else request.output_limit, card.max_output_tokens)


def least_spent(card: ModelCard, request: RoutingRequest) -> tuple[float, float]:
    """Dollars and watt-hours that a budget must have left for the call."""
    written = most_written(card, request)
    written = min(written, request.least_output.get(card.name, written))
    return card.price.cost_usd(request.input_tokens, written), card.spent_wh(request.input_tokens, written)
