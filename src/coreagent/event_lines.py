"""An event in words, for whoever shows a run line by line."""

import textwrap

from coreagent.events import (
    Escalated,
    Feedback,
    ModelFinished,
    Planned,
    Recalled,
    Routed,
    Screened,
    ToolFinished,
    ToolStarted,
    Verified,
    Warned,
)


def step_line(event: object) -> str:
    """An event in one line; empty for those that need none."""
    match event:
        case Screened(findings=findings, stage=stage) if findings:
            return f"security ({stage}): {'; '.join(findings)}"
        case Recalled(items=items):
            return f"recalled {len(items)} from memory"
        case Planned(plan=plan, attempt=attempt):
            tasks = "; ".join(f"{task.id} {task.tool or task.role}" for task in plan.subtasks)
            return f"{'new plan' if attempt else 'plan'}: {tasks}"
        case Routed(decision=decision):
            return f"{decision.role} -> {decision.model} ({decision.reason})"
        case ModelFinished(model=model, seconds=seconds, cost_usd=cost, error=error):
            return f"{model} {_ended(error)} in {seconds:.2f} s, ${cost:.4g}{_why(error)}"
        case ToolStarted(tool=tool, arguments=arguments):
            return f"{tool} {textwrap.shorten(arguments, 160, placeholder=' ...')}"
        case ToolFinished(tool=tool, error=error, seconds=seconds, replayed=replayed):
            done = "done before, not repeated" if replayed else _ended(error)
            return f"{tool} {done} in {seconds:.2f} s{_why(error)}"
        case Feedback(source=source, text=text):
            return f"feedback ({source}): {text}"
        case Verified(verdict=verdict):
            return f"verdict: {verdict}"
        case Escalated(from_model=old, to_model=new, reason=reason):
            return f"escalated: {old} -> {new} ({reason})"
        case Warned(message=message):
            return f"warning: {message}"
        case _:
            return ""


def _ended(error: str) -> str:
    return "failed" if error else "done"


def _why(error: str) -> str:
    return f": {error}" if error else ""
