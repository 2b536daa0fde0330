"""What a person is told of a call that waits, and what becomes of arguments that they change."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field
from tests.graphs.scripts import call, plan, verdict
from tests.graphs.stepping import prompt

from coreagent import (
    ApprovalGiven,
    ApprovalNeeded,
    CoreAgent,
    Event,
    Feedback,
    RunFinished,
    ToolContext,
    ToolFinished,
    ToolStarted,
    tool,
)
from coreagent.agents import action
from coreagent.agents.action import canonical, idempotency_key
from coreagent.agents.security import EffectPolicy, Ruling
from coreagent.errors import ActionDeniedError, ToolArgumentsError, UnknownNameError, UsageError
from coreagent.events import PendingCall, Screened, event_from_json, event_to_json
from coreagent.graphs.edits import changed_arguments
from coreagent.labels import Label, Sensitivity
from coreagent.settings import Settings, parse_settings
from coreagent.testing import ScriptedModel
from coreagent.tools.tool import ToolInfo

Answering = Callable[[CoreAgent, PendingCall], Any]


def settings(**agent: Any) -> Settings:
    return parse_settings({"agent": {"memory": False, **agent}, "builtin": False})


class Site:
    """Cells whose tilt can be set, with the keys it was set under, and how often the preview was asked."""

    def __init__(self, preview: Callable[..., Any] | None = None) -> None:
        self.tilts: list[tuple[str, float]] = []
        self.keys: list[str] = []
        self.previews = 0

        def told(cell: str, degrees: float) -> str:
            self.previews += 1
            return f"cell {cell}: 2 -> {degrees:g} degrees"

        @tool(effect="write", preview=preview or told)
        def set_tilt(cell: str, degrees: Annotated[float, Field(ge=0, le=12)], context: ToolContext) -> str:
            """Set the tilt of a cell."""
            self.tilts.append((cell, degrees))
            self.keys.append(context.idempotency_key)
            return f"Tilt of cell {cell} is {degrees:g} degrees."

        self.set_tilt = set_tilt


def models(**arguments: Any) -> dict[Any, Any]:
    wanted = arguments or {"cell": "33", "degrees": 4}
    return {
        "planner": ScriptedModel([plan({"id": "s1", "tool": "set_tilt"}, form="action")] * 2),
        "caller": ScriptedModel([call("set_tilt", **wanted)] * 2),
        "summarizer": ScriptedModel(["The tilt was set [1]."] * 2),
        "verifier": ScriptedModel([verdict()] * 2),
    }


async def answered(agent: CoreAgent, answer: Answering, question: str = "Reduce overshooting") -> list[Event]:
    """The events of a run whose waiting calls are given to ``answer``."""
    events: list[Event] = []
    async for event in agent.stream(question, tokens=False):
        events.append(event)
        if isinstance(event, ApprovalNeeded):
            await answer(agent, event.call)
    return events


def given(events: list[Event]) -> ApprovalGiven:
    return next(event for event in events if isinstance(event, ApprovalGiven))


async def agree(agent: CoreAgent, pending: PendingCall) -> None:
    await agent.approve(pending.id)


async def test_a_person_is_told_all_that_there_is_to_know() -> None:
    site = Site()
    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, agree)
    needed = next(event for event in events if isinstance(event, ApprovalNeeded))
    assert needed.call.description == "Set the tilt of a cell."
    assert json.loads(needed.call.parameters)["properties"]["degrees"]["maximum"] == 12
    assert needed.call.changes == "cell 33: 2 -> 4 degrees"
    assert needed.call.label == Label()
    assert not needed.call.masked
    assert event_from_json(event_to_json(needed)) == needed
    assert site.previews == 1, "the node that waits runs twice, the preview once"


def test_events_of_before_are_still_read() -> None:
    fields: dict[str, Any] = {
        "id": "c1",
        "tool": "t",
        "arguments": "{}",
        "effect": "write",
        "subtask": "s1",
        "reason": "r",
    }
    read = event_from_json({"event": "ApprovalNeeded", "run_id": "r1", "call": fields})
    assert read == ApprovalNeeded("r1", PendingCall(**fields))
    assert event_from_json({"event": "ApprovalGiven", "call_id": "c1", "approved": True}) == ApprovalGiven("c1", True)


async def test_a_preview_that_fails_is_told_and_stops_nothing() -> None:
    async def broken(cell: str) -> str:
        raise LookupError(f"no cell {cell}, password=hunter22222")

    site = Site(broken)
    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, agree)
    needed = next(event for event in events if isinstance(event, ApprovalNeeded))
    assert needed.call.changes.startswith("its preview failed: LookupError")
    assert "no cell 33" in needed.call.changes and "hunter22222" not in needed.call.changes
    assert site.tilts == [("33", 4.0)]


async def test_a_preview_that_hangs_is_left_and_a_long_one_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action, "PREVIEW_TIMEOUT_S", 0.01)

    async def hanging() -> str:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    told: list[str] = []

    async def note(agent: CoreAgent, pending: PendingCall) -> None:
        told.append(pending.changes)
        await agent.approve(pending.id)

    async def endless() -> str:
        return "x" * 1_000_000

    for preview in (hanging, endless):
        async with CoreAgent(models=models(), tools=[Site(preview).set_tilt], settings=settings()) as agent:
            await answered(agent, note)
    assert told[0] == "its preview failed: no word within 0.01 s"
    assert told[1].endswith("x ... (cut)") and len(told[1]) < 5_000


async def test_a_call_that_nobody_is_asked_about_has_no_preview() -> None:
    site = Site()
    allowed = parse_settings({"agent": {"memory": False}, "builtin": False, "security": {"allow": ["set_tilt"]}})
    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=allowed) as agent:
        await agent.ask("q")
    assert site.tilts and site.previews == 0


async def test_changed_arguments_are_what_is_done_journalled_and_told() -> None:
    site = Site()
    script = models()
    script["summarizer"] = ScriptedModel(["NOT FOUND: unsure", "The tilt was set [1]."])

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        await agent.approve(pending.id, arguments='{"degrees": 2, "cell": "34"}')

    async with CoreAgent(models=script, tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, change)
    last = events[-1]
    assert isinstance(last, RunFinished)
    arguments = canonical({"cell": "34", "degrees": 2.0})
    assert site.tilts == [("34", 2.0)]
    assert site.keys == [idempotency_key(last.answer.run_id, "set_tilt", arguments)]
    assert given(events).arguments == arguments
    assert [event.arguments for event in events if isinstance(event, ToolStarted)] == [arguments, arguments]
    assert [event.replayed for event in events if isinstance(event, ToolFinished)] == [False, True]
    told = [event for event in events if isinstance(event, Feedback) and event.source == "human"]
    assert {event.text for event in told} == {f"set_tilt: a person changed the arguments to {arguments}"}
    assert "a person changed the arguments" in prompt(script["planner"], 1)
    # In both plans the gate looked at what the model wanted, and again at what the person wants.
    assert sum(event.stage == "action" for event in events if isinstance(event, Screened)) == 4


async def test_arguments_that_do_not_fit_are_told_at_once_and_the_call_goes_on_waiting() -> None:
    site = Site()

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        with pytest.raises(ToolArgumentsError, match="degrees"):
            await agent.approve(pending.id, arguments='{"cell": "33", "degrees": 40}')
        with pytest.raises(ToolArgumentsError, match="not valid JSON"):
            await agent.approve(pending.id, arguments="{cell")
        with pytest.raises(UnknownNameError, match="waiting call"):
            await agent.approve("nope", arguments="{}")

    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, change)
        assert isinstance(events[-1], ApprovalNeeded)
        assert agent.system.store.get("last").status == "waiting"
        assert site.tilts == []
    # Another process decides, with arguments that fit.
    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as later:
        run_id = later.system.store.get("last").run_id
        (pending,) = await later.pending(run_id)
        assert pending == events[-1].call
        await later.approve(pending.id, arguments='{"cell": "33", "degrees": 12}')
        events = [event async for event in later.resume(run_id)]
    assert isinstance(events[-1], RunFinished)
    assert site.tilts == [("33", 12.0)]


async def test_arguments_that_are_the_same_are_no_change() -> None:
    site = Site()

    async def retype(agent: CoreAgent, pending: PendingCall) -> None:
        await agent.approve(pending.id, arguments='{"degrees": 4.0,\n "cell": "33"}')

    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, retype)
    assert given(events).arguments == ""
    assert not [event for event in events if isinstance(event, Feedback)]
    assert site.tilts == [("33", 4.0)]


async def test_a_mask_is_never_written_in_the_place_of_a_secret() -> None:
    site = Site()

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        assert pending.masked and "hunter22222" not in pending.arguments
        shown = json.loads(pending.arguments)
        with pytest.raises(ToolArgumentsError, match="where a secret was masked"):
            await agent.approve(pending.id, arguments=json.dumps({**shown, "degrees": 3}))
        await agent.approve(pending.id, arguments='{"cell": "33 password=hunter33333", "degrees": 3}')

    script = models(cell="33 password=hunter22222", degrees=4)
    async with CoreAgent(models=script, tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, change)
        stored = "".join(str(entry.event) for entry in agent.system.store.events("last"))
    assert site.tilts == [("33 password=hunter33333", 3.0)]
    assert given(events).arguments == '{"cell":"33 password=***","degrees":3.0}'
    assert "hunter33333" not in stored and "hunter22222" not in stored


def no_steep_tilts(self: EffectPolicy, tool: ToolInfo, arguments: str, label: Label) -> tuple[Ruling, Screened]:
    steep = json.loads(arguments)["degrees"] > 8
    ruling = Ruling("deny", "steeper than 8 degrees") if steep else Ruling("ask", "changes something")
    return ruling, Screened("action", tool.name, label)


async def test_a_change_that_security_denies_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EffectPolicy, "review_call", no_steep_tilts)
    site = Site()

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        with pytest.raises(ActionDeniedError, match="steeper than 8 degrees"):
            await agent.approve(pending.id, arguments='{"cell": "33", "degrees": 9}')

    async with CoreAgent(models=models(), tools=[site.set_tilt], settings=settings()) as agent:
        events = await answered(agent, change)
    assert isinstance(events[-1], ApprovalNeeded)
    assert site.tilts == []


async def test_a_denial_that_comes_only_when_the_run_goes_on_holds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        await agent.approve(pending.id, arguments='{"cell": "33", "degrees": 9}')
        monkeypatch.setattr(EffectPolicy, "review_call", no_steep_tilts)

    script = models()
    script["summarizer"] = ScriptedModel(["NOT FOUND: it was not allowed"])
    once = settings(max_replans=0)
    async with CoreAgent(models=script, tools=[site.set_tilt], settings=once) as agent:
        events = await answered(agent, change)
    assert site.tilts == []
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert any("not allowed: steeper than 8 degrees" in note for note in last.answer.notes)


async def test_a_run_that_stops_right_after_an_approval_gives_an_answer_as_any_other() -> None:
    script = models()
    script["summarizer"] = ScriptedModel(["It cites nothing.", "It still cites nothing."])
    async with CoreAgent(models=script, tools=[Site().set_tilt], settings=settings()) as agent:
        events = await answered(agent, agree)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.answer.error == "SchemaMismatchError"
    assert isinstance(last.answer.decisions, tuple)


async def test_the_step_loop_hears_of_a_change_too() -> None:
    site = Site()
    script: dict[Any, Any] = {
        "planner": ScriptedModel(["Set it. Next: caller.", "It is set. Next: conclusion."]),
        "caller": ScriptedModel([call("set_tilt", cell="33", degrees=4)]),
        "summarizer": ScriptedModel(["The tilt was set [1]."]),
        "verifier": ScriptedModel([verdict()]),
    }

    async def change(agent: CoreAgent, pending: PendingCall) -> None:
        assert pending.changes == "cell 33: 2 -> 4 degrees"
        await agent.approve(pending.id, arguments='{"cell": "34", "degrees": 2}')

    async with CoreAgent(models=script, tools=[site.set_tilt], settings=settings(graph="tool_use")) as agent:
        await answered(agent, change)
    assert site.tilts == [("34", 2.0)]
    seen = prompt(script["planner"], 1)
    assert 'user: set_tilt: a person changed the arguments to {"cell":"34","degrees":2.0}</s>\nobservation: ' in seen


async def test_the_label_is_that_of_the_data_in_the_call() -> None:
    seen: list[Label] = []

    async def note(agent: CoreAgent, pending: PendingCall) -> None:
        seen.append(pending.label)
        await agent.approve(pending.id)

    async with CoreAgent(models=models(), tools=[Site().set_tilt], settings=settings()) as agent:
        await answered(agent, note, "Reduce overshooting, password=hunter22222")
    assert seen == [Label(Sensitivity.CONFIDENTIAL)]


def test_without_a_gate_arguments_can_not_be_changed() -> None:
    pending = PendingCall("c1", "t", "{}", "write", "s1", "r")
    with pytest.raises(UsageError, match="no gate"):
        changed_arguments(None, pending, "{}")
