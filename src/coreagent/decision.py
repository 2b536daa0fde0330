"""The routing decision: the one record of which model got a subtask, and why."""

from dataclasses import dataclass

from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One model that was considered.

    ``quality`` is the predicted chance of a good result in 0..1 (None: nothing is known), ``cost_usd`` and
    ``latency_s`` are predictions for this call. ``excluded`` says why it was not eligible; empty when it was.
    """

    model: str
    quality: float | None = None
    cost_usd: float = 0.0
    latency_s: float | None = None
    excluded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Trace, checkpoint, event stream and terminal all show this record.

    ``fallbacks`` are the models to try next, in order, when ``model`` fails. ``threshold`` is the quality bound that
    decided, or None when no bound was used. ``escalated_from`` names the model whose result was not good enough.
    ``answered_by`` is the model that answered in the end, which is a fallback when ``model`` failed; empty before that.
    """

    subtask: str
    role: RoleName
    policy: str
    model: str
    candidates: tuple[Candidate, ...]
    reason: str
    threshold: float | None = None
    fallbacks: tuple[str, ...] = ()
    escalated_from: str = ""
    answered_by: str = ""
