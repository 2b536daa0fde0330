"""The typed state of a run. It holds plain frozen values and references, so that a checkpoint stays a few kilobytes."""

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

from coreagent.agents.action import Outcome, Proposal
from coreagent.agents.summarizer import Draft
from coreagent.answer import Answer, Evidence, Verdict
from coreagent.budget import UNLIMITED, Budget
from coreagent.decision import Decision
from coreagent.events import Feedback
from coreagent.intents import Intent
from coreagent.labels import PUBLIC, Label
from coreagent.messages import Usage
from coreagent.plans import Plan, Subtask


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run was asked to keep to.

    ``models`` pins roles to model names. ``corpora`` empty means the settings' corpora. ``stream`` asks for the answer
    word by word. ``started`` is the unix time of the first attempt in seconds.
    """

    run_id: str
    corpora: tuple[str, ...] = ()
    models: dict[str, str] = field(default_factory=dict[str, str])
    budget: Budget = UNLIMITED
    label: Label = PUBLIC
    stream: bool = False
    started: float = 0.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a run has used so far, as a snapshot of its ledger."""

    usd: float = 0.0
    usage: Usage = Usage()


def newest(left: Account, right: Account) -> Account:
    """Parallel nodes report snapshots of one ledger: the one with more calls is the later one."""
    return right if right.usage.calls >= left.usage.calls else left


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Union; later entries win."""
    return {**left, **right}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The best verified draft so far; an escalation that made it worse is undone by it."""

    draft: Draft
    evidence: tuple[Evidence, ...]
    verdict: Verdict
    writer: str


class CoreInput(TypedDict, total=False):
    """What a graph that embeds this one gives: a question; the rest has defaults."""

    question: str
    intent: Intent
    options: RunOptions


class CoreOutput(TypedDict):
    """What comes back to it."""

    answer: Answer


class CoreState(TypedDict, total=False):
    """Between nodes. Mappings are keyed by subtask id, ``proposals`` and ``outcomes`` by call id."""

    question: str
    intent: Intent
    options: RunOptions
    label: Label
    memory: tuple[str, ...]
    plan: Plan
    attempt: int
    escalations: int
    results: Annotated[dict[str, SubtaskResult], merge]
    proposals: Annotated[dict[str, Proposal], merge]
    outcomes: Annotated[dict[str, Outcome], merge]
    decisions: Annotated[tuple[Decision, ...], operator.add]
    account: Annotated[Account, newest]
    security_log: Annotated[tuple[str, ...], operator.add]
    feedback: Annotated[tuple[Feedback, ...], operator.add]
    notes: Annotated[tuple[str, ...], operator.add]
    draft: Draft
    evidence: tuple[Evidence, ...]
    writer: str
    verdict: Verdict
    kept: Kept
    stopped: Stopped
    answer: Answer


class CallInput(TypedDict):
    """What a ``call`` node is sent: one subtask with what it depends on."""

    question: str
    options: RunOptions
    account: Account
    subtask: Subtask
    results: tuple[SubtaskResult, ...]
    feedback: tuple[Feedback, ...]


class ActInput(TypedDict):
    """What ``approve`` and ``act`` are sent: one proposal."""

    options: RunOptions
    proposal: Proposal
