"""A radio link budget: path loss, EIRP, received power, thermal noise, SNR, margin and range.

Free space follows ITU-R P.525, urban propagation TR 38.901, table 7.4.1-1. Noise is -174 dBm/Hz (290 K) plus the
bandwidth in dB-Hz plus the noise figure.
"""

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool
from coreagent.tools.path_loss import PathModel, free_space_loss_db, free_space_range_km, urban

__all__ = ["NOISE_DENSITY_DBM_HZ", "LinkBudget", "link_budget", "thermal_noise_dbm"]

NOISE_DENSITY_DBM_HZ = -174.0
"""10 log10(k T) in dBm/Hz at 290 K, rounded as usual (exactly -173.98)."""

_PLAIN_MODEL = "free space, ITU-R P.525"
Gain = Annotated[float, Field(ge=-100, le=200)]
Loss = Annotated[float, Field(ge=0, le=300)]


class LinkBudget(BaseModel):
    """What could be computed; a field is None when its inputs were not given."""

    model_config = ConfigDict(frozen=True)

    model: str
    frequency_mhz: float | None = None
    distance_km: float | None = None
    bandwidth_mhz: float | None = None
    path_loss_db: float | None = None
    shadowing_db: float | None = None
    eirp_dbm: float | None = None
    received_power_dbm: float | None = None
    noise_power_dbm: float | None = None
    noise_figure_db: float = 0.0
    snr_db: float | None = None
    sensitivity_dbm: float | None = None
    margin_db: float | None = None
    max_path_loss_db: float | None = None
    max_range_km: float | None = None
    range_note: str = ""

    def statement(self) -> str:
        """Every computed quantity, in the order of the budget."""
        facts: list[str] = []
        if self.path_loss_db is not None:
            facts.append(
                f"the path loss at {self.frequency_mhz:.10g} MHz over {self.distance_km:.6g} km is"
                f" {self.path_loss_db:.2f} dB ({self.model})"
            )
        if self.eirp_dbm is not None:
            facts.append(f"the EIRP is {self.eirp_dbm:.2f} dBm")
        if self.received_power_dbm is not None:
            facts.append(f"the received power is {self.received_power_dbm:.2f} dBm")
        if self.noise_power_dbm is not None:
            facts.append(
                f"the thermal noise in {self.bandwidth_mhz:.6g} MHz with a noise figure of"
                f" {self.noise_figure_db:g} dB is {self.noise_power_dbm:.2f} dBm"
            )
        if self.snr_db is not None:
            facts.append(f"the SNR is {self.snr_db:.2f} dB")
        if self.margin_db is not None:
            facts.append(f"the margin over {self.sensitivity_dbm:.2f} dBm is {self.margin_db:.2f} dB")
        if self.max_path_loss_db is not None:
            facts.append(f"the maximum path loss is {self.max_path_loss_db:.2f} dB")
        if self.range_note:
            facts.append(self.range_note)
        text = ", ".join(facts[:-1]) + (" and " if len(facts) > 1 else "") + facts[-1]
        return f"{text[0].upper()}{text[1:]}."

    def source(self) -> str:
        """The propagation model, or the noise formula where no path is involved."""
        if self.path_loss_db is None and self.max_range_km is None:
            return "thermal noise k T B at 290 K" if self.noise_power_dbm is not None else "link budget"
        return "ITU-R P.525" if self.model == _PLAIN_MODEL else "TR 38.901, table 7.4.1-1"


@tool(label=PUBLIC)
def link_budget(
    frequency_mhz: Annotated[float | None, Field(gt=0, le=1_000_000)] = None,
    distance_km: Annotated[float | None, Field(gt=0, le=1_000_000_000)] = None,
    model: PathModel = "free_space",
    tx_power_dbm: Annotated[float | None, Field(ge=-200, le=200)] = None,
    tx_gain_dbi: Gain = 0.0,
    tx_loss_db: Loss = 0.0,
    rx_gain_dbi: Gain = 0.0,
    rx_loss_db: Loss = 0.0,
    fade_margin_db: Loss = 0.0,
    bandwidth_mhz: Annotated[float | None, Field(gt=0, le=1_000_000)] = None,
    noise_figure_db: Annotated[float, Field(ge=0, le=100)] = 0.0,
    required_snr_db: Annotated[float | None, Field(ge=-100, le=100)] = None,
    sensitivity_dbm: Annotated[float | None, Field(ge=-250, le=100)] = None,
    terminal_height_m: Annotated[float, Field(ge=1.5, lt=13)] = 1.5,
) -> LinkBudget:
    """Compute a radio link budget: path loss, EIRP, received power, thermal noise, SNR, margin and maximum range.

    Every quantity whose inputs are given is computed.

    Args:
        frequency_mhz: Carrier frequency in MHz.
        distance_km: Horizontal distance between the antennas in km.
        model: Propagation: free space (ITU-R P.525) or TR 38.901 UMa or UMi with (LOS) or without (NLOS) line of sight.
        tx_power_dbm: Transmit power in dBm.
        tx_gain_dbi: Transmit antenna gain in dBi.
        tx_loss_db: Cable and connector loss at the transmitter in dB.
        rx_gain_dbi: Receive antenna gain in dBi.
        rx_loss_db: Cable and body loss at the receiver in dB.
        fade_margin_db: Margin kept for fading, penetration and interference in dB.
        bandwidth_mhz: Noise bandwidth in MHz.
        noise_figure_db: Noise figure of the receiver in dB.
        required_snr_db: SNR that the receiver needs in dB; with the bandwidth it gives the sensitivity.
        sensitivity_dbm: Receiver sensitivity in dBm; takes the place of bandwidth and required SNR.
        terminal_height_m: Height of the terminal in m, 1.5 to below 13, for UMa and UMi.

    Raises:
        ToolArgumentsError: nothing can be computed, or outside the range of the model.
    """
    path = urban(model)
    loss = eirp = received = noise = snr = margin = allowed = reach = None
    note = ""
    if bandwidth_mhz is not None:
        noise = thermal_noise_dbm(bandwidth_mhz, noise_figure_db=noise_figure_db)
        if sensitivity_dbm is None and required_snr_db is not None:
            sensitivity_dbm = noise + required_snr_db
    if tx_power_dbm is not None:
        eirp = tx_power_dbm + tx_gain_dbi - tx_loss_db
    try:
        if frequency_mhz is not None and distance_km is not None:
            loss = _loss_db(model, frequency_mhz, distance_km, terminal_height_m)
        if eirp is not None and loss is not None:
            received = eirp - loss + rx_gain_dbi - rx_loss_db - fade_margin_db
        if received is not None and noise is not None:
            snr = received - noise
        if received is not None and sensitivity_dbm is not None:
            margin = received - sensitivity_dbm
        if eirp is not None and sensitivity_dbm is not None:
            allowed = eirp + rx_gain_dbi - rx_loss_db - fade_margin_db - sensitivity_dbm
            if frequency_mhz is not None:
                reach, note = _range(model, frequency_mhz, allowed, terminal_height_m)
    except ValueError as error:
        raise ToolArgumentsError(
            str(error), tool="link_budget", mend="Use model free_space, or values in that range."
        ) from None
    if loss is None and eirp is None and noise is None:
        raise ToolArgumentsError(
            "nothing can be computed from these arguments",
            tool="link_budget",
            mend="Give frequency_mhz and distance_km for path loss, bandwidth_mhz for noise, tx_power_dbm for EIRP.",
        )
    return LinkBudget(
        model=_PLAIN_MODEL if path is None else f"3GPP TR 38.901 {path.title}",
        frequency_mhz=frequency_mhz,
        distance_km=distance_km,
        bandwidth_mhz=bandwidth_mhz,
        path_loss_db=loss,
        shadowing_db=path.shadowing_db if path is not None else None,
        eirp_dbm=eirp,
        received_power_dbm=received,
        noise_power_dbm=noise,
        noise_figure_db=noise_figure_db,
        snr_db=snr,
        sensitivity_dbm=sensitivity_dbm,
        margin_db=margin,
        max_path_loss_db=allowed,
        max_range_km=reach,
        range_note=note,
    )


def thermal_noise_dbm(bandwidth_mhz: float, *, noise_figure_db: float = 0.0) -> float:
    """Noise power in dBm of a receiver at 290 K."""
    return NOISE_DENSITY_DBM_HZ + 10 * math.log10(bandwidth_mhz * 1e6) + noise_figure_db


def _loss_db(model: PathModel, frequency_mhz: float, distance_km: float, terminal_height_m: float) -> float:
    path = urban(model)
    if path is None:
        return free_space_loss_db(frequency_mhz, distance_km)
    return path.loss_db(frequency_mhz, distance_km, terminal_height_m=terminal_height_m)


def _range(
    model: PathModel, frequency_mhz: float, loss_db: float, terminal_height_m: float
) -> tuple[float | None, str]:
    path = urban(model)
    if path is None:
        reach = free_space_range_km(frequency_mhz, loss_db)
        return reach, f"the maximum range in free space at {frequency_mhz:.10g} MHz is {reach:.4g} km"
    found = path.range_km(frequency_mhz, loss_db, terminal_height_m=terminal_height_m)
    where = f"{path.title} at {frequency_mhz:.10g} MHz"
    if found is None:
        return None, f"the link does not even reach 10 m in {where}"
    if found >= 5:
        return found, f"the range in {where} is at least 5 km, where TR 38.901 ends"
    return found, f"the maximum range in {where} is {found:.4g} km"
