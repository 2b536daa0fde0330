import math
import operator
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.calculate import calculate, evaluate
from coreagent.tools.expression import ExpressionError
from coreagent.tools.quantities import Level


@pytest.mark.parametrize(
    ("expression", "value", "unit"),
    [
        ("2 + 3 * 4", 14, ""),
        ("-2^2", -4, ""),
        ("2^3^2", 512, ""),
        ("2 ** -1", 0.5, ""),
        ("(1 + 2) / 3 - 4", -3, ""),
        ("1_000 * 2.5e-3", 2.5, ""),
        ("1,000,000 / 8", 125_000, ""),
        ("15 % * 200", 30, ""),
        ("7 − 3 × 2", 1, ""),
        ("max(3, 5) + min(1, 2)", 6, ""),
        ("10*log10(20e6) - 174 + 7", -93.9897, ""),
        ("20 log10(100)", 40, ""),
        ("sqrt(2)^2", 2, ""),
        ("sin(30 deg)", 0.5, ""),
        ("ln(e^2) + log2(8)", 5, ""),
        ("round(pi, 2)", 3.14, ""),
        ("100 MHz * 2 us", 200, ""),
        ("100 MHz to GHz", 0.1, "GHz"),
        ("90 km/h to m/s", 25, "m/s"),
        ("1 Wh to J", 3600, "J"),
        ("1 GB / (100 Mbit/s)", 80, "s"),
        ("300 Mbps * 10 s to MB", 375, "MB"),
        ("c / (3 GHz) to cm", 9.99308, "cm"),
        ("25 degC to K", 298.15, "K"),
        ("-5 degC to K", 268.15, "K"),
        ("5 in to cm", 12.7, "cm"),
        ("sqrt(16 m²)", 4, "m"),
        ("10 Ω * 2 A to V", 20, "V"),
        ("2.5 kW + 500 W", 3, "kW"),
        ("30 dBm to W", 1, "W"),
        ("30 dBm in mW", 1000, "mW"),
        ("20 W to dBm", 43.0103, "dBm"),
        ("0 dBW to dBm", 30, "dBm"),
        ("100 to dB", 20, "dB"),
        ("linear(3 dB)", 1.99526, ""),
        ("db(1000)", 30, "dB"),
        ("dbm(2 mW)", 3.0103, "dBm"),
        ("46 dBm + 17 dBi - 3 dB - 130 dB", -70, "dBm"),
        ("30 dBm - 0 dBW", 0, "dB"),
        ("30 dBm - 27 dBm", 3, "dB"),
        ("2 * 3 dB", 6, "dB"),
        ("-174 dBm + 10*log10(20e6) + 5 dB", -95.9897, "dBm"),
        ("(30 dBm to mW) + (30 dBm to mW) to dBm", 33.0103, "dBm"),
        ("max(3 dBm, -2 dBm)", 3, "dBm"),
    ],
)
def test_values(expression: str, value: float, unit: str) -> None:
    found = calculate(expression)
    assert found.value == pytest.approx(value, rel=1e-5)
    assert found.unit == unit


def test_statement_is_the_equation() -> None:
    assert calculate("30  dBm to W").statement() == "30 dBm to W = 1 W."
    assert calculate("2 / 3").statement() == "2 / 3 = 0.6666666667."


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("9**9**9**9", "too large"),
        ("9^99999999", "too large"),
        ("exp(1000)", "too large"),
        ("1e400", "too large"),
        ("1e308 W * 10", "too large"),
        ("1 / 0", "division by zero"),
        ("1 W / (0 s)", "division by zero"),
        ("0^-1", "division by zero"),
        ("sqrt(-1)", "not a real number"),
        ("log10(0)", "no value"),
        ("log(10)", "ambiguous"),
        ("asin(2)", "no value"),
        ("0 W to dBm", "no decibels"),
        ("5 MHz + 3 W", "units do not fit"),
        ("5 MHz + 3", "units do not fit"),
        ("5 m to s", "units do not fit"),
        ("10 degC + 5 degC", "units do not fit"),
        ("30 dBm + 30 dBm", "sum of two levels"),
        ("3 dB - 30 dBm", "no level"),
        ("2 * 30 dBm", "no meaning"),
        ("30 dBm * 1 s", "no meaning"),
        ("3 dB to W", "ratio"),
        ("3 dB to dBm", "ratio"),
        ("3 dBm to dB", "level"),
        ("5 to dBm", "plain number"),
        ("30 dBm to dBm/Hz", "can not be part"),
        ("log10(20 MHz)", "plain number"),
        ("2^(1 s)", "plain number"),
        ("(1 W)^30", "at most 20"),
        ("5 mhz", "no unit"),
        ("5 foo", "no unit"),
        ("5 to", "between a value and a unit"),
        ("foo(3)", "no function"),
        ("sin(1, 2)", "one value"),
        ("round(1, 99)", "digits"),
        ("min(1, 2 s)", "one kind"),
        ("min(1 m, 2 s)", "units do not fit"),
        ("min(1, 2 dB)", "one kind"),
        ("2 3", "should end"),
        ("(1 + 2", "missing"),
        ("1 +", "missing"),
        (")", "missing"),
        ("", "empty"),
        ("   ", "empty"),
        ("__import__('os').system('x')", "no part"),
        ("a.b", "no part"),
        ("lambda: 1", "no part"),
        ("5 __class__", "no unit"),
        ("().__class__", "no part"),
        ("()", "missing"),
        ("[1]", "no part"),
        ("\x00", "no part"),
        ("\ud800", "no part"),
        ("(" * 400, "parts"),
        ("(" * 100, "nested deeper"),
        ("-" * 100, "nested deeper"),
        ("2^" * 60 + "2", "nested deeper"),
        ("1+" * 249 + "1", "parts"),
        ("1" * 501, "characters long"),
        ("x" * 400, "no unit"),
    ],
)
def test_hostile_and_wrong_input_ends_in_a_clear_error(expression: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        evaluate(expression)
    with pytest.raises(ToolArgumentsError, match="calculate: "):
        calculate(expression)


def test_misspelt_units_are_offered() -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        calculate("5 mhz")
    assert "Did you mean MHz?" in caught.value.mend


PIECES = [
    "1",
    "2.5",
    "-",
    "+",
    "*",
    "/",
    "^",
    "(",
    ")",
    ",",
    "to",
    "in",
    "dB",
    "dBm",
    "dBW",
    "W",
    "MHz",
    "s",
    "degC",
    "sqrt(",
    "log10(",
    "linear(",
    "max(",
    "round(",
    "%",
    "e",
    "pi",
    "bit",
    "1e300",
    "deg",
    "dbm(",
    "floor(",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60))
@settings(max_examples=600, deadline=None)
def test_anything_gives_a_finite_value_or_an_expression_error(text: str) -> None:
    try:
        value = evaluate(text)
    except ExpressionError as error:
        assert str(error)
    else:
        number = value if isinstance(value, float) else value.value if isinstance(value, Level) else value.magnitude
        assert math.isfinite(number)
        assert calculate(text).statement() if text else True


OPERATORS: dict[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@given(st.lists(st.tuples(st.sampled_from(sorted(OPERATORS)), st.floats(-1e6, 1e6)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_agrees_with_python_left_to_right(steps: list[tuple[str, float]]) -> None:
    text, value = "1", 1.0
    for sign, number in steps:
        text, value = f"({text}) {sign} ({number!r})", OPERATORS[sign](value, number)
    assert evaluate(text) == pytest.approx(value, rel=1e-12)


@given(st.floats(-200, 200))
@settings(deadline=None)
def test_levels_there_and_back(dbm: float) -> None:
    assert calculate(f"({dbm!r} dBm to W) to dBm").value == pytest.approx(dbm, abs=1e-9)


def test_threads_share_one_unit_registry() -> None:
    # In a fresh interpreter, so that all threads meet an unbuilt registry.
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from coreagent.tools.calculate import calculate\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = list(pool.map(calculate, ['1 km/h + 2 m/s - 3 mm/s to m/s'] * 32))\n"
        "assert len({item.value for item in found}) == 1, found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("expression", "value", "unit"),
    [
        ("250 Mbit/s to Gbit/s", 0.25, "Gbit/s"),
        ("100 Mbit / 2 s", 50, "Mbit/s"),
        ("1 GB / 8 s to Mbit/s", 1000, "Mbit/s"),
        ("7 bit/s/Hz * 100 MHz to Mbit/s", 700, "Mbit/s"),
    ],
)
def test_a_rate_of_bits_is_not_shown_as_a_frequency(expression: str, value: float, unit: str) -> None:
    result = calculate.function(expression)
    assert result.value == pytest.approx(value)
    assert result.unit == unit
