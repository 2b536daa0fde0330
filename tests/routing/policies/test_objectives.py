"""Objective flags: the published rule, the costs of each flag, sweeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, request, seen

from coreagent.errors import InputError, UnknownNameError, UsageError
from coreagent.labels import Sensitivity
from coreagent.models.card import ModelCard
from coreagent.routing.policies import FLAGS, best, objectives
from coreagent.routing.policies.objectives import totals
from coreagent.routing.policies.sweep import pareto_sweep, selection_accuracy

# Tryage (Hari and Thomson, 2023): predicted losses of three experts and their costs of size.
LOSSES = (1.20, 1.00, 0.95)
SIZES = (0.1, 0.4, 1.0)


@pytest.mark.parametrize(
    ("weight", "sums", "chosen_at"),
    [(0.0, LOSSES, 2), (0.1, (1.21, 1.04, 1.05), 1), (0.3, (1.23, 1.12, 1.25), 1), (1.0, (1.30, 1.40, 1.95), 0)],
)
def test_the_published_vector(weight: float, sums: tuple[float, ...], chosen_at: int) -> None:
    got = totals(LOSSES, {"size": SIZES}, {"size": weight})
    assert got == pytest.approx(sums)
    assert got.index(min(got)) == chosen_at


def sized(**params_b: float) -> tuple[ModelCard, ...]:
    return tuple(card(name, params_b=size) for name, size in params_b.items())


def test_a_wish_for_size_moves_the_choice_to_smaller_models() -> None:
    entries = seen("a", 0.6), seen("b", 0.8), seen("c", 0.85)
    there = field(*entries, cards=sized(a=7, b=28, c=70))
    picks = [chosen(objectives(size=weight), there).order[0] for weight in (0.0, 0.1, 1.0)]
    assert picks == ["c", "b", "a"]
    assert chosen(objectives(size=0.1), there).reason == (
        "least loss and cost: loss 0.20 + 0.1 x size 0.40 = 0.240; c has 0.250"
    )


def test_flags_of_the_request_replace_the_defaults() -> None:
    entries, cards = (seen("small", 0.6), seen("large", 0.7)), sized(small=1, large=100)
    asked = field(*entries, cards=cards, ask=request(flags={"size": 0.0}))
    assert chosen(objectives(size=1), field(*entries, cards=cards)).order[0] == "small"
    assert chosen(objectives(size=1), asked).order[0] == "large"


def test_without_any_flag_the_next_policy_decides() -> None:
    there = field(seen("a", 0.6), seen("b", 0.8))
    assert objectives().choose(there) is None
    assert chosen(objectives() | best(), there).by == "best"


def test_newer_safer_and_more_frugal_models_cost_less() -> None:
    old, new = card("old", released="2023-01"), card("new", released="2025-06-30")
    cloud = card("cloud", placement="cloud", clearance=Sensitivity.PUBLIC)
    device = card("device", placement="device", clearance=Sensitivity.CONFIDENTIAL)
    assert chosen(objectives(recency=1), field(seen("old"), seen("new"), cards=(old, new))).order[0] == "new"
    secure = chosen(objectives(security=1), field(seen("cloud"), seen("device"), cards=(cloud, device)))
    assert secure.order[0] == "device"
    assert "1 x security 0.00" in secure.reason
    hot, cool = seen("hot", energy_wh=2.0), seen("cool", energy_wh=0.5)
    assert chosen(objectives(energy=1), field(hot, cool)).order[0] == "cool"


@pytest.mark.parametrize("flag", ["verbosity", "readability"])
def test_traits_of_the_card_are_costs(flag: str) -> None:
    cards = card("a", traits={flag: 0.9}), card("b", traits={flag: 0.1})
    assert chosen(objectives(**{flag: 1.0}), field(seen("a"), seen("b"), cards=cards)).order[0] == "b"


def test_what_nobody_knows_costs_the_middle_and_is_noted() -> None:
    cards = (*sized(small=10, large=100), card("odd", released="soon"))
    there = field(seen("small"), seen("large"), seen("odd"), cards=cards)
    choice = chosen(objectives(size=1), there)
    assert choice.order == ("small", "odd", "large")
    assert choice.notes == ("size of odd unknown: taken as 0.5",)
    assert "odd" in chosen(objectives(recency=1), there).notes[0]
    assert chosen(objectives(size=0), there).notes == ()


def test_unknown_flags_and_weights_out_of_range_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean size"):
        objectives(sise=1)
    with pytest.raises(UsageError, match="size=11"):
        objectives(size=11)


@given(st.data())
def test_more_weight_never_gives_a_costlier_choice(data: st.DataObject) -> None:
    flag = data.draw(st.sampled_from(["size", "verbosity"]))
    models = data.draw(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=5))
    costs = {f"m{at}": cost / 20 for at, (_, cost) in enumerate(models)}
    cards = tuple(card(name, params_b=cost, traits={"verbosity": cost}) for name, cost in costs.items())
    there = field(*(seen(f"m{at}", quality / 20) for at, (quality, _) in enumerate(models)), cards=cards)
    low, high = sorted(data.draw(st.lists(st.floats(0, 10), min_size=2, max_size=2)))
    before = chosen(objectives(**{flag: low}), there).order[0]
    after = chosen(objectives(**{flag: high}), there).order[0]
    assert costs[after] <= costs[before] or high - low < 1e-9


def test_every_flag_has_a_cost() -> None:
    for flag in FLAGS:
        assert chosen(objectives(**{flag: 1.0}), field(seen("a"), seen("b"))).by == "objectives"


def test_a_sweep_trades_loss_for_cost_and_marks_what_is_dominated() -> None:
    losses = np.array([LOSSES, (0.5, 0.5, 0.9)])
    points = pareto_sweep(losses, np.array(SIZES), weights=(0.0, 0.1, 1.0))
    assert [point.mean_loss for point in points] == pytest.approx([0.725, 0.75, 0.85])
    assert [point.mean_cost for point in points] == pytest.approx([0.55, 0.25, 0.1])
    assert all(point.undominated for point in points)
    wrong = pareto_sweep(losses, np.array(SIZES), predicted=-losses, weights=(0.0, 10.0))
    assert [point.undominated for point in wrong] == [False, True]


def test_selection_accuracy_counts_ties_as_right() -> None:
    losses = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0], [0.2, 0.1]])
    predicted = np.array([[0.1, 0.2], [0.9, 0.1], [0.1, 0.2], [0.2, 0.1]])
    assert selection_accuracy(losses, predicted) == 0.75


@pytest.mark.parametrize(
    ("losses", "costs"),
    [
        (np.zeros((0, 2)), np.zeros(2)),
        (np.zeros((3, 2)), np.zeros(3)),
        (np.zeros(3), np.zeros(3)),
        (np.full((3, 2), np.nan), np.zeros(2)),
    ],
)
def test_tables_that_do_not_fit_are_refused(losses: np.ndarray, costs: np.ndarray) -> None:
    with pytest.raises(InputError):
        pareto_sweep(losses, costs)
