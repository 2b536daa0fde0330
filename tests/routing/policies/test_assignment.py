"""Experts for categories under a budget for their sizes: the published vector, and brute force."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.errors import InputError
from coreagent.routing.policies import Assignment, assign, frontier

# Composition of Experts (SambaNova, 2024), worked example: billions of parameters, and scores by category.
SIZES = {"code7": 7.0, "math7": 7.0, "gen27": 27.0, "l70": 70.0}
WEIGHTS = {"code": 0.5, "math": 0.3, "chat": 0.2}
SCORES = {
    "code": dict(zip(SIZES, (0.74, 0.40, 0.68, 0.75), strict=True)),
    "math": dict(zip(SIZES, (0.35, 0.71, 0.62, 0.70), strict=True)),
    "chat": dict(zip(SIZES, (0.50, 0.52, 0.72, 0.73), strict=True)),
}


@pytest.mark.parametrize(
    ("budget", "experts", "score", "active"),
    [
        (7, ("code7", "code7", "code7"), 0.575, 7.0),
        (14, ("code7", "math7", "math7"), 0.687, 7.0),
        (27, ("code7", "math7", "math7"), 0.687, 7.0),
        (34, ("code7", "gen27", "gen27"), 0.700, 17.0),
        (41, ("code7", "math7", "gen27"), 0.727, 11.0),
        (70, ("l70", "l70", "l70"), 0.731, 70.0),
        (77, ("l70", "math7", "l70"), 0.734, 51.1),
        (111, ("l70", "math7", "l70"), 0.734, 51.1),
    ],
)
def test_the_published_vector(budget: float, experts: tuple[str, str, str], score: float, active: float) -> None:
    found = assign(SCORES, weights=WEIGHTS, sizes=SIZES, budget=budget)
    assert tuple(found.experts[category] for category in ("code", "math", "chat")) == experts
    assert found.score == pytest.approx(score)
    assert found.average_active == pytest.approx(active)


def test_a_budget_that_fits_nobody_names_the_smallest_that_does() -> None:
    with pytest.raises(InputError, match="no expert fits a budget of 6") as caught:
        assign(SCORES, weights=WEIGHTS, sizes=SIZES, budget=6)
    assert "7 (code7)" in caught.value.mend


def test_the_frontier_holds_every_budget_at_which_the_best_changes() -> None:
    points = frontier(SCORES, weights=WEIGHTS, sizes=SIZES)
    assert [point.total_size for point in points] == [7, 14, 34, 41, 70, 77]
    assert [point.score for point in points] == pytest.approx([0.575, 0.687, 0.7, 0.727, 0.731, 0.734])
    assert points[3].used == ("code7", "gen27", "math7")


def brute_force(
    scores: dict[str, dict[str, float]], weights: dict[str, float], sizes: dict[str, float], budget: float
) -> Assignment | None:
    """Every map from categories to experts."""
    categories, whole = sorted(scores), math.fsum(weights.values())
    best: tuple[tuple[float, float, tuple[str, ...]], Assignment] | None = None
    for experts in itertools.product(sorted(sizes), repeat=len(categories)):
        total = math.fsum(sizes[expert] for expert in set(experts))
        if total > budget:
            continue
        pairs = list(zip(categories, experts, strict=True))
        score = math.fsum(weights[c] / whole * scores[c][e] for c, e in pairs)
        active = math.fsum(weights[c] / whole * sizes[e] for c, e in pairs)
        key = (-round(score, 12), round(active, 9), experts)
        if best is None or key < best[0]:
            found = Assignment(experts=dict(pairs), score=score, total_size=total, average_active=active)
            best = key, found
    return best[1] if best else None


# Few distinct values, so that there are many ties.
Instance = tuple[dict[str, dict[str, float]], dict[str, float], dict[str, float]]


@st.composite
def instances(draw: st.DrawFn, max_experts: int = 6) -> Instance:
    experts = [f"e{at}" for at in range(draw(st.integers(1, max_experts)))]
    categories = [f"c{at}" for at in range(draw(st.integers(1, 4)))]
    value = draw(st.sampled_from([st.integers(0, 3), st.integers(-50, 100)]))
    scores = {c: {e: draw(value) / 100 for e in experts} for c in categories}
    weights = {c: float(draw(st.integers(1, 3))) for c in categories}
    sizes = {e: float(draw(st.integers(1, 6))) for e in experts}
    return scores, weights, sizes


@given(instances(), st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_it_is_what_brute_force_finds_ties_included(instance: Instance, budget: int) -> None:
    scores, weights, sizes = instance
    expected = brute_force(scores, weights, sizes, budget)
    if expected is None:
        with pytest.raises(InputError, match="no expert fits"):
            assign(scores, weights=weights, sizes=sizes, budget=budget)
        return
    found = assign(scores, weights=weights, sizes=sizes, budget=budget)
    assert found.experts == expected.experts
    assert found.score == pytest.approx(expected.score)
    assert found.total_size == pytest.approx(expected.total_size)
    assert found.average_active == pytest.approx(expected.average_active)


@given(instances(max_experts=4), st.integers(1, 25))
@settings(max_examples=100, deadline=None)
def test_the_frontier_gives_the_best_of_every_budget(instance: Instance, budget: int) -> None:
    scores, weights, sizes = instance
    points = [point for point in frontier(scores, weights=weights, sizes=sizes) if point.total_size <= budget]
    if points:
        assert points[-1].experts == assign(scores, weights=weights, sizes=sizes, budget=budget).experts
    else:
        assert budget < min(sizes.values())


@pytest.mark.parametrize("values", [(0.0, 1.0), (0.25, 0.5, 0.75)])
def test_a_large_instance_full_of_ties_is_solved(values: tuple[float, ...]) -> None:
    experts, categories = [f"e{at:02}" for at in range(31)], [f"c{at:02}" for at in range(14)]
    scores = {
        c: {e: values[(7 * row + 11 * column + row * column) % len(values)] for column, e in enumerate(experts)}
        for row, c in enumerate(categories)
    }
    sizes = {e: float(1 + at % 3) for at, e in enumerate(experts)}
    found = assign(scores, weights=dict.fromkeys(categories, 1.0), sizes=sizes, budget=10)
    assert found.total_size <= 10
    assert found.score >= max(sum(scores[c][e] for c in categories) / 14 for e in experts)


@pytest.mark.parametrize(
    ("scores", "weights", "sizes", "why"),
    [
        ({}, {}, {}, "no categories"),
        ({"a": {}}, {"a": 1.0}, {}, "no categories or no experts"),
        ({"a": {"x": 1.0}, "b": {}}, {"a": 1.0, "b": 1.0}, {"x": 1.0}, "'b' has no score of x"),
        ({"a": {"x": math.nan}}, {"a": 1.0}, {"x": 1.0}, "is nan"),
        ({"a": {"x": 1.0}}, {}, {"x": 1.0}, "weight of category 'a' is not given"),
        ({"a": {"x": 1.0}}, {"a": 0.0}, {"x": 1.0}, "not above 0"),
        ({"a": {"x": 1.0}}, {"a": 1.0}, {}, "size of 'x' is not given"),
        ({"a": {"x": 1.0}}, {"a": 1.0}, {"x": -1.0}, "not above 0"),
    ],
)
def test_input_that_makes_no_sense_is_refused(
    scores: dict[str, dict[str, float]], weights: dict[str, float], sizes: dict[str, float], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        assign(scores, weights=weights, sizes=sizes, budget=10)


def test_a_budget_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="not a number"):
        assign(SCORES, weights=WEIGHTS, sizes=SIZES, budget=math.nan)
