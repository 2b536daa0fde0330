"""Multi-agent LLM orchestration for telecom and network operations.

``CoreAgent().ask_sync("...")`` answers from the bundled primer with built-in models. Names are loaded when they are
first used, so importing the package costs almost nothing and touches no network.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coreagent.answer import Answer, Citation, Evidence, Verdict
    from coreagent.budget import Budget
    from coreagent.decision import Candidate, Decision
    from coreagent.errors import CoreAgentError
    from coreagent.events import (
        ApprovalGiven,
        ApprovalNeeded,
        Escalated,
        Event,
        Feedback,
        ModelFinished,
        Planned,
        Prompted,
        Recalled,
        Routed,
        RunFailed,
        RunFinished,
        RunStarted,
        Screened,
        Token,
        ToolFinished,
        ToolStarted,
        Verified,
        Warned,
    )
    from coreagent.front import CoreAgent
    from coreagent.intents import Intent
    from coreagent.labels import Label, Sensitivity
    from coreagent.messages import Message, ToolCall, Usage
    from coreagent.models.card import ModelCard
    from coreagent.plans import Plan, Subtask
    from coreagent.tools.function_tool import tool
    from coreagent.tools.tool import Tool, ToolContext, ToolInfo, ToolResult

_HOMES = {
    "coreagent.answer": ("Answer", "Citation", "Evidence", "Verdict"),
    "coreagent.budget": ("Budget",),
    "coreagent.decision": ("Candidate", "Decision"),
    "coreagent.errors": ("CoreAgentError",),
    "coreagent.events": (
        "ApprovalGiven",
        "ApprovalNeeded",
        "Escalated",
        "Event",
        "Feedback",
        "ModelFinished",
        "Planned",
        "Prompted",
        "Recalled",
        "Routed",
        "RunFailed",
        "RunFinished",
        "RunStarted",
        "Screened",
        "Token",
        "ToolFinished",
        "ToolStarted",
        "Verified",
        "Warned",
    ),
    "coreagent.front": ("CoreAgent",),
    "coreagent.intents": ("Intent",),
    "coreagent.labels": ("Label", "Sensitivity"),
    "coreagent.messages": ("Message", "ToolCall", "Usage"),
    "coreagent.models.card": ("ModelCard",),
    "coreagent.plans": ("Plan", "Subtask"),
    "coreagent.tools.function_tool": ("tool",),
    "coreagent.tools.tool": ("Tool", "ToolContext", "ToolInfo", "ToolResult"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Answer",
    "ApprovalGiven",
    "ApprovalNeeded",
    "Budget",
    "Candidate",
    "Citation",
    "CoreAgent",
    "CoreAgentError",
    "Decision",
    "Escalated",
    "Event",
    "Evidence",
    "Feedback",
    "Intent",
    "Label",
    "Message",
    "ModelCard",
    "ModelFinished",
    "Plan",
    "Planned",
    "Prompted",
    "Recalled",
    "Routed",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "Screened",
    "Sensitivity",
    "Subtask",
    "Token",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolFinished",
    "ToolInfo",
    "ToolResult",
    "ToolStarted",
    "Usage",
    "Verdict",
    "Verified",
    "Warned",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'coreagent' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
