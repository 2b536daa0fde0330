"""Model cards: what is known of one model (SAI's model card, with price, latency, placement and clearance)."""

from dataclasses import dataclass, field
from typing import Literal

from coreagent.labels import Sensitivity
from coreagent.plans import ROLES, RoleName

Placement = Literal["device", "site", "cloud"]
Adapter = Literal["builtin", "openai_compatible", "litellm", "scripted"]


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens. ``known`` is False when nobody stated a price: a budgeted call is then refused."""

    input_usd_per_mtok: float = 0.0
    output_usd_per_mtok: float = 0.0
    known: bool = True

    def cost_usd(self, input_tokens: float, output_tokens: float) -> float:
        """Cost of one call in dollars."""
        return (input_tokens * self.input_usd_per_mtok + output_tokens * self.output_usd_per_mtok) / 1_000_000


FREE = Price()
UNKNOWN_PRICE = Price(known=False)


@dataclass(frozen=True, slots=True)
class Latency:
    """``ttft_s``: seconds to the first token; ``tpot_s``: seconds for each token after it."""

    ttft_s: float = 0.0
    tpot_s: float = 0.0

    def total_s(self, output_tokens: float) -> float:
        """Predicted seconds for a whole answer."""
        return self.ttft_s + self.tpot_s * output_tokens


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt-hours per million tokens, of the whole machine the model runs on."""

    input_wh_per_mtok: float = 0.0
    output_wh_per_mtok: float = 0.0

    def wh(self, input_tokens: float, output_tokens: float) -> float:
        """Watt-hours of one call."""
        return (input_tokens * self.input_wh_per_mtok + output_tokens * self.output_wh_per_mtok) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What routing may know of a model.

    ``name`` is its name in the settings, ``model`` its name at the endpoint. ``context_tokens`` is the whole window,
    ``max_output_tokens`` what one call may write. ``clearance`` is the strictest data it may see; data marked
    confidential never goes to a card placed in the cloud, whatever its clearance says. ``scores`` are measured
    accuracies in 0..1 by domain or suite, ``quality`` the prior where no score fits. ``released`` is an ISO date;
    ``traits`` state costs in 0..1 of objectives (``verbosity``, ``readability`` ...) that nothing else here tells.
    ``continues``: the endpoint goes on from a given beginning of the answer (vLLM's ``continue_final_message``).
    """

    name: str
    adapter: Adapter
    model: str
    roles: tuple[RoleName, ...] = ROLES
    params_b: float | None = None
    context_tokens: int = 8_192
    max_output_tokens: int = 1_024
    tools: bool = True
    json_schema: bool = True
    logprobs: bool = False
    continues: bool = False
    price: Price = FREE
    latency: Latency | None = None
    placement: Placement = "device"
    clearance: Sensitivity = Sensitivity.INTERNAL
    quality: float | None = None
    scores: dict[str, float] = field(default_factory=dict[str, float])
    family: str = ""
    licence: str = ""
    energy: Energy | None = None
    released: str = ""
    traits: dict[str, float] = field(default_factory=dict[str, float])

    def spent_wh(self, input_tokens: float, output_tokens: float) -> float:
        """Watt-hours of one call; 0 when nobody knows them."""
        return self.energy.wh(input_tokens, output_tokens) if self.energy else 0.0

    def may_see(self, sensitivity: Sensitivity) -> bool:
        """True when data of this sensitivity may be sent to the model."""
        if self.placement == "cloud" and sensitivity >= Sensitivity.CONFIDENTIAL:
            return False
        return sensitivity <= self.clearance
