"""The routed calls of a recorded run, read from its events."""

from collections.abc import Iterable

from coreagent.decision import Decision
from coreagent.errors import UsageError
from coreagent.events import Event, ModelFinished, Planned, Routed, RunStarted
from coreagent.routing.policies.flags import Flagged, parse_flags
from coreagent.routing.replay.what_if import RecordedCall


def recorded_calls(events: Iterable[Event]) -> tuple[RecordedCall, ...]:
    """Every decision with what came of it, in the order the calls ended; a call that never ended cost nothing."""
    question, flags = Flagged("", {})
    instructions: dict[str, str] = {}
    waiting: dict[tuple[str, str], list[Decision]] = {}
    calls: list[RecordedCall] = []
    for event in events:
        match event:
            case RunStarted(question=asked):
                question, flags = _read(asked) if asked else (question, flags)
            case Planned(plan=plan):
                instructions.update((task.id, task.instruction) for task in plan.subtasks)
            case Routed(decision=decision):
                waiting.setdefault((decision.subtask, decision.role), []).append(decision)
            case ModelFinished(subtask=subtask, role=role) if waiting.get((subtask, role)):
                decision = waiting[subtask, role].pop(0)
                text = instructions.get(subtask, question) if role == "caller" else question
                usd, seconds = event.cost_usd, event.seconds
                calls.append(RecordedCall(decision=decision, text=text, usd=usd, seconds=seconds, flags=flags))
            case _:
                pass
    left = [decision for decisions in waiting.values() for decision in decisions]
    return (
        *calls,
        *(RecordedCall(decision=decision, text=question, usd=0.0, seconds=0.0, flags=flags) for decision in left),
    )


def _read(question: str) -> Flagged:
    """The question as routing got it, and its flags; one with a wrong flag never got that far."""
    try:
        return parse_flags(question)
    except UsageError:
        return Flagged(question, {})
