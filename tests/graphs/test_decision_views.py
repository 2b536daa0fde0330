"""One decision, five views: the trace, the checkpoint, the event stream, the run store, the evaluation's log."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tests.graphs.rewiring import model_card, rewire, settings
from tests.graphs.scripts import call, plan, verdict

from coreagent import ApprovalNeeded, CoreAgent, Event, RunFinished, tool
from coreagent.budget import Ledger
from coreagent.decision import Candidate, Decision
from coreagent.evals.system import Item
from coreagent.evals.systems.agent import AgentSystem
from coreagent.evals.trials import TrialKey, TrialRecord, record_from_line, record_to_line
from coreagent.events import Routed, event_from_json
from coreagent.graphs.checkpoints import open_checkpoints
from coreagent.intents import Intent
from coreagent.models.card import Energy, Latency
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.telemetry import Telemetry
from coreagent.testing import ScriptedModel

QUESTION = "[size=0.5] Reduce overshooting of cell 33"


@tool(effect="write")
def set_tilt(cell: str) -> str:
    """Set the tilt of a cell.

    Args:
        cell: name of the cell.
    """
    return f"Tilt of cell {cell} is set."


def _everything(there: Field, rest: Chooser) -> Choice | None:
    """A choice with something in every field."""
    del rest
    names = tuple(entry.model for entry in there.candidates)
    return Choice(
        names,
        "drawn",
        0.25,
        by="everything",
        excluded={} if len(names) == 1 else {names[-1]: "left out on purpose"},
        notes=("the adviser did not answer",),
        probability=0.125,
        conduct="guarded",
    )


def models() -> dict[Any, Any]:
    steps: dict[str, list[Any]] = {
        "planner": [plan({"id": "s1", "tool": "set_tilt"}, form="action")],
        "caller": [call("set_tilt", cell="33")],
        "summarizer": ["The tilt was set [1]."],
        "verifier": [verdict()],
    }
    known: dict[str, Any] = {"latency": Latency(0.1, 0.01), "energy": Energy(1.0, 10.0), "quality": 0.7}
    found: dict[Any, Any] = {
        role: [ScriptedModel(script, card=model_card(f"{role}-model", usd=1, **known))]
        for role, script in steps.items()
    }
    found["planner"].append(ScriptedModel([], card=model_card("spare", usd=2, **known)))
    return found


def agent_at(home: Path) -> CoreAgent:
    return CoreAgent(
        models=models(), tools=[set_tilt], settings=settings(), home=home, policy=Policy("everything()", _everything)
    )


class Wary:
    """A guard that is never sure."""

    def risk(self, text: str) -> float:
        return 0.5 if text else 0.0


def planned(events: list[Event]) -> Decision:
    return next(e.decision for e in events if isinstance(e, Routed) and e.decision.role == "planner")


async def test_a_decision_is_the_same_wherever_it_is_seen(tmp_path: Path) -> None:
    events: list[Event] = []
    with Telemetry.in_memory() as telemetry:
        async with agent_at(tmp_path) as agent:
            rewire(agent, guard=Wary(), calls={"telemetry": telemetry})
            events = [event async for event in agent.stream(Intent(QUESTION, domain="ran"), tokens=False)]
        spans = telemetry.spans()
    assert isinstance(events[-1], ApprovalNeeded)
    run_id = events[-1].run_id

    decision = planned(events)
    empty = Decision(subtask="", role="planner", policy="", model="", candidates=(), reason="")
    unset = {entry.name for entry in fields(Decision) if getattr(decision, entry.name) == getattr(empty, entry.name)}
    assert unset == {"role", "escalated_from", "answered_by"}, "else a view could lose a field unnoticed"
    first = decision.candidates[0]
    assert None not in (first.quality, first.latency_s, first.energy_wh) and first.most_usd > 0 and first.quality_by

    attributes = next(dict(span.attributes or {}) for span in spans if span.name.startswith("chat"))
    seen = {
        name.removeprefix("coreagent.decision."): value for name, value in attributes.items() if "decision." in name
    }
    candidates = tuple(Candidate(**entry) for entry in json.loads(str(seen.pop("candidates"))))
    trace: dict[str, Any] = seen
    assert Decision(candidates=candidates, **trace) == decision

    async with open_checkpoints(tmp_path / "runs" / "checkpoints.sqlite") as saver:
        stored = await saver.aget_tuple({"configurable": {"thread_id": run_id}})
    assert stored is not None
    kept = stored.checkpoint["channel_values"]
    assert kept["decisions"][0] == replace(decision, answered_by="planner-model")
    assert isinstance(kept["decisions"][0], Decision)
    assert kept["options"].flags == {"size": 0.5}

    async with agent_at(tmp_path) as agent:
        for call_ in await agent.pending(run_id):
            await agent.approve(call_.id)
        resumed = [event async for event in agent.resume(run_id)]
        told = [entry.event for entry in agent.system.store.events(run_id)]
    last = resumed[-1]
    assert isinstance(last, RunFinished) and last.answer.status == "complete"
    assert last.answer.decisions[0] == replace(decision, answered_by="planner-model")
    assert planned(told) == decision


async def test_an_evaluation_keeps_it_too(tmp_path: Path) -> None:
    async with agent_at(tmp_path) as agent:
        deps = agent.system.deps
        system = AgentSystem(
            "core",
            agent.system.session,
            live=deps.live,
            options=deps.defaults,
            close=agent.close,
            describe=lambda: {},
        )
        item = Item(suite="s", sample="1", messages=(), question=QUESTION, ledger=Ledger())
        response = await system.answer(item)
    record = TrialRecord(key=TrialKey("s", "core", "1"), outcome="skipped", events=response.events)
    read = record_from_line(record_to_line(record))
    decision = planned([event_from_json(dict(entry)) for entry in read.events])
    assert (decision.conduct, decision.probability, decision.decided_by) == ("guarded", 0.125, "everything")
    assert decision.notes == ("the adviser did not answer",)
    assert decision.candidates[0].energy_wh is not None
