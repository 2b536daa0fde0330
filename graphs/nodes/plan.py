"""The planning step: a plan from the planner model, again after feedback."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.planner import Planner
from coreagent.budget import Spent
from coreagent.errors import SchemaMismatchError
from coreagent.events import Feedback, Planned, Warned
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.ahead import look_ahead
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CoreState
from coreagent.plans import Plan, Subtask

PLANNER = Planner()
SEARCH = "search_corpus"


def plan_node(deps: Deps) -> StateNode:
    """Ask for a plan; for a planner that can not write one, the question itself is looked up."""

    async def plan(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        options = state["options"]
        ledger = deps.live.ledger(options, state.get("spent", Spent()))
        again = "plan" in state
        fresh = _feedback(deps, state) if again else ()
        for item in fresh:
            emitter(runtime)(item)
        attempt = state["attempt"] + 1 if again else 0
        planning = deps.agent.planning
        task = planning.task(
            state["question"],
            tools=[tool.info for tool in deps.agent.action.tools.about(state["question"])],
            corpora=options.corpora,
            memory=state["memory"],
            feedback=(*state.get("feedback", ()), *fresh),
            profile=deps.agent.profile.choose("planner", state["intent"].domain).text,
        )
        work = Work(
            subtask="plan" if not attempt else f"plan-{attempt + 1}",
            label=state["label"],
            options=options,
            text=state["question"],
            domain=state["intent"].domain,
        )
        update: dict[str, Any] = {"attempt": attempt, "feedback": fresh}
        try:
            called = await deps.calls.make(PLANNER, task, work=work, ledger=ledger, emit=emitter(runtime))
            made = called.output
            update["decisions"] = (called.decision,)
        except SchemaMismatchError as error:
            emitter(runtime)(Warned(f"no usable plan ({error.problem}); a plain search is made instead"))
            made = _plain_search(deps, state)
        labelled = _adopt(made, state, attempt)
        emitter(runtime)(Planned(labelled, attempt))
        look_ahead(deps, state, _coming(state, labelled), ledger=ledger, emit=emitter(runtime))
        return {**update, "plan": labelled, "spent": ledger.spent}

    return plan


def _plain_search(deps: Deps, state: CoreState) -> Plan:
    tool = SEARCH if SEARCH in deps.agent.action.tools else ""
    return Plan((Subtask(id="s1", role="caller", instruction=state["question"], tool=tool),))


def _coming(state: CoreState, plan: Plan) -> list[Subtask]:
    """The calls of the plan, and those that come after it."""
    asked = Subtask(id="answer", role="summarizer", instruction=state["question"], domain=state["intent"].domain)
    return [*plan.subtasks, asked, replace(asked, id="verdict", role="verifier")]


def _feedback(deps: Deps, state: CoreState) -> tuple[Feedback, ...]:
    """What the last plan's calls and its draft taught."""
    current = {task.id for task in state["plan"].subtasks}
    outcomes = [outcome for outcome in state.get("outcomes", {}).values() if outcome.subtask in current]
    return deps.agent.planning.feedback(outcomes, state.get("verdict"))


def _adopt(plan: Plan, state: CoreState, attempt: int) -> Plan:
    """Give subtasks the run's label, and ids that no earlier plan of this run used."""
    prefix = f"r{attempt}." if attempt else ""
    return replace(
        plan,
        subtasks=tuple(
            replace(
                task,
                id=prefix + task.id,
                depends_on=tuple(prefix + other for other in task.depends_on),
                label=task.label.join(state["label"]),
                domain=task.domain or state["intent"].domain,
            )
            for task in plan.subtasks
        ),
    )
