"""A core-agent whose graph has other dependencies than the settings give it."""

from dataclasses import replace
from typing import Any

from tests.graphs.scripts import call, plan, verdict

from coreagent import CoreAgent, Event, ModelCard, RunFinished, Sensitivity, tool
from coreagent.answer import Answer
from coreagent.graphs.core import core
from coreagent.graphs.tool_use import tool_use
from coreagent.models.card import Price
from coreagent.plans import RoleName
from coreagent.settings import Settings, parse_settings
from coreagent.testing import ScriptedModel


@tool
def double(number: int) -> int:
    """Double a number.

    Args:
        number: what to double.
    """
    return 2 * number


def settings(**agent: Any) -> Settings:
    return parse_settings({"agent": {"memory": False, **agent}, "builtin": False})


def model_card(name: str, *, usd: float = 0.0, **more: Any) -> ModelCard:
    given: dict[str, Any] = {"clearance": Sensitivity.CONFIDENTIAL, "context_tokens": 128_000, "family": name, **more}
    return ModelCard(name=name, adapter="scripted", model=name, price=Price(usd, usd), **given)


def usual(**steps: list[Any]) -> dict[Any, Any]:
    """Scripts of a run with one call of ``double``; ``steps`` take the place of a role's script."""
    scripts: dict[RoleName, list[Any]] = {
        "planner": [plan({"id": "s1", "tool": "double"})],
        "caller": [call("double", number=2)],
        "summarizer": ["It is 4 [1]."],
        "verifier": [verdict()],
    }
    return {role: ScriptedModel(steps.get(role, script)) for role, script in scripts.items()}


def rewire(agent: CoreAgent, /, *, calls: dict[str, Any] | None = None, **deps: Any) -> None:
    """Give the graph other parts: fields of ``ModelCalls``, and of ``Deps``."""
    session = agent.system.session
    old = agent.system.deps
    new = replace(old, calls=replace(old.calls, **(calls or {})), **deps)
    build = tool_use if session.blueprint.name == "tool_use" else core
    session.blueprint = build(new)


async def run(agent: CoreAgent, question: str = "What is twice two?", **options: Any) -> tuple[list[Event], Answer]:
    events = [event async for event in agent.stream(question, tokens=options.pop("tokens", False), **options)]
    last = events[-1]
    assert isinstance(last, RunFinished)
    return events, last.answer
