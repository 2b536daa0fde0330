"""Everything that happens in a run, as one typed union.

The command line, the terminal app, the traces, the run store and the evaluation log are views of these events.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from coreagent.answer import Answer, Verdict
from coreagent.decision import Decision
from coreagent.labels import PUBLIC, Label
from coreagent.messages import Usage
from coreagent.plans import Plan, RoleName

ADVICE = "route:"
"""The subtask of a call for advice begins with it; the subtask that is advised on follows."""

FeedbackSource = Literal["human", "tool", "sibling"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or goes on after an interruption (``resumed``)."""

    run_id: str
    question: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Screened:
    """Security looked at something. ``stage`` is prompt, action, result or response; ``findings`` are in words."""

    stage: Literal["prompt", "action", "result", "response"]
    subject: str
    label: Label
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recalled:
    """Long-term memory gave these items."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made; ``attempt`` counts from 0, and is above 0 after feedback."""

    plan: Plan
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Routed:
    """A subtask was given to a model."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Prompted:
    """What is sent to a model, readable and with secrets masked; only where the run's options ask for it.

    Each model that is tried has its own, and so has a second question about the form of an answer; a retry of the same
    request has none.
    """

    subtask: str
    role: RoleName
    model: str
    prompt: str


@dataclass(frozen=True, slots=True)
class ModelFinished:
    """A model call ended. ``ttft_s`` is the time to the first token in seconds, when it was streamed."""

    subtask: str
    role: RoleName
    model: str
    usage: Usage
    cost_usd: float
    seconds: float
    ttft_s: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer as it is written. A new ``draft`` replaces what was streamed before."""

    text: str
    draft: int = 0


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool begins. ``arguments`` is JSON with secrets masked."""

    call_id: str
    tool: str
    arguments: str
    subtask: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool ended; ``error`` is empty on success. ``replayed``: the result of an earlier, finished call was used."""

    call_id: str
    tool: str
    subtask: str
    summary: str
    seconds: float
    error: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call that waits for a person.

    ``arguments`` is JSON with secrets masked; ``masked`` tells that it holds such. ``description`` is the tool's, and
    ``parameters`` the JSON Schema of its arguments as text. ``label`` is that of the data in the call. ``changes`` says
    in words what the call would change, where the tool has a preview.
    """

    id: str
    tool: str
    arguments: str
    effect: str
    subtask: str
    reason: str
    description: str = ""
    parameters: str = ""
    label: Label = PUBLIC
    changes: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """The run stops here until ``approve`` or ``deny``."""

    run_id: str
    call: PendingCall


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """A person decided. ``arguments``, with secrets masked, are theirs in place of the model's; empty: unchanged."""

    call_id: str
    approved: bool
    reason: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What came back to the planning module, and from whom."""

    source: FeedbackSource
    text: str
    subtask: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """The verifier's finding on a draft: its text, the option label it chose, if any, and the model that wrote it."""

    verdict: Verdict
    draft: str = ""
    choice: str = ""
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Escalated:
    """The draft was not good enough: another model writes it afresh."""

    from_model: str
    to_model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that did not stop the run."""

    message: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run ended with an answer, whole or partial."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended without an answer. ``mend`` says how to go on."""

    run_id: str
    error: str
    message: str
    mend: str = ""


Event = (
    RunStarted
    | Screened
    | Recalled
    | Planned
    | Routed
    | Prompted
    | ModelFinished
    | Token
    | ToolStarted
    | ToolFinished
    | ApprovalNeeded
    | ApprovalGiven
    | Feedback
    | Verified
    | Escalated
    | Warned
    | RunFinished
    | RunFailed
)

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def event_to_json(event: Event) -> dict[str, Any]:
    """A JSON object with the event's fields and its kind under ``event``."""
    kind = type(event).__name__
    return {"event": kind, **_adapter(kind).dump_python(event, mode="json")}


def event_from_json(data: dict[str, Any] | str) -> Event:
    """Read what :func:`event_to_json` wrote.

    Raises:
        ValueError: an unknown kind, or fields that do not fit it.
    """
    fields: dict[str, Any] = dict(json.loads(data) if isinstance(data, str) else data)
    kind = str(fields.pop("event", ""))
    if kind not in _KINDS:
        raise ValueError(f"{kind!r} is not an event; known: {', '.join(_KINDS)}")
    event: Event = _adapter(kind).validate_python(fields)
    return event


def _adapter(kind: str) -> TypeAdapter[Any]:
    # Built on first use: eighteen adapters cost 20 ms that a short command need not pay.
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(_KINDS[kind])
    return _ADAPTERS[kind]
