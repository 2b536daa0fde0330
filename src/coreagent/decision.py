"""The routing decision: the one record of which model got a subtask, and why."""

from dataclasses import dataclass

from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One model that was considered.

    ``quality`` is the predicted chance of a good result in 0..1 (None: nothing is known) and ``quality_by`` says who
    predicted it: ``score``, ``prior``, or a trained router. ``cost_usd``, ``latency_s`` and ``energy_wh`` are
    predictions for this call; ``most_usd`` is what it can cost at most, which is what a budget reserves. ``excluded``
    says why it could not be chosen; empty when it could. ``by_policy``: a bound of the policy left it out, which
    another policy would not have. ``priced`` is False when nobody stated its price, and the costs are no costs.
    """

    model: str
    quality: float | None = None
    cost_usd: float = 0.0
    latency_s: float | None = None
    excluded: str = ""
    most_usd: float = 0.0
    energy_wh: float | None = None
    quality_by: str = ""
    by_policy: bool = False
    priced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Trace, checkpoint, event stream and terminal all show this record.

    ``policy`` is written as the settings write it, ``decided_by`` is the part of it that made the choice. ``fallbacks``
    are the models to try next, in order, when ``model`` fails. ``threshold`` is the bound that decided, or None when no
    bound was used. ``escalated_from`` names the model whose result was not good enough. ``answered_by`` is the
    model that answered in the end, which is a fallback when ``model`` failed; empty before that. ``probability`` is the
    chance with which a policy that explores chose ``model``. ``notes`` say what did not go as the policy wanted, such
    as an adviser that did not answer. ``conduct`` is how carefully the model is to answer: see
    :mod:`coreagent.routing.policies.safety`; ``risk`` is a guard's chance in 0..1 that the prompt means harm, None: no
    guard looked. ``domain``, the upper estimate ``input_tokens`` and the expected ``output_tokens`` are of the call.
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
    decided_by: str = ""
    probability: float | None = None
    notes: tuple[str, ...] = ()
    conduct: str = ""
    domain: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    risk: float | None = None
