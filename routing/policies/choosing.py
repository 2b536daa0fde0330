"""Policies that choose by what is written down or predicted: fixed, rules, cheapest above a bound, best."""

from collections.abc import Mapping
from dataclasses import dataclass

from coreagent.plans import ROLES, RoleName
from coreagent.routing.policies.arguments import check, written
from coreagent.routing.policies.ordering import by_cost, by_quality, first_then, quality_of
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import RoutingRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a rule table; None matches everything. Token bounds are inclusive and count the input."""

    model: str
    role: RoleName | None = None
    domain: str | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None

    def matches(self, request: RoutingRequest) -> bool:
        """True when all conditions hold."""
        return (
            (self.role is None or self.role == request.role)
            and (self.domain is None or self.domain == request.domain)
            and (self.min_tokens is None or request.input_tokens >= self.min_tokens)
            and (self.max_tokens is None or request.input_tokens <= self.max_tokens)
        )

    def __str__(self) -> str:
        parts = [
            f"role is {self.role}" if self.role else "",
            f"domain is {self.domain}" if self.domain else "",
            f"at least {self.min_tokens} tokens" if self.min_tokens is not None else "",
            f"at most {self.max_tokens} tokens" if self.max_tokens is not None else "",
        ]
        return ", ".join(part for part in parts if part) or "always"


def fixed(models: Mapping[RoleName, str]) -> Policy:
    """The model named for the role."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        wanted = models.get(there.request.role)
        if wanted is None or all(candidate.model != wanted for candidate in there.candidates):
            return rest(there)
        return Choice(first_then(there, wanted), f"fixed for {there.request.role}", by="fixed")

    return Policy(written("fixed", **{role: models[role] for role in ROLES if role in models}), decide)


def rules(table: tuple[Rule, ...]) -> Policy:
    """The model of the first rule that matches and whose model is eligible."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        names = {candidate.model for candidate in there.candidates}
        for number, rule in enumerate(table, start=1):
            if rule.model in names and rule.matches(there.request):
                return Choice(first_then(there, rule.model), f"rule {number}: {rule}", by="rules")
        return rest(there)

    return Policy("rules()", decide)


def cheapest_above(*, quality: float) -> Policy:
    """The cheapest model predicted at or above ``quality`` (0..1); the best one when none is.

    Ties go to the higher quality, then to the name, so that the choice is the same each time. A model without a price
    comes after those that have one.

    Raises:
        UsageError: ``quality`` is outside 0..1.
    """
    check("cheapest_above", quality=quality, most=1.0)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        candidates = there.candidates
        if not candidates:
            return rest(there)
        good = [candidate for candidate in candidates if quality_of(candidate) >= quality]
        poor = by_quality(candidate for candidate in candidates if quality_of(candidate) < quality)
        if len(candidates) == 1:
            return Choice((candidates[0].model,), _only(there), by="cheapest_above", met=bool(good))
        if good:
            reason = f"cheapest above quality {quality:g}"
            return Choice((*by_cost(there, good), *poor), reason, quality, by="cheapest_above")
        reason = f"best predicted; none reaches quality {quality:g}"
        return Choice(poor, reason, quality, by="cheapest_above", met=False)

    return Policy(written("cheapest_above", quality=quality), decide)


def _only(there: Field) -> str:
    """Why there is no choice: nobody else has the role, or the others are out."""
    able = sum(there.request.role in card.roles for card in there.cards.values())
    return "only model for this role" if able == 1 else "only model left for this call"


def best() -> Policy:
    """The model with the highest predicted quality, whatever it costs."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        return Choice(by_quality(there.candidates), "best predicted", by="best")

    return Policy("best()", decide)
