"""The records of the run store, and how they stand in its rows."""

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from coreagent.answer import Answer
from coreagent.events import Event, RunFinished, event_from_json, event_to_json
from coreagent.runs.database import storable
from coreagent.runs.process import Owner
from coreagent.secrets import mask_json_text

RunState = Literal["running", "waiting", "finished", "failed", "interrupted"]
"""waiting: a person must approve a call. interrupted: stopped, or its process died; it can be resumed."""

RUN_COLUMNS = "run_id, status, question, intent, config_digest, started, updated, host, pid, process_started, answer"

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One run as it stands. ``started_s`` and ``updated_s`` are Unix times in seconds; secrets are masked."""

    run_id: str
    status: RunState
    question: str
    intent_json: str
    config_digest: str
    started_s: float
    updated_s: float
    pid: int
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event: ``seq`` counts from 0 in its run, ``at_s`` is its Unix time in seconds."""

    seq: int
    at_s: float
    event: Event


def question_of(intent_json: str) -> str:
    """The goal of an intent; the whole text when it is no JSON object."""
    try:
        intent: Any = json.loads(intent_json)
    except ValueError:
        return intent_json
    return str(cast("dict[str, Any]", intent).get("goal", "")) if isinstance(intent, dict) else intent_json


def event_to_text(event: Event) -> str:
    """An event as JSON text, secrets masked."""
    return storable(mask_json_text(_ENCODER.encode(event_to_json(event))))


def answer_to_text(answer: Answer) -> str:
    """An answer as JSON text, secrets masked."""
    # An answer is stored as the event that carries it: one adapter fewer to build, one form to read.
    return event_to_text(RunFinished(answer))


def run_from_row(row: tuple[Any, ...]) -> StoredRun:
    """Read a row of ``RUN_COLUMNS``; a running run whose process is gone is interrupted."""
    run_id, status, question, intent, digest, started, updated, host, pid, process_started, answer = row
    if status == "running" and not Owner(host, pid, process_started).alive:
        status = "interrupted"
    finished = None if answer is None else event_from_json(answer)
    return StoredRun(
        run_id=run_id,
        status=status,
        question=question,
        intent_json=intent,
        config_digest=digest,
        started_s=started,
        updated_s=updated,
        pid=pid,
        answer=finished.answer if isinstance(finished, RunFinished) else None,
    )
