"""Cards of the built-in models: rules, retrieval and statistics, one for each role."""

from coreagent.labels import Sensitivity
from coreagent.models.card import FREE, Energy, Latency, ModelCard
from coreagent.plans import ROLES, RoleName

BUILTIN_QUALITY = 0.3
"""Below every sensible bound on purpose: rules are used where no language model is, and never preferred to one."""


def _card(role: RoleName) -> ModelCard:
    return ModelCard(
        name=f"builtin/{role}",
        adapter="builtin",
        model=role,
        roles=(role,),
        context_tokens=1_000_000,
        max_output_tokens=4_096,
        price=FREE,
        quality=BUILTIN_QUALITY,
        latency=Latency(ttft_s=0.005),
        # Milliseconds of one core of this machine: not metered, and said so rather than unknown.
        energy=Energy(),
        placement="device",
        clearance=Sensitivity.CONFIDENTIAL,
        family="builtin",
        licence="Apache-2.0",
    )


BUILTIN_CARDS: tuple[ModelCard, ...] = tuple(_card(role) for role in ROLES)
