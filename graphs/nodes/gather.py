"""Results of subtasks, and which subtasks may start now."""

from collections.abc import Iterable
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from coreagent.answer import Evidence
from coreagent.budget import Spent
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CallInput, CoreState, SubtaskResult
from coreagent.labels import strictest
from coreagent.plans import Subtask


def results_of(state: CoreState) -> dict[str, SubtaskResult]:
    """Finished subtasks of the whole run: those written as such, and callers whose every proposal has an outcome."""
    finished = dict(state.get("results", {}))
    outcomes = state.get("outcomes", {})
    proposed: dict[str, list[str]] = {}
    for call_id, proposal in state.get("proposals", {}).items():
        proposed.setdefault(proposal.subtask, []).append(call_id)
    for subtask, call_ids in proposed.items():
        if all(call_id in outcomes for call_id in call_ids):
            own = [outcomes[call_id] for call_id in call_ids]
            finished[subtask] = SubtaskResult(
                subtask=subtask,
                text="\n".join(outcome.text for outcome in own if outcome.text),
                evidence=tuple(item for outcome in own for item in outcome.evidence),
                label=strictest(outcome.label for outcome in own),
                error="; ".join(outcome.error for outcome in own if outcome.error),
            )
    return finished


def gather_evidence(state: CoreState, limit: int) -> tuple[Evidence, ...]:
    """All evidence of the run, best first, each piece once; what a tool computed goes before what was found."""
    unique: dict[str, Evidence] = {}
    for result in results_of(state).values():
        for item in result.evidence:
            unique.setdefault(item.id, item)
    ranked = sorted(unique.values(), key=lambda item: (item.citation.corpus != "tool", -item.score))
    return tuple(ranked[:limit])


def confidence(evidence: Iterable[Evidence]) -> float:
    """How sure it is, in 0..1, that any of it is relevant; 0 for none."""
    return max((item.score for item in evidence), default=0.0)


def ready_calls(state: CoreState) -> list[Send]:
    """One ``call`` for each subtask that has not started and whose dependencies are done."""
    finished = results_of(state)
    started = {proposal.subtask for proposal in state.get("proposals", {}).values()} | set(finished)
    return [
        Send("call", _input(state, task, finished))
        for task in state["plan"].ready(frozenset(finished))
        if task.id not in started
    ]


def all_done(state: CoreState) -> bool:
    """True when every subtask of the current plan has its result."""
    finished = results_of(state)
    return all(task.id in finished for task in state["plan"].subtasks)


async def gather(state: CoreState, runtime: Runtime[None]) -> Command[Any]:
    """Start what is ready; go on when all is done; wait while something runs or a person is asked."""
    if all_done(state):
        return Command(goto="respond" if "stopped" in state else "summarize")
    running = {p.subtask for p in state.get("proposals", {}).values()} - set(results_of(state))
    if "stopped" in state:
        return Command(goto=() if running else "respond")
    return Command(goto=ready_calls(state))


GATHER: StateNode = gather


def _input(state: CoreState, task: Subtask, finished: dict[str, SubtaskResult]) -> CallInput:
    return CallInput(
        question=state["question"],
        options=state["options"],
        spent=state.get("spent", Spent()),
        subtask=task,
        results=tuple(finished[other] for other in task.depends_on),
        earlier=tuple(p for p in state.get("proposals", {}).values() if p.verdict == "deny"),
        feedback=state.get("feedback", ()),
    )
