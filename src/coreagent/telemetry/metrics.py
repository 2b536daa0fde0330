"""The metrics of model calls, and a small sum of them for runs that export none.

OpenTelemetry's histograms cost ten times as much as the sums here, and next to a file of spans they say nothing new.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from coreagent.telemetry.attributes import Attributes, Value
from coreagent.telemetry.lines import LineFile, to_line

DURATION = "gen_ai.client.operation.duration"
TOKENS = "gen_ai.client.token.usage"
FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"

_UNITS = {DURATION: "s", TOKENS: "{token}", FIRST_CHUNK: "s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One histogram point: how many measurements with these labels, and their sum in ``unit``."""

    name: str
    unit: str
    labels: Mapping[str, Any]
    count: int
    total: float


class Meter(Protocol):
    """Takes measurements."""

    def record(self, name: str, value: float, labels: Attributes) -> None:
        """Add one; ``name`` is one of the three metrics, the value in seconds or tokens."""
        ...


class Tally:
    """Counts and sums by name and labels."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, tuple[tuple[str, Value], ...]], tuple[int, float]] = {}

    def record(self, name: str, value: float, labels: Attributes) -> None:
        """Add one measurement."""
        key = (name, tuple(labels.items()))
        count, total = self._sums.get(key, (0, 0.0))
        self._sums[key] = (count + 1, total + value)

    def write(self, file: LineFile) -> None:
        """Append a line for each name and set of labels, and begin again."""
        sums, self._sums = self._sums, {}
        lines = [
            to_line(
                {
                    "metric": name,
                    "unit": _UNITS[name],
                    "labels": dict(labels),
                    "count": count,
                    "sum": total,
                }
            )
            for (name, labels), (count, total) in sums.items()
        ]
        if lines:
            file.write(lines)
