"""The bandit: exact chances, a floor for everyone, and what it learns."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import card, chosen, field, request, seen

from coreagent.errors import UsageError
from coreagent.models.card import UNKNOWN_PRICE
from coreagent.routing.policies import BanditMemory, bandit, best, within
from coreagent.routing.policies.bandit import inverse_gap


@pytest.fixture
def memory(tmp_path_factory: pytest.TempPathFactory) -> BanditMemory:
    return BanditMemory(tmp_path_factory.mktemp("bandit") / "memory.sqlite")


def test_inverse_gap_weighting_by_hand() -> None:
    # Two arms, a gap of 0.5 and gamma 4: 1 / (2 + 2) for the worse one.
    assert inverse_gap([0.9, 0.4], gamma=4) == pytest.approx((0.75, 0.25))
    assert inverse_gap([0.9, 0.4], gamma=4, floor=0.2) == pytest.approx((0.7, 0.3))
    assert inverse_gap([0.3], gamma=4) == (1.0,)
    assert inverse_gap([0.5, 0.5, 0.5], gamma=1e9) == pytest.approx((1 / 3,) * 3)


@given(st.lists(st.floats(-10, 1), min_size=1, max_size=12), st.floats(0, 1e9), st.floats(0, 1))
def test_everyone_keeps_the_floor_and_the_best_is_likeliest(rewards: list[float], gamma: float, floor: float) -> None:
    chances = inverse_gap(rewards, gamma=gamma, floor=floor)
    assert sum(chances) == pytest.approx(1)
    assert min(chances) >= floor / len(rewards) - 1e-12
    assert max(chances) == pytest.approx(chances[rewards.index(max(rewards))])


def test_the_stated_chance_is_how_often_a_model_is_drawn(memory: BanditMemory) -> None:
    policy, drawn = bandit(memory), dict.fromkeys("abc", 0)
    chances: dict[str, float] = {}
    for number in range(4_000):
        choice = chosen(policy, field(seen("a", 0.9), seen("b", 0.7), seen("c", 0.2), ask=request(seed=str(number))))
        drawn[choice.order[0]] += 1
        assert choice.probability is not None
        assert chances.setdefault(choice.order[0], choice.probability) == choice.probability
        assert sorted(choice.order) == ["a", "b", "c"]
    assert sum(chances.values()) == pytest.approx(1)
    for model, chance in chances.items():
        # Four standard errors of a share in 4,000 draws.
        assert drawn[model] / 4_000 == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 4_000) ** 0.5)


def test_the_same_call_in_the_same_state_draws_the_same(memory: BanditMemory) -> None:
    def draw(seed: str) -> str:
        entries = [seen(name, 0.5) for name in "abcdefgh"]
        return chosen(bandit(memory), field(*entries, ask=request(seed=seed))).order[0]

    before = [draw(str(number)) for number in range(30)]
    assert before == [draw(str(number)) for number in range(30)]
    assert len(set(before)) > 1
    memory.learn("summarizer", "", "a", 0.5)
    assert before != [draw(str(number)) for number in range(30)]


def test_verdicts_outweigh_the_prediction_for_their_role_and_domain_only(memory: BanditMemory) -> None:
    for _ in range(200):
        memory.learn("summarizer", "ran", "predicted", 0.1)
        memory.learn("summarizer", "ran", "proven", 0.9)

    def likeliest(domain: str) -> str:
        draws = [
            chosen(bandit(memory), field(seen("predicted", 0.9), seen("proven", 0.4),
                                         ask=request(domain=domain, seed=str(number)))).order[0]
            for number in range(60)
        ]  # fmt: skip
        return max(set(draws), key=draws.count)

    assert likeliest("ran") == "proven"
    assert likeliest("core") == "predicted"


def test_the_reason_says_what_was_known(memory: BanditMemory) -> None:
    memory.learn("summarizer", "ran", "a", 1.0)
    there = field(seen("a", 1.0), ask=request(domain="ran"))
    assert chosen(bandit(memory), there).reason == "best so far: 1.000 after 1 verdict as summarizer in ran"
    others = [seen("a", 1.0), *(seen(f"b{at}", 0.9) for at in range(30))]
    reasons = [chosen(bandit(memory), field(*others, ask=request(seed=str(n)))).reason for n in range(20)]
    assert any(reason.startswith("explored at a chance of") and "best so far is a" in reason for reason in reasons)


def test_a_price_makes_the_reward(memory: BanditMemory) -> None:
    entries = seen("dear", 0.8, 0.1), seen("cheap", 0.7, 0.0), seen("unpriced", 0.8)
    there = field(*entries, cards=(card("unpriced", price=UNKNOWN_PRICE),))
    free, priced = chosen(bandit(memory, prior=1e6), there), chosen(bandit(memory, prior=1e6, usd=0.001), there)
    assert priced.order[0] == "cheap"
    assert free.order[0] in ("dear", "unpriced")
    assert priced.notes == ("dollars of unpriced unknown: taken as the most of the others",)


@pytest.mark.parametrize("wrong", [{"floor": 1.1}, {"floor": -0.1}, {"prior": 0.0}, {"usd": 0.0}])
def test_arguments_out_of_range_are_refused(memory: BanditMemory, wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="bandit"):
        bandit(memory, **wrong)


def test_regret_flattens_where_uniform_choice_goes_on_paying(memory: BanditMemory) -> None:
    """Five models whose true qualities the predictions do not know; a verdict after every call."""
    truth = {"a": 0.35, "b": 0.5, "c": 0.55, "d": 0.6, "e": 0.85}
    verdicts = random.Random(20)
    policy = bandit(memory, floor=0.05)
    regret = [0.0]
    for number in range(1_500):
        there = field(*(seen(name, 0.6) for name in truth), ask=request(seed=str(number)))
        model = chosen(policy, there).order[0]
        memory.learn("summarizer", "", model, float(verdicts.random() < truth[model]))
        regret.append(regret[-1] + truth["e"] - truth[model])
    uniform_step = sum(truth["e"] - quality for quality in truth.values()) / len(truth)
    first, last = regret[300] / 300, (regret[1_500] - regret[1_200]) / 300
    assert last < first / 2
    assert last < uniform_step / 4
    assert regret[-1] < 1_500 * uniform_step / 3


def test_a_line_with_a_bandit_in_it_hears_verdicts(tmp_path: Path) -> None:
    memory = BanditMemory(tmp_path / "verdicts.sqlite")
    assert (within(usd=1) | bandit(memory) | best()).learns is memory
    assert (within(usd=1) | best()).learns is None
