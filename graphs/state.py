"""The typed state of a run. It holds plain frozen values and references, so that a checkpoint stays a few kilobytes."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypedDict

from coreagent.agents.action import Outcome, Proposal
from coreagent.agents.summarizer import Draft
from coreagent.agents.tool_protocol import Turn, recent
from coreagent.answer import Answer, Evidence, Verdict
from coreagent.budget import UNLIMITED, Budget, Spent
from coreagent.decision import Decision
from coreagent.events import Feedback
from coreagent.intents import Intent
from coreagent.labels import PUBLIC, Label
from coreagent.plans import Plan, Subtask


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run was asked to keep to.

    ``graph`` names the graph of the run; empty means the session's own. ``models`` pins roles to model names.
    ``corpora`` empty means the settings' corpora. ``stream`` asks for the answer word by word. ``started`` is the unix
    time of the first attempt in seconds. ``flags`` are weights of routing's objectives; the first step adds those
    written into the question, and what was given here holds against them. ``risk`` is what the guard then found.
    ``earlier`` is what was said before in the conversation, a turn each, oldest first: see
    :mod:`coreagent.graphs.earlier`. ``prompts`` asks for a ``Prompted`` event with each prompt that is sent.
    """

    run_id: str
    corpora: tuple[str, ...] = ()
    models: dict[str, str] = field(default_factory=dict[str, str])
    budget: Budget = UNLIMITED
    label: Label = PUBLIC
    stream: bool = False
    started: float = 0.0
    graph: str = ""
    flags: dict[str, float] = field(default_factory=dict[str, float])
    risk: float | None = None
    earlier: tuple[str, ...] = ()
    prompts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtaskResult:
    """A finished subtask: its text for those that depend on it, its evidence, and what went wrong, if anything."""

    subtask: str
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    label: Label = PUBLIC
    error: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a run ended before its end: ``kind`` is the error's class name, the rest its words."""

    kind: str
    message: str
    mend: str = ""


def newest(left: Spent, right: Spent) -> Spent:
    """Parallel nodes report snapshots of one ledger: the one with more calls is the later one."""
    return right if right.calls >= left.calls else left


def append(left: Iterable[Any], right: Iterable[Any]) -> tuple[Any, ...]:
    """One after the other; a checkpoint gives tuples back as lists."""
    return (*left, *right)


def latest(left: Iterable[Any], right: Iterable[Any]) -> tuple[Any, ...]:
    """The newer sequence, as a tuple."""
    return tuple(right)


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Union; later entries win, and one that is None takes its key away."""
    return {key: value for key, value in {**left, **right}.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The best verified draft so far; an escalation that made it worse is undone by it."""

    draft: Draft
    evidence: tuple[Evidence, ...]
    verdict: Verdict
    writer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Where a loop of steps stands: calls made so far, and as much of the history as is still sent to models."""

    taken: int = 0
    history: tuple[Turn, ...] = ()

    def said(self, *turns: Turn) -> "Steps":
        """With these turns added, and what no model will read again left out."""
        return replace(self, history=recent((*self.history, *turns)))


class CoreInput(TypedDict, total=False):
    """What a graph that embeds this one gives: a question; the rest has defaults."""

    question: str
    intent: Intent
    options: RunOptions


class CoreOutput(TypedDict):
    """What comes back to it."""

    answer: Answer


class CoreState(TypedDict):
    """Between nodes. Mappings are keyed by subtask id, ``proposals`` and ``outcomes`` by call id.

    ``failed`` has the last outcome of each tool that has not worked since, by the tool's name. A key is
    there once the node that sets it has run; a node that may run before that reads it with ``get``.
    """

    question: str
    intent: Intent
    options: RunOptions
    label: Label
    memory: Annotated[tuple[str, ...], latest]
    plan: Plan
    attempt: int
    escalations: int
    results: Annotated[dict[str, SubtaskResult], merge]
    proposals: Annotated[dict[str, Proposal], merge]
    outcomes: Annotated[dict[str, Outcome], merge]
    failed: Annotated[dict[str, Outcome], merge]
    decisions: Annotated[tuple[Decision, ...], append]
    spent: Annotated[Spent, newest]
    security_log: Annotated[tuple[str, ...], append]
    feedback: Annotated[tuple[Feedback, ...], append]
    notes: Annotated[tuple[str, ...], append]
    draft: Draft
    evidence: Annotated[tuple[Evidence, ...], latest]
    writer: str
    verdict: Verdict
    kept: Kept
    stopped: Stopped
    steps: Steps
    answer: Answer


class EarlyEnd(TypedDict, total=False):
    """The part of the state that an edge needs which only asks whether the run was stopped: reading less costs less."""

    stopped: Stopped


class CallInput(TypedDict):
    """What a ``call`` node is sent: one subtask with what it depends on."""

    question: str
    options: RunOptions
    spent: Spent
    subtask: Subtask
    results: tuple[SubtaskResult, ...]
    earlier: tuple[Proposal, ...]
    feedback: tuple[Feedback, ...]


class ActInput(TypedDict):
    """What ``approve`` and ``act`` are sent: one proposal."""

    options: RunOptions
    proposal: Proposal
