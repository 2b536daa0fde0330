"""First step: the request in its normal form, screened and labelled, with what memory knows of it."""

from typing import Any

from langgraph.runtime import Runtime

from coreagent.events import Recalled
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.guard import StateNode
from coreagent.graphs.state import CoreState
from coreagent.intents import intent_from_text
from coreagent.labels import Label, Sensitivity


def prepare_node(deps: Deps) -> StateNode:
    """Security screens, memory recalls."""

    async def prepare(state: CoreState, runtime: Runtime[None]) -> dict[str, Any]:
        intent = state.get("intent") or intent_from_text(state.get("question", ""))
        options = deps.options(state.get("options"))
        privacy = intent.constraints.privacy
        asked = options.label.join(Label(Sensitivity.parse(privacy))) if privacy else options.label
        screened = deps.agent.security.screen_prompt(intent.goal, asked)
        emitter(runtime)(screened)
        items = await deps.agent.memory.recall(intent.goal, label=screened.label, limit=4)
        if items:
            emitter(runtime)(Recalled(tuple(item.text for item in items)))
        return {
            "question": intent.goal,
            "intent": intent,
            "options": options,
            "label": screened.label,
            "memory": tuple(item.text for item in items),
            "attempt": 0,
            "escalations": 0,
            "security_log": (f"prompt {screened.subject}", *screened.findings),
        }

    return prepare
