import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.messages import Message, Usage
from coreagent.models.chat import ChatRequest, estimate_input_tokens
from coreagent.models.forecast import ENOUGH, Forecast, Forecasts, LogHistogram

REQUEST = ChatRequest(messages=(Message.user("q" * 3_000),))
SENT = estimate_input_tokens(REQUEST)


def learned(outputs: list[int], *, sent: int = SENT) -> Forecast:
    forecast = Forecast()
    for output in outputs:
        forecast.learn(REQUEST, Usage(sent, output, 1))
    return forecast


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=300), st.floats(0.01, 1))
def test_a_quantile_is_never_too_low_and_at_most_a_tenth_too_high(values: list[float], share: float) -> None:
    histogram = LogHistogram(1, 2**20)
    for value in values:
        histogram.add(value)
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert exact * (1 - 1e-9) <= histogram.quantile(share) <= exact * 1.0906


def test_memory_is_flat_and_old_extremes_fade() -> None:
    histogram = LogHistogram(1, 2**20)
    histogram.add(2**19)
    for _ in range(10_000):
        histogram.add(100)
    assert histogram.count < 2_000
    assert histogram.quantile(1.0) == pytest.approx(100, rel=0.1)


def test_values_outside_count_at_the_ends() -> None:
    histogram = LogHistogram(1, 16)
    assert histogram.quantile(0.5) == 1
    histogram.add(0)
    histogram.add(10**9)
    assert (histogram.quantile(0.5), histogram.quantile(1.0)) == (1, 16)


def test_until_enough_was_seen_the_worst_case_stands() -> None:
    forecast = learned([10] * (ENOUGH - 1))
    assert forecast.reserve(REQUEST, 1_000) == (SENT, 1_000)
    assert forecast.median_output == 0
    forecast.learn(REQUEST, Usage(SENT, 10, 1))
    assert forecast.reserve(REQUEST, 1_000)[1] < 20
    assert forecast.median_output == pytest.approx(10, rel=0.1)


def test_it_covers_its_share_of_what_comes_and_stays_below_the_worst_case() -> None:
    draw = random.Random(7)
    forecast = learned([round(draw.lognormvariate(4, 0.6)) for _ in range(500)])
    reserved = forecast.reserve(REQUEST, 4_096)[1]
    later = [round(draw.lognormvariate(4, 0.6)) for _ in range(2_000)]
    assert 0.95 <= sum(output <= reserved for output in later) / len(later) < 0.995
    assert forecast.reserve(REQUEST, 50) == (forecast.reserve(REQUEST, 4_096)[0], 50)


def test_the_input_follows_the_endpoint_in_both_directions() -> None:
    lower, higher = learned([10] * 30, sent=SENT // 2), learned([10] * 30, sent=2 * SENT)
    assert SENT // 2 <= lower.reserve(REQUEST, 100)[0] < 0.7 * SENT
    assert lower.input_tokens(REQUEST) == SENT
    assert 2 * SENT <= higher.reserve(REQUEST, 100)[0] < 2.5 * SENT
    # Where estimates were too low, the worst case is worse than the estimate.
    assert higher.input_tokens(REQUEST) == higher.reserve(REQUEST, 100)[0]


def test_estimated_usage_teaches_nothing_of_the_input() -> None:
    forecast = Forecast()
    for _ in range(30):
        forecast.learn(REQUEST, Usage(10 * SENT, 10, 1), estimated=True)
    assert forecast.reserve(REQUEST, 1_000)[0] == SENT


def test_each_model_and_role_has_its_own() -> None:
    forecasts = Forecasts()
    assert forecasts.of("a", "planner") is forecasts.of("a", "planner")
    assert forecasts.of("a", "planner") is not forecasts.of("a", "verifier")
