"""The caller's turn in a loop of steps: the newest thought becomes one proposed call. Nothing is changed here."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from coreagent.agents.action import Outcome, as_decided
from coreagent.agents.caller import CallerOutput
from coreagent.agents.step_roles import StepCaller, StepCallerTask
from coreagent.agents.tool_protocol import Turn, cut_observation, observed
from coreagent.budget import Ledger, Spent
from coreagent.errors import NoModelError, SchemaMismatchError
from coreagent.graphs.calling import Called, Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.nodes.think import new_decisions
from coreagent.graphs.state import ActInput, CoreState
from coreagent.messages import ToolCall


def step_call_node(deps: Deps) -> StateNode:
    """Ask the caller; send the proposal to ``act``, or to ``approve`` when a person must agree.

    A call that fits no tool even after the re-ask is an observation: the planner finds another way.
    """
    tools = deps.agent.action.tools

    def check(call: ToolCall) -> object:
        return tools.validate(call.name, call.arguments)

    caller = StepCaller(check)

    async def call(state: CoreState, runtime: Runtime[None]) -> Command[Any]:
        ledger = deps.live.ledger(state["options"], state.get("spent", Spent()))
        step, steps = state["plan"].subtasks[0], state["steps"]
        call_id = f"{step.id}.1"
        failed = Outcome(call_id=call_id, subtask=step.id, tool="caller", label=step.label)
        update: dict[str, Any] = {"spent": ledger.spent}
        try:
            called = await _ask(deps, caller, state, ledger, runtime)
        except SchemaMismatchError as error:
            update["steps"] = steps.said(Turn("caller", observed(error.raw).text))
            update["outcomes"] = {call_id: replace(failed, error=error.problem)}
            return Command(update=update, goto="observe")
        update = {"decisions": new_decisions(state, called.decision), "spent": ledger.spent}
        if not called.output.calls:
            update["steps"] = steps.said(Turn("caller", "Action: none"))
            update["outcomes"] = {call_id: replace(failed, error=called.output.text)}
            return Command(update=update, goto="observe")
        wish = called.output.calls[0]
        proposal = deps.agent.action.propose(
            ToolCall(call_id, wish.name, wish.arguments), step.id, label=step.label, emit=emitter(runtime)
        )
        proposal = as_decided(proposal, state.get("proposals", {}).values())
        options = state["options"]
        proposal = await deps.agent.action.preview(proposal, run_id=options.run_id, corpora=options.corpora)
        action = f"Action: {proposal.tool}\nAction Input: {proposal.arguments}"
        update["steps"] = steps.said(Turn("caller", cut_observation(action)))
        update["proposals"] = {call_id: proposal}
        update["security_log"] = (f"before {proposal.tool} {call_id}: {proposal.verdict}",)
        target = "approve" if proposal.verdict == "ask" else "act"
        return Command(update=update, goto=[Send(target, ActInput(options=options, proposal=proposal))])

    return call


async def _ask(
    deps: Deps, caller: StepCaller, state: CoreState, ledger: Ledger, runtime: Runtime[None]
) -> Called[CallerOutput]:
    """Native tool calling first; where no model at hand has it, the text form, which needs none."""
    step = state["plan"].subtasks[0]
    tools = deps.agent.action.tools.about(state["question"]).specs()
    task = StepCallerTask(
        question=state["question"],
        thought=state["plan"].rationale,
        tools=tools,
        history=state["steps"].history,
        profile=deps.agent.profile.choose("caller", step.domain).text,
        native=bool(tools),
    )
    work = Work(
        subtask=step.id,
        label=step.label,
        options=state["options"],
        text=step.instruction,
        domain=step.domain,
    )
    try:
        return await deps.calls.make(caller, task, work=work, ledger=ledger, emit=emitter(runtime))
    except NoModelError:
        plain = replace(task, native=False)
        return await deps.calls.make(caller, plain, work=work, ledger=ledger, emit=emitter(runtime))
