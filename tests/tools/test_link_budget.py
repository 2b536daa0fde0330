import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.link_budget import link_budget, thermal_noise_dbm
from coreagent.tools.path_loss import PathModel, free_space_loss_db, free_space_range_km, urban


def test_free_space_agrees_with_the_textbook_constant() -> None:
    # ITU-R P.525: 32.4 + 20 log10 f_MHz + 20 log10 d_km (32.45 with one more digit).
    assert free_space_loss_db(3500, 1) == pytest.approx(32.45 + 70.8814, abs=0.01)
    assert free_space_loss_db(1, 1) == pytest.approx(32.45, abs=0.01)
    assert free_space_loss_db(0.001, 1e-6) == 0


def test_thermal_noise() -> None:
    assert thermal_noise_dbm(20, noise_figure_db=5) == pytest.approx(-174 + 73.0103 + 5, abs=1e-4)
    assert thermal_noise_dbm(1e-6) == -174


@pytest.mark.parametrize(
    ("model", "frequency_mhz", "distance_km", "expected"),
    [
        # Worked by hand from TR 38.901, table 7.4.1-1; UMa breakpoint at 3.5 GHz: 4 x 24 x 0.5 x 3.5e9 / 3e8 = 560 m.
        ("uma_los", 3500, 0.1, 83.138),
        ("uma_los", 3500, 1.0, 109.412),
        ("uma_nlos", 3500, 0.5, 129.916),
        ("umi_nlos", 28000, 0.2, 134.465),
        # 32.4 + 21 log10(hypot(50, 8.5)) + 20 log10(3.5): before the breakpoint at 210 m.
        ("umi_los", 3500, 0.05, 79.090),
    ],
)
def test_urban_models(model: PathModel, frequency_mhz: float, distance_km: float, expected: float) -> None:
    path = urban(model)
    assert path is not None
    assert path.loss_db(frequency_mhz, distance_km) == pytest.approx(expected, abs=0.002)


@given(
    st.sampled_from(["uma_los", "uma_nlos", "umi_los", "umi_nlos"]),
    st.floats(500, 100_000),
    st.floats(0.011, 4.9),
    st.floats(1.5, 12.9),
)
def test_urban_range_inverts_the_loss(
    model: PathModel, frequency_mhz: float, distance_km: float, height_m: float
) -> None:
    path = urban(model)
    assert path is not None
    loss = path.loss_db(frequency_mhz, distance_km, terminal_height_m=height_m)
    found = path.range_km(frequency_mhz, loss, terminal_height_m=height_m)
    assert found == pytest.approx(distance_km, rel=1e-6)


@given(st.floats(1, 100_000), st.floats(0.1, 1e6))
def test_free_space_range_inverts_the_loss(frequency_mhz: float, distance_km: float) -> None:
    loss = free_space_loss_db(frequency_mhz, distance_km)
    assert free_space_range_km(frequency_mhz, loss) == pytest.approx(distance_km, rel=1e-9)


def test_a_whole_budget() -> None:
    found = link_budget(
        3500,
        0.5,
        "uma_nlos",
        tx_power_dbm=46,
        tx_gain_dbi=17,
        tx_loss_db=3,
        rx_loss_db=1,
        fade_margin_db=8,
        bandwidth_mhz=100,
        noise_figure_db=7,
        required_snr_db=-3,
    )
    assert found.eirp_dbm == 60
    assert found.received_power_dbm == pytest.approx(60 - 129.916 - 9, abs=0.002)
    assert found.noise_power_dbm == pytest.approx(-87)
    assert found.snr_db == pytest.approx(8.084, abs=0.002)
    assert found.margin_db == pytest.approx(11.084, abs=0.002)
    assert found.max_path_loss_db == pytest.approx(60 - 9 + 90)
    assert found.max_range_km is not None and found.max_range_km > 0.5
    assert found.source() == "TR 38.901, table 7.4.1-1"


def test_statement_names_inputs_and_units() -> None:
    assert link_budget(3500, 1).statement() == (
        "The path loss at 3500 MHz over 1 km is 103.33 dB (free space, ITU-R P.525)."
    )
    noise = link_budget(bandwidth_mhz=20, noise_figure_db=5)
    assert noise.statement() == "The thermal noise in 20 MHz with a noise figure of 5 dB is -95.99 dBm."
    assert noise.source() == "thermal noise k T B at 290 K"


@pytest.mark.parametrize("sensitivity_dbm, words", [(100.0, "not even reach"), (-250.0, "at least 5 km")])
def test_ranges_beyond_the_model_are_said(sensitivity_dbm: float, words: str) -> None:
    found = link_budget(3500, model="umi_los", tx_power_dbm=20, sensitivity_dbm=sensitivity_dbm)
    assert words in found.statement()


@pytest.mark.parametrize(
    ("frequency_mhz", "distance_km", "height_m"), [(400, 1, 1.5), (3500, 0.005, 1.5), (3500, 6, 1.5), (3500, 1, 13)]
)
def test_outside_the_model(frequency_mhz: float, distance_km: float, height_m: float) -> None:
    with pytest.raises(ToolArgumentsError, match="must be|holds from"):
        link_budget(frequency_mhz, distance_km, "uma_los", terminal_height_m=height_m)


def test_nothing_to_compute() -> None:
    with pytest.raises(ToolArgumentsError, match="nothing can be computed"):
        link_budget(frequency_mhz=3500)
