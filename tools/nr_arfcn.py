"""NR-ARFCN, GSCN and carrier frequency, one into the other (TS 38.104, clauses 5.4.2.1 and 5.4.3.1).

All arithmetic is in whole kHz, so that going there and back is exact.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool
from coreagent.tools.nr_bands import NrBand, bands_at

__all__ = ["NrChannel", "arfcn_to_khz", "gscn_to_khz", "khz_to_arfcn", "nr_arfcn"]

_ARFCN_CLAUSE = "TS 38.104, clause 5.4.2.1"
_GSCN_CLAUSE = "TS 38.104, clause 5.4.3.1"


@dataclass(frozen=True, slots=True)
class _Raster:
    """One row of table 5.4.2.1-1: F = offset + step (N - first)."""

    low_mhz: int
    high_mhz: int
    step_khz: int
    offset_khz: int
    first: int
    last: int


_RASTERS = (
    _Raster(0, 3_000, 5, 0, 0, 599_999),
    _Raster(3_000, 24_250, 15, 3_000_000, 600_000, 2_016_666),
    _Raster(24_250, 100_000, 60, 24_250_080, 2_016_667, 3_279_165),
)


class NrChannel(BaseModel):
    """A frequency on the global raster. ``offset_khz`` is how far the asked frequency lies above it."""

    model_config = ConfigDict(frozen=True)

    arfcn: int
    frequency_mhz: float
    raster_khz: int
    raster_low_mhz: int
    raster_high_mhz: int
    bands: tuple[str, ...]
    asked: str
    offset_khz: float = 0.0
    gscn: int | None = None

    def statement(self) -> str:
        """The conversion, its raster and the bands."""
        raster = (
            f"the {self.raster_khz} kHz global raster of {self.raster_low_mhz}-{self.raster_high_mhz} MHz"
            f" ({_ARFCN_CLAUSE})"
        )
        frequency = f"{self.frequency_mhz:.10g} MHz"
        if self.gscn is not None:
            first = (
                f"GSCN {self.gscn} corresponds to the SS block reference frequency {frequency} ({_GSCN_CLAUSE}),"
                f" nearest NR-ARFCN {self.arfcn}."
            )
        elif self.asked == "arfcn":
            first = f"NR-ARFCN {self.arfcn} corresponds to {frequency} on {raster}."
        elif self.offset_khz:
            wanted = f"{self.frequency_mhz + self.offset_khz / 1000:.10g} MHz"
            first = (
                f"{wanted} is not on {raster}; the nearest point is NR-ARFCN {self.arfcn} at {frequency},"
                f" {abs(self.offset_khz):.6g} kHz {'below' if self.offset_khz > 0 else 'above'} it."
            )
        else:
            first = f"{frequency} corresponds to NR-ARFCN {self.arfcn} on {raster}."
        if not self.bands:
            return f"{first} No NR operating band of TS 38.104, clause 5.2, contains {frequency}."
        return f"{first} NR operating bands that contain {frequency}: {', '.join(self.bands)}."

    def source(self) -> str:
        """The clause of the raster."""
        return _ARFCN_CLAUSE if self.gscn is None else _GSCN_CLAUSE


@tool(label=PUBLIC)
def nr_arfcn(
    arfcn: Annotated[int | None, Field(ge=0, le=3_279_165)] = None,
    frequency_mhz: Annotated[float | None, Field(ge=0, le=100_000)] = None,
    gscn: Annotated[int | None, Field(ge=2, le=26_639)] = None,
) -> NrChannel:
    """Convert an NR-ARFCN or a GSCN to its 5G NR frequency in MHz, or a frequency to its NR-ARFCN, with the NR bands.

    Give exactly one argument.

    Args:
        arfcn: NR-ARFCN, the absolute radio frequency channel number, 0 to 3279165.
        frequency_mhz: RF reference frequency in MHz, 0 to 100000.
        gscn: Global synchronisation channel number of an SS block, 2 to 26639.

    Raises:
        ToolArgumentsError: none or several arguments were given.
    """
    if sum(value is not None for value in (arfcn, frequency_mhz, gscn)) != 1:
        raise ToolArgumentsError(
            "exactly one of arfcn, frequency_mhz and gscn is needed",
            tool="nr_arfcn",
            mend="Give the one that is known; the others are computed.",
        )
    if arfcn is not None:
        return _channel(arfcn, asked="arfcn")
    if gscn is not None:
        khz = gscn_to_khz(gscn)
        number = khz_to_arfcn(khz)
        return _channel(number, asked="gscn", offset_khz=khz - arfcn_to_khz(number), gscn=gscn)
    wanted_khz = round((frequency_mhz or 0.0) * 1000, 6)
    number = khz_to_arfcn(wanted_khz)
    return _channel(number, asked="frequency", offset_khz=round(wanted_khz - arfcn_to_khz(number), 6))


def arfcn_to_khz(arfcn: int) -> int:
    """Frequency of an NR-ARFCN in kHz; raises ValueError outside 0..3279165."""
    for raster in _RASTERS:
        if raster.first <= arfcn <= raster.last:
            return raster.offset_khz + raster.step_khz * (arfcn - raster.first)
    raise ValueError(f"NR-ARFCN {arfcn} is outside 0..3279165")


def khz_to_arfcn(frequency_khz: float) -> int:
    """NR-ARFCN nearest to a frequency in kHz; raises ValueError outside 0..100000000."""
    if not 0 <= frequency_khz <= 100_000_000:
        raise ValueError(f"{frequency_khz:g} kHz is outside 0..100000000")
    raster = next(row for row in reversed(_RASTERS) if frequency_khz >= row.low_mhz * 1000)
    number = raster.first + round((frequency_khz - raster.offset_khz) / raster.step_khz)
    return min(max(number, raster.first), raster.last)


def gscn_to_khz(gscn: int) -> int:
    """SS block reference frequency of a GSCN in kHz (table 5.4.3.1-1); raises ValueError outside 2..26639."""
    if 2 <= gscn <= 7_498:
        # GSCN = 3 N + (M - 3) / 2 with M in {1, 3, 5}, so M - 3 is -2, 0 or 2.
        n = (gscn + 1) // 3
        return n * 1_200 + (2 * (gscn - 3 * n) + 3) * 50
    if 7_499 <= gscn <= 22_255:
        return 3_000_000 + (gscn - 7_499) * 1_440
    if 22_256 <= gscn <= 26_639:
        return 24_250_080 + (gscn - 22_256) * 17_280
    raise ValueError(f"GSCN {gscn} is outside 2..26639")


def _channel(arfcn: int, *, asked: str, offset_khz: float = 0.0, gscn: int | None = None) -> NrChannel:
    raster = next(row for row in _RASTERS if row.first <= arfcn <= row.last)
    on_raster_mhz = arfcn_to_khz(arfcn) / 1000
    # A GSCN fixes its own frequency: the number beside it is only the nearest point of the other raster.
    exact_mhz = gscn_to_khz(gscn) / 1000 if gscn is not None else on_raster_mhz
    return NrChannel(
        arfcn=arfcn,
        frequency_mhz=exact_mhz,
        raster_khz=raster.step_khz,
        raster_low_mhz=raster.low_mhz,
        raster_high_mhz=raster.high_mhz,
        bands=tuple(_named(band, exact_mhz) for band in bands_at(exact_mhz)),
        asked=asked,
        offset_khz=offset_khz,
        gscn=gscn,
    )


def _named(band: NrBand, frequency_mhz: float) -> str:
    """``n78 (TDD, 3300-3800 MHz)``, or with the direction for the other modes."""
    spans: list[str] = []
    for direction in band.directions_at(frequency_mhz):
        span = band.uplink_mhz if direction == "uplink" else band.downlink_mhz
        if span is not None:
            prefix = "" if band.duplex == "TDD" else f"{direction} "
            spans.append(f"{prefix}{span[0]:g}-{span[1]:g} MHz")
    return f"{band.name} ({band.duplex}, {', '.join(dict.fromkeys(spans))})"
