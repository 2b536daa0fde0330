"""The NR operating bands of TS 38.104, tables 5.2-1 (FR1) and 5.2-2 (FR2), Release 19; satellite bands are not here."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["BANDS", "Duplex", "NrBand", "bands_at"]

Duplex = Literal["FDD", "TDD", "SDL", "SUL"]


@dataclass(frozen=True, slots=True)
class NrBand:
    """One operating band; limits in MHz, None where a supplementary band has no such direction."""

    name: str
    uplink_mhz: tuple[float, float] | None
    downlink_mhz: tuple[float, float] | None
    duplex: Duplex

    def directions_at(self, frequency_mhz: float) -> tuple[Literal["uplink", "downlink"], ...]:
        """Directions whose range contains the frequency, its limits included."""
        up, down = self.uplink_mhz, self.downlink_mhz
        found: list[Literal["uplink", "downlink"]] = []
        if down is not None and down[0] <= frequency_mhz <= down[1]:
            found.append("downlink")
        if up is not None and up[0] <= frequency_mhz <= up[1]:
            found.append("uplink")
        return tuple(found)


def _fdd(name: str, up_low: float, up_high: float, down_low: float, down_high: float) -> NrBand:
    return NrBand(name, (up_low, up_high), (down_low, down_high), "FDD")


def _tdd(name: str, low: float, high: float) -> NrBand:
    return NrBand(name, (low, high), (low, high), "TDD")


def _sdl(name: str, low: float, high: float) -> NrBand:
    return NrBand(name, None, (low, high), "SDL")


def _sul(name: str, low: float, high: float) -> NrBand:
    return NrBand(name, (low, high), None, "SUL")


BANDS: tuple[NrBand, ...] = (
    _fdd("n1", 1920, 1980, 2110, 2170),
    _fdd("n2", 1850, 1910, 1930, 1990),
    _fdd("n3", 1710, 1785, 1805, 1880),
    _fdd("n5", 824, 849, 869, 894),
    _fdd("n7", 2500, 2570, 2620, 2690),
    _fdd("n8", 880, 915, 925, 960),
    _fdd("n12", 699, 716, 729, 746),
    _fdd("n13", 777, 787, 746, 756),
    _fdd("n14", 788, 798, 758, 768),
    _fdd("n18", 815, 830, 860, 875),
    _fdd("n20", 832, 862, 791, 821),
    _fdd("n24", 1626.5, 1660.5, 1525, 1559),
    _fdd("n25", 1850, 1915, 1930, 1995),
    _fdd("n26", 814, 849, 859, 894),
    _fdd("n28", 703, 748, 758, 803),
    _sdl("n29", 717, 728),
    _fdd("n30", 2305, 2315, 2350, 2360),
    _fdd("n31", 452.5, 457.5, 462.5, 467.5),
    _tdd("n34", 2010, 2025),
    _tdd("n38", 2570, 2620),
    _tdd("n39", 1880, 1920),
    _tdd("n40", 2300, 2400),
    _tdd("n41", 2496, 2690),
    _tdd("n46", 5150, 5925),
    _tdd("n48", 3550, 3700),
    _tdd("n50", 1432, 1517),
    _tdd("n51", 1427, 1432),
    _tdd("n53", 2483.5, 2495),
    _tdd("n54", 1670, 1675),
    _fdd("n65", 1920, 2010, 2110, 2200),
    _fdd("n66", 1710, 1780, 2110, 2200),
    _sdl("n67", 738, 758),
    _fdd("n70", 1695, 1710, 1995, 2020),
    _fdd("n71", 663, 698, 617, 652),
    _fdd("n72", 451, 456, 461, 466),
    _fdd("n74", 1427, 1470, 1475, 1518),
    _sdl("n75", 1432, 1517),
    _sdl("n76", 1427, 1432),
    _tdd("n77", 3300, 4200),
    _tdd("n78", 3300, 3800),
    _tdd("n79", 4400, 5000),
    _sul("n80", 1710, 1785),
    _sul("n81", 880, 915),
    _sul("n82", 832, 862),
    _sul("n83", 703, 748),
    _sul("n84", 1920, 1980),
    _fdd("n85", 698, 716, 728, 746),
    _sul("n86", 1710, 1780),
    _sul("n89", 824, 849),
    _tdd("n90", 2496, 2690),
    _fdd("n91", 832, 862, 1427, 1432),
    _fdd("n92", 832, 862, 1432, 1517),
    _fdd("n93", 880, 915, 1427, 1432),
    _fdd("n94", 880, 915, 1432, 1517),
    _sul("n95", 2010, 2025),
    _tdd("n96", 5925, 7125),
    _sul("n97", 2300, 2400),
    _sul("n98", 1880, 1920),
    _sul("n99", 1626.5, 1660.5),
    _fdd("n100", 874.4, 880, 919.4, 925),
    _tdd("n101", 1900, 1910),
    _tdd("n102", 5925, 6425),
    _tdd("n104", 6425, 7125),
    _fdd("n105", 663, 703, 612, 652),
    _fdd("n106", 896, 901, 935, 940),
    _fdd("n109", 703, 733, 1432, 1517),
    _tdd("n257", 26500, 29500),
    _tdd("n258", 24250, 27500),
    _tdd("n259", 39500, 43500),
    _tdd("n260", 37000, 40000),
    _tdd("n261", 27500, 28350),
    _tdd("n262", 47200, 48200),
    _tdd("n263", 57000, 71000),
)


def bands_at(frequency_mhz: float) -> tuple[NrBand, ...]:
    """Bands that contain the frequency in either direction, in the order of the standard."""
    return tuple(band for band in BANDS if band.directions_at(frequency_mhz))
