"""Peak data rate of NR carriers (TS 38.306, clause 4.1.2).

Resource blocks come from TS 38.101-1, table 5.3.2-1 (FR1) and TS 38.101-2, table 5.3.2-1 (FR2-1, up to 400 MHz).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool

__all__ = ["RESOURCE_BLOCKS", "PeakRate", "nr_throughput"]

Range = Literal["FR1", "FR2"]
Direction = Literal["downlink", "uplink"]
Modulation = Literal["BPSK", "QPSK", "16QAM", "64QAM", "256QAM", "1024QAM"]

_FR1_MHZ = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100)
RESOURCE_BLOCKS: dict[tuple[Range, int], dict[int, int]] = {
    ("FR1", 15): dict(zip(_FR1_MHZ, (25, 52, 79, 106, 133, 160, 188, 216, 242, 270), strict=False)),
    ("FR1", 30): dict(zip(_FR1_MHZ, (11, 24, 38, 51, 65, 78, 92, 106, 119, 133, 162, 189, 217, 245, 273), strict=True)),
    ("FR1", 60): dict(zip(_FR1_MHZ[1:], (11, 18, 24, 31, 38, 44, 51, 58, 65, 79, 93, 107, 121, 135), strict=True)),
    ("FR2", 60): {50: 66, 100: 132, 200: 264},
    ("FR2", 120): {50: 32, 100: 66, 200: 132, 400: 264},
}
"""N_RB by (frequency range, subcarrier spacing in kHz), then by channel bandwidth in MHz."""

_BITS: dict[Modulation, int] = {"BPSK": 1, "QPSK": 2, "16QAM": 4, "64QAM": 6, "256QAM": 8, "1024QAM": 10}
_OVERHEAD: dict[tuple[Range, Direction], float] = {
    ("FR1", "downlink"): 0.14,
    ("FR2", "downlink"): 0.18,
    ("FR1", "uplink"): 0.08,
    ("FR2", "uplink"): 0.10,
}
_CODE_RATE = 948 / 1024
_SCALINGS = (1.0, 0.8, 0.75, 0.4)
_SCALING = Field(json_schema_extra={"enum": list(_SCALINGS)})
_MAX_LAYERS: dict[Direction, int] = {"downlink": 8, "uplink": 4}


class PeakRate(BaseModel):
    """Peak rate in Mbit/s, and every factor of the formula. ``symbol_us`` is the mean OFDM symbol time in us."""

    model_config = ConfigDict(frozen=True)

    rate_mbps: float
    direction: Direction
    frequency_range: Range
    bandwidth_mhz: int
    scs_khz: int
    resource_blocks: int
    layers: int
    modulation: Modulation
    bits_per_symbol: int
    scaling_factor: float
    code_rate: float
    overhead: float
    symbol_us: float
    carriers: int

    def statement(self) -> str:
        """The rate with its inputs and factors."""
        each = f"{self.carriers} carriers of " if self.carriers > 1 else ""
        rate = f"{self.rate_mbps:.6g} Mbit/s"
        if self.rate_mbps >= 1000:
            rate += f" ({self.rate_mbps / 1000:.4g} Gbit/s)"
        return (
            f"The peak {self.direction} data rate of {each}{self.bandwidth_mhz} MHz at {self.scs_khz} kHz SCS"
            f" ({self.frequency_range}) with {self.layers} layer{'s' if self.layers > 1 else ''} and"
            f" {self.modulation} is {rate} (TS 38.306, clause 4.1.2)."
            f" It uses {self.resource_blocks} resource blocks, {self.bits_per_symbol} bits per symbol, scaling factor"
            f" {self.scaling_factor:g}, code rate 948/1024 and an overhead of {self.overhead:g}."
        )

    def source(self) -> str:
        """The clause of the formula."""
        return "TS 38.306, clause 4.1.2"


@tool(label=PUBLIC)
def nr_throughput(
    bandwidth_mhz: Annotated[int, Field(ge=5, le=400)],
    scs_khz: Literal[15, 30, 60, 120],
    layers: Annotated[int, Field(ge=1, le=8)] = 1,
    modulation: Modulation = "256QAM",
    direction: Direction = "downlink",
    frequency_range: Range | None = None,
    scaling_factor: Annotated[float, _SCALING] = 1.0,
    carriers: Annotated[int, Field(ge=1, le=16)] = 1,
) -> PeakRate:
    """Compute the peak (maximum) 5G NR data rate of a UE in Mbit/s from bandwidth, SCS, MIMO layers and modulation.

    Args:
        bandwidth_mhz: Channel bandwidth of one carrier in MHz: 5 to 100 in FR1, 50, 100, 200 or 400 in FR2.
        scs_khz: Subcarrier spacing in kHz.
        layers: MIMO layers: 1 to 8 downlink, 1 to 4 uplink.
        modulation: Highest modulation.
        direction: Direction of transmission.
        frequency_range: FR1 or FR2; by default what spacing and bandwidth imply, FR1 where both fit.
        scaling_factor: Scaling factor f of the UE capability.
        carriers: Number of aggregated carriers of this kind, 1 to 16.

    Raises:
        ToolArgumentsError: a combination that the standard does not define.
    """
    chosen = frequency_range or _implied_range(bandwidth_mhz, scs_khz)
    table = RESOURCE_BLOCKS.get((chosen, scs_khz))
    if table is None:
        spacings = sorted(scs for area, scs in RESOURCE_BLOCKS if area == chosen)
        raise _refused(f"{chosen} has no data carriers of {scs_khz} kHz SCS", f"SCS in {chosen}: {spacings} kHz.")
    blocks = table.get(bandwidth_mhz)
    if blocks is None:
        raise _refused(
            f"no {bandwidth_mhz} MHz carrier is defined at {scs_khz} kHz SCS in {chosen}",
            f"Bandwidths there: {', '.join(map(str, table))} MHz.",
        )
    if layers > _MAX_LAYERS[direction]:
        raise _refused(f"{layers} layers in the {direction}", f"The {direction} has at most {_MAX_LAYERS[direction]}.")
    if modulation == "BPSK" and direction == "downlink":
        raise _refused("pi/2-BPSK exists in the uplink only", "Use QPSK or higher in the downlink.")
    if scaling_factor not in _SCALINGS:
        raise _refused(f"scaling factor {scaling_factor:g}", f"The standard has {_SCALINGS}.")
    symbol_s = 1e-3 / (14 * scs_khz / 15)
    overhead = _OVERHEAD[chosen, direction]
    per_carrier = layers * _BITS[modulation] * scaling_factor * _CODE_RATE * blocks * 12 / symbol_s * (1 - overhead)
    return PeakRate(
        rate_mbps=carriers * per_carrier * 1e-6,
        direction=direction,
        frequency_range=chosen,
        bandwidth_mhz=bandwidth_mhz,
        scs_khz=scs_khz,
        resource_blocks=blocks,
        layers=layers,
        modulation=modulation,
        bits_per_symbol=_BITS[modulation],
        scaling_factor=scaling_factor,
        code_rate=_CODE_RATE,
        overhead=overhead,
        symbol_us=symbol_s * 1e6,
        carriers=carriers,
    )


def _implied_range(bandwidth_mhz: int, scs_khz: int) -> Range:
    return "FR2" if scs_khz == 120 or bandwidth_mhz > 100 else "FR1"


def _refused(problem: str, mend: str) -> ToolArgumentsError:
    return ToolArgumentsError(problem, tool="nr_throughput", mend=mend)
