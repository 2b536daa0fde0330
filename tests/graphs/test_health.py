import asyncio

from tests.graphs.scripts import plan

from coreagent import CoreAgent, Routed, RunFinished
from coreagent.errors import ModelUnreachableError
from coreagent.events import Warned
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.wrapper import WrappedModel
from coreagent.settings import parse_settings
from coreagent.testing import ManualClock, ScriptedModel
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import SERVER_ERROR


async def test_the_next_call_does_not_wait_for_the_same_dead_endpoint() -> None:
    dead = {"base_url": "http://127.0.0.1:9/v1", "price": "free", "max_attempts": 1}
    settings = parse_settings({"agent": {"memory": False}, "models": {"x/dead": dead}})
    async with CoreAgent(settings=settings) as agent:
        events = [event async for event in agent.stream("What is 20 dBm in mW?")]
    decisions = [event.decision for event in events if isinstance(event, Routed)]
    assert [decision.model for decision in decisions] == [
        "x/dead",
        "builtin/caller",
        "builtin/summarizer",
        "builtin/verifier",
    ]
    excluded = {candidate.model: candidate.excluded for candidate in decisions[1].candidates}
    assert excluded["x/dead"].startswith("its endpoint failed a moment ago; next try in ")
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer.notes[-1] == "x/dead failed, builtin/planner answered as planner"


async def test_the_only_model_there_is_is_asked_again() -> None:
    flaky = ScriptedModel(
        [ModelUnreachableError("refused", model="only"), plan({"id": "s1", "tool": "calculate"})], card=_card("only")
    )
    settings = parse_settings({"agent": {"memory": False}})
    async with CoreAgent(models={"planner": flaky}, settings=settings) as agent:
        first = await agent.ask("What is 1+1?")
        second = [event async for event in agent.stream("What is 1+1?")]
    assert first.error == "ModelUnreachableError"
    decision = next(event.decision for event in second if isinstance(event, Routed))
    assert decision.notes[-1].startswith("only is asked although its endpoint failed a moment ago; next try in ")
    finished = second[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer.status != "partial"


async def test_a_call_that_moves_to_another_endpoint_of_its_model_is_told_in_its_run() -> None:
    planned = plan({"id": "s1", "tool": "calculate"})
    async with OpenAIServer([SERVER_ERROR]) as broken, OpenAIServer([planned]) as sound:
        endpoints = [{"base_url": server.base_url} for server in (broken, sound)]
        pair = {"endpoints": endpoints, "roles": ["planner"], "price": "free", "quality": 0.9}
        settings = parse_settings({"agent": {"memory": False}, "models": {"x/pair": pair}})
        async with CoreAgent(settings=settings) as agent:
            events = [event async for event in agent.stream("What is 20 dBm in mW?")]
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == [f"x/pair: the endpoint failed (HTTP 500): worker died ({broken.base_url}); trying {sound.base_url}"]
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer.decisions[0].answered_by == "x/pair"


async def test_many_runs_send_exactly_one_call_to_find_out_whether_a_model_is_back() -> None:
    class Dead(WrappedModel):
        calls = 0

        async def complete(self, request: ChatRequest) -> Completion:
            self.calls += 1
            await asyncio.sleep(0.05)
            return await super().complete(request)

    planned = plan({"id": "s1", "tool": "calculate"})
    dead = Dead(ScriptedModel([ModelUnreachableError("refused", model="dead")] * 9, card=_card("dead")))
    other = ScriptedModel([planned] * 20, card=_card("other", quality=0.7))
    settings = parse_settings({"agent": {"memory": False}, "routing": {"min_quality": 0.8}})
    clock = ManualClock()
    async with CoreAgent(models={"planner": [dead, other]}, settings=settings) as agent:
        agent.system.deps.calls.health.now = clock.now
        await agent.ask("What is 1+1?")
        assert dead.calls == 1
        await asyncio.gather(*(agent.ask("What is 1+1?") for _ in range(4)))
        assert dead.calls == 1
        clock.advance(30)
        await asyncio.gather(*(agent.ask("What is 1+1?") for _ in range(4)))
    assert dead.calls == 2


def _card(name: str, *, quality: float = 0.9) -> ModelCard:
    return ModelCard(name=name, adapter="scripted", model=name, quality=quality, context_tokens=128_000)
