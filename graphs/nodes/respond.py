"""The last step: the answer is put together, screened, remembered, and given out, whole or partial."""

import re
import textwrap
import time
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.action import Outcome
from coreagent.answer import UNVERIFIED, Answer, Citation, Evidence, Status, Verdict
from coreagent.budget import Spent
from coreagent.decision import Decision
from coreagent.errors import RunError
from coreagent.events import RunFinished, Warned
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.gather import gather_evidence
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.nodes.summarize import evidence_label
from coreagent.graphs.state import CoreState, Stopped

_MARKER = re.compile(r"\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]")
SHOWN_EVIDENCE_CHARS = 300
BUILTIN_NOTE = "built-in models, no LLM"


def respond_node(deps: Deps) -> StateNode:
    """Build the Answer from the best draft, or from what there is when the run was stopped."""

    async def respond(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        options = state["options"]
        ledger = deps.live.ledger(options, state.get("spent", Spent()))
        text, evidence, choice, verdict = _content(state, deps.passages)
        broken = _broken(state, verdict)
        if broken and verdict.outcome == "not_found":
            # It only looked as if nothing was there.
            text, verdict = f"No answer: what was asked for could not be looked up. {broken.message}", UNVERIFIED
        text, citations, verdict = renumber(text, evidence, verdict)
        label = evidence_label(state) if "plan" in state else state["label"]
        text, screened = deps.agent.security.screen_response(text, label)
        emitter(runtime)(screened)
        stop = broken or state.get("stopped")
        # A checkpoint gives tuples back as lists.
        decisions = tuple(state.get("decisions", ()))
        answer = Answer(
            run_id=options.run_id,
            question=state["question"],
            text=text,
            status=_status(stop, verdict, refused="kept" in state and state["kept"].draft.refused),
            citations=citations,
            verdict=verdict,
            choice=choice,
            label=label,
            usage=ledger.spent.usage,
            cost_usd=ledger.spent.usd,
            seconds=max(0.0, time.time() - options.started),
            decisions=decisions,
            notes=(*_notes(decisions), *_failed_calls(state, broken), *_stop_note(stop)),
            error=stop.kind if stop else "",
            mend=stop.mend if stop and stop.kind else "",
        )
        try:
            await deps.agent.memory.remember(state["question"], answer)
        except RunError as error:
            # A full disk must not take away an answer that was paid for.
            emitter(runtime)(Warned(f"the answer is not remembered: {error}"))
        deps.live.close(options.run_id)
        emitter(runtime)(RunFinished(answer))
        return {"answer": answer, "security_log": (f"response {screened.label}", *screened.findings)}

    return respond


def renumber(text: str, evidence: tuple[Evidence, ...], verdict: Verdict) -> tuple[str, tuple[Citation, ...], Verdict]:
    """Number the citations 1, 2, ... in the order of their first use, in the text and in the verdict alike."""
    order: dict[int, int] = {}

    def new(match: re.Match[str]) -> str:
        old = [int(number) for number in re.split(r"\s*[,;]\s*", match[1])]
        if any(not 1 <= number <= len(evidence) for number in old):
            return match[0]
        return "".join(f"[{order.setdefault(number, len(order) + 1)}]" for number in old)

    renumbered = _MARKER.sub(new, text)
    sentences = tuple(
        replace(
            check,
            text=_MARKER.sub(new, check.text),
            cited=tuple(order[number] for number in check.cited if number in order),
        )
        for check in verdict.sentences
    )
    citations = tuple(evidence[number - 1].citation for number in order)
    return renumbered, citations, replace(verdict, sentences=sentences)


def _content(state: CoreState, limit: int) -> tuple[str, tuple[Evidence, ...], str, Verdict]:
    """Text with markers, the evidence they count, the choice and the verdict."""
    if "kept" in state:
        kept = state["kept"]
        return kept.draft.text, kept.evidence, kept.draft.choice, kept.verdict
    if "draft" in state:
        draft = state["draft"]
        return draft.text, state["evidence"], draft.choice, UNVERIFIED
    evidence = gather_evidence(state, limit)
    found = "\n".join(f"- {_beginning(item)} [{number}]" for number, item in enumerate(evidence[:3], start=1))
    lead = "The run stopped before an answer was written."
    return f"{lead} Found so far:\n{found}" if found else f"{lead} Nothing was found yet.", evidence, "", UNVERIFIED


def _beginning(item: Evidence) -> str:
    return textwrap.shorten(item.text, SHOWN_EVIDENCE_CHARS, placeholder=" ...")


def _broken(state: CoreState, verdict: Verdict) -> Stopped | None:
    """The failure of a tool behind an answer that is none; an error that stopped the run itself comes first."""
    failed = tuple(state.get("failed", {}).values())
    answered = verdict.outcome != "not_found" and ("kept" in state or "draft" in state)
    if not failed or answered or ("stopped" in state and state["stopped"].kind):
        return None
    return Stopped(failed[0].kind, _failure(failed[0], mend=False), failed[0].mend)


def _status(stop: Stopped | None, verdict: Verdict, *, refused: bool) -> Status:
    if refused:
        return "refused"
    if stop is not None:
        return "refused" if stop.kind in ("SecurityError", "ClearanceError", "ActionDeniedError") else "partial"
    return "not_found" if verdict.outcome == "not_found" else "complete"


def _failed_calls(state: CoreState, broken: Stopped | None) -> tuple[str, ...]:
    """Calls of the last plan that gave nothing: what they would have found is missing from the answer.

    Where that is why there is no answer, it is said once, as the reason.
    """
    if broken:
        return ()
    current = {task.id for task in state["plan"].subtasks} if "plan" in state else set[str]()
    failed = [entry for entry in state.get("outcomes", {}).values() if entry.error and entry.subtask in current]
    return tuple(dict.fromkeys(_failure(entry) for entry in failed))


def _failure(outcome: Outcome, *, mend: bool = True) -> str:
    said = outcome.error if mend else outcome.error.removesuffix(outcome.mend).rstrip()
    said = said.removeprefix(f"{outcome.tool}: ")
    return f"{outcome.tool}: {said}" if outcome.tool else said


def _stop_note(stop: Stopped | None) -> tuple[str, ...]:
    """Why the run was cut short. How to mend an error has its own field in the answer."""
    if stop is None:
        return ()
    return (stop.message if stop.kind else f"{stop.message}. {stop.mend}",)


def _notes(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """Which parts of the answer no language model had a hand in, and where a fallback stood in."""
    builtin = [decision for decision in decisions if decision.answered_by.startswith("builtin/")]
    notes: list[str] = []
    if builtin and len(builtin) == len(decisions):
        notes.append(BUILTIN_NOTE)
    elif builtin:
        notes.append(f"built-in models, no LLM, as {', '.join(sorted({decision.role for decision in builtin}))}")
    notes += [
        f"{decision.model} failed, {decision.answered_by} answered as {decision.role}"
        for decision in decisions
        if decision.answered_by not in ("", decision.model)
    ]
    return tuple(dict.fromkeys(notes))
