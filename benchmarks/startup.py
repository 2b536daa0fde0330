"""How long the package, the command and a first answer take to start, and what they load.

Run: ``python -m benchmarks.startup`` (about 50 seconds; ``--quick`` for one round).

Each figure is the median of several processes. The cases take turns, so that whatever else the machine does hits all
alike, and each stands beside its limit and a floor of the same rounds: the bare interpreter, and for ``ask`` the bare
import of LangGraph. Time is wall time from start to exit; memory is the peak resident set of the process.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

QUESTION = "Which interface carries A1 policies and between which components?"
HEAVY = (
    *("aiohttp", "aiosqlite", "bm25s", "chromadb", "httpx", "langchain_core", "langgraph", "litellm", "model2vec"),
    *("numpy", "opentelemetry", "pint", "pydantic", "rich", "tenacity", "textual", "tomlkit"),
)
IMPORT_LIMIT_S, HELP_LIMIT_S, ASK_LIMIT_S, ASK_LIMIT_MB = 0.15, 0.4, 3.0, 350.0

# Prints the heavy packages that an import has loaded, and every name or address it asked the network for.
WATCHED_IMPORT = f"""
import sys
asked = []
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect"):
        asked.append(event)
sys.addaudithook(watch)
import coreagent
print(",".join(name for name in {HEAVY!r} if name in sys.modules) or "none", ",".join(asked) or "none")
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall seconds and peak resident memory in MB (10^6 bytes)."""

    seconds: float
    peak_mb: float


def run(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a command to its end and measure it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL)
    # wait4 gives the resources of this child alone; RUSAGE_CHILDREN would give the largest child so far.
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    # Linux counts in kilobytes, macOS in bytes.
    return Run(seconds, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)


def measure(rounds: int, home: Path) -> dict[str, Run]:
    """The median of each case over ``rounds`` turns; the first turn warms the caches and does not count."""
    environment = {**os.environ, "COREAGENT_HOME": str(home)}
    python, coreagent = sys.executable, str(Path(sys.executable).with_name("coreagent"))
    cases: dict[str, list[str]] = {
        "bare": [python, "-c", "pass"],
        "import": [python, "-c", "import coreagent"],
        "help": [coreagent, "--help"],
        "langgraph": [python, "-c", "import langgraph.graph"],
        "ask": [coreagent, "ask", QUESTION],
    }
    taken: dict[str, list[Run]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, command in cases.items():
            measured = run(command, environment)
            if turn:
                taken[name].append(measured)
            elif name == "ask":
                print(f"first ask, which indexes the primer: {measured.seconds:.2f} s")
    return {
        name: Run(statistics.median(r.seconds for r in runs), statistics.median(r.peak_mb for r in runs))
        for name, runs in taken.items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7, help="processes for each case")
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(1 if options.quick else options.rounds, Path(folder))
    watched = subprocess.run([sys.executable, "-c", WATCHED_IMPORT], capture_output=True, text=True, check=True)
    loaded, resolved = watched.stdout.split()
    bare, ask, langgraph = found["bare"], found["ask"], found["langgraph"]
    imported, helped = found["import"].seconds - bare.seconds, found["help"].seconds
    print(f"Python {sys.version.split()[0]}, bare interpreter {bare.seconds:.3f} s, {bare.peak_mb:.0f} MB")
    print(f"import coreagent: {imported:.3f} s over bare (limit {IMPORT_LIMIT_S} s)", end="")
    print(f" = {found['import'].seconds / bare.seconds:.2f}x bare in all; heavy packages: {loaded}", end="")
    print(f"; names resolved: {resolved} (limit: none of both)")
    print(f"coreagent --help: {helped:.3f} s (limit {HELP_LIMIT_S} s) = {helped / bare.seconds:.1f}x bare")
    print(f"coreagent ask:    {ask.seconds:.2f} s (limit {ASK_LIMIT_S:g} s)", end="")
    print(f" = {ask.seconds / langgraph.seconds:.2f}x a bare import of LangGraph ({langgraph.seconds:.2f} s)")
    print(f"                  {ask.peak_mb:.0f} MB at its peak (limit {ASK_LIMIT_MB:g} MB)", end="")
    print(f" = {ask.peak_mb / langgraph.peak_mb:.2f}x a bare import of LangGraph ({langgraph.peak_mb:.0f} MB)")


if __name__ == "__main__":
    main()
