"""Orders of candidates that policies share. Ties end at the name, so that a choice is the same each time."""

from collections.abc import Iterable

from coreagent.decision import Candidate


def quality_of(candidate: Candidate) -> float:
    """Its predicted quality; 0 where nothing is known."""
    return candidate.quality or 0.0


def by_cost(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Names, cheapest first; equal costs by higher quality."""
    ordered = sorted(candidates, key=lambda c: (c.cost_usd, -quality_of(c), c.model))
    return tuple(candidate.model for candidate in ordered)


def by_quality(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Names, best first; equal qualities by lower cost."""
    ordered = sorted(candidates, key=lambda c: (-quality_of(c), c.cost_usd, c.model))
    return tuple(candidate.model for candidate in ordered)


def first_then(model: str, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """``model``, then the others, cheapest first."""
    return (model, *by_cost(entry for entry in candidates if entry.model != model))
