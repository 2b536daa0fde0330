"""The answer is drafted from the evidence, afresh by another model when a draft was not good enough."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from langgraph.runtime import Runtime

from coreagent.agents.planning import shortfall
from coreagent.agents.role import Role
from coreagent.agents.summarizer import Draft, Summarizer, SummarizerTask
from coreagent.budget import Spent
from coreagent.events import Escalated, Screened, Token
from coreagent.graphs.calling import Called, Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import Emit, emitter
from coreagent.graphs.nodes.gather import confidence, gather_evidence, results_of
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CoreState
from coreagent.labels import Label, strictest

SUMMARIZER = Summarizer()
ANSWER = "answer"
"""The subtask of every draft of the run."""
MAX_DRAFT_RISK = 0.5
"""A draft of a request in doubt is withheld above it."""
WITHHELD = "REFUSED: what was written was judged unsafe, and so was withheld."
Writing = TypeVar("Writing", bound=SummarizerTask)


def evidence_label(state: CoreState) -> Label:
    """The strictest label of the run and of everything its subtasks found."""
    return strictest([state["label"], *(result.label for result in results_of(state).values())])


def domain_of(state: CoreState) -> str:
    """The intent's domain, else the one most of the plan's subtasks have; empty when nobody said."""
    if state["intent"].domain:
        return state["intent"].domain
    domains = Counter(task.domain for task in state["plan"].subtasks if task.domain)
    return domains.most_common(1)[0][0] if domains else ""


def summarizer_task(deps: Deps, state: CoreState) -> SummarizerTask:
    """What the writer gets: numbered evidence, and a note for each subtask that failed. Never an earlier draft."""
    failed = [f"{r.subtask}: {r.error}" for r in results_of(state).values() if r.error]
    return SummarizerTask(
        question=state["question"],
        form=state["plan"].form,
        evidence=gather_evidence(state, deps.passages),
        notes=tuple(failed),
        memory=state["memory"],
        profile=deps.agent.profile.choose("summarizer", domain_of(state)).text,
        guess=deps.guess,
    )


def writing(deps: Deps, state: CoreState, *, escalated_from: str = "") -> Work:
    """The routing history of the draft. A pinned summarizer is kept: the user asked for it."""
    writers = {decision.answered_by for decision in state.get("decisions", ()) if decision.subtask == ANSWER}
    return Work(
        subtask=ANSWER,
        label=evidence_label(state),
        options=state["options"],
        text=state["question"],
        domain=domain_of(state),
        retrieval=confidence(gather_evidence(state, deps.passages)),
        escalated_from=escalated_from,
        tried=frozenset(writers - {escalated_from}) if escalated_from else frozenset(),
    )


def _fell_short(deps: Deps, state: CoreState) -> str:
    """Why the last draft is written afresh."""
    verdict, accept = state["verdict"], deps.calls.router.policy.accept
    why = shortfall(verdict, score=deps.calibrate(verdict.score), accept=accept)
    return why or "the draft was not supported"


def _checked(deps: Deps, called: Called[Draft], label: Label, emit: Emit) -> Draft:
    """A draft of guarded conduct is looked at before anybody sees it, and withheld when it is unsafe itself."""
    draft = called.output
    if called.decision.conduct != "guarded" or deps.guard is None or draft.refused:
        return draft
    risk = deps.guard.risk(draft.text)
    unsafe = risk > MAX_DRAFT_RISK
    withheld = ": it is withheld" if unsafe else ""
    emit(Screened("response", "draft", label, (f"the guard sees a risk of {risk:.2f} in the draft{withheld}",)))
    return Draft(WITHHELD, found=False, refused=True) if unsafe else draft


def summarize_node(deps: Deps) -> StateNode:
    """Draft from the evidence of the plan's subtasks."""
    return summarize_with(deps, SUMMARIZER, summarizer_task)


def summarize_with(
    deps: Deps, writer: Role[Writing, Draft], task_of: Callable[[Deps, CoreState], Writing]
) -> StateNode:
    """Draft what ``task_of`` gives ``writer`` to write, streaming the words when the run asks for it."""

    async def summarize(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        options = state["options"]
        ledger = deps.live.ledger(options, state.get("spent", Spent()))
        number = state["escalations"] + state["attempt"]
        task = task_of(deps, state)
        escalated_from = state.get("writer", "") if state["escalations"] else ""

        def tell(text: str) -> None:
            emitter(runtime)(Token(text, number))

        called = await deps.calls.make(
            writer,
            task,
            work=writing(deps, state, escalated_from=escalated_from),
            ledger=ledger,
            emit=emitter(runtime),
            on_text=tell if options.stream else None,
        )
        if escalated_from:
            emitter(runtime)(Escalated(escalated_from, called.model, _fell_short(deps, state)))
        return {
            "draft": _checked(deps, called, evidence_label(state), emitter(runtime)),
            "evidence": task.evidence,
            "writer": called.model,
            "decisions": (called.decision,),
            "spent": ledger.spent,
        }

    return summarize
