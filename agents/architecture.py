"""Names and rules of multi-core architectures (LLM-Agent-UMF): who may stand beside whom."""

from collections.abc import Sequence
from typing import Literal

from coreagent.agents.core_agent import CoreAgent
from coreagent.errors import UsageError

Architecture = Literal["multi-passive", "multi-active", "one-active-many-passive", "many-active-many-passive"]


def architecture(active: int, passive: int, *, coordinator: str = "") -> Architecture:
    """Name the architecture with this many core-agents.

    A lone active core-agent counts as one-active-many-passive with none yet. ``coordinator`` names the policy that
    keeps several active ones in step, for example ``"leader"``.

    Raises:
        UsageError: no core-agent at all, or several active ones without a coordinator.
    """
    if active < 0 or passive < 0 or active + passive == 0:
        raise UsageError("an agent needs at least one core-agent", mend="Add an active core-agent.")
    if active > 1 and not coordinator:
        raise UsageError(
            f"{active} active core-agents have no coordinator",
            mend='Give one (coordinator="leader"), or make all but one passive.',
        )
    if active == 0:
        return "multi-passive"
    if active == 1:
        return "one-active-many-passive"
    return "many-active-many-passive" if passive else "multi-active"


def architecture_of(cores: Sequence[CoreAgent], *, coordinator: str = "") -> Architecture:
    """Name the architecture of these core-agents; raises as :func:`architecture`."""
    active = sum(core.kind == "active" for core in cores)
    return architecture(active, len(cores) - active, coordinator=coordinator)
