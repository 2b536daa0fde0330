"""The draft is checked against its evidence, and the verdict decides how the run goes on."""

from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.verifier import Verifier, VerifierTask
from coreagent.answer import UNVERIFIED, Verdict
from coreagent.budget import Spent
from coreagent.events import Verified
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import Emit, emitter
from coreagent.graphs.nodes.gather import confidence
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.nodes.summarize import ANSWER, SUMMARIZER, domain_of, evidence_label, summarizer_task, writing
from coreagent.graphs.state import CoreState, Kept

VERIFIER = Verifier()


def verify_node(deps: Deps) -> StateNode:
    """Ask the verifier, unless the writer itself found nothing: then there is nothing to check."""

    async def verify(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        draft, evidence = state["draft"], state["evidence"]
        ledger = deps.live.ledger(state["options"], state.get("spent", Spent()))
        update: dict[str, Any] = {}
        if draft.refused:
            verdict = UNVERIFIED
        elif not draft.found:
            verdict = Verdict("not_found", draft.confidence)
        else:
            called = await deps.calls.make(
                VERIFIER,
                VerifierTask(
                    question=state["question"],
                    form=state["plan"].form,
                    draft=draft.text,
                    evidence=evidence,
                    profile=deps.agent.profile.choose("verifier", domain_of(state)).text,
                ),
                work=Work(
                    subtask="verdict",
                    label=evidence_label(state),
                    options=state["options"],
                    text=state["question"],
                    domain=domain_of(state),
                    retrieval=confidence(evidence),
                ),
                ledger=ledger,
                emit=emitter(runtime),
            )
            verdict = called.output
            _learn(deps, state, verdict, emitter(runtime))
            update = {"decisions": (called.decision,), "spent": ledger.spent}
        emitter(runtime)(Verified(verdict, draft.text, draft.choice, state["writer"]))
        kept = state.get("kept")
        # A refusal is final: an earlier draft of the same request is not shown in its place.
        if "kept" not in state or draft.refused or verdict.score >= state["kept"].verdict.score:
            kept = Kept(draft=draft, evidence=evidence, verdict=verdict, writer=state["writer"])
        return {**update, "verdict": verdict, "kept": kept}

    return verify


def _learn(deps: Deps, state: CoreState, verdict: Verdict, emit: Emit) -> None:
    """The verdict is on the draft, so only the decision for its writer is credited with it."""
    drafts = [decision for decision in state.get("decisions", ()) if decision.subtask == ANSWER]
    if drafts and drafts[-1].answered_by == state["writer"]:
        deps.calls.learn(drafts[-1], deps.calibrate(verdict.score), emit=emit)


async def escalate(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
    """Note that the next draft is to come from another model."""
    return {"escalations": state["escalations"] + 1}


def after_verify(deps: Deps) -> Any:
    """Where a verdict leads: another plan, another writer, or the end."""

    async def decide(state: CoreState) -> str:
        if "stopped" in state:
            return "respond"
        verdict, planning = state["verdict"], deps.agent.planning
        guessed = "draft" in state and not state["draft"].found and bool(state["draft"].choice)
        if planning.replans(verdict, attempt=state["attempt"], guessed=guessed):
            return "plan"
        if state["draft"].refused:
            return "respond"
        score, accept = deps.calibrate(verdict.score), deps.calls.router.policy.accept
        wanted = planning.escalates(verdict, escalations=state["escalations"], score=score, accept=accept)
        if wanted and _other_writer(deps, state):
            return "escalate"
        return "respond"

    return decide


def _other_writer(deps: Deps, state: CoreState) -> bool:
    ledger = deps.live.ledger(state["options"], state.get("spent", Spent()))
    return deps.calls.has_other(
        SUMMARIZER,
        summarizer_task(deps, state),
        work=writing(deps, state, escalated_from=state["writer"]),
        ledger=ledger,
    )
