import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.erlang import blocking, erlang, offered_traffic, trunks_needed, waiting


def exact_blocking(offered: Fraction, trunks: int) -> Fraction:
    """The definition: (A^N / N!) / sum of A^k / k!."""
    terms = [offered**k / math.factorial(k) for k in range(trunks + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.parametrize(
    ("offered", "trunks", "expected"),
    [(10, 15, 0.0365), (1, 1, 0.5), (5, 10, 0.0184), (0, 3, 0.0), (100, 117, 0.0098)],
)
def test_known_blocking(offered: float, trunks: int, expected: float) -> None:
    assert blocking(offered, trunks) == pytest.approx(expected, abs=6e-5)
    assert blocking(offered, trunks) == pytest.approx(float(exact_blocking(Fraction(offered), trunks)), rel=1e-12)


def test_traffic_tables() -> None:
    # Standard Erlang B table at 1 % blocking: N = 10 carries 4.46 E, N = 15 8.11 E, N = 100 84.1 E offered.
    assert offered_traffic("B", 10, 0.01) == pytest.approx(4.46, abs=0.005)
    assert offered_traffic("B", 15, 0.01) == pytest.approx(8.11, abs=0.005)
    assert offered_traffic("B", 100, 0.01) == pytest.approx(84.1, abs=0.05)


def test_waiting_against_the_definition() -> None:
    # M/M/2 with 1 erlang: C = 1/3.
    assert waiting(1, 2) == pytest.approx(1 / 3)
    assert waiting(0.8, 1) == pytest.approx(0.8)
    assert waiting(5, 5) == 1


@given(st.fractions(0, 60, max_denominator=100), st.integers(1, 40))
@settings(max_examples=50)
def test_recursion_equals_the_definition(offered: Fraction, trunks: int) -> None:
    assert blocking(float(offered), trunks) == pytest.approx(float(exact_blocking(offered, trunks)), rel=1e-9)


@given(st.floats(0.01, 300), st.floats(1e-6, 0.9), st.sampled_from(["B", "C"]))
@settings(max_examples=50)
def test_trunks_needed_is_the_fewest(offered: float, probability: float, formula: str) -> None:
    solve = blocking if formula == "B" else waiting
    found = trunks_needed("B" if formula == "B" else "C", offered, probability)
    assert solve(offered, found) <= probability
    assert found == 1 or solve(offered, found - 1) > probability


@given(st.integers(1, 300), st.floats(1e-6, 0.99), st.sampled_from(["B", "C"]))
@settings(max_examples=30)
def test_offered_traffic_inverts(trunks: int, probability: float, formula: str) -> None:
    solve = blocking if formula == "B" else waiting
    found = offered_traffic("B" if formula == "B" else "C", trunks, probability)
    assert solve(found, trunks) == pytest.approx(probability, rel=1e-6)


def test_thousands_of_trunks_stay_stable() -> None:
    # Where A = N, B tends to sqrt(2 / (pi N)).
    assert blocking(20_000, 20_000) == pytest.approx(math.sqrt(2 / (math.pi * 20_000)), rel=0.01)
    assert blocking(1, 20_000) == 0
    assert blocking(1e-300, 5) == 0


def test_queue_figures() -> None:
    found = erlang("C", 10, 15, holding_time_s=180, wait_limit_s=20)
    chance = waiting(10, 15)
    assert found.mean_wait_s == pytest.approx(chance * 180 / 5)
    assert found.within_limit == pytest.approx(1 - chance * math.exp(-5 * 20 / 180))
    assert "mean wait is 3.674 s" in found.statement()


def test_statements() -> None:
    assert erlang("B", 10, 15).statement() == (
        "With 10 erlang offered to 15 trunks, the Erlang B blocking probability is 0.0364969 (3.6497%)."
    )
    assert erlang("B", 10, None, 0.01).trunks == 18
    assert "15 trunks carry at most 8.108" in erlang("B", None, 15, 0.01).statement()
    assert erlang("B", 10, 15).source() == "Erlang B formula"


def test_refusals() -> None:
    with pytest.raises(ToolArgumentsError, match="two of"):
        erlang("B", 10)
    with pytest.raises(ToolArgumentsError, match="two of"):
        erlang("B", 10, 15, 0.01)
    with pytest.raises(ToolArgumentsError, match="without bound"):
        erlang("C", 15, 15)
    with pytest.raises(ToolArgumentsError, match="more than 20000"):
        erlang("C", 20_000, None, 0.01)
