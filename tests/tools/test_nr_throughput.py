from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.nr_throughput import RESOURCE_BLOCKS, nr_throughput


def test_reference_case() -> None:
    found = nr_throughput(100, 30, 4)
    # By hand: 4 layers x 8 bits x 948/1024 x (273 x 12) subcarriers x 28,000 symbols/s x (1 - 0.14).
    exact = 4 * 8 * Fraction(948, 1024) * 273 * 12 * 28_000 * Fraction(86, 100) / 10**6
    assert found.rate_mbps == pytest.approx(float(exact), rel=1e-12)
    assert "is 2337 Mbit/s (2.337 Gbit/s) (TS 38.306, clause 4.1.2)." in found.statement()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"bandwidth_mhz": 100, "scs_khz": 30, "layers": 4, "direction": "uplink"}, 2500.06),
        ({"bandwidth_mhz": 20, "scs_khz": 15, "layers": 2, "modulation": "64QAM"}, 170.14),
        ({"bandwidth_mhz": 400, "scs_khz": 120, "layers": 2, "modulation": "64QAM"}, 3232.3),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "layers": 4, "scaling_factor": 0.4}, 934.8),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "layers": 4, "carriers": 2}, 4674.0),
    ],
)
def test_other_cases(arguments: dict[str, Any], expected: float) -> None:
    assert nr_throughput(**arguments).rate_mbps == pytest.approx(expected, rel=1e-4)


def test_where_both_ranges_fit_the_caller_decides() -> None:
    assert nr_throughput(100, 60).resource_blocks == 135
    assert nr_throughput(100, 60, frequency_range="FR2").resource_blocks == 132
    assert nr_throughput(200, 60).frequency_range == "FR2"


@pytest.mark.parametrize(
    ("arguments", "problem", "mend"),
    [
        ({"bandwidth_mhz": 100, "scs_khz": 15}, "no 100 MHz carrier", "5, 10"),
        ({"bandwidth_mhz": 37, "scs_khz": 30}, "no 37 MHz carrier", "100 MHz"),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "frequency_range": "FR2"}, "no data carriers", "60, 120"),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "layers": 8, "direction": "uplink"}, "8 layers", "at most 4"),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "modulation": "BPSK"}, "uplink only", "QPSK"),
        ({"bandwidth_mhz": 100, "scs_khz": 30, "scaling_factor": 0.5}, "scaling factor 0.5", "0.75"),
    ],
)
def test_undefined_combinations(arguments: dict[str, Any], problem: str, mend: str) -> None:
    with pytest.raises(ToolArgumentsError, match=problem) as caught:
        nr_throughput(**arguments)
    assert mend in caught.value.mend


@given(st.sampled_from([(key, mhz) for key, row in RESOURCE_BLOCKS.items() for mhz in row]))
def test_resource_blocks_leave_a_guard_band(entry: tuple[Any, int]) -> None:
    (_, scs_khz), mhz = entry
    occupied_mhz = RESOURCE_BLOCKS[entry[0]][mhz] * 12 * scs_khz / 1000
    assert 0.75 * mhz < occupied_mhz < mhz
