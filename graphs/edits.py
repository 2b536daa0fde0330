"""Arguments that a person puts in place of a model's, checked before the call that waits for them goes on."""

from coreagent.agents.action import ActionModule
from coreagent.errors import ActionDeniedError, ToolArgumentsError, UsageError
from coreagent.events import Event, PendingCall
from coreagent.messages import ToolCall
from coreagent.secrets import MASK


def changed_arguments(gate: ActionModule | None, call: PendingCall, arguments: str) -> str:
    """The arguments as canonical JSON; empty when they are those of the call already.

    Raises:
        ToolArgumentsError: they do not fit, or hold a mask in the place of a secret.
        ActionDeniedError: security denies the call with them.
        UnknownNameError: the tool is no longer there.
        UsageError: there is no gate.
    """
    if gate is None:
        raise UsageError(
            "this session has no gate for changed arguments", mend="Approve the call as it is, or deny it."
        )
    if call.masked and MASK in arguments:
        raise ToolArgumentsError(
            f"the arguments hold {MASK} where a secret was masked",
            tool=call.tool,
            mend=f"Write the whole value in the place of {MASK}, or approve the call without a change.",
        )
    revised = gate.propose(
        ToolCall(call.id, call.tool, arguments), call.subtask, label=call.label, emit=_until_it_is_made
    )
    if revised.verdict == "deny":
        raise ActionDeniedError(
            f"the call is denied with these arguments: {revised.reason}",
            mend="Change them otherwise, approve the call without a change, or deny it.",
        )
    return "" if revised.arguments == call.arguments else revised.arguments


def _until_it_is_made(event: Event) -> None:
    """The gate is asked again when the run goes on, and what it says then belongs to the run."""
