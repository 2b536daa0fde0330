from tests.graphs.scripts import plan

from coreagent import CoreAgent, Routed, RunFinished
from coreagent.errors import ModelRequestError, ModelUnreachableError
from coreagent.graphs.health import Health
from coreagent.models.card import ModelCard
from coreagent.settings import parse_settings
from coreagent.testing import ManualClock, ScriptedModel


def test_a_model_is_avoided_for_a_while_after_its_endpoint_failed() -> None:
    clock = ManualClock()
    health = Health(cooldown_s=30, now=clock.now)
    health.note("a", ModelUnreachableError("refused"))
    health.note("b", ModelRequestError("wrong request", status=400))
    assert health.avoided() == frozenset({"a"})
    clock.advance(31)
    assert health.avoided() == frozenset()


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
    assert excluded["x/dead"] == "its endpoint failed a moment ago"
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
        second = await agent.ask("What is 1+1?")
    assert first.error == "ModelUnreachableError"
    assert second.status != "partial"


def _card(name: str, *, quality: float = 0.9) -> ModelCard:
    return ModelCard(name=name, adapter="scripted", model=name, quality=quality, context_tokens=128_000)
