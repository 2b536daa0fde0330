"""A person decides on one call. One interrupt, nothing before it, and the side effect is in the next node."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from coreagent.agents.action import DENIED, Proposal
from coreagent.errors import ToolArgumentsError, UnknownNameError
from coreagent.events import ApprovalGiven, Feedback, PendingCall
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import Emit, emitter
from coreagent.graphs.state import ActInput
from coreagent.messages import ToolCall
from coreagent.secrets import mask_json_text

ApproveNode = Callable[[ActInput, Runtime[None]], Awaitable[Command[Any]]]


def approve_node(deps: Deps) -> ApproveNode:
    """Wait for ``{"approved": bool, "reason": str, "arguments": str}``.

    ``arguments`` is JSON of a person's own in place of the model's, or empty. It goes through the gate like a model's.
    """

    async def approve(task: ActInput, runtime: Runtime[None]) -> Command[Any]:
        proposal = task["proposal"]
        reply: dict[str, Any] = interrupt(_pending(deps, proposal))
        emit = emitter(runtime)
        approved, reason = bool(reply.get("approved")), str(reply.get("reason", ""))
        given = str(reply.get("arguments") or "") if approved else ""
        emit(ApprovalGiven(proposal.call_id, approved, reason, mask_json_text(given)))
        if given:
            ruled = _edited(deps, proposal, given, emit)
        else:
            said = f"{DENIED}: {reason}" if reason else DENIED
            ruled = replace(proposal, verdict="allow" if approved else "deny", reason="approved" if approved else said)
        update: dict[str, Any] = {"proposals": {ruled.call_id: ruled}}
        if ruled.edited:
            heard = Feedback("human", edit_in_words(ruled), ruled.subtask)
            emit(heard)
            update["feedback"] = (heard,)
        return Command(update=update, goto=[Send("act", ActInput(options=task["options"], proposal=ruled))])

    return approve


def edit_in_words(proposal: Proposal) -> str:
    """What a planner is told of a call that a person changed, with secrets masked."""
    return f"{proposal.tool}: a person changed the arguments to {mask_json_text(proposal.arguments)}"


def _pending(deps: Deps, proposal: Proposal) -> PendingCall:
    """All that a person needs to decide. A run may be resumed where its tool is no longer there."""
    tools = deps.agent.action.tools
    info = tools.get(proposal.tool).info if proposal.tool in tools else None
    shown = mask_json_text(proposal.arguments)
    return PendingCall(
        id=proposal.call_id,
        tool=proposal.tool,
        arguments=shown,
        effect=proposal.effect,
        subtask=proposal.subtask,
        reason=proposal.reason,
        description=info.description if info else "",
        parameters=json.dumps(info.parameters, ensure_ascii=False) if info else "",
        label=proposal.label,
        changes=proposal.changes,
        masked=shown != proposal.arguments,
    )


def _edited(deps: Deps, proposal: Proposal, arguments: str, emit: Emit) -> Proposal:
    """The call with a person's arguments, allowed unless they do not fit or security denies them."""
    call = ToolCall(proposal.call_id, proposal.tool, arguments)
    try:
        revised = deps.agent.action.propose(call, proposal.subtask, label=proposal.label, emit=emit)
    except (ToolArgumentsError, UnknownNameError) as error:
        return replace(proposal, verdict="deny", reason=f"the changed arguments can not be used: {error}")
    if revised.verdict == "deny":
        return replace(revised, edited=True)
    return replace(revised, verdict="allow", reason="approved with a person's arguments", edited=True)
