"""Which expert answers which category, when all experts in use must fit a budget together: solved exactly.

The second step of Composition of Experts (SambaNova, 2024): maximise ``sum_c weight_c x score_c,m(c)`` over the maps m
from categories to experts whose image has sizes that add up to at most the budget.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from coreagent.errors import InputError
from coreagent.routing.policies.assignment_search import Problem, search

Scores = Mapping[str, Mapping[str, float]]
"""By category, then by expert; every category has the same experts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An expert for each category.

    ``score`` is the weighted mean score, ``total_size`` what the experts in use take together, ``average_active`` the
    weighted mean size of the expert that answers; sizes are in the unit they were given in (billions of parameters,
    gigabytes).
    """

    experts: Mapping[str, str]
    score: float
    total_size: float
    average_active: float

    @property
    def used(self) -> tuple[str, ...]:
        """The experts in use, by name."""
        return tuple(sorted(set(self.experts.values())))


def assign(scores: Scores, *, weights: Mapping[str, float], sizes: Mapping[str, float], budget: float) -> Assignment:
    """The best assignment within a budget; ties go to the lower average active size, then to the names.

    ``weights`` say how often each category is asked, in any unit. Exact, by branch and bound.

    Raises:
        InputError: nothing to assign, a name or a number that is missing or makes no sense, or a budget in which no
            expert fits: ``mend`` names the smallest that works.
    """
    problem = _problem(scores, weights, sizes)
    if math.isnan(budget):
        raise InputError("the budget is not a number")
    found = _best(problem, budget)
    if found is None:
        size, name = min(zip(problem.sizes, problem.experts, strict=True))
        raise InputError(
            f"no expert fits a budget of {budget:g}", mend=f"The smallest that works is {size:g} ({name})."
        )
    return found


def frontier(scores: Scores, *, weights: Mapping[str, float], sizes: Mapping[str, float]) -> tuple[Assignment, ...]:
    """Every assignment that is the best at some budget, cheapest first; each holds from its ``total_size`` on.

    Raises:
        InputError: as :func:`assign`.
    """
    problem = _problem(scores, weights, sizes)
    points: list[Assignment] = []
    budget = math.inf
    while (found := _best(problem, budget)) is not None:
        points.append(found)
        # The best of a larger budget stays the best down to its own size.
        budget = found.total_size * (1 - 1e-9)
    return tuple(reversed(points))


def _best(problem: Problem, budget: float) -> Assignment | None:
    picks = search(problem, budget)
    if picks is None:
        return None
    return Assignment(
        experts=dict(zip(problem.categories, (problem.experts[pick] for pick in picks), strict=True)),
        score=problem.score(picks),
        total_size=math.fsum(problem.sizes[pick] for pick in set(picks)),
        average_active=problem.active(picks),
    )


def _problem(scores: Scores, weights: Mapping[str, float], sizes: Mapping[str, float]) -> Problem:
    categories = sorted(scores)
    experts = sorted({expert for row in scores.values() for expert in row})
    if not experts:
        raise InputError("there are no categories or no experts to assign")
    for category in categories:
        missing = [expert for expert in experts if expert not in scores[category]]
        if missing:
            raise InputError(f"category {category!r} has no score of {missing[0]}", mend="Score it, or leave it out.")
        for expert in experts:
            if not math.isfinite(scores[category][expert]):
                raise InputError(f"the score of {expert} in category {category!r} is {scores[category][expert]}")
        _positive(weights, category, "weight of category", mend="Leave out a category that nobody asks.")
    for expert in experts:
        _positive(sizes, expert, "size of")
    whole = math.fsum(weights[category] for category in categories)
    return Problem(
        categories=tuple(categories),
        experts=tuple(experts),
        scores=tuple(tuple(scores[category][expert] for category in categories) for expert in experts),
        weights=tuple(weights[category] / whole for category in categories),
        sizes=tuple(sizes[expert] for expert in experts),
    )


def _positive(numbers: Mapping[str, float], name: str, what: str, *, mend: str = "") -> None:
    if name not in numbers:
        raise InputError(f"the {what} {name!r} is not given", mend=mend)
    if not (math.isfinite(numbers[name]) and numbers[name] > 0):
        raise InputError(f"the {what} {name!r} is {numbers[name]:g}, not above 0", mend=mend)
