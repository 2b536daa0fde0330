"""Physical features of a drive test: what an engineer would read off the two tables before naming a cause."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from coreagent.tools.drive_test.tables import Cell, DriveTest, Sample

__all__ = [
    "Features",
    "beam_width_deg",
    "degraded_section",
    "extract_features",
    "haversine_m",
    "total_tilt_deg",
]

_EARTH_RADIUS_M = 6_371_008.8
_DEFAULT_TILT_CODE = 255.0
_DEFAULT_TILT_DEG = 6.0
_SAME_SITE_M = 50.0
_STRONG_DB = 6.0
_OVERLAP_DB = 3.0
_HANDOVER_WINDOW = 10
# A fast cell can be slowed down and still beat an absolute threshold, so a deep fall counts as degraded too.
_DEEP_FALL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Features of the degraded section; `None` where the tables do not say.

    The *entry cell* serves the first sample of the section. A *gap* is the power of a neighbour minus the
    power of the serving cell in the same sample, in dB. A *strong* neighbour has a gap above -6 dB. Two
    cells are of the same site when less than 50 m lie between them.

    Attributes:
        section_samples: Samples in the degraded section.
        throughput_mbps: Mean throughput in the section, in Mbps.
        throughput_ratio: That mean over the mean outside the section.
        speed_kmh: Mean speed in the section, in km/h.
        max_speed_kmh: Highest speed in the section, in km/h.
        resource_blocks: Mean number of downlink resource blocks scheduled in the section.
        resource_block_ratio: That mean over the mean outside the section.
        distance_m: Mean distance to the serving cell over the section, in metres.
        handovers: Most changes of serving cell in any ten samples of the section and its two border samples.
        tilt_deg: Total downtilt (mechanical and electronic) of the entry cell, in degrees.
        beam_width_deg: Vertical beam width of the entry cell, in degrees.
        beam_excess_deg: Mean angle by which the samples served by the entry cell lie above the upper edge of
            its beam, in degrees; negative inside or below the beam.
        rsrp_dbm: Mean serving RSRP in the section, in dBm.
        sinr_db: Mean serving SINR in the section, in dB.
        neighbour_gap_db: Mean gap of the strongest neighbour.
        min_neighbour_gap_db: Lowest gap of the strongest neighbour.
        other_site_gap_db: Mean gap of the strongest neighbour of another site than the serving cell.
        other_site_share: Share of samples with a strong neighbour of another site.
        overlap_share: Share of samples with a neighbour of another site less than 3 dB below the serving
            cell.
        top_other_site_share: Share of samples whose strongest neighbour is of another site.
        mod30_share: Share of samples with a strong neighbour of the same PCI modulo 30.
        mod30_gap_db: Mean gap of the strongest neighbour of the same PCI modulo 30, strong or not.
        handover_gain_mbps: Mean throughput after the last handover in the section minus the mean before it,
            in Mbps; 0 without a handover.
        handover_gain_ratio: That difference over the mean before.
    """

    section_samples: int
    throughput_mbps: float
    throughput_ratio: float | None
    speed_kmh: float | None
    max_speed_kmh: float | None
    resource_blocks: float | None
    resource_block_ratio: float | None
    distance_m: float | None
    handovers: int
    tilt_deg: float | None
    beam_width_deg: float | None
    beam_excess_deg: float | None
    rsrp_dbm: float | None
    sinr_db: float | None
    neighbour_gap_db: float | None
    min_neighbour_gap_db: float | None
    other_site_gap_db: float | None
    other_site_share: float | None
    overlap_share: float | None
    top_other_site_share: float | None
    mod30_share: float | None
    mod30_gap_db: float | None
    handover_gain_mbps: float
    handover_gain_ratio: float


def extract_features(test: DriveTest) -> Features:
    """Computes every feature of one drive test; never raises for what `parse_drive_test` returned."""
    section = degraded_section(test)
    inside = test.samples[section.start : section.stop]
    outside = test.samples[: section.start] + test.samples[section.stop :]
    bordered = test.samples[max(section.start - 1, 0) : section.stop + 1]
    lookup = _Cells(test.cells)
    served = [lookup.serving(sample) for sample in inside]
    entry = served[0]
    around = [_surroundings(sample, lookup) for sample in inside]
    before, after = _split_at_last_handover(inside)
    gain = fmean(after) - fmean(before) if before else 0.0
    return Features(
        section_samples=len(inside),
        throughput_mbps=fmean(s.throughput_mbps for s in inside),
        throughput_ratio=_ratio(_mean(s.throughput_mbps for s in inside), _mean(s.throughput_mbps for s in outside)),
        speed_kmh=_mean(s.speed_kmh for s in inside),
        max_speed_kmh=max(_known(s.speed_kmh for s in inside), default=None),
        resource_blocks=_mean(s.resource_blocks for s in inside),
        resource_block_ratio=_ratio(
            _mean(s.resource_blocks for s in inside), _mean(s.resource_blocks for s in outside)
        ),
        distance_m=_mean(_distance_m(s, cell) for s, cell in zip(inside, served, strict=True) if cell),
        handovers=_handovers(bordered),
        tilt_deg=total_tilt_deg(entry) if entry else None,
        beam_width_deg=beam_width_deg(entry.scenario) if entry else None,
        beam_excess_deg=_mean(_beam_excess_deg(s, entry) for s in inside if entry and s.pci == entry.pci),
        rsrp_dbm=_mean(s.rsrp_dbm for s in inside),
        sinr_db=_mean(s.sinr_db for s in inside),
        neighbour_gap_db=_mean(one.gap for one in around),
        min_neighbour_gap_db=min(_known(one.gap for one in around), default=None),
        other_site_gap_db=_mean(one.other_site_gap for one in around),
        other_site_share=_mean(one.above(-_STRONG_DB, one.other_site_gap) for one in around),
        overlap_share=_mean(one.above(-_OVERLAP_DB, one.other_site_gap) for one in around),
        top_other_site_share=_mean(one.top_other_site for one in around),
        mod30_share=_mean(one.above(-_STRONG_DB, one.mod30_gap) for one in around),
        mod30_gap_db=_mean(one.mod30_gap for one in around),
        handover_gain_mbps=gain,
        handover_gain_ratio=gain / max(fmean(before), 1.0) if before else 0.0,
    )


def degraded_section(test: DriveTest) -> range:
    """Positions of the longest unbroken run of slow samples; of the slowest sample alone when none is slow.

    A sample is slow below the threshold of the text, or below half the median of the faster half of the
    samples.
    """
    rates = [sample.throughput_mbps for sample in test.samples]
    faster = sorted(rates)[len(rates) // 2 :]
    limit = max(test.threshold_mbps, _DEEP_FALL * faster[len(faster) // 2])
    slowest = rates.index(min(rates))
    longest, start = range(slowest, slowest + 1), 0
    for position, rate in enumerate(rates):
        if rate >= limit:
            start = position + 1
        elif position + 1 - start > len(longest) or rates[longest.start] >= limit:
            longest = range(start, position + 1)
    return longest


def haversine_m(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    """Great-circle distance in metres between two WGS 84 points given in degrees."""
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    d_lambda = math.radians(longitude2 - longitude1)
    chord = math.sin((phi2 - phi1) / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(d_lambda / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, max(0.0, chord))))


def total_tilt_deg(cell: Cell) -> float:
    """Mechanical plus electronic downtilt in degrees; the code 255 means 6 degrees, unknown counts as 0."""
    digital = cell.digital_tilt_deg or 0.0
    return (cell.mechanical_tilt_deg or 0.0) + (_DEFAULT_TILT_DEG if digital == _DEFAULT_TILT_CODE else digital)


def beam_width_deg(scenario: str) -> float:
    """Vertical beam width in degrees: 6 by default and for scenarios 1-5, 12 for 6-11, 25 from 12 on."""
    found = re.search(r"\d{1,4}", scenario)
    number = int(found[0]) if found else 0
    return 6.0 if number <= 5 else 12.0 if number <= 11 else 25.0


class _Cells:
    """Finds cells by PCI; where a PCI is reused, the cell nearest to the sample is meant."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._by_pci: dict[int, list[Cell]] = {}
        for cell in cells:
            known = self._by_pci.setdefault(cell.pci, [])
            if cell not in known[:8]:
                known.append(cell)

    def serving(self, sample: Sample) -> Cell | None:
        return self.heard(sample.pci, sample)

    def heard(self, pci: int | None, sample: Sample) -> Cell | None:
        cells = self._by_pci.get(pci, []) if pci is not None else []
        if len(cells) < 2:
            return cells[0] if cells else None

        def distance(cell: Cell) -> float:
            metres = _distance_m(sample, cell)
            return math.inf if metres is None else metres

        return min(cells, key=distance)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """Gaps of the strongest neighbour overall, of another site, and of the same PCI modulo 30, in dB."""

    gap: float | None = None
    other_site_gap: float | None = None
    mod30_gap: float | None = None

    @property
    def top_other_site(self) -> float | None:
        return None if self.gap is None else float(self.other_site_gap == self.gap)

    def above(self, limit: float, gap: float | None) -> float | None:
        return None if self.gap is None else float(gap is not None and gap > limit)


def _surroundings(sample: Sample, lookup: _Cells) -> _Surroundings:
    if sample.rsrp_dbm is None or sample.pci is None:
        return _Surroundings()
    serving = lookup.serving(sample)
    gaps: list[float] = []
    other_site: list[float] = []
    mod30: list[float] = []
    for neighbour in sample.neighbours:
        if neighbour.rsrp_dbm is None or neighbour.pci == sample.pci:
            continue
        gap = neighbour.rsrp_dbm - sample.rsrp_dbm
        gaps.append(gap)
        cell = lookup.heard(neighbour.pci, sample)
        if cell and serving and not _same_site(cell, serving):
            other_site.append(gap)
        if neighbour.pci % 30 == sample.pci % 30:
            mod30.append(gap)
    return _Surroundings(max(gaps, default=None), max(other_site, default=None), max(mod30, default=None))


def _same_site(one: Cell, other: Cell) -> bool:
    metres = _metres(one.longitude, one.latitude, other.longitude, other.latitude)
    return metres < _SAME_SITE_M if metres is not None else one.site == other.site


def _distance_m(sample: Sample, cell: Cell) -> float | None:
    return _metres(sample.longitude, sample.latitude, cell.longitude, cell.latitude)


def _metres(lon1: float | None, lat1: float | None, lon2: float | None, lat2: float | None) -> float | None:
    if lon1 is None or lat1 is None or lon2 is None or lat2 is None:
        return None
    return haversine_m(lon1, lat1, lon2, lat2)


def _beam_excess_deg(sample: Sample, cell: Cell) -> float | None:
    """Depression of the upper beam edge minus that of the sample, seen from the antenna, in degrees."""
    metres = _distance_m(sample, cell)
    if metres is None or cell.height_m is None:
        return None
    depression = math.degrees(math.atan2(cell.height_m, max(metres, 1.0)))
    return total_tilt_deg(cell) - beam_width_deg(cell.scenario) / 2 - depression


def _handovers(samples: Sequence[Sample]) -> int:
    pcis = [sample.pci for sample in samples if sample.pci is not None]
    changes = [one != other for one, other in pairwise(pcis)]
    starts = range(max(len(changes) - _HANDOVER_WINDOW, 0) + 1)
    return max(sum(changes[start : start + _HANDOVER_WINDOW]) for start in starts)


def _split_at_last_handover(samples: Sequence[Sample]) -> tuple[list[float], list[float]]:
    rates = [sample.throughput_mbps for sample in samples]
    last = max((i for i in range(1, len(samples)) if samples[i].pci != samples[i - 1].pci), default=0)
    return rates[:last], rates[last:]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Iterable[float | None]) -> float | None:
    known = _known(values)
    return fmean(known) if known else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
