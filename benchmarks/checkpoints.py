"""How big the checkpoint file of a long run gets, and whether a step costs the same late as early.

Run: ``python benchmarks/checkpoints.py`` (a few seconds; ``--steps 500`` for the longest run the settings allow).

The ``tool_use`` graph runs with scripted models; each step calls one tool that gives back 2 kB of text. Measured is
what lies on disk, main file and write-ahead log together, after every step.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from coreagent import CoreAgent, ToolCall, ToolFinished, tool
from coreagent.plans import RoleName
from coreagent.settings import parse_settings
from coreagent.testing import ScriptedModel

OBSERVATION_CHARS = 2_048
MAX_STEPS = 500


@tool
def probe(number: int) -> str:
    """Read the counters of one cell.

    Args:
        number: which cell.
    """
    line = f"cell {number}: PRB utilisation {number % 100} %, RRC connections {number * 7 % 400}; "
    return (line * (OBSERVATION_CHARS // len(line) + 1))[:OBSERVATION_CHARS]


@dataclass(slots=True)
class Measured:
    """Bytes on disk and the time on the clock after each step, and what stood on disk at the end of the run."""

    sizes: list[int] = field(default_factory=list[int])
    times: list[float] = field(default_factory=list[float])
    at_end: int = 0
    status: str = ""


async def measure(steps: int, home: Path) -> Measured:
    """One run of so many steps."""
    verdict = json.dumps({"sentences": [], "problems": [], "outcome": "supported", "score": 0.9})
    models: dict[RoleName, ScriptedModel] = {
        "planner": ScriptedModel([f"Probe cell {n} too. Next: caller." for n in range(steps)] + ["Next: conclusion."]),
        "caller": ScriptedModel([ToolCall(f"c{n}", "probe", json.dumps({"number": n})) for n in range(steps)]),
        "summarizer": ScriptedModel(["All cells were read [1]."]),
        "verifier": ScriptedModel([verdict]),
    }
    settings = parse_settings({"builtin": False, "agent": {"memory": False, "max_steps": steps}})
    file = home / "runs" / "checkpoints.sqlite"
    measured = Measured()
    async with CoreAgent(models=models, tools=[probe], settings=settings, home=home, graph="tool_use") as agent:
        async for event in agent.stream("Read the counters of every cell.", tokens=False):
            if isinstance(event, ToolFinished):
                measured.sizes.append(on_disk(file))
                measured.times.append(time.perf_counter())
        measured.at_end = on_disk(file)
        run = agent.system.store.list(limit=1)[0]
        measured.status = run.status
    for model in models.values():
        model.assert_done()
    return measured


def on_disk(file: Path) -> int:
    """Bytes of a SQLite file with its write-ahead log and its shared-memory file."""
    parts = (file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm"))
    return sum(part.stat().st_size for part in parts if part.exists())


def report(measured: Measured, steps: int) -> str:
    """The figures as a table."""
    gaps = [1_000 * (late - early) for early, late in zip(measured.times, measured.times[1:], strict=False)]
    part = max(1, len(gaps) // 5)
    rows = [
        ("steps", f"{steps}"),
        ("run", measured.status),
        ("largest on disk", f"{max(measured.sizes) / 1e6:.2f} MB"),
        ("at the end", f"{measured.at_end / 1e6:.2f} MB"),
        ("median step, first fifth", f"{statistics.median(gaps[:part]):.1f} ms"),
        ("median step, last fifth", f"{statistics.median(gaps[-part:]):.1f} ms"),
    ]
    return "\n".join(f"{name:<26}{value}" for name, value in rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200, help=f"2 to {MAX_STEPS}")
    steps = min(MAX_STEPS, max(3, parser.parse_args().steps))
    with tempfile.TemporaryDirectory() as home:
        print(report(asyncio.run(measure(steps, Path(home))), steps))


if __name__ == "__main__":
    main()
