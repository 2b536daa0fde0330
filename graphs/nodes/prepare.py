"""First step: the request in its normal form, screened and labelled, with what memory knows of it."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from coreagent.agents.guard.seam import Explaining
from coreagent.events import Recalled
from coreagent.graphs.deps import Deps
from coreagent.graphs.earlier import as_memory, bounded
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CoreState
from coreagent.intents import intent_from_text
from coreagent.labels import Label, Sensitivity
from coreagent.routing.policies.flags import parse_flags


def prepare_node(deps: Deps) -> StateNode:
    """Flags are taken out of the question before anybody reads it, security screens, memory recalls.

    Flags given with the run's options hold against those written into the question. What was said before in the
    conversation is screened as the question is, and stands in front of what is recalled.
    """

    async def prepare(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        intent = state.get("intent") or intent_from_text(state.get("question", ""))
        goal, inline = parse_flags(intent.goal)
        if inline:
            intent = replace(intent, goal=intent_from_text(goal).goal)
        options = deps.options(state.get("options"))
        options = replace(options, flags={**inline, **options.flags}, earlier=bounded(options.earlier))
        findings: list[str] = []
        if options.flags:
            weights = " ".join(f"{name}={weight:g}" for name, weight in sorted(options.flags.items()))
            findings.append(f"routing weighs {weights}")
        if deps.guard is not None:
            options = replace(options, risk=deps.guard.risk(intent.goal))
            seen = deps.guard.why(intent.goal) if isinstance(deps.guard, Explaining) else ()
            because = f": {', '.join(seen)}" if seen else ""
            findings.append(f"the guard sees a risk of {options.risk:.2f}{because}")
        privacy = intent.constraints.privacy
        asked = options.label.join(Label(Sensitivity.parse(privacy))) if privacy else options.label
        for said in options.earlier:
            before = deps.agent.security.screen_prompt(said, asked)
            asked = before.label
            findings += [f"said before: {finding}" for finding in before.findings]
        screened = deps.agent.security.screen_prompt(intent.goal, asked)
        screened = replace(screened, findings=(*screened.findings, *findings))
        emitter(runtime)(screened)
        items = await deps.agent.memory.recall(intent.goal, label=screened.label, limit=4)
        if items:
            emitter(runtime)(Recalled(tuple(item.text for item in items)))
        return {
            "question": intent.goal,
            "intent": intent,
            "options": options,
            "label": screened.label,
            "memory": (*as_memory(options.earlier), *(item.text for item in items)),
            "attempt": 0,
            "escalations": 0,
            "security_log": (f"prompt {screened.subject}", *screened.findings),
        }

    return prepare
