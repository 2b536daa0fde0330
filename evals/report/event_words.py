"""Events and decisions of a run in words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from coreagent.decision import Decision
from coreagent.evals.report import words
from coreagent.evals.report.sections import Section, Table, Text
from coreagent.events import (
    ApprovalGiven,
    ApprovalNeeded,
    Escalated,
    Event,
    Feedback,
    ModelFinished,
    Planned,
    Prompted,
    Recalled,
    Routed,
    RunFailed,
    RunFinished,
    RunStarted,
    Screened,
    Token,
    ToolFinished,
    ToolStarted,
    Verified,
    Warned,
    event_from_json,
)

_LONGEST = 2_000


def known_events(raw: Sequence[Mapping[str, Any]]) -> list[Event | None]:
    """Events as typed values; None for those of a kind or form that this version does not know."""
    return [_read(entry) for entry in raw]


def events_table(raw: Sequence[Mapping[str, Any]], events: Sequence[Event | None]) -> Table:
    """One row an event, in their order."""
    rows: list[tuple[str, ...]] = []
    for number, (entry, event) in enumerate(zip(raw, events, strict=True), 1):
        kind = str(entry.get("event", "?"))
        said = json.dumps(dict(entry), ensure_ascii=False, default=str) if event is None else event_words(event)
        rows.append((str(number), kind, said if len(said) <= _LONGEST else f"{said[:_LONGEST]}… (cut)"))
    return Table(headings=("", "event", "what happened"), rows=tuple(rows), words=frozenset((1, 2)))


def decision_section(decision: Decision) -> Section:
    """Which model got a subtask, why, and what else was thought of."""
    reason = decision.reason.rstrip(".")
    facts = [f"{decision.subtask} ({decision.role}) went to {decision.model} by {decision.policy}: {reason}."]
    if decision.threshold is not None:
        facts.append(f"Quality bound: {words.share(decision.threshold)}.")
    if decision.escalated_from:
        facts.append(f"Escalated from {decision.escalated_from}.")
    if decision.fallbacks:
        facts.append(f"Next in line: {', '.join(decision.fallbacks)}.")
    if decision.answered_by and decision.answered_by != decision.model:
        facts.append(f"Answered by {decision.answered_by}.")
    candidates = Table(
        headings=("candidate", "expected quality", "expected $", "expected time", "not eligible because"),
        rows=tuple(
            (
                candidate.model,
                words.UNKNOWN if candidate.quality is None else words.share(candidate.quality),
                words.dollars(candidate.cost_usd),
                words.UNKNOWN if candidate.latency_s is None else words.seconds(candidate.latency_s),
                candidate.excluded,
            )
            for candidate in decision.candidates
        ),
        words=frozenset((0, 4)),
    )
    title = f"Decision: {decision.subtask} ({decision.role})"
    return Section(key="decision", title=title, blocks=[Text(" ".join(facts)), candidates])


def event_words(event: Event) -> str:
    """What happened, in a line or few."""
    match event:
        case Prompted() | ModelFinished() | ToolStarted() | ToolFinished() | ApprovalNeeded() | ApprovalGiven():
            return _work_words(event)
        case RunStarted(question=question, resumed=resumed):
            return f"{'resumed' if resumed else 'began'}: {question}"
        case Screened(stage=stage, subject=subject, findings=findings):
            return f"{stage} {subject}: {'; '.join(findings) or 'nothing found'}"
        case Recalled(items=items):
            return f"{len(items)} from memory: {'; '.join(items)}"
        case Planned(plan=plan, attempt=attempt):
            tasks = "; ".join(f"{task.id} {task.tool or task.role}: {task.instruction}" for task in plan.subtasks)
            return f"{f'new plan ({attempt})' if attempt else 'plan'} for an answer of form {plan.form}: {tasks}"
        case Routed(decision=decision):
            return f"{decision.subtask} ({decision.role}) to {decision.model}: {decision.reason}"
        case Token(text=text):
            return text
        case Feedback(source=source, text=text):
            return f"from {source}: {text}"
        case Verified(verdict=verdict):
            return f"{verdict}, score {words.share(verdict.score)}" + "".join(f"; {p}" for p in verdict.problems)
        case Escalated(from_model=old, to_model=new, reason=reason):
            return f"{old} to {new}: {reason}"
        case Warned(message=message):
            return message
        case RunFinished(answer=answer):
            return f"{answer.status}: {answer.text}" + "".join(f"; {note}" for note in answer.notes)
        case RunFailed(error=error, message=message):
            return f"{error}: {message}"


def _work_words(
    event: Prompted | ModelFinished | ToolStarted | ToolFinished | ApprovalNeeded | ApprovalGiven,
) -> str:
    match event:
        case Prompted(role=role, model=model, prompt=prompt):
            return f"to {model} as {role}: {prompt}"
        case ModelFinished(role=role, model=model, usage=usage, cost_usd=usd, seconds=taken, error=error):
            tokens = f"{words.count(usage.input_tokens)} tokens in, {words.count(usage.output_tokens)} out"
            end = f", failed: {error}" if error else ""
            return f"{model} as {role}: {tokens}, {words.dollars(usd)}, {words.seconds(taken)}{end}"
        case ToolStarted(tool=tool, arguments=arguments):
            return f"{tool} {arguments}"
        case ToolFinished(tool=tool, summary=summary, seconds=taken, error=error, replayed=replayed):
            end = f"failed: {error}" if error else summary
            return f"{tool} {'(not repeated) ' if replayed else ''}in {words.seconds(taken)}: {end}"
        case ApprovalNeeded(call=call):
            return f"{call.tool} {call.arguments} waits for a person: {call.reason}"
        case ApprovalGiven(approved=approved, reason=reason, arguments=arguments):
            changed = f" with other arguments: {arguments}" if arguments else ""
            return f"{'approved' if approved else 'denied'}{changed}{f': {reason}' if reason else ''}"


def _read(entry: Mapping[str, Any]) -> Event | None:
    try:
        return event_from_json(dict(entry))
    except ValueError:
        return None
