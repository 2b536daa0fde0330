"""A model in words for an adviser: what it can do, where it ends, and what it is not for; its name is left out."""

from coreagent.models.card import ModelCard
from coreagent.routing.request import RoutingRequest

WEAK = 0.5
"""A measured score below it is stated as something the model is not for."""


def describe(card: ModelCard, request: RoutingRequest, words: str = "") -> str:
    """Four lines: abilities, boundary, negative responsibilities, cost of this call. ``words`` are the user's own."""
    written = min(request.output_tokens, card.max_output_tokens)
    can = [
        words.strip(),
        f"about {card.params_b:g} billion parameters" if card.params_b else "",
        "calls tools" if card.tools else "",
        "writes JSON to a schema" if card.json_schema else "",
        *(f"measured on {name}: {score:.2f}" for name, score in sorted(card.scores.items()) if score >= WEAK),
        f"general quality {card.quality:.2f}" if card.quality is not None else "",
    ]
    unmeasured = request.domain and request.domain not in card.scores
    ends = [
        f"reads at most {card.context_tokens:,} tokens and writes at most {card.max_output_tokens:,}",
        f"never measured on {request.domain}" if unmeasured else "",
    ]
    never = [
        "" if card.tools else "calls of tools",
        "" if card.json_schema else "output in a JSON schema",
        *(f"{name} (measured {score:.2f})" for name, score in sorted(card.scores.items()) if score < WEAK),
    ]
    usd = card.price.cost_usd(request.input_tokens, written)
    cost = f"${usd:.6f}" if card.price.known else "unknown price"
    seconds = f", {card.latency.total_s(written):.1f} s" if card.latency else ""
    return "\n".join(
        [
            f"Can: {_listed(can)}",
            f"Boundary: {_listed(ends)}",
            f"Not for: {_listed(never)}",
            f"This call: at most {cost}{seconds}",
        ]
    )


def _listed(items: list[str]) -> str:
    return "; ".join(item for item in items if item) or "nothing known"
