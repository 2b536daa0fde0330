"""One approved or allowed call is carried out by the action module."""

from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.runtime import Runtime

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
            "security_log": (f"after {proposal.tool} {proposal.call_id}: {done}, {outcome.label}",),
        }

    return act
