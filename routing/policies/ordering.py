"""Orders of candidates that policies share. Ties end at the name, so that a choice is the same each time."""

import math
from collections.abc import Iterable

from coreagent.decision import Candidate
from coreagent.routing.policies.amounts import usd_of
from coreagent.routing.policy import Field


def quality_of(candidate: Candidate) -> float:
    """Its predicted quality; 0 where nothing is known."""
    return candidate.quality or 0.0


def by_cost(there: Field, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Names, cheapest first; equal costs by higher quality. A model without a price comes last: it may be the dearest.

    A tie on everything else goes to the name.
    """

    def key(candidate: Candidate) -> tuple[float, float, str]:
        usd = usd_of(there, candidate)
        return (math.inf if usd is None else usd, -quality_of(candidate), candidate.model)

    return tuple(candidate.model for candidate in sorted(candidates, key=key))


def by_quality(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Names, best first; equal qualities by lower cost."""
    ordered = sorted(candidates, key=lambda c: (-quality_of(c), c.cost_usd, c.model))
    return tuple(candidate.model for candidate in ordered)


def first_then(there: Field, model: str) -> tuple[str, ...]:
    """``model``, then the others, best predicted first: who takes over for a named model had better be good."""
    return (model, *by_quality(entry for entry in there.candidates if entry.model != model))
