"""What routing is told of each call, and flags that no model may see."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.graphs.rewiring import double, model_card, rewire, run, settings, usual
from tests.graphs.scripts import call, plan, verdict
from tests.graphs.stepping import text_call

from coreagent import CoreAgent, RunStarted, Screened
from coreagent.errors import InputError, UnknownNameError, UsageError
from coreagent.models.chat import ChatRequest
from coreagent.routing.policies import cheapest_above
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import RoutingRequest
from coreagent.testing import ScriptedModel


class Watcher:
    """A policy that only writes down what it was asked."""

    def __init__(self) -> None:
        self.requests: list[RoutingRequest] = []

    @property
    def policy(self) -> Policy:
        def decide(there: Field, rest: Chooser) -> Choice | None:
            self.requests.append(there.request)
            return rest(there)

        return Policy("watcher()", decide) | cheapest_above(quality=0.6)


def texts(models: Any) -> str:
    requests: list[ChatRequest] = [request for model in models.values() for request in model.calls]
    return "\n".join(message.content for request in requests for message in request.messages)


async def test_each_role_is_routed_by_what_it_is_asked_and_how_sure_the_evidence_is() -> None:
    watcher = Watcher()
    models = usual(planner=[plan({"id": "s1", "tool": "double", "instruction": "Double the two."})])
    async with CoreAgent(models=models, tools=[double], settings=settings(), policy=watcher.policy) as agent:
        rewire(agent, guard=_Fixed(0.25))
        await run(agent)
    asked = {request.role: request for request in watcher.requests}
    assert asked["planner"].text == asked["summarizer"].text == asked["verifier"].text == "What is twice two?"
    assert asked["caller"].text == "Double the two."
    assert (asked["planner"].retrieval, asked["caller"].retrieval) == (None, None)
    assert asked["summarizer"].retrieval == asked["verifier"].retrieval == 1.0
    assert {request.risk for request in watcher.requests} == {0.25}
    assert len({request.seed for request in watcher.requests}) == 1 and watcher.requests[0].seed


async def test_the_step_loop_tells_routing_the_same() -> None:
    watcher = Watcher()
    models = usual(
        planner=["Double the two first. Next: caller.", "All is known. Next: conclusion."],
        caller=[text_call("double", '{"number": 2}')],
        summarizer=["conclusion: It is 4 [1]."],
    )
    agent_settings = settings(graph="tool_use")
    async with CoreAgent(models=models, tools=[double], settings=agent_settings, policy=watcher.policy) as agent:
        _, answer = await run(agent, "[size=0.3] What is twice two?")
    assert "4" in answer.text
    asked = {request.subtask: request for request in watcher.requests}
    assert asked["think-1"].text == asked["answer"].text == "What is twice two?"
    assert asked["s1"].text == "Double the two first."
    assert {tuple(request.flags.items()) for request in watcher.requests} == {(("size", 0.3),)}
    assert "0.3" not in texts(models)


@pytest.mark.parametrize(
    "question",
    [
        "[size=0.3] What is twice two?",
        "What is twice two? [size=0.3]",
        "/flag size=0.3\nWhat is twice two?",
    ],
)
async def test_no_model_sees_a_flag(question: str) -> None:
    watcher = Watcher()
    models = usual()
    async with CoreAgent(models=models, tools=[double], settings=settings(), policy=watcher.policy) as agent:
        events, answer = await run(agent, question)
    assert "size" not in texts(models) and "flag" not in texts(models) and "0.3" not in texts(models)
    assert all(request.text and "size" not in request.text for request in watcher.requests)
    assert {tuple(request.flags.items()) for request in watcher.requests} == {(("size", 0.3),)}
    assert answer.question == "What is twice two?"
    assert [event.question for event in events if isinstance(event, RunStarted)] == [question]
    screened = next(event for event in events if isinstance(event, Screened))
    assert screened.findings == ("routing weighs size=0.3",)


async def test_no_memory_and_no_search_sees_a_flag() -> None:
    seen: list[str] = []

    class Memory:
        async def recall(self, question: str, **_: Any) -> tuple[()]:
            seen.append(question)
            return ()

        async def remember(self, question: str, answer: Any, **_: Any) -> tuple[()]:
            seen.append(question)
            return ()

    memory: Any = Memory()
    models = usual(planner=["nonsense", "nonsense"])
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        rewire(agent, agent=replace(agent.system.deps.agent, memory=memory))
        await run(agent, "[energy=1] What is twice two?")
    assert seen == ["What is twice two?"] * 2
    assert "energy" not in texts(models)


async def test_flags_given_by_the_caller_hold_against_those_in_the_question() -> None:
    watcher = Watcher()
    async with CoreAgent(models=usual(), tools=[double], settings=settings(), policy=watcher.policy) as agent:
        await run(agent, "[size=0.3, energy=2] What is twice two?", flags={"size": 0.9})
    assert dict(watcher.requests[0].flags) == {"size": 0.9, "energy": 2.0}


async def test_flags_that_are_none() -> None:
    async with CoreAgent(models=usual(), tools=[double], settings=settings()) as agent:
        with pytest.raises(UnknownNameError, match="did you mean size"):
            await agent.ask("What?", flags={"siz": 1})
        with pytest.raises(UsageError, match="weight of flag size"):
            await agent.ask("What?", flags={"size": float("nan")})
        with pytest.raises(InputError, match="empty"):
            await agent.ask("[size=0.3]")
        with pytest.raises(UsageError):
            await agent.ask("[size=99] What is twice two?")


async def test_brackets_of_the_question_itself_stay() -> None:
    models = usual()
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        _, answer = await run(agent, "Which cell has [rsrp=-110] here?")
    assert answer.question == "Which cell has [rsrp=-110] here?"
    assert "[rsrp=-110]" in texts(models)


async def test_a_plan_is_told_to_who_loads_models_ahead() -> None:
    told: list[tuple[list[str], bool]] = []

    class Prewarmer:
        def upcoming(self, models: Sequence[str], *, ledger: Any = None) -> tuple[str, ...]:
            told.append((list(models), ledger is not None))
            return ()

    models = usual()
    weak = ScriptedModel(["It is 4 [1]."], card=model_card("weak", quality=0.7))
    strong = ScriptedModel([], card=model_card("strong", quality=0.9, usd=1))
    async with CoreAgent(models={**models, "summarizer": [strong, weak]}, tools=[double], settings=settings()) as agent:
        rewire(agent, prewarmer=Prewarmer())
        await run(agent)
    assert told == [(["scripted:caller", "weak", "scripted:verifier"], True)]


async def test_the_step_loop_tells_it_before_each_call() -> None:
    told: list[list[str]] = []

    class Prewarmer:
        def upcoming(self, models: Sequence[str], *, ledger: Any = None) -> tuple[str, ...]:
            del ledger
            told.append(list(models))
            return ()

        async def close(self) -> None: ...

    models = usual(
        planner=["Double it. Next: caller.", "All is known. Next: conclusion."],
        caller=[text_call("double", '{"number": 2}')],
        summarizer=["conclusion: It is 4 [1]."],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings(graph="tool_use")) as agent:
        rewire(agent, prewarmer=Prewarmer())
        await run(agent)
    assert told == [["scripted:caller"]]


async def test_a_model_that_can_not_be_loaded_ahead_is_a_warning() -> None:
    class Prewarmer:
        def upcoming(self, models: Sequence[str], *, ledger: Any = None) -> tuple[str, ...]:
            raise UnknownNameError("model", "ghost", models)

    async with CoreAgent(models=usual(), tools=[double], settings=settings()) as agent:
        rewire(agent, prewarmer=Prewarmer())
        events, answer = await run(agent)
    assert answer.status == "complete"
    assert any("not loaded ahead" in getattr(event, "message", "") for event in events)


class _Fixed:
    def __init__(self, risk: float) -> None:
        self._risk = risk

    def risk(self, text: str) -> float:
        del text
        return self._risk


async def test_the_caller_that_depends_on_others_is_told_how_sure_their_evidence_is() -> None:
    watcher = Watcher()
    models = usual(
        planner=[plan({"id": "a", "tool": "double"}, {"id": "b", "tool": "double", "depends_on": ["a"]})],
        caller=[call("double", number=1), call("double", number=2)],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings(), policy=watcher.policy) as agent:
        await run(agent)
    asked = {request.subtask: request for request in watcher.requests}
    assert (asked["a"].retrieval, asked["b"].retrieval) == (None, 1.0)
