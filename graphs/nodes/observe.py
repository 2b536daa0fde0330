"""What a call gave back joins the history and the evidence, each once, and the call itself is forgotten."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.tool_protocol import END, Turn, observed
from coreagent.answer import Evidence
from coreagent.events import Feedback
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.approve import edit_in_words
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CoreState, SubtaskResult
from coreagent.labels import strictest

STEPS = "steps"
"""Under this id the results of all steps are kept together."""
MAX_EVIDENCE_CHARS = 15_000
"""All evidence together: some 5,000 tokens, which leaves room in a model with a context of 8,192."""


def observe_node(deps: Deps) -> StateNode:
    """Keep of a step what later steps and the conclusion read: the state of a long run stays small."""

    async def observe(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        steps, outcomes = state["steps"], state["outcomes"]
        result = state.get("results", {}).get(STEPS, SubtaskResult(subtask=STEPS, label=state["label"]))
        for outcome in outcomes.values():
            if outcome.error:
                emitter(runtime)(Feedback(outcome.source, f"{outcome.tool}: {outcome.error}", outcome.subtask))
            text = f"error: {outcome.error}" if outcome.error else outcome.text or "(nothing came back)"
            proposal = state.get("proposals", {}).get(outcome.call_id)
            if proposal is not None and proposal.edited:
                steps = steps.said(Turn("user", edit_in_words(proposal).replace(END, "")))
            steps = replace(steps.said(observed(text)), taken=steps.taken + 1)
            result = SubtaskResult(
                subtask=STEPS,
                evidence=best_evidence((*result.evidence, *outcome.evidence), deps.passages),
                label=strictest([result.label, outcome.label]),
                error=outcome.error,
            )
        gone = dict.fromkeys(outcomes)
        return {"steps": steps, "results": {STEPS: result}, "outcomes": gone, "proposals": gone}

    return observe


def best_evidence(found: tuple[Evidence, ...], limit: int) -> tuple[Evidence, ...]:
    """At most ``limit`` pieces and ``MAX_EVIDENCE_CHARS`` characters, each once, in the order they were found.

    Computed values go before passages, then the score counts, then what was found later. One piece is always kept.
    """
    unique = list({item.id: item for item in found}.values())
    order = sorted(range(len(unique)), key=lambda at: (unique[at].citation.corpus != "tool", -unique[at].score, -at))
    kept: list[int] = []
    left = MAX_EVIDENCE_CHARS
    for at in order[:limit]:
        left -= len(unique[at].text)
        if left < 0 and kept:
            break
        kept.append(at)
    return tuple(unique[at] for at in sorted(kept))


def reconsider_node(deps: Deps) -> StateNode:
    """A conclusion that did not hold becomes part of the history, with what was wrong with it."""

    async def reconsider(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        fresh = deps.agent.planning.feedback((), state["verdict"])
        for item in fresh:
            emitter(runtime)(item)
        turns = (
            Turn("conclusion", observed(state["draft"].text).text),
            observed("\n".join(item.text for item in fresh)),
        )
        return {"attempt": state["attempt"] + 1, "steps": state["steps"].said(*turns)}

    return reconsider
