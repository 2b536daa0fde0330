from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import (
    ModelError,
    ModelRequestError,
    ModelServerError,
    ModelUnreachableError,
    RateLimitedError,
)
from coreagent.models.dispatch.breaker import Breaker, Patience
from coreagent.testing import ManualClock

DOWN = ModelUnreachableError("refused")
PATIENCE = Patience(failures=3, window=10, ratio=0.5, cooldown_s=2, growth=2, most_s=60)


def breaker(patience: Patience = PATIENCE) -> tuple[Breaker, ManualClock]:
    clock = ManualClock()
    return Breaker(patience, now=clock.now), clock


def state(made: Breaker) -> str:
    """Asked anew each time, whatever a type checker takes it for."""
    return made.state


def call(made: Breaker, error: ModelError | None = None) -> None:
    made.left(made.enter(), error)


def fail(made: Breaker, times: int = 3) -> None:
    for _ in range(times):
        call(made, DOWN)


def test_it_opens_after_failures_in_a_row_and_a_success_begins_the_row_anew() -> None:
    made, _ = breaker()
    for error in (DOWN, DOWN, None, DOWN, DOWN):
        call(made, error)
    assert made.admits and state(made) == "closed"
    call(made, DOWN)
    assert not made.admits
    assert (state(made), made.wait_s) == ("open", 2)


def test_it_opens_when_half_of_the_last_calls_failed() -> None:
    made, _ = breaker()
    for error in [None, DOWN] * 4 + [None]:
        call(made, error)
    assert state(made) == "closed"
    call(made, DOWN)
    assert state(made) == "open"


def test_errors_of_the_request_open_nothing() -> None:
    made, _ = breaker()
    for _ in range(50):
        call(made, ModelRequestError("wrong", status=400))
    assert state(made) == "closed"
    for _ in range(3):
        call(made, ModelRequestError("no such model", status=404))
    assert state(made) == "open"


def test_exactly_one_probe_passes_when_half_open() -> None:
    made, clock = breaker()
    fail(made)
    clock.advance(2)
    assert state(made) == "half_open"
    admitted: list[bool] = []
    for _ in range(64):
        admitted.append(made.admits)
        made.enter()
    assert admitted == [True] + [False] * 63
    assert made.probing


def test_the_probe_decides() -> None:
    made, clock = breaker()
    fail(made)
    clock.advance(2)
    call(made, DOWN)
    assert (state(made), made.wait_s) == ("open", 4)
    clock.advance(4)
    call(made)
    assert (state(made), made.failures) == ("closed", 0)


@pytest.mark.parametrize("error", [None, RuntimeError("ours"), KeyboardInterrupt()])
def test_a_probe_that_was_given_up_lets_the_next_one_find_out(error: BaseException | None) -> None:
    made, clock = breaker()
    fail(made)
    clock.advance(2)
    made.left(made.enter(), error or TimeoutError())
    assert made.admits


def test_calls_from_before_it_opened_do_not_count() -> None:
    made, clock = breaker()
    early = [made.enter() for _ in range(10)]
    fail(made)
    for ticket in early[:5]:
        made.left(ticket, DOWN)
    made.left(early[5])
    assert (state(made), made.wait_s) == ("open", 2)
    clock.advance(2)
    probe = made.enter()
    made.left(early[6], DOWN)
    assert made.probing
    made.left(probe)
    made.left(early[7], DOWN)
    assert (state(made), made.failures) == ("closed", 0)


def test_a_call_out_of_turn_may_close_it_and_never_prolongs_it() -> None:
    made, clock = breaker()
    fail(made)
    clock.advance(1)
    call(made, DOWN)
    assert (made.wait_s, made.failures) == (1, 4)
    call(made)
    assert state(made) == "closed"


def test_the_cooldown_of_a_flapping_endpoint_grows_up_to_the_cap() -> None:
    made, clock = breaker()
    waits: list[float] = []
    for _ in range(8):
        fail(made)
        waits.append(made.wait_s)
        clock.advance(made.wait_s)
        call(made)
        assert state(made) == "closed"
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    clock.advance(60)
    fail(made)
    assert made.wait_s == 2


def test_retry_after_is_obeyed_at_once_but_within_reason() -> None:
    made, clock = breaker()
    call(made, RateLimitedError("slow down", retry_after_s=7))
    assert made.resting
    assert made.wait_s == 7
    clock.advance(7)
    call(made)
    assert state(made) == "closed"
    call(made, ModelServerError("busy", status=503, retry_after_s=1e12))
    assert made.wait_s == 60
    made.left(made.enter(), RateLimitedError("slow down", retry_after_s=1))
    assert made.wait_s == 60
    clock.advance(60)
    fail(made, 1)
    assert not made.resting
    assert made.wait_s == 2, "resting was no failure"


@given(st.lists(st.tuples(st.sampled_from(["enter", "up", "down", "rest", "lost", "wait"]), st.integers(0, 5))))
def test_whatever_happens_at_most_one_probe_is_out_and_every_cooldown_ends(steps: list[tuple[str, int]]) -> None:
    clock = ManualClock()
    made = Breaker(PATIENCE, now=clock.now)
    out: list[int] = []
    errors: dict[str, BaseException | None] = {
        "up": None,
        "down": DOWN,
        "rest": RateLimitedError("wait", retry_after_s=3),
        "lost": TimeoutError(),
    }
    for step, number in steps:
        if step == "wait":
            clock.advance(number)
        elif step == "enter":
            half_open, admitted = state(made) == "half_open", made.admits
            out.append(made.enter())
            assert not (half_open and admitted) or (made.probing and not made.admits)
        elif out:
            made.left(out.pop(number % len(out)), errors[step])
        assert made.wait_s <= PATIENCE.most_s
    for ticket in out:
        made.left(ticket, TimeoutError())
    clock.advance(PATIENCE.most_s)
    assert made.admits, "nobody is locked out for ever"


@pytest.mark.parametrize(
    "wrong",
    [{"failures": 0}, {"ratio": 0.0}, {"window": 0}, {"cooldown_s": 0.0}, {"most_s": 1.0}, {"growth": 0.5}],
)
def test_bounds_that_never_open_or_never_end_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Patience(**wrong)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (as above)


def test_defaults_grow() -> None:
    waits: list[float] = []
    clock = ManualClock()
    made = Breaker(now=clock.now)
    fail(made)
    for _ in range(4):
        waits.append(made.wait_s)
        clock.advance(made.wait_s)
        call(made, DOWN)
    assert all(later == 2 * earlier for earlier, later in pairwise(waits))
