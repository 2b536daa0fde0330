"""A person decides on one call. One interrupt, nothing before it, and the side effect is in the next node."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from coreagent.agents.action import DENIED
from coreagent.events import ApprovalGiven, PendingCall
from coreagent.graphs.listening import emitter
from coreagent.graphs.state import ActInput
from coreagent.secrets import mask

ApproveNode = Callable[[ActInput, Runtime[None]], Awaitable[Command[Any]]]


def approve_node() -> ApproveNode:
    """Wait for ``{"approved": bool, "reason": str}``."""

    async def approve(task: ActInput, runtime: Runtime[None]) -> Command[Any]:
        proposal = task["proposal"]
        reply: dict[str, Any] = interrupt(
            PendingCall(
                id=proposal.call_id,
                tool=proposal.tool,
                arguments=mask(proposal.arguments),
                effect=proposal.effect,
                subtask=proposal.subtask,
                reason=proposal.reason,
            )
        )
        approved, reason = bool(reply.get("approved")), str(reply.get("reason", ""))
        emitter(runtime)(ApprovalGiven(proposal.call_id, approved, reason))
        said = f"{DENIED}: {reason}" if reason else DENIED
        ruled = replace(proposal, verdict="allow" if approved else "deny", reason="approved" if approved else said)
        return Command(
            update={"proposals": {ruled.call_id: ruled}},
            goto=[Send("act", ActInput(options=task["options"], proposal=ruled))],
        )

    return approve
