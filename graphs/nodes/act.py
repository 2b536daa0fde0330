"""One approved or allowed call is carried out by the action module."""

from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.action import Outcome
from coreagent.errors import ToolArgumentsError
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.state import ActInput

ActNode = Callable[[ActInput, Runtime[None]], Awaitable[dict[str, Any]]]


def act_node(deps: Deps) -> ActNode:
    """Run the tool through the gate; a failure is an outcome, not an exception."""

    async def act(task: ActInput, runtime: Runtime[None]) -> dict[str, Any]:
        proposal, options = task["proposal"], task["options"]
        outcome = await deps.agent.action.perform(
            proposal, run_id=options.run_id, corpora=options.corpora, emit=emitter(runtime)
        )
        done = "refused" if proposal.verdict == "deny" else "failed" if outcome.error else "ok"
        return {
            "outcomes": {outcome.call_id: outcome},
            "failed": _failed(outcome),
            "security_log": (f"after {proposal.tool} {proposal.call_id}: {done}, {outcome.label}",),
        }

    return act


def _failed(outcome: Outcome) -> dict[str, Outcome | None]:
    """A tool that can not work is noted until it does; wrong arguments and a refusal say nothing of the tool."""
    if not outcome.error:
        return {outcome.tool: None}
    return {outcome.tool: outcome} if outcome.kind not in ("", ToolArgumentsError.__name__) else {}
