"""Policies: small values that choose among eligible models and combine with ``|``.

``fixed({...}) | cheapest_above(quality=0.6)`` reads as the rule it is: the first policy that has a choice decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coreagent.decision import Candidate
from coreagent.plans import RoleName
from coreagent.routing.request import RoutingRequest


@dataclass(frozen=True, slots=True)
class Choice:
    """Models in the order they should be tried, the reason for the first, and the bound that decided, if one did."""

    order: tuple[str, ...]
    reason: str
    threshold: float | None = None


Chooser = Callable[[RoutingRequest, tuple[Candidate, ...]], Choice | None]


@dataclass(frozen=True, slots=True)
class Policy:
    """A named way to choose. ``choose`` gets the eligible candidates only, and gives None when it has no say."""

    name: str
    choose: Chooser

    def __or__(self, other: "Policy") -> "Policy":
        """This policy where it has a choice, else the other."""

        def either(request: RoutingRequest, eligible: tuple[Candidate, ...]) -> Choice | None:
            return self.choose(request, eligible) or other.choose(request, eligible)

        return Policy(f"{self.name} | {other.name}", either)


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

    def choose(request: RoutingRequest, eligible: tuple[Candidate, ...]) -> Choice | None:
        wanted = models.get(request.role)
        if wanted is None or all(candidate.model != wanted for candidate in eligible):
            return None
        rest = _by_cost(tuple(candidate for candidate in eligible if candidate.model != wanted))
        return Choice((wanted, *rest), f"fixed for {request.role}")

    return Policy("fixed", choose)


def rules(table: tuple[Rule, ...]) -> Policy:
    """The model of the first rule that matches and whose model is eligible."""

    def choose(request: RoutingRequest, eligible: tuple[Candidate, ...]) -> Choice | None:
        names = {candidate.model for candidate in eligible}
        for number, rule in enumerate(table, start=1):
            if rule.model in names and rule.matches(request):
                rest = _by_cost(tuple(candidate for candidate in eligible if candidate.model != rule.model))
                return Choice((rule.model, *rest), f"rule {number}: {rule}")
        return None

    return Policy("rules", choose)


def cheapest_above(*, quality: float) -> Policy:
    """The cheapest model predicted at or above ``quality`` (0..1); the best one when none is.

    Ties go to the higher quality, then to the name, so that the choice is the same each time.
    """

    def choose(request: RoutingRequest, eligible: tuple[Candidate, ...]) -> Choice | None:
        if not eligible:
            return None
        if len(eligible) == 1:
            return Choice((eligible[0].model,), "only model for this role")
        good = tuple(candidate for candidate in eligible if (candidate.quality or 0.0) >= quality)
        poor = tuple(candidate for candidate in eligible if (candidate.quality or 0.0) < quality)
        best_poor = tuple(c.model for c in sorted(poor, key=lambda c: (-(c.quality or 0.0), c.cost_usd, c.model)))
        if good:
            return Choice((*_by_cost(good), *best_poor), f"cheapest above quality {quality:g}", quality)
        return Choice(best_poor, f"best predicted; none reaches quality {quality:g}", quality)

    return Policy("cheapest_above", choose)


def _by_cost(candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    ordered = sorted(candidates, key=lambda c: (c.cost_usd, -(c.quality or 0.0), c.model))
    return tuple(candidate.model for candidate in ordered)
