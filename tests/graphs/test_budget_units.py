"""Every unit of a budget, and every scope, ends a run with what was found so far."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.graphs.scripts import call, plan, verdict

from coreagent import Budget, CoreAgent, ModelFinished, RunFinished, tool
from coreagent.answer import Answer
from coreagent.messages import Message, Usage
from coreagent.models.card import Energy, Price
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.wrapper import WrappedModel
from coreagent.plans import RoleName
from coreagent.settings import parse_settings
from coreagent.testing import SCRIPTED_CARD, ScriptedModel

METERED = replace(SCRIPTED_CARD, price=Price(), energy=Energy(), max_output_tokens=1_024)


@tool
def double(number: int) -> int:
    """Double a number.

    Args:
        number: what to double.
    """
    return 2 * number


class Hangs(WrappedModel):
    """Never answers."""

    async def complete(self, request: ChatRequest) -> Completion:
        await asyncio.sleep(60)
        raise AssertionError("nobody stopped it")

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        yield await self.complete(request)


def models(cards: dict[str, Any], *, summarizer: ChatModel | None = None) -> dict[RoleName, ChatModel]:
    steps: dict[RoleName, Any] = {
        "planner": plan({"id": "s1", "tool": "double"}),
        "caller": call("double", number=2),
        "summarizer": "It is 4 [1].",
        "verifier": verdict(),
    }
    made: dict[RoleName, ChatModel] = {
        role: ScriptedModel([step], card=replace(METERED, name=role, **cards.get(role, {})))
        for role, step in steps.items()
    }
    return {**made, "summarizer": summarizer} if summarizer else made


async def run(roles: dict[RoleName, ChatModel], budget: Budget, **limits: Any) -> tuple[Answer, list[ModelFinished]]:
    settings = parse_settings({"agent": {"memory": False}, "builtin": False, "budget": limits})
    answer, calls = None, list[ModelFinished]()
    async with CoreAgent(models=roles, tools=[double], settings=settings) as agent:
        async for event in agent.stream("What is twice two?", budget=budget):
            if isinstance(event, ModelFinished):
                calls.append(event)
            if isinstance(event, RunFinished):
                answer = event.answer
    assert answer is not None
    return answer, calls


async def test_watt_hours_run_out_before_the_call_that_would_take_them() -> None:
    hungry = {"summarizer": {"energy": Energy(0.0, 1_000.0)}}
    whole, _ = await run(models(hungry), Budget(wh=5.0))
    assert whole.status == "complete"
    cut, calls = await run(models(hungry), Budget(wh=0.25))
    assert (cut.status, cut.error) == ("partial", "BudgetExceededError")
    assert "Found so far" in cut.text and "4" in cut.text
    assert "Wh is left in the run budget" in cut.notes[-1]
    assert {entry.role for entry in calls} == {"planner", "caller"}


async def test_a_model_nobody_metered_is_not_used_under_a_limit_of_watt_hours() -> None:
    cut, _ = await run(models({"summarizer": {"energy": None}}), Budget(wh=5.0))
    assert (cut.status, cut.error) == ("partial", "NoModelError")
    assert "nobody stated what it consumes" in " ".join(cut.notes)


async def test_a_call_that_outlasts_the_budget_is_stopped_and_the_rest_is_given() -> None:
    hanging = Hangs(ScriptedModel([], card=replace(METERED, name="summarizer")))
    cut, _ = await asyncio.wait_for(run(models({}, summarizer=hanging), Budget(seconds=2)), 30)
    assert (cut.status, cut.error) == ("partial", "BudgetExceededError")
    assert "the time of the run is up" in cut.notes[-1]


@pytest.mark.parametrize(
    ("unit", "limit", "words"), [("usd", 0.0005, "$"), ("wh", 0.0005, "Wh"), ("tokens", 1, "tokens")]
)
async def test_an_agent_has_limits_of_its_own(unit: str, limit: float, words: str) -> None:
    costly = {"verifier": {"price": Price(1.0, 10.0), "energy": Energy(1.0, 10.0)}}
    cut, calls = await run(models(costly), Budget(), agents={"verifier": {unit: limit}})
    assert "verifier" not in {entry.role for entry in calls if entry.usage.calls}
    told = " ".join(cut.notes)
    assert "is left in the agent verifier budget" in told
    assert words in told


@pytest.mark.parametrize(("seen", "status"), [(19, "partial"), (20, "complete")])
async def test_what_calls_took_before_is_reserved_where_the_worst_case_does_not_fit(seen: int, status: str) -> None:
    roles = models({"summarizer": {"price": Price(0.0, 10.0)}})
    settings = parse_settings({"agent": {"memory": False}, "builtin": False})
    async with CoreAgent(models=roles, tools=[double], settings=settings) as agent:
        forecasts = agent.system.deps.calls.forecasts
        assert forecasts is not None
        for _ in range(seen):
            request = ChatRequest(messages=(Message.user("What is twice two?"),))
            forecasts.of("summarizer", "summarizer").learn(request, Usage(9, 40, 1))
        answer = await agent.ask("What is twice two?", budget=Budget(usd=0.001))
    assert answer.status == status
    assert answer.cost_usd <= 0.001
