"""The way of one question: prepare, plan, parallel subtasks, answer, verdict, and bounded second tries."""

from typing import Any

from langgraph.graph import END, START

from coreagent.graphs.blueprint import Blueprint
from coreagent.graphs.deps import Deps
from coreagent.graphs.nodes.act import act_node
from coreagent.graphs.nodes.approve import approve_node
from coreagent.graphs.nodes.call import call_node
from coreagent.graphs.nodes.gather import all_done, gather, ready_calls
from coreagent.graphs.nodes.guard import guarded, unless_stopped
from coreagent.graphs.nodes.plan import plan_node
from coreagent.graphs.nodes.prepare import prepare_node
from coreagent.graphs.nodes.respond import respond_node
from coreagent.graphs.nodes.summarize import summarize_node
from coreagent.graphs.nodes.verify import after_verify, escalate, verify_node
from coreagent.graphs.state import CoreInput, CoreOutput, CoreState


def core(deps: Deps) -> Blueprint:
    """The core graph of an active core-agent.

    Nodes: ``prepare``, ``plan``, ``call`` (once for each ready subtask, in parallel), ``approve`` (a person),
    ``act`` (a tool), ``gather``, ``summarize``, ``verify``, ``escalate``, ``respond``. Input is
    :class:`CoreInput`, output :class:`CoreOutput`.
    """

    async def after_act(state: CoreState) -> str:
        # Straight on when nothing else is open: saves a step on the common plan of one subtask.
        return "summarize" if all_done(state) and "stopped" not in state else "gather"

    async def after_plan(state: CoreState) -> Any:
        return "respond" if "stopped" in state else ready_calls(state)

    def connect(graph: Any) -> None:
        graph.add_edge(START, "prepare")
        graph.add_edge("prepare", "plan")
        graph.add_conditional_edges("plan", after_plan, ["call", "respond"])
        graph.add_conditional_edges("act", after_act, ["summarize", "gather"])
        graph.add_conditional_edges("summarize", unless_stopped("verify"), ["verify", "respond"])
        graph.add_conditional_edges("verify", after_verify(deps), ["plan", "escalate", "respond"])
        graph.add_edge("escalate", "summarize")
        graph.add_edge("respond", END)

    return Blueprint(
        name="core",
        state=CoreState,
        input_schema=CoreInput,
        output_schema=CoreOutput,
        nodes={
            "prepare": prepare_node(deps),
            "plan": guarded(plan_node(deps)),
            "call": call_node(deps).run,
            "approve": approve_node(deps),
            "act": act_node(deps),
            "gather": gather,
            "summarize": guarded(summarize_node(deps)),
            "verify": guarded(verify_node(deps)),
            "escalate": escalate,
            "respond": respond_node(deps),
        },
        destinations={
            "call": ("act", "approve", "gather"),
            "approve": ("act",),
            "gather": ("call", "summarize", "respond"),
        },
        connect=connect,
    )
