"""A Decision in words."""

from coreagent.decision import Candidate, Decision


def explain(decision: Decision) -> str:
    """Several lines: what was chosen and why, then each candidate with its prediction or its exclusion."""
    head = f"{decision.subtask} ({decision.role}) -> {decision.model}: {decision.reason}"
    if decision.escalated_from:
        head += f", escalated from {decision.escalated_from}"
    if decision.answered_by not in ("", decision.model):
        head += f"; it failed, and {decision.answered_by} answered"
    elif decision.fallbacks:
        head += f"; then {', '.join(decision.fallbacks)}"
    return "\n".join([head, *(f"  {_line(entry)}" for entry in _relevant(decision))])


def _relevant(decision: Decision) -> list[Candidate]:
    other_role = f"not a {decision.role}"
    return [entry for entry in decision.candidates if entry.excluded != other_role]


def _line(entry: Candidate) -> str:
    if entry.excluded:
        return f"{entry.model}: out, {entry.excluded}"
    quality = "unknown" if entry.quality is None else f"{entry.quality:.2f}"
    latency = "" if entry.latency_s is None else f", {entry.latency_s:.2f} s"
    return f"{entry.model}: quality {quality}, at most ${entry.cost_usd:.6g}{latency}"
