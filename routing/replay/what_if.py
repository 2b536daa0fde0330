"""What another policy would have decided in a recorded run, call by call. Nothing is asked of any model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from coreagent.decision import Candidate, Decision
from coreagent.errors import NoModelError
from coreagent.routing.eligibility import candidate
from coreagent.routing.policy import Field
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import DEFAULT_POLICY, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call of a recorded run: its decision, what it was asked, and what it cost in dollars and seconds.

    ``flags`` are the weights that were written into the question.
    """

    decision: Decision
    text: str
    usd: float
    seconds: float
    flags: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouted:
    """A recorded call under another policy.

    ``model`` is who would do it, empty when the policy refuses it (``reason`` says why). ``usd`` is the recorded cost
    where the model is the same, else the prediction for the new one; ``priced`` is False where nobody knows that.
    """

    call: RecordedCall
    model: str
    reason: str
    usd: float
    quality: float | None
    quality_before: float | None
    priced: bool = True

    @property
    def differs(self) -> bool:
        """True when another model would do it, or none."""
        return self.model != (self.call.decision.answered_by or self.call.decision.model)


def reroute(calls: Sequence[RecordedCall], router: Router) -> tuple[Rerouted, ...]:
    """Each call as ``router`` would decide it now.

    Who was eligible is taken from the record, since a prompt is not at hand to ask again; quality, cost and latency are
    predicted anew where the router knows the model.
    """
    return tuple(_reroute(call, router) for call in calls)


def _reroute(call: RecordedCall, router: Router) -> Rerouted:
    decision = call.decision
    before = decision.answered_by or decision.model
    qualities = {entry.model: entry.quality for entry in decision.candidates}
    request = RoutingRequest(
        subtask=decision.subtask,
        role=decision.role,
        text=call.text,
        domain=decision.domain,
        input_tokens=decision.input_tokens,
        output_tokens=decision.output_tokens,
        escalated_from=decision.escalated_from,
        risk=decision.risk,
        flags=call.flags,
    )
    candidates = _candidates(request, decision, router)
    try:
        choice = (router.policy | DEFAULT_POLICY).choose(Field(request, tuple(candidates.values()), router.cards))
    except NoModelError as error:
        return Rerouted(
            call=call, model="", reason=str(error), usd=0.0, quality=None, quality_before=qualities.get(before)
        )
    if choice is None:
        return Rerouted(
            call=call,
            model="",
            reason="none of its models is in the settings any more",
            usd=0.0,
            quality=None,
            quality_before=qualities.get(before),
        )
    chosen = candidates[choice.order[0]]
    old = candidates.get(before)
    return Rerouted(
        call=call,
        model=chosen.model,
        reason=choice.reason,
        usd=call.usd if chosen.model == before else chosen.cost_usd,
        quality=chosen.quality,
        quality_before=old.quality if old else qualities.get(before),
        priced=chosen.priced or chosen.model == before,
    )


def _candidates(request: RoutingRequest, decision: Decision, router: Router) -> Mapping[str, Candidate]:
    """Those that were eligible then and are known now, with predictions of now.

    A record that does not say how long the call was keeps its own predictions: others would be of an empty call.
    """
    eligible = [
        entry
        for entry in decision.candidates
        if (not entry.excluded or entry.by_policy) and entry.model in router.cards
    ]
    if not decision.input_tokens and not decision.output_tokens:
        return {
            entry.model: replace(entry, excluded="", priced=router.cards[entry.model].price.known) for entry in eligible
        }
    names = [entry.model for entry in eligible]
    predictor = router.predictor
    predicted: Mapping[str, Prediction] = predictor.predict(request, names) if predictor else {}
    by = predictor.name if predictor else ""
    return {
        name: candidate(router.cards[name], request, predicted.get(name), predicted_by=by, excluded="")
        for name in names
    }
