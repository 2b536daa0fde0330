"""The core graph inside a developer's own graph, and a developer's nodes inside it."""

from typing import Any, NotRequired, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from tests.graphs.scripts import call, plan, verdict

from coreagent import Answer, CoreAgent
from coreagent.errors import UnknownNameError, UsageError
from coreagent.graphs.draw import ascii_graph, mermaid
from coreagent.settings import parse_settings
from coreagent.testing import ScriptedModel


class Mine(TypedDict):
    question: str
    answer: NotRequired[Answer]
    shouted: NotRequired[str]


async def nothing(state: Any) -> dict[str, Any]:
    return {}


def agent() -> CoreAgent:
    script: dict[Any, Any] = {
        "planner": ScriptedModel([plan({"id": "s1", "tool": "calculate"})]),
        "caller": ScriptedModel([call("calculate", expression="1+1")]),
        "summarizer": ScriptedModel(["It is 2 [1]."]),
        "verifier": ScriptedModel([verdict()]),
    }
    return CoreAgent(models=script, settings=parse_settings({"agent": {"memory": False}, "builtin": False}))


async def test_it_is_a_node_of_another_graph() -> None:
    def shout(state: Mine) -> Mine:
        answer = state.get("answer")
        return {**state, "shouted": answer.text.upper() if answer else ""}

    async with agent() as telecom:
        graph: Any = StateGraph(Mine)
        graph.add_node("telecom", telecom.graph)
        graph.add_node("shout", shout)
        graph.add_edge(START, "telecom")
        graph.add_edge("telecom", "shout")
        graph.add_edge("shout", END)
        result = await graph.compile().ainvoke({"question": "what is 1+1?"})
    assert result["shouted"] == "IT IS 2 [1]."
    assert result["answer"].citations[0].document == "calculate"


async def test_a_node_can_be_replaced() -> None:
    async def respond(state: Any) -> dict[str, Any]:
        return {"answer": Answer(run_id="mine", question=state["question"], text="replaced")}

    async with agent() as telecom:
        graph: Any = telecom.blueprint.replace("respond", respond).compile()
        result = await graph.ainvoke({"question": "q"})
    assert result["answer"].text == "replaced"


async def test_a_node_can_be_inserted_on_an_edge() -> None:
    seen: list[str] = []

    async def look(state: Any) -> dict[str, Any]:
        seen.append(state["question"])
        return {}

    async with agent() as telecom:
        blueprint = telecom.blueprint.insert("look", look, between=("prepare", "plan"))
        graph: Any = blueprint.compile()
        result = await graph.ainvoke({"question": "q"})
    assert seen == ["q"]
    assert result["answer"].text == "It is 2 [1]."


def test_unknown_nodes_and_edges_are_named() -> None:
    blueprint = agent().blueprint
    with pytest.raises(UnknownNameError, match="unknown node 'verifi'.*did you mean verify"):
        blueprint.replace("verifi", nothing)
    with pytest.raises(UsageError, match="already there"):
        blueprint.insert("plan", nothing, between=("prepare", "plan"))
    with pytest.raises(UsageError, match="no edge plan -> verify"):
        blueprint.insert("x", nothing, between=("plan", "verify")).compile()


def test_the_drawings_name_every_node_once() -> None:
    graph = agent().graph
    lines = ascii_graph(graph).splitlines()
    assert [line.split()[0] for line in lines] == [
        "__start__", "prepare", "plan", "call", "approve", "act", "gather", "summarize", "verify", "escalate",
        "respond", "__end__",
    ]  # fmt: skip
    assert "gather" in next(line for line in lines if line.startswith("call"))
    assert mermaid(graph).startswith("---\nconfig:")
