"""Reads the two pipe tables and the list of candidate causes out of free text.

The text comes from people and from models, so nothing about it is trusted: columns are found by the meaning
of their headings, not by position; rows that cannot be read are skipped; what is missing altogether is an
error that says how to mend the text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coreagent.tools.drive_test.causes import CauseOption, parse_options

__all__ = [
    "DEFAULT_THRESHOLD_MBPS",
    "Cell",
    "DriveTest",
    "DriveTestFormatError",
    "Neighbour",
    "Sample",
    "parse_drive_test",
    "parse_threshold_mbps",
]

DEFAULT_THRESHOLD_MBPS = 600.0
_MAX_PCI = 1007  # 3GPP TS 38.211: 1008 physical cell identities in NR
_MAX_NEIGHBOURS = 32
_MAX_COLUMNS = 200


class DriveTestFormatError(ValueError):
    """The text does not hold a readable drive test.

    Attributes:
        missing: What was looked for and not found, for example `"drive-test table"`.
        remedy: What to change in the text so that it can be read.
    """

    def __init__(self, missing: str, remedy: str) -> None:
        super().__init__(f"missing {missing}: {remedy}")
        self.missing = missing
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour cell as measured by the test device; power in dBm."""

    pci: int
    rsrp_dbm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One drive-test sample; `None` where the cell of the table was empty or unreadable.

    Coordinates are WGS 84 degrees; `resource_blocks` is the number scheduled on the downlink. Neighbours
    keep the order of the table, strongest first by convention but not by guarantee.
    """

    throughput_mbps: float
    pci: int | None = None
    time: str = ""
    longitude: float | None = None
    latitude: float | None = None
    speed_kmh: float | None = None
    rsrp_dbm: float | None = None
    sinr_db: float | None = None
    resource_blocks: float | None = None
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One row of engineering parameters; angles in degrees, `height_m` above ground, `None` where not given.

    `digital_tilt_deg` is the raw value of the table: 255 still stands for the default here.
    """

    pci: int
    site: str = ""
    cell_id: str = ""
    longitude: float | None = None
    latitude: float | None = None
    azimuth_deg: float | None = None
    mechanical_tilt_deg: float | None = None
    digital_tilt_deg: float | None = None
    scenario: str = ""
    height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveTest:
    """Everything read from the text; `samples` in the order of the table, `threshold_mbps` from the text."""

    samples: tuple[Sample, ...]
    cells: tuple[Cell, ...]
    options: tuple[CauseOption, ...] = ()
    threshold_mbps: float = DEFAULT_THRESHOLD_MBPS


# Roles are tried in order and the first pattern found in a heading wins, so the narrow ones stand first.
_SAMPLE_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("neighbour_pci", re.compile(r"(?:neighbou?r|nbr|ncell|\btop\s*\d).*(?:\bpci\b|physical cell id)")),
    ("neighbour_rsrp", re.compile(r"(?:neighbou?r|nbr|ncell|\btop\s*\d).*rsrp")),
    ("time", re.compile(r"\btime|timestamp|\bdate")),
    ("longitude", re.compile(r"\blon")),
    ("latitude", re.compile(r"\blat(?:itude)?\b")),
    ("speed", re.compile(r"\bspeed\b|velocity|km/?h")),
    ("pci", re.compile(r"\bpci\b|physical cell id")),
    ("rsrp", re.compile(r"rsrp")),
    ("sinr", re.compile(r"sinr")),
    ("throughput", re.compile(r"throughput|tput|\bmbps\b|mbit/s")),
    ("rb", re.compile(r"\bp?rbs?\b|resource block")),
)
_CELL_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("site", re.compile(r"g?nodeb|\bgnb\b|\bsite\b")),
    ("longitude", re.compile(r"\blon")),
    ("latitude", re.compile(r"\blat(?:itude)?\b")),
    ("digital_tilt", re.compile(r"(?:digital|electr\w*|\be)[ -]*(?:down)?-?tilt")),
    ("digital_azimuth", re.compile(r"digital azimuth")),
    ("mechanical_tilt", re.compile(r"tilt")),
    ("azimuth", re.compile(r"azimuth")),
    ("scenario", re.compile(r"scenario")),
    ("height", re.compile(r"height")),
    ("pci", re.compile(r"\bpci\b|physical cell id")),
    ("cell_id", re.compile(r"cell\s*(?:id|name)")),
)
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{0,15})?")
_SEPARATOR_ROW = re.compile(r"[\s|:+-]*")
_THRESHOLD = re.compile(
    r"(?:below|under|(?:less|lower)\s{1,8}than|<)\s{0,8}(\d{1,6}(?:\.\d{1,3})?)\s{0,8}(M|G)(?:bps|bit|b/s)",
    re.IGNORECASE,
)


def parse_drive_test(text: str) -> DriveTest:
    """Reads samples, cells, candidate causes and the throughput threshold.

    Raises:
        DriveTestFormatError: A table, or a column or row without which nothing can be said, is missing.
    """
    lines = _clean_lines(text)
    samples: list[Sample] = []
    cells: list[Cell] = []
    headings: set[str] = set()
    for kind, columns, cellules in _rows(lines):
        headings.add(kind)
        if not cellules:
            continue
        if kind == "samples":
            sample = _sample(columns, cellules)
            samples.extend([sample] if sample else [])
        else:
            cell = _cell(columns, cellules)
            cells.extend([cell] if cell else [])
    _require("drive-test table", "drive-test sample", "throughput and serving PCI", "samples" in headings, samples)
    _require("engineering-parameter table", "cell", "PCI and tilt, height or gNodeB ID", "cells" in headings, cells)
    return DriveTest(
        samples=tuple(samples),
        cells=tuple(cells),
        options=parse_options(text),
        threshold_mbps=parse_threshold_mbps(text),
    )


def parse_threshold_mbps(text: str) -> float:
    """The throughput in Mbps below which the text calls a section degraded; 600 when it does not say."""
    found = _THRESHOLD.search(unicodedata.normalize("NFKC", text))
    if not found or float(found[1]) <= 0:
        return DEFAULT_THRESHOLD_MBPS
    return float(found[1]) * (1000.0 if found[2] in "Gg" else 1.0)


def _clean_lines(text: str) -> list[str]:
    """Lines with one spelling of colons, bars, digits and minus signs, whatever the keyboard."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-").splitlines()


def _require(table: str, row: str, columns: str, heading_seen: bool, rows: Sequence[object]) -> None:
    if not heading_seen:
        raise DriveTestFormatError(
            table,
            f"add a heading line with {columns}, '|' between the columns, and the rows below it",
        )
    if not rows:
        raise DriveTestFormatError(
            f"readable {row}",
            f"the heading of the {table} is there; put at least one row under it with {columns}",
        )


def _rows(lines: Sequence[str]) -> Iterator[tuple[str, Mapping[str, tuple[int, ...]], list[str]]]:
    """Every heading, with no cells, and every row under it with its kind and columns; junk is passed over."""
    kind, columns, width = "", dict[str, tuple[int, ...]](), 0
    for line in lines:
        if line.count("|") < 2 or _SEPARATOR_ROW.fullmatch(line):
            continue
        cellules = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        heading = _heading(cellules)
        if heading:
            kind, columns = heading
            width = len(cellules)
            yield kind, columns, []
        elif kind and len(cellules) * 2 >= width:
            yield kind, columns, cellules + [""] * (width - len(cellules))


def _heading(cellules: Sequence[str]) -> tuple[str, dict[str, tuple[int, ...]]] | None:
    names = [cell.lower().replace("_", " ")[:200] for cell in cellules]
    if len(names) > _MAX_COLUMNS or not any("pci" in name or "physical cell id" in name for name in names):
        return None
    samples, cells = _columns(names, _SAMPLE_ROLES), _columns(names, _CELL_ROLES)
    if "throughput" in samples and "pci" in samples:
        return "samples", samples
    if "pci" in cells and any(role in cells for role in ("mechanical_tilt", "height", "site", "azimuth")):
        return "cells", cells
    return None


def _columns(names: Sequence[str], roles: Sequence[tuple[str, re.Pattern[str]]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        role = next((role for role, pattern in roles if pattern.search(name)), None)
        if role:
            found.setdefault(role, []).append(index)
    for role in ("neighbour_pci", "neighbour_rsrp"):
        # "Top 2 PCI" and "Top 2 ... RSRP" are paired by rank, so their columns are put in that order.
        found.get(role, []).sort(key=lambda index: _rank(names[index]))
    return {role: tuple(indices) for role, indices in found.items()}


def _rank(name: str) -> int:
    ranked = re.search(r"\btop\s*(\d{1,3})|\b(\d{1,3})\b(?!.*\b\d{1,3}\b)", name)
    return int(ranked[1] or ranked[2]) if ranked else 0


def _sample(columns: Mapping[str, tuple[int, ...]], cellules: Sequence[str]) -> Sample | None:
    throughput = _number(_first(columns, cellules, "throughput"))
    if throughput is None:
        return None
    pcis, powers = columns.get("neighbour_pci", ()), columns.get("neighbour_rsrp", ())
    neighbours: list[Neighbour] = []
    for position, index in enumerate(pcis[:_MAX_NEIGHBOURS]):
        pci = _pci(cellules[index])
        if pci is not None:
            power = _number(cellules[powers[position]]) if position < len(powers) else None
            neighbours.append(Neighbour(pci, power))
    return Sample(
        throughput_mbps=throughput,
        pci=_pci(_first(columns, cellules, "pci")),
        time=_first(columns, cellules, "time"),
        longitude=_number(_first(columns, cellules, "longitude")),
        latitude=_number(_first(columns, cellules, "latitude")),
        speed_kmh=_number(_first(columns, cellules, "speed")),
        rsrp_dbm=_number(_first(columns, cellules, "rsrp")),
        sinr_db=_number(_first(columns, cellules, "sinr")),
        resource_blocks=_number(_first(columns, cellules, "rb")),
        neighbours=tuple(neighbours),
    )


def _cell(columns: Mapping[str, tuple[int, ...]], cellules: Sequence[str]) -> Cell | None:
    pci = _pci(_first(columns, cellules, "pci"))
    if pci is None:
        return None
    return Cell(
        pci=pci,
        site=_first(columns, cellules, "site"),
        cell_id=_first(columns, cellules, "cell_id"),
        longitude=_number(_first(columns, cellules, "longitude")),
        latitude=_number(_first(columns, cellules, "latitude")),
        azimuth_deg=_number(_first(columns, cellules, "azimuth")),
        mechanical_tilt_deg=_number(_first(columns, cellules, "mechanical_tilt")),
        digital_tilt_deg=_number(_first(columns, cellules, "digital_tilt")),
        scenario=_first(columns, cellules, "scenario"),
        height_m=_number(_first(columns, cellules, "height")),
    )


def _first(columns: Mapping[str, tuple[int, ...]], cellules: Sequence[str], role: str) -> str:
    indices = columns.get(role)
    return cellules[indices[0]] if indices else ""


def _number(cell: str) -> float | None:
    found = _NUMBER.match(cell)
    value = float(found[0]) if found else None
    return value if value is not None and math.isfinite(value) else None


def _pci(cell: str) -> int | None:
    value = _number(cell)
    return int(value) if value is not None and 0 <= value <= _MAX_PCI and value == int(value) else None
