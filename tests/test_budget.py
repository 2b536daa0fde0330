import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.budget import Budget, Ledger, Spent
from coreagent.errors import BudgetExceededError
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
