import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.nr_arfcn import arfcn_to_khz, gscn_to_khz, khz_to_arfcn, nr_arfcn
from coreagent.tools.nr_bands import BANDS, bands_at


@pytest.mark.parametrize(
    ("arfcn", "khz"),
    [
        # Edges of table 5.4.2.1-1, and first and last channels of table 5.4.2.3-1 and -2 for n1, n41, n78, n257.
        (0, 0),
        (599_999, 2_999_995),
        (600_000, 3_000_000),
        (2_016_666, 24_249_990),
        (2_016_667, 24_250_080),
        (3_279_165, 99_999_960),
        (384_000, 1_920_000),
        (422_000, 2_110_000),
        (499_200, 2_496_000),
        (620_000, 3_300_000),
        (653_333, 3_799_995),
        (2_054_166, 26_500_020),
        (2_104_165, 29_499_960),
        (627_264, 3_408_960),
    ],
)
def test_known_channels(arfcn: int, khz: int) -> None:
    assert arfcn_to_khz(arfcn) == khz
    assert khz_to_arfcn(khz) == arfcn


@given(st.integers(0, 3_279_165))
def test_there_and_back(arfcn: int) -> None:
    assert khz_to_arfcn(arfcn_to_khz(arfcn)) == arfcn


@given(
    st.sampled_from([(5, 0, 2_999_995), (15, 3_000_000, 24_249_990), (60, 24_250_080, 99_999_960)]),
    st.floats(0, 1),
)
def test_nearest_channel_is_within_half_a_step(raster: tuple[int, int, int], share: float) -> None:
    step, low, high = raster
    khz = low + share * (high - low)
    assert abs(arfcn_to_khz(khz_to_arfcn(khz)) - khz) <= step / 2


@pytest.mark.parametrize(
    ("gscn", "khz"),
    [
        # Ends of table 5.4.3.1-1, then the first raster entries of n1, n78 and n257 in table 5.4.3.3-1 and -2.
        (2, 1_250),
        (3, 1_350),
        (4, 1_450),
        (7_498, 2_999_050),
        (7_499, 3_000_000),
        (22_255, 24_248_640),
        (22_256, 24_250_080),
        (26_639, 99_988_320),
        (5_279, 2_112_050),
        (7_711, 3_305_280),
        (22_388, 26_531_040),
    ],
)
def test_known_synchronisation_channels(gscn: int, khz: int) -> None:
    assert gscn_to_khz(gscn) == khz


def test_every_gscn_is_a_frequency_of_its_own() -> None:
    below = [gscn_to_khz(number) for number in range(2, 7_499)]
    assert below == sorted(set(below))


def test_statement_is_ready_to_quote() -> None:
    assert nr_arfcn(arfcn=627264).statement() == (
        "NR-ARFCN 627264 corresponds to 3408.96 MHz on the 15 kHz global raster of 3000-24250 MHz"
        " (TS 38.104, clause 5.4.2.1). NR operating bands that contain 3408.96 MHz:"
        " n77 (TDD, 3300-4200 MHz), n78 (TDD, 3300-3800 MHz)."
    )
    back = nr_arfcn(frequency_mhz=3408.96)
    assert (back.arfcn, back.offset_khz) == (627264, 0)
    off = nr_arfcn(frequency_mhz=3408.967)
    assert (off.arfcn, off.offset_khz) == (627264, 7.0)
    assert "7 kHz below it" in off.statement()
    assert "n3 (FDD, downlink 1805-1880 MHz)" in nr_arfcn(frequency_mhz=1840).statement()
    assert "No NR operating band" in nr_arfcn(frequency_mhz=100).statement()
    assert nr_arfcn(gscn=7711).frequency_mhz == 3305.28


@pytest.mark.parametrize("arguments", [{}, {"arfcn": 1, "gscn": 5}])
def test_exactly_one_argument(arguments: dict[str, int]) -> None:
    with pytest.raises(ToolArgumentsError, match="exactly one"):
        nr_arfcn(arfcn=arguments.get("arfcn"), gscn=arguments.get("gscn"))


@pytest.mark.parametrize("number", [-1, 3_279_166])
def test_outside_the_raster(number: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        arfcn_to_khz(number)
    with pytest.raises(ValueError, match="outside"):
        gscn_to_khz(number)
    with pytest.raises(ValueError, match="outside"):
        khz_to_arfcn(100_000_001 if number > 0 else -1)


def test_band_table_is_sound() -> None:
    assert len({band.name for band in BANDS}) == len(BANDS)
    for band in BANDS:
        spans = [span for span in (band.uplink_mhz, band.downlink_mhz) if span]
        assert all(low < high for low, high in spans)
        assert (band.uplink_mhz is None, band.downlink_mhz is None) == (band.duplex == "SDL", band.duplex == "SUL")
        assert (band.uplink_mhz == band.downlink_mhz) == (band.duplex == "TDD")
    assert {band.name for band in bands_at(3550)} == {"n48", "n77", "n78"}
