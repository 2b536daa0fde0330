"""The core-agent of LLM-Agent-UMF: the coordinator between models, tools, data and people.

An active core-agent has all five modules, keeps state and decides. A passive one has action and security only, keeps
nothing between calls, and does what it is told. (Ben Hassouna et al., "LLM-Agent-UMF", Information Fusion 127, 2026.)
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from coreagent.agents.action import ActionModule
from coreagent.agents.memory import MemoryModule
from coreagent.agents.planning import PlanningModule
from coreagent.agents.profile import Profiles
from coreagent.agents.security import SecurityModule
from coreagent.events import Event
from coreagent.labels import PUBLIC, Label
from coreagent.messages import Message, ToolCall

Kind = Literal["active", "passive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveCoreAgent:
    """Plans, remembers, sets profiles, acts and guards. The graphs in ``coreagent.graphs`` are driven by one."""

    planning: PlanningModule
    memory: MemoryModule
    profile: Profiles
    action: ActionModule
    security: SecurityModule
    kind: ClassVar[Kind] = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveCoreAgent:
    """Acts on instruction, and only that: no plan, no memory, no profile, no state."""

    action: ActionModule
    security: SecurityModule
    kind: ClassVar[Kind] = "passive"

    async def run(self, instruction: ToolCall, *, run_id: str, label: Label = PUBLIC) -> tuple[Message, ...]:
        """Carry out one instruction: the call and its result as messages, and nothing else.

        A call that policy would ask a person about is refused: a passive core-agent holds no dialogue.

        Raises:
            UnknownNameError: no such tool.
            ToolArgumentsError: the arguments do not fit.
        """
        proposal = self.action.propose(instruction, "instruction", label=label, emit=_drop)
        asked = Message.assistant("", (instruction,))
        if proposal.verdict != "allow":
            return (asked, Message.tool(f"error: {proposal.reason}", instruction.id))
        outcome = await self.action.perform(proposal, run_id=run_id, corpora=(), emit=_drop)
        text = outcome.text if not outcome.error else f"error: {outcome.error}"
        return (asked, Message.tool(text, instruction.id))


CoreAgent = ActiveCoreAgent | PassiveCoreAgent


def _drop(event: Event) -> None:
    """A passive core-agent reports to nobody but its caller."""
