"""Whole runs of the step loop: approvals, resumption, many at once, long ones, and the built-in models."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.graphs.scripts import call, verdict
from tests.graphs.stepping import double, play, prompt, run, scripted, settings, text_call

from coreagent import (
    ApprovalNeeded,
    CoreAgent,
    Event,
    Feedback,
    RunFinished,
    ToolCall,
    ToolFinished,
    ToolStarted,
    tool,
)
from coreagent.agents.step_roles import StepPlanner, StepPlannerTask
from coreagent.agents.tool_protocol import (
    MAX_HISTORY_TOKENS,
    PlannerTurn,
    Turn,
    observed,
    recent,
    write_history,
)
from coreagent.cli.app import run as command_line
from coreagent.graphs.state import CoreInput
from coreagent.models.builtin import BuiltinPlanner
from coreagent.models.chat import ChatRequest, estimate_tokens
from coreagent.plans import RoleName
from coreagent.sections import first, parse
from coreagent.settings import parse_settings
from coreagent.testing import HashEmbedder, ScriptedModel


def writing(log: list[str]) -> Any:
    @tool(effect="write")
    def set_tilt(cell: str, degrees: float) -> str:
        """Set the tilt of a cell.

        Args:
            cell: which one.
            degrees: downtilt.
        """
        log.append(f"{cell}={degrees:g}")
        return f"tilt of {cell} is {degrees:g}"

    return set_tilt


def tilting() -> dict[RoleName, ScriptedModel]:
    return scripted(
        planner=["Set the tilt. Next: caller.", "Done. Next: conclusion."],
        caller=[call("set_tilt", cell="A", degrees=4)],
        summarizer=["The tilt of A is 4 [1]."],
        verifier=[verdict()],
    )


async def test_a_write_waits_for_a_person_and_goes_on_in_another_process(tmp_path: Path) -> None:
    log: list[str] = []
    models = tilting()
    async with CoreAgent(models=models, tools=[writing(log)], settings=settings(), home=tmp_path) as agent:
        waiting = await agent.ask("Set the tilt of A to 4")
    assert (waiting.status, log) == ("waiting", [])
    # The second agent would use the core graph: the run says which one it is of.
    second = CoreAgent(models=models, tools=[writing(log)], settings=settings(graph="core"), home=tmp_path)
    async with second as agent:
        (pending,) = await agent.pending(waiting.run_id)
        assert pending.tool == "set_tilt"
        await agent.approve(pending.id)
        events = [event async for event in agent.resume(waiting.run_id)]
    assert log == ["A=4"]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.answer.text == "The tilt of A is 4 [1]."
    for model in models.values():
        model.assert_done()


async def test_a_denied_call_is_an_observation_from_a_person() -> None:
    log: list[str] = []
    models = tilting()
    models["planner"] = ScriptedModel(["Set the tilt. Next: caller.", "It may not be. Next: give up."])
    async with CoreAgent(models=models, tools=[writing(log)], settings=settings()) as agent:
        events: list[Event] = []
        async for event in agent.stream("Set the tilt of A to 4"):
            events.append(event)
            if isinstance(event, ApprovalNeeded):
                await agent.deny(event.call.id, "not now")
    assert log == []
    assert [event.source for event in events if isinstance(event, Feedback)] == ["human"]
    assert "not now" in prompt(models["planner"], 1)


async def test_a_run_that_broke_goes_on_without_repeating_what_was_done(tmp_path: Path) -> None:
    log: list[str] = []
    stopping = asyncio.Event()

    def stop(_: ChatRequest) -> str:
        stopping.set()
        raise KeyError("the process dies here")

    models = tilting()
    models["planner"] = ScriptedModel(["Set the tilt. Next: caller.", stop])
    config = parse_settings(
        {**settings().model_dump(exclude_unset=True), "security": {"allow": ("set_tilt",)}},
    )
    async with CoreAgent(models=models, tools=[writing(log)], settings=config, home=tmp_path) as agent:
        with pytest.raises(KeyError):
            await agent.ask("Set the tilt of A to 4")
        (stored,) = agent.system.store.list(limit=1)
    assert stopping.is_set()
    assert log == ["A=4"]
    models["planner"] = ScriptedModel(["Done. Next: conclusion."])
    async with CoreAgent(models=models, tools=[writing(log)], settings=config, home=tmp_path) as agent:
        events = [event async for event in agent.resume(stored.run_id)]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.answer.text == "The tilt of A is 4 [1]."
    assert log == ["A=4"]
    assert not any(isinstance(event, ToolStarted) for event in events)
    assert "observation: tilt of A is 4" in prompt(models["planner"], 0)


async def test_each_action_passes_the_security_module_twice_and_the_log_says_so() -> None:
    models = scripted(
        planner=["Double. Next: caller.", "Next: conclusion."],
        caller=[call("double", number=4)],
        summarizer=["8 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        graph: Any = agent.blueprint.compile()
        state = await graph.ainvoke(CoreInput(question="q"), output_keys=["security_log", "answer"])
    assert [line.split(",")[0] for line in state["security_log"] if "double" in line] == [
        "before double s1.1: allow",
        "after double s1.1: ok",
    ]
    assert state["answer"].text == "8 [1]."


async def test_what_is_kept_and_sent_does_not_grow_with_the_steps() -> None:
    @tool
    def report(number: int) -> str:
        """Report at length.

        Args:
            number: of the report.
        """
        return f"report {number}: " + "x" * 2_000

    steps = 30
    _, answer, models = await play(
        [report],
        settings(max_steps=steps),
        planner=[f"Report {n}. Next: caller." for n in range(steps)] + ["Next: conclusion."],
        caller=[ToolCall(f"c{n}", "report", f'{{"number": {n}}}') for n in range(steps)],
        summarizer=["All [1]."],
        verifier=[verdict()],
    )
    assert answer.status == "complete"
    longest = [estimate_tokens(prompt(models["planner"], n)) for n in range(steps + 1)]
    assert longest[-1] == pytest.approx(longest[-5], rel=0.05)
    assert f"report {steps - 1}: " in prompt(models["planner"], steps)
    assert "observation: report 0: " not in prompt(models["planner"], steps)


def test_recent_keeps_the_end_of_the_history_within_the_bound() -> None:
    turns = tuple(Turn("assistant", f"{n} " + "w" * 500) for n in range(100))
    kept = recent(turns)
    assert kept[-1] == turns[-1]
    assert estimate_tokens(write_history(kept)) <= MAX_HISTORY_TOKENS
    assert kept[1:] == turns[-len(kept) + 1 :]
    (end,) = recent([Turn("caller", "\u00e4" * 100_000 + "end")], max_tokens=100)
    assert end.text.startswith("...") and end.text.endswith("end")
    assert estimate_tokens(write_history([end])) <= 100
    assert recent(turns, max_tokens=1) == ()
    assert len(observed("y" * 5_000).text) == 1024


@pytest.mark.parametrize(
    ("question", "tools", "text"),
    [
        ("Convert NR-ARFCN 627264 to MHz", ["nr_arfcn"], "3408.96 MHz"),
        (
            "How many channels for 10 Erlang at 1% blocking, and what is the free-space path loss at 2 km and 3.5 GHz?",
            ["erlang", "link_budget"],
            "109.35 dB",
        ),
        ("What is the E2 interface?", ["search_corpus"], "E2"),
    ],
)
async def test_the_built_in_models_work_step_by_step(question: str, tools: list[str], text: str) -> None:
    async with CoreAgent(graph="tool_use") as agent:
        events, answer = await run(agent, question)
    assert [event.tool for event in events if isinstance(event, ToolFinished)] == tools
    assert text in answer.text
    assert answer.citations
    assert (answer.status, answer.verdict.outcome) == ("complete", "supported")


async def test_the_built_in_models_say_honestly_that_nothing_was_found() -> None:
    async with CoreAgent(graph="tool_use") as agent:
        _, answer = await run(agent, "What is the flux capacitor frequency of Mars?")
    assert answer.status == "not_found"


async def test_the_built_in_planner_tries_once_more_in_other_words_then_gives_up() -> None:
    @tool
    def search_tickets(query: str) -> str:
        """Search the trouble tickets for a text.

        Args:
            query: what to look for.
        """
        return "nothing"

    planner, role = BuiltinPlanner(HashEmbedder()), StepPlanner()
    history: tuple[Turn, ...] = ()
    thoughts: list[PlannerTurn] = []
    for _ in range(3):
        task = StepPlannerTask(
            question="Which tickets mention water damage in the RBS cabinets?",
            tools=(search_tickets.info,),
            history=history,
        )
        turn = role.read(task, await planner.complete(role.request(task)))
        assert turn is not None
        thoughts.append(turn)
        action = Turn("caller", text_call("search_tickets", "{}"))
        history += (Turn("assistant", turn.text), action, observed("error: the archive is closed"))
    assert [thought.next for thought in thoughts] == ["caller", "caller", "give up"]
    assert "search_tickets" in thoughts[0].text
    assert thoughts[0].text != thoughts[1].text


def test_the_command_line_chooses_the_graph(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["ask", "--graph", "tool_use", "--explain", "Convert NR-ARFCN 627264 to MHz"]) == 0
    shown = capsys.readouterr().out
    assert "3408.96 MHz" in shown
    assert shown.count("builtin/planner") == 2
    assert command_line(["graph", "show", "tool_use", "--format", "ascii"]) == 0
    assert "think" in capsys.readouterr().out


async def test_runs_of_one_agent_at_the_same_time_do_not_mix() -> None:
    runs = 20

    def asked(request: ChatRequest) -> int:
        return int(first(parse(request.messages[1].content), "question").removeprefix("Double "))

    def think(request: ChatRequest) -> str:
        known = f"returned {2 * asked(request)}." in request.messages[1].content
        return "Next: conclusion." if known else "Double it. Next: caller."

    def act(request: ChatRequest) -> ToolCall:
        return call("double", number=asked(request))

    def conclude(request: ChatRequest) -> str:
        return f"It is {2 * asked(request)} [1]."

    models = scripted(
        planner=[think] * (2 * runs), caller=[act] * runs, summarizer=[conclude] * runs, verifier=[verdict()] * runs
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        answers = await asyncio.gather(*(agent.ask(f"Double {n}") for n in range(runs)))
    assert [answer.text for answer in answers] == [f"It is {2 * n} [1]." for n in range(runs)]
    for model in models.values():
        model.assert_done()
