"""What routing is asked: one call, with all that can rule a model out or speak for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from coreagent.labels import PUBLIC, Label
from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What an adviser that is itself a model said of a call, before the decision.

    ``scores`` are its preferences by model, comparable with each other only; empty when it failed, which ``problem``
    then explains in words. ``by`` names it.
    """

    by: str
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRequest:
    """One model call before it has a model.

    ``text`` is what is asked, for predictions: the question, or a caller's instruction; flags written into it are taken
    out. ``input_tokens`` and ``output_tokens`` are upper estimates. ``usd_left`` is what the budget still allows in
    dollars (infinite without one). ``avoid`` names models whose endpoint failed a moment ago, and ``why_avoided`` says
    more of it in words, where more is known; ``escalated_from`` is the model whose result was not good enough, which
    the next one must differ from, and ``tried`` names such models before it. ``retrieval`` is the confidence in 0..1
    that the evidence at hand is relevant, ``risk`` a guard's chance in 0..1 that the prompt means harm; None: unknown.
    ``flags`` are the weights of the objectives (:mod:`coreagent.routing.policies.flags`). ``seed`` names the run for
    policies that draw: the same run draws the same.
    """

    subtask: str
    role: RoleName
    text: str = ""
    domain: str = ""
    label: Label = PUBLIC
    input_tokens: int = 0
    output_tokens: int = 512
    needs_tools: bool = False
    needs_schema: bool = False
    usd_left: float = float("inf")
    price_required: bool = False
    wh_left: float = float("inf")
    """Watt-hours that the budget still allows; infinite without a limit."""
    energy_required: bool = False
    output_limit: int | None = None
    """Tokens that the model will be let write, if its card allows them: what a budget reserves and a context must have
    room for. None: ``output_tokens``."""
    least_output: Mapping[str, int] = field(default_factory=dict[str, int])
    """By model, the output tokens that nearly all calls keep to: reserved where the most do not fit."""
    avoid: frozenset[str] = field(default_factory=frozenset[str])
    why_avoided: Mapping[str, str] = field(default_factory=dict[str, str])
    escalated_from: str = ""
    tried: frozenset[str] = field(default_factory=frozenset[str])
    pinned: str = ""
    """A model the user asked for by name for this role; empty when routing is free."""
    retrieval: float | None = None
    risk: float | None = None
    flags: Mapping[str, float] = field(default_factory=dict[str, float])
    advice: Advice | None = None
    seed: str = ""
