"""The planner's turn in a loop of steps: a thought, and whose turn is next."""

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command

from coreagent.agents.step_roles import StepPlanner, StepPlannerTask
from coreagent.agents.summarizer import Draft
from coreagent.agents.tool_protocol import MAX_PLANNER_TRIES, PlannerTurn, Turn, tag
from coreagent.answer import Verdict
from coreagent.budget import Spent
from coreagent.decision import Decision
from coreagent.events import Planned, Warned
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.ahead import look_ahead
from coreagent.graphs.nodes.gather import gather_evidence
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.nodes.summarize import evidence_label
from coreagent.graphs.state import CoreState, Kept, Steps, Stopped
from coreagent.plans import Plan, QuestionForm, Subtask
from coreagent.questions import parse_question

PLANNER = StepPlanner()
MAX_DECISIONS = 32
"""A longer run keeps only decisions for models it had not used for that role; the events hold every one."""


def think_node(deps: Deps) -> StateNode:
    """Ask for the next thought, and go where it says: to a call, to the conclusion, or to the end."""

    async def think(state: CoreState, runtime: Runtime[None]) -> Command[Any]:
        ledger = deps.live.ledger(state["options"], state.get("spent", Spent()))
        steps = state.get("steps", Steps())
        turn: PlannerTurn | None = None
        decisions: tuple[Decision, ...] = ()
        for again in range(1 + MAX_PLANNER_TRIES):
            called = await deps.calls.make(
                PLANNER,
                _task(deps, state, steps, again),
                work=_work(state, steps),
                ledger=ledger,
                emit=emitter(runtime),
            )
            decisions += new_decisions(state, called.decision, *decisions)
            turn = called.output
            if turn is not None:
                break
        plan = _plan(state, steps, turn)
        update: dict[str, Any] = {"decisions": decisions, "spent": ledger.spent, "plan": plan}
        if turn is None:
            emitter(runtime)(Warned(f"the planner wrote nothing {1 + MAX_PLANNER_TRIES} times"))
            return _give_up(deps, state, update, f"the planner wrote nothing {1 + MAX_PLANNER_TRIES} times")
        update["steps"] = steps.said(Turn("assistant", turn.text))
        if turn.next == "give up":
            return _give_up(deps, state, update, _reason(turn))
        if turn.next == "conclusion":
            return Command(update=update, goto="summarize")
        if steps.taken >= deps.max_steps:
            emitter(runtime)(Warned(f"stopped after {steps.taken} steps"))
            return _out_of_steps(deps, state, update, steps.taken)
        emitter(runtime)(Planned(plan, state["attempt"]))
        look_ahead(deps, state, plan.subtasks, ledger=ledger, emit=emitter(runtime))
        return Command(update=update, goto="call")

    return think


def new_decisions(state: CoreState, *decisions: Decision) -> tuple[Decision, ...]:
    """The last of ``decisions`` when the run is to keep it, else nothing."""
    last = decisions[0]
    kept = (*state.get("decisions", ()), *decisions[1:])
    known = any((old.role, old.model) == (last.role, last.model) for old in kept)
    return () if known and len(kept) >= MAX_DECISIONS else (last,)


def _task(deps: Deps, state: CoreState, steps: Steps, again: int) -> StepPlannerTask:
    return StepPlannerTask(
        question=state["question"],
        tools=tuple(tool.info for tool in deps.agent.action.tools.about(state["question"])),
        history=steps.history,
        corpora=state["options"].corpora,
        memory=state["memory"],
        profile=deps.agent.profile.choose("planner", state["intent"].domain).text,
        calls_left=max(0, deps.max_steps - steps.taken),
        again=again,
    )


def _work(state: CoreState, steps: Steps) -> Work:
    return Work(
        subtask=f"think-{steps.taken + 1}",
        label=evidence_label(state),
        options=state["options"],
        text=state["question"],
        domain=state["intent"].domain,
    )


def _plan(state: CoreState, steps: Steps, turn: PlannerTurn | None) -> Plan:
    """The step as a plan of one call, or of none; the form of the answer is seen in the question."""
    form: QuestionForm = "choice" if parse_question(state["question"]).options else "open"
    if turn is None or turn.next != "caller":
        return Plan((), form, turn.text if turn else "")
    step = Subtask(
        id=f"s{steps.taken + 1}",
        role="caller",
        instruction=_reason(turn) or state["question"],
        domain=state["intent"].domain,
        label=evidence_label(state),
    )
    return Plan((step,), form, turn.text)


def _reason(turn: PlannerTurn) -> str:
    return turn.text.removesuffix(tag(turn.next)).strip()


def _give_up(deps: Deps, state: CoreState, update: dict[str, Any], reason: str) -> Command[Any]:
    """A draft written earlier stands as it is; else what was found is given as partial."""
    if "kept" in state:
        return Command(update=update, goto="respond")
    if gather_evidence(state, deps.passages):
        update["stopped"] = Stopped("", f"the planner gave up: {reason}".rstrip(": "))
    else:
        update["kept"] = _nothing(f"the planner gave up. {reason}".strip())
    return Command(update=update, goto="respond")


def _out_of_steps(deps: Deps, state: CoreState, update: dict[str, Any], taken: int) -> Command[Any]:
    """The conclusion is drawn from what there is, and the answer is partial."""
    if not gather_evidence(state, deps.passages):
        return Command(update={**update, "kept": _nothing(f"{taken} steps found nothing.")}, goto="respond")
    stop = Stopped("", f"stopped after {taken} steps", "Raise agent.max_steps in coreagent.toml.")
    return Command(update={**update, "stopped": stop}, goto="summarize")


def _nothing(reason: str) -> Kept:
    return Kept(
        draft=Draft(f"NOT FOUND: {reason}", found=False), evidence=(), verdict=Verdict("not_found", 0.0), writer=""
    )
