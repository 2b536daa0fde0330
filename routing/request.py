"""What routing is asked: one call, with all that can rule a model out."""

from dataclasses import dataclass, field

from coreagent.labels import PUBLIC, Label
from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRequest:
    """One model call before it has a model.

    ``input_tokens`` and ``output_tokens`` are upper estimates. ``usd_left`` is what the budget still allows in
    dollars (infinite without one). ``avoid`` names models whose endpoint failed a moment ago; ``escalated_from`` is the
    model whose result was not good enough, which the next one must differ from.
    """

    subtask: str
    role: RoleName
    domain: str = ""
    label: Label = PUBLIC
    input_tokens: int = 0
    output_tokens: int = 512
    needs_tools: bool = False
    needs_schema: bool = False
    usd_left: float = float("inf")
    price_required: bool = False
    avoid: frozenset[str] = field(default_factory=frozenset[str])
    escalated_from: str = ""
    pinned: str = ""
    """A model the user asked for by name for this role; empty when routing is free."""
