"""The router: eligibility, then the policy, then one Decision."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError, NoModelError
from coreagent.models.card import ModelCard
from coreagent.routing.eligibility import candidate
from coreagent.routing.policy import Policy, cheapest_above
from coreagent.routing.request import RoutingRequest

DEFAULT_POLICY = cheapest_above(quality=0.6)


@dataclass(frozen=True, slots=True)
class Router:
    """Decides which of ``cards`` does a call. ``fallbacks`` bounds how many more are named to be tried after it."""

    cards: Mapping[str, ModelCard]
    policy: Policy = DEFAULT_POLICY
    fallbacks: int = 2

    def decide(self, request: RoutingRequest) -> Decision:
        """Choose a model.

        Raises:
            BudgetExceededError: there are models for the call, and only money keeps it from them.
            NoModelError: no model is eligible; its ``excluded`` and message name the reason for each.
        """
        candidates = tuple(candidate(card, request) for card in self.cards.values())
        eligible = tuple(entry for entry in candidates if not entry.excluded)
        choice = self.policy.choose(request, eligible)
        policy = self.policy.name
        if choice is None:
            choice, policy = DEFAULT_POLICY.choose(request, eligible), DEFAULT_POLICY.name
        if choice is None:
            self._check_money(request)
            raise self._no_model(request, {entry.model: entry.excluded for entry in candidates})
        reason = f"asked for: {request.pinned}" if request.pinned else choice.reason
        return Decision(
            subtask=request.subtask,
            role=request.role,
            policy="pinned" if request.pinned else policy,
            model=choice.order[0],
            candidates=candidates,
            reason=reason,
            threshold=choice.threshold,
            fallbacks=choice.order[1 : 1 + self.fallbacks],
            escalated_from=request.escalated_from,
        )

    def _check_money(self, request: RoutingRequest) -> None:
        rich = replace(request, usd_left=math.inf)
        costs = [
            entry.cost_usd for entry in (candidate(card, rich) for card in self.cards.values()) if not entry.excluded
        ]
        if costs:
            raise BudgetExceededError("usd", needed=min(costs), left=request.usd_left)

    def _no_model(self, request: RoutingRequest, excluded: dict[str, str]) -> NoModelError:
        # A model of another role says nothing about the cause unless every model is of another role.
        telling = {name: why for name, why in excluded.items() if why != f"not a {request.role}"} or excluded
        listed = "; ".join(f"{name}: {why}" for name, why in sorted(telling.items()))
        return NoModelError(
            f"no model can do the {request.role} call of subtask {request.subtask!r}: {listed or 'none is configured'}",
            excluded=excluded,
            mend="Add one that can: coreagent models add NAME --role "
            f"{request.role}; or raise the budget, the clearance or the context it has.",
        )
