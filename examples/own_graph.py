"""The core-agent as a node of your own LangGraph graph, with one of its nodes replaced."""

import asyncio
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from coreagent import Answer, CoreAgent, Verdict


class Ticket(TypedDict):
    """State of the outer graph; ``question`` and ``answer`` are what the core-agent reads and writes."""

    question: str
    answer: Answer
    summary: str


async def verify(state: Any) -> dict[str, Any]:
    """A verifier of our own: every sentence must carry a marker."""
    draft = state["draft"]
    good = draft.found and draft.cited
    return {"verdict": Verdict("supported", 1.0) if good else Verdict("not_found", 0.0)}


def close_ticket(state: Ticket) -> dict[str, str]:
    """What comes after the answer."""
    answer = state["answer"]
    return {"summary": f"{answer.status}: {answer.text.splitlines()[0]}"}


async def main() -> None:
    """Build, run, print."""
    async with CoreAgent() as agent:
        graph: Any = StateGraph(Ticket)
        graph.add_node("telecom", agent.blueprint.replace("verify", verify).compile())
        graph.add_node("close", close_ticket)
        graph.add_edge(START, "telecom")
        graph.add_edge("telecom", "close")
        graph.add_edge("close", END)
        result = await graph.compile().ainvoke({"question": "What does the E2 interface connect?"})
        print(result["summary"])


asyncio.run(main())
