"""The way of one question step by step: a thought, a call, what came back, until a conclusion can be drawn.

The protocol is that of alpha-UMi (arXiv:2401.07324): planner, caller and summarizer take turns over one history. It
suits work whose next step depends on the last result; ``core`` plans ahead and runs independent parts at once.
"""

from typing import Any

from langgraph.graph import END, START
from langgraph.runtime import Runtime
from langgraph.types import Command

from coreagent.agents.step_roles import StepSummarizer, StepSummarizerTask
from coreagent.agents.tool_protocol import recent
from coreagent.graphs.blueprint import Blueprint
from coreagent.graphs.deps import Deps
from coreagent.graphs.nodes.act import act_node
from coreagent.graphs.nodes.approve import approve_node
from coreagent.graphs.nodes.guard import StateNode, guarded
from coreagent.graphs.nodes.observe import observe_node, reconsider_node
from coreagent.graphs.nodes.prepare import prepare_node
from coreagent.graphs.nodes.respond import respond_node
from coreagent.graphs.nodes.step_call import step_call_node
from coreagent.graphs.nodes.summarize import summarize_with, summarizer_task
from coreagent.graphs.nodes.think import think_node
from coreagent.graphs.nodes.verify import after_verify, escalate, verify_node
from coreagent.graphs.state import CoreInput, CoreOutput, CoreState

CONCLUDER = StepSummarizer()
CONCLUSION_HISTORY_TOKENS = 1_000
"""The conclusion rests on the evidence; of the history it only needs the last steps."""


def tool_use(deps: Deps) -> Blueprint:
    """The step loop of an active core-agent, at most ``deps.max_steps`` calls long.

    Nodes: ``prepare``, ``think`` (the planner), ``call`` (the caller), ``approve`` (a person), ``act`` (a tool),
    ``observe``, ``summarize``, ``verify``, ``reconsider``, ``escalate``, ``respond``. Input is :class:`CoreInput`,
    output :class:`CoreOutput`.
    """
    verdict_leads_to = after_verify(deps)

    async def after_summary(state: CoreState) -> str:
        # A loop that ran out of steps still has its conclusion verified; one that an error stopped has none.
        return "respond" if "stopped" in state and state["stopped"].kind else "verify"

    async def after_verdict(state: CoreState) -> str:
        target: str = await verdict_leads_to(state)
        # Without a call left another thought could change nothing.
        return "respond" if target == "plan" and state["steps"].taken >= deps.max_steps else target

    def connect(graph: Any) -> None:
        graph.add_edge(START, "prepare")
        graph.add_edge("prepare", "think")
        graph.add_edge("act", "observe")
        graph.add_edge("observe", "think")
        graph.add_conditional_edges("summarize", after_summary, ["verify", "respond"])
        ways = {"plan": "reconsider", "escalate": "escalate", "respond": "respond"}
        graph.add_conditional_edges("verify", after_verdict, ways)
        graph.add_edge("reconsider", "think")
        graph.add_edge("escalate", "summarize")
        graph.add_edge("respond", END)

    return Blueprint(
        name="tool_use",
        state=CoreState,
        input_schema=CoreInput,
        output_schema=CoreOutput,
        nodes={
            "prepare": prepare_node(deps),
            "think": ending(think_node(deps)),
            "call": ending(step_call_node(deps)),
            "approve": approve_node(deps),
            "act": act_node(deps),
            "observe": observe_node(deps),
            "summarize": guarded(summarize_with(deps, CONCLUDER, conclusion_task)),
            "verify": guarded(verify_node(deps)),
            "reconsider": reconsider_node(deps),
            "escalate": escalate,
            "respond": respond_node(deps),
        },
        destinations={
            "think": ("call", "summarize", "respond"),
            "call": ("act", "approve", "observe", "respond"),
            "approve": ("act",),
        },
        connect=connect,
        # A step costs a model call or two: none is to be paid again after a crash.
        durability="sync",
    )


def ending(node: StateNode) -> StateNode:
    """For a node that chooses its way by itself: when it is stopped, the way leads to ``respond``."""
    inner = guarded(node)

    async def run(state: CoreState, runtime: Runtime[None]) -> dict[str, Any] | Command[Any]:
        outcome = await inner(state, runtime)
        return outcome if isinstance(outcome, Command) else Command(update=outcome, goto="respond")

    return run


def conclusion_task(deps: Deps, state: CoreState) -> StepSummarizerTask:
    """What the conclusion is written from: the evidence of all steps, and the history beside it."""
    task = summarizer_task(deps, state)
    return StepSummarizerTask(
        question=task.question,
        form=task.form,
        evidence=task.evidence,
        notes=task.notes,
        memory=task.memory,
        profile=task.profile,
        guess=task.guess,
        history=recent(state["steps"].history, max_tokens=CONCLUSION_HISTORY_TOKENS),
    )
