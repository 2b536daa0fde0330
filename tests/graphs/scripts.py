"""Scripts for the four roles."""

import json
from typing import Any

from coreagent.messages import ToolCall


def plan(*subtasks: dict[str, Any], form: str = "open") -> str:
    """A planner's answer."""
    filled: list[dict[str, Any]] = [
        {"role": "caller", "instruction": entry["id"], "tool": "", "domain": "", "depends_on": [], **entry}
        for entry in subtasks
    ]
    return json.dumps({"rationale": "", "form": form, "subtasks": filled})


def call(name: str, /, **arguments: Any) -> ToolCall:
    """A caller's answer."""
    return ToolCall(f"call-{name}", name, json.dumps(arguments))


def verdict(outcome: str = "supported", *, score: float = 0.9, problems: tuple[str, ...] = ()) -> str:
    """A verifier's answer."""
    return json.dumps({"sentences": [], "problems": problems, "outcome": outcome, "score": score})
