"""Path-loss models: free space (ITU-R P.525) and the urban ones of 3GPP TR 38.901, table 7.4.1-1.

Distances are horizontal. The urban models hold for 0.5 to 100 GHz, 10 m to 5 km, and a terminal below 13 m, where the
effective environment height is 1 m for certain.
"""

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["SPEED_OF_LIGHT_M_S", "PathModel", "UrbanModel", "free_space_loss_db", "free_space_range_km", "urban"]

PathModel = Literal["free_space", "uma_los", "uma_nlos", "umi_los", "umi_nlos"]

SPEED_OF_LIGHT_M_S = 299_792_458.0
_TABLE_SPEED_M_S = 3.0e8  # TR 38.901 defines its breakpoint with this rounded value
_ENVIRONMENT_HEIGHT_M = 1.0


def free_space_loss_db(frequency_mhz: float, distance_km: float) -> float:
    """Basic transmission loss 20 log10(4 pi d f / c) in dB; never below 0 dB (closer there is no far field)."""
    ratio = 4 * math.pi * distance_km * 1e3 * frequency_mhz * 1e6 / SPEED_OF_LIGHT_M_S
    return max(0.0, 20 * math.log10(ratio))


def free_space_range_km(frequency_mhz: float, loss_db: float) -> float:
    """Distance in km at which free space costs ``loss_db``."""
    exponent = min(loss_db / 20, 300.0)
    return float(10**exponent) * SPEED_OF_LIGHT_M_S / (4 * math.pi * frequency_mhz * 1e6) / 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class UrbanModel:
    """One scenario of table 7.4.1-1. ``shadowing_db`` is the standard deviation that the table gives beside it."""

    title: str
    base_height_m: float
    near: tuple[float, float]
    """Constant and distance factor before the breakpoint."""
    far_factor: float
    """Factor of the breakpoint term behind it."""
    blocked: tuple[float, float, float, float] | None
    """Without line of sight: constant, distance factor, frequency factor and factor of the terminal's height."""
    shadowing_db: float

    def loss_db(self, frequency_mhz: float, distance_km: float, *, terminal_height_m: float = 1.5) -> float:
        """Median path loss in dB.

        Raises:
            ValueError: outside the range in which the table holds.
        """
        distance_m = distance_km * 1e3
        if not 500 <= frequency_mhz <= 100_000:
            raise ValueError(f"TR 38.901 holds from 500 to 100000 MHz, not at {frequency_mhz:g} MHz")
        if not 10 <= distance_m <= 5_000 * (1 + 1e-9):
            raise ValueError(f"TR 38.901 holds from 0.01 to 5 km, not at {distance_km:g} km")
        if not 1.5 <= terminal_height_m < 13:
            raise ValueError(f"the terminal must be 1.5 m to below 13 m high, not {terminal_height_m:g} m")
        frequency_ghz = frequency_mhz / 1e3
        height_gap_m = self.base_height_m - terminal_height_m
        slant = math.log10(math.hypot(distance_m, height_gap_m))
        frequency_term = 20 * math.log10(frequency_ghz)
        breakpoint_m = (
            4
            * (self.base_height_m - _ENVIRONMENT_HEIGHT_M)
            * (terminal_height_m - _ENVIRONMENT_HEIGHT_M)
            * (frequency_mhz * 1e6 / _TABLE_SPEED_M_S)
        )
        constant, factor = self.near
        if distance_m <= breakpoint_m:
            sight = constant + factor * slant + frequency_term
        else:
            bend = self.far_factor * math.log10(breakpoint_m**2 + height_gap_m**2)
            sight = constant + 40 * slant + frequency_term - bend
        if self.blocked is None:
            return sight
        constant, factor, per_decade, per_metre = self.blocked
        blocked = constant + factor * slant + per_decade * math.log10(frequency_ghz)
        return max(sight, blocked - per_metre * (terminal_height_m - 1.5))

    def range_km(self, frequency_mhz: float, loss_db: float, *, terminal_height_m: float = 1.5) -> float | None:
        """Largest distance whose loss stays within ``loss_db``, at most 5 km; None when 10 m is too far already.

        Raises:
            ValueError: outside the range in which the table holds.
        """
        low, high = 0.01, 5.0
        if self.loss_db(frequency_mhz, low, terminal_height_m=terminal_height_m) > loss_db:
            return None
        if self.loss_db(frequency_mhz, high, terminal_height_m=terminal_height_m) <= loss_db:
            return high
        for _ in range(60):
            middle = (low + high) / 2
            fits = self.loss_db(frequency_mhz, middle, terminal_height_m=terminal_height_m) <= loss_db
            low, high = (middle, high) if fits else (low, middle)
        return low


_UMA_NEAR, _UMA_FAR = (28.0, 22.0), 9.0
_UMI_NEAR, _UMI_FAR = (32.4, 21.0), 9.5
_URBAN: dict[str, UrbanModel] = {
    "uma_los": UrbanModel(
        title="UMa LOS", base_height_m=25, near=_UMA_NEAR, far_factor=_UMA_FAR, blocked=None, shadowing_db=4
    ),
    "uma_nlos": UrbanModel(
        title="UMa NLOS",
        base_height_m=25,
        near=_UMA_NEAR,
        far_factor=_UMA_FAR,
        blocked=(13.54, 39.08, 20, 0.6),
        shadowing_db=6,
    ),
    "umi_los": UrbanModel(
        title="UMi LOS", base_height_m=10, near=_UMI_NEAR, far_factor=_UMI_FAR, blocked=None, shadowing_db=4
    ),
    "umi_nlos": UrbanModel(
        title="UMi NLOS",
        base_height_m=10,
        near=_UMI_NEAR,
        far_factor=_UMI_FAR,
        blocked=(22.4, 35.3, 21.3, 0.3),
        shadowing_db=7.82,
    ),
}


def urban(model: PathModel) -> UrbanModel | None:
    """The urban model of that name; None for free space."""
    return _URBAN.get(model)
