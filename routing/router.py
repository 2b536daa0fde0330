"""The router: eligibility, then predictions, then the policy, then one Decision."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from coreagent.decision import Candidate, Decision
from coreagent.errors import BudgetExceededError, NoModelError
from coreagent.models.card import ModelCard
from coreagent.models.dispatch.residency import LoadTimes
from coreagent.routing.eligibility import candidate, exclusion, least_spent
from coreagent.routing.policies.choosing import cheapest_above
from coreagent.routing.policy import Choice, Field, Policy
from coreagent.routing.predictor import Predictor
from coreagent.routing.request import RoutingRequest

DEFAULT_POLICY = cheapest_above(quality=0.6)


@dataclass(frozen=True, slots=True)
class Router:
    """Decides which of ``cards`` does a call.

    ``predictor`` is asked for the models that are eligible. :data:`DEFAULT_POLICY` decides where ``policy`` has no
    say. ``fallbacks`` bounds how many more models are named to be tried after the first. ``loading`` knows how much
    later an answer comes because its model must be loaded first.
    """

    cards: Mapping[str, ModelCard]
    policy: Policy = DEFAULT_POLICY
    fallbacks: int = 2
    predictor: Predictor | None = None
    loading: LoadTimes | None = None

    def decide(self, request: RoutingRequest) -> Decision:
        """Choose a model.

        Raises:
            BudgetExceededError: there are models for the call, and only money, or energy, keeps it from them.
            NoModelError: no model is eligible, or a bound of the policy leaves none; its ``excluded`` and message name
                the reason for each.
        """
        candidates = self._candidates(request)
        eligible = tuple(entry for entry in candidates if not entry.excluded)
        if not eligible:
            self._check_money(request)
            raise self._no_model(request, {entry.model: entry.excluded for entry in candidates})
        failed = next((entry for entry in candidates if entry.model == request.escalated_from), None)
        choice = self.policy.decide(Field(request, eligible, self.cards, failed), DEFAULT_POLICY.choose)
        if choice is None:
            raise self._no_model(request, {entry.model: "left out by the policy" for entry in eligible})
        return self._decision(request, candidates, choice)

    def _candidates(self, request: RoutingRequest) -> tuple[Candidate, ...]:
        found = self._predicted(request)
        loading = self.loading
        return found if loading is None else tuple(_with_loading(entry, loading) for entry in found)

    def _predicted(self, request: RoutingRequest) -> tuple[Candidate, ...]:
        excluded = {name: exclusion(card, request) for name, card in self.cards.items()}
        predictor = self.predictor
        if predictor is None:
            return tuple(candidate(card, request, excluded=excluded[name]) for name, card in self.cards.items())
        # What failed is predicted too, so that a cascade never goes on to something predicted worse.
        asked = [name for name, why in excluded.items() if not why or name == request.escalated_from]
        predicted = predictor.predict(request, asked)
        return tuple(
            candidate(card, request, predicted.get(name), predicted_by=predictor.name, excluded=excluded[name])
            for name, card in self.cards.items()
        )

    def _decision(self, request: RoutingRequest, candidates: tuple[Candidate, ...], choice: Choice) -> Decision:
        if choice.excluded:
            candidates = tuple(
                replace(entry, excluded=choice.excluded[entry.model], by_policy=True)
                if entry.model in choice.excluded
                else entry
                for entry in candidates
            )
        return Decision(
            subtask=request.subtask,
            role=request.role,
            policy=self.policy.name,
            decided_by="pinned" if request.pinned else choice.by,
            model=choice.order[0],
            candidates=candidates,
            reason=f"asked for: {request.pinned}" if request.pinned else choice.reason,
            threshold=choice.threshold,
            fallbacks=choice.order[1 : 1 + self.fallbacks],
            escalated_from=request.escalated_from,
            probability=choice.probability,
            notes=choice.notes,
            conduct=choice.conduct,
            domain=request.domain,
            input_tokens=request.input_tokens,
            output_tokens=request.output_tokens,
            risk=request.risk,
        )

    def _check_money(self, request: RoutingRequest) -> None:
        """Raise when only dollars, or only watt-hours, keep the call from its models."""
        rich = replace(request, usd_left=math.inf, wh_left=math.inf)
        spent = [least_spent(card, rich) for card in self.cards.values() if not exclusion(card, rich)]
        dear = [usd for usd, _ in spent if usd > request.usd_left]
        hungry = [wh for usd, wh in spent if usd <= request.usd_left]
        if hungry:
            raise BudgetExceededError("wh", needed=min(hungry), left=request.wh_left)
        if dear:
            raise BudgetExceededError("usd", needed=min(dear), left=request.usd_left)

    def _no_model(self, request: RoutingRequest, excluded: dict[str, str]) -> NoModelError:
        # A model of another role, or one that was not asked for, says nothing about the cause unless all are such.
        silent = (f"not a {request.role}", f"{request.pinned} was asked for")
        telling = {name: why for name, why in excluded.items() if why not in silent} or excluded
        listed = "; ".join(f"{name}: {why}" for name, why in sorted(telling.items()))
        return NoModelError(
            f"no model can do the {request.role} call of subtask {request.subtask!r}: {listed or 'none is configured'}",
            excluded=excluded,
            mend=_mend(request, telling),
        )


_STATED = {
    "has no price": 'State price under [models."{name}"], or leave the limit in dollars out.',
    "nobody stated what it consumes": 'State energy under [models."{name}"], or leave the limit in watt-hours out.',
}


def _mend(request: RoutingRequest, excluded: Mapping[str, str]) -> str:
    for name, why in excluded.items():
        for begins, mend in _STATED.items():
            if why.startswith(begins):
                return mend.format(name=name)
    return (
        f"Add one that can: coreagent models add NAME --role {request.role}; or raise the budget, the clearance or the"
        " context it has."
    )


def _with_loading(entry: Candidate, loading: LoadTimes) -> Candidate:
    extra_s = loading.extra_latency_s(entry.model)
    return replace(entry, latency_s=(entry.latency_s or 0.0) + extra_s) if extra_s else entry
