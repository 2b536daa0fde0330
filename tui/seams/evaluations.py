"""The evaluation panel's view of the system."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteState:
    """A suite that can be run; ``ready`` is empty, or says in words what is missing (its files)."""

    name: str
    words: str
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run on disk."""

    name: str
    path: Path
    suites: tuple[str, ...]
    systems: tuple[str, ...]
    done: int
    total: int
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One system on one suite as it runs. ``accuracy`` in 0..1 in its 95 % interval ``low..high``; NaN: nothing yet."""

    suite: str
    system: str
    done: int
    total: int
    accuracy: float
    low: float
    high: float
    usd: float
    per_s: float
    seconds_left: float | None
    errors: int


class Evaluations(Protocol):
    """Every method may raise CoreAgentError."""

    async def suites(self) -> tuple[SuiteState, ...]:
        """What can be run."""
        ...

    async def systems(self) -> tuple[str, ...]:
        """Names of systems that can be measured here: core, model:NAME, baselines."""
        ...

    async def runs(self) -> tuple[RunState, ...]:
        """Runs on disk, newest first."""
        ...

    async def start(
        self,
        suites: Sequence[str],
        systems: Sequence[str],
        *,
        limit: int | None,
        budget_usd: float | None,
        progress: Callable[[tuple[Standing, ...]], None],
    ) -> RunState:
        """Do a run; ``progress`` is called on the app's loop. Cancelling stops it: it can be resumed."""
        ...

    async def resume(self, run: Path, *, progress: Callable[[tuple[Standing, ...]], None]) -> RunState:
        """Finish a run that stopped."""
        ...

    async def report(self, run: Path) -> str:
        """The report as Markdown; its HTML page stands in the folder of the run."""
        ...

    async def compare(self, first: Path, second: Path) -> str:
        """Two runs, compared by paired tests on the samples that both asked, as plain text."""
        ...
