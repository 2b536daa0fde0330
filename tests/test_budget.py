import asyncio
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.budget import Budget, Ledger, Spent, check_budget
from coreagent.errors import BudgetExceededError, UsageError
from coreagent.messages import Usage
from coreagent.testing import ManualClock


def test_a_call_that_fits_exactly_fits() -> None:
    ledger = Ledger(Budget(usd=0.3))
    for _ in range(3):
        ledger.reserve(Spent(usd=0.1)).settle(Spent(usd=0.1))
    with pytest.raises(BudgetExceededError):
        ledger.reserve(Spent(usd=0.001))


def test_a_refused_reservation_sets_nothing_aside_anywhere() -> None:
    run = Ledger(Budget(usd=1.0))
    subtask = run.child(Budget(usd=0.1), scope="subtask")
    with pytest.raises(BudgetExceededError, match="subtask"):
        subtask.reserve(Spent(usd=0.5))
    assert run.reserved == subtask.reserved == Spent()


def test_the_scope_above_limits_too() -> None:
    run = Ledger(Budget(usd=0.2), scope="run")
    one, two = run.child(Budget(usd=0.2), scope="one"), run.child(Budget(usd=0.2), scope="two")
    one.reserve(Spent(usd=0.15))
    with pytest.raises(BudgetExceededError) as caught:
        two.reserve(Spent(usd=0.1))
    assert caught.value.scope == "run"
    assert caught.value.left == pytest.approx(0.05)
    assert two.usd_left == pytest.approx(0.05)


def test_settling_twice_books_once() -> None:
    ledger = Ledger(Budget(tokens=100))
    reservation = ledger.reserve(Spent(usage=Usage(80)))
    reservation.settle(Spent(usage=Usage(10)))
    reservation.settle(Spent(usage=Usage(70)))
    reservation.release()
    assert ledger.spent.tokens == 10
    ledger.reserve(Spent(usage=Usage(90)))


def test_time_runs_out_without_a_call() -> None:
    clock = ManualClock()
    ledger = Ledger(Budget(seconds=5), now=clock.now)
    ledger.reserve(Spent(usage=Usage(calls=1))).release()
    clock.advance(5)
    with pytest.raises(BudgetExceededError, match="the time of the run is up"):
        ledger.reserve(Spent(usage=Usage(calls=1)))


def test_without_limits_everything_fits() -> None:
    ledger = Ledger()
    ledger.reserve(Spent(1e9, Usage(10**12, 0, 10**6)))
    assert ledger.usd_left == math.inf
    assert not ledger.limits_money
    assert Ledger(Budget(usd=1)).child(Budget(), scope="s").limits_money


@given(
    limit=st.integers(0, 500),
    calls=st.lists(st.tuples(st.integers(0, 100), st.floats(0, 1), st.integers(0, 2)), max_size=30),
)
def test_parallel_calls_never_overspend(limit: int, calls: list[tuple[int, float, int]]) -> None:
    """Each call reserves its worst case, uses a part of it, and ends in its own time."""
    run = Ledger(Budget(tokens=limit))

    async def call(worst: int, part: float, steps: int) -> None:
        try:
            reservation = run.child(Budget(), scope="subtask").reserve(Spent(usage=Usage(worst, 0, 1)))
        except BudgetExceededError:
            return
        for _ in range(steps):
            await asyncio.sleep(0)
            assert run.spent.tokens + run.reserved.tokens <= limit
        reservation.settle(Spent(usage=Usage(int(worst * part), 0, 1)))

    async def all_of_them() -> None:
        await asyncio.gather(*(call(*one) for one in calls))

    asyncio.run(all_of_them())
    assert run.spent.tokens <= limit
    assert run.reserved == Spent()


def test_a_refusal_says_what_is_left_of_every_limit_and_where() -> None:
    run = Ledger(Budget(usd=1.0))
    agent = run.agent("planner", Budget(usd=0.3, tokens=900, calls=2, wh=0.25))
    subtask = agent.child(Budget(), scope="subtask s1")
    subtask.reserve(Spent(0.25, Usage(400, 0, 1), 0.05))
    with pytest.raises(BudgetExceededError) as caught:
        subtask.reserve(Spent(0.1, Usage(10, 0, 1)))
    error = caught.value
    assert str(error) == (
        "the next call is predicted at $0.1, $0.05 is left in the agent planner budget;"
        " also left there: 500 tokens, 1 calls, 0.2 Wh"
    )
    assert error.also_left == {"tokens": 500, "calls": 1, "wh": pytest.approx(0.2)}
    assert pickle.loads(pickle.dumps(error)).also_left == error.also_left


def test_three_scopes_each_with_its_own_unit() -> None:
    run = Ledger(Budget(wh=1.0))
    agent = run.agent("caller", Budget(tokens=100))
    assert run.agent("caller", Budget(tokens=5)) is agent
    one, two = agent.child(Budget(calls=1), scope="one"), agent.child(Budget(calls=9), scope="two")
    call = Spent(usage=Usage(40, 0, 1), wh=0.3)
    one.reserve(call).settle(call)
    for scope, limit in ((one, "calls"), (two, "")):
        if limit:
            with pytest.raises(BudgetExceededError) as caught:
                scope.reserve(call)
            assert caught.value.limit == limit
        else:
            scope.reserve(call)
    with pytest.raises(BudgetExceededError) as caught:
        two.reserve(call)
    assert (caught.value.limit, caught.value.scope) == ("tokens", "agent caller")
    with pytest.raises(BudgetExceededError) as caught:
        run.agent("verifier", Budget()).reserve(Spent(wh=0.5))
    assert (caught.value.limit, caught.value.scope) == ("wh", "run")


def test_energy_is_limited_here_or_above() -> None:
    run = Ledger(Budget(wh=2.0))
    scope = run.child(Budget(), scope="s")
    scope.reserve(Spent(wh=0.5)).settle(Spent(wh=0.25))
    assert scope.limits_energy
    assert not scope.limits_money
    assert scope.wh_left == run.wh_left == 1.75
    assert not Ledger().limits_energy
    assert Ledger().wh_left == math.inf


def test_the_nearest_end_of_time_counts() -> None:
    clock = ManualClock()
    run = Ledger(Budget(seconds=10), now=clock.now)
    clock.advance(6)
    scope = run.child(Budget(seconds=5), scope="late")
    assert scope.seconds_left == 4
    assert scope.time_is_up().scope == "run"
    scope.reserve(Spent(), seconds=4).release()
    with pytest.raises(BudgetExceededError, match="predicted at 4.5 seconds, 4 seconds is left in the run budget"):
        scope.reserve(Spent(), seconds=4.5)
    assert Ledger().seconds_left == math.inf


def test_nothing_is_left_reserved_by_rounding() -> None:
    ledger = Ledger(Budget(usd=1.0))
    open_ones = [ledger.reserve(Spent(usd=0.1 + number / 97)) for number in range(3)]
    for reservation in open_ones:
        reservation.settle(Spent())
    assert ledger.reserved == Spent()


def test_limits_that_are_no_numbers_are_refused() -> None:
    for budget in (Budget(wh=-1), Budget(wh=math.nan), Budget(usd=-0.1)):
        with pytest.raises(UsageError, match="is no limit"):
            check_budget(budget)
    check_budget(Budget(wh=0))
