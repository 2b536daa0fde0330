"""Whether a corpus survives many writers and kills at any moment.

Run: ``python -m benchmarks.crash_safety`` (a few minutes; ``--kills 5`` for a quick look).

Writers: four processes add 400 passages each to one corpus at once, searching in between; then each of the 1,600 is
searched for by its own text. Once with the exact index, once with Chroma in one folder.

Kills: an ``add`` with a search behind it is ended by ``kill -9`` after a random part of the time that it takes; then
the same ``add`` runs to its end and everything is audited: rows, spans, hashes, vectors, and both indexes asked for
every passage. Exact index and Chroma take turns. POSIX only.
"""

import argparse
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings

Index = Literal["exact", "chroma"]
INDEXES: tuple[Index, Index] = ("exact", "chroma")
PASSAGES_IN_FILE = 10
KILLED_PASSAGES = 2_400
WORDS = ("alarm", "antenna", "beam", "bearer", "cell", "channel", "delay", "frame", "handover", "slice", "timer")

CHILD = """
import sys
from pathlib import Path
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
home, index, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
library = Library(home, StaticEmbedder.load(), KnowledgeSettings(dense_index=index))
print("ready", flush=True)
for folder in sys.argv[4:]:
    library.add([Path(folder)], name=name)
    library.search_now("handover timer", corpora=(name,))
library.close()
"""


def write_documents(folder: Path, *, first: int, passages: int) -> None:
    """Files of ten passages each, every one with words of its own."""
    folder.mkdir(parents=True)
    chance = random.Random(first)
    for start in range(first, first + passages, PASSAGES_IN_FILE):
        lines = [f"# Document {start}", ""]
        for number in range(start, min(start + PASSAGES_IN_FILE, first + passages)):
            body = " ".join(chance.choices(WORDS, k=60))
            lines += [f"## {number} Clause {number}", "", f"Passage n{number} of unit u{number * 7919}: {body}.", ""]
        (folder / f"{start}.md").write_text("\n".join(lines), encoding="utf-8")


def begin(home: Path, index: Index, name: str, *folders: Path) -> "subprocess.Popen[str]":
    """A process that adds the folders one after the other; it is about to start with the first."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), index, name, *map(str, folders)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def library_on(home: Path, index: Index) -> Library:
    """The library of a home."""
    return Library(home, StaticEmbedder.load(), KnowledgeSettings(dense_index=index))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of many writers. ``found`` passages come first when they are searched for by their own text."""

    index: Index
    passages: int
    stored: int
    found: int
    problems: int
    seconds: float


def many_writers(home: Path, index: Index, *, writers: int, passages: int) -> Written:
    """Several processes add to one corpus at once, in four steps each."""
    folders: list[list[Path]] = []
    for writer in range(writers):
        own = [home / "docs" / f"{writer}-{part}" for part in range(4)]
        for part, folder in enumerate(own):
            write_documents(folder, first=writer * 100_000 + part * 10_000, passages=passages // 4)
        folders.append(own)
    started = time.monotonic()
    processes = [begin(home, index, "many", *own) for own in folders]
    failed = [process.args for process in processes if process.wait() != 0]
    seconds = time.monotonic() - started
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    assert not failed, f"writers failed: {failed}"
    library = library_on(home, index)
    try:
        rows = list(library.passages("many"))
        found = 0
        for row in rows:
            hits = library.search_now(row.text, corpora=("many",), limit=1).hits
            found += bool(hits) and hits[0].evidence.text == row.text
        problems = library.audit("many", deep=True).problems
    finally:
        library.close()
    return Written(
        index=index,
        passages=writers * passages,
        stored=len(rows),
        found=found,
        problems=len(problems),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What came of one kill: documents stored when it came and after the next ``add``, and what the audits said."""

    index: Index
    after_s: float
    stored: int
    finished: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def kill_once(home: Path, index: Index, name: str, *, docs: Path, delay_s: float) -> Killed:
    """Kill an ``add`` after so long; open what it left, finish it, and audit both times."""
    process = begin(home, index, name, docs)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    library = library_on(home, index)
    try:
        known = {info.name for info in library.list()}
        stored = len(library.show(name)) if name in known else 0
        before = library.audit(name, deep=True).problems if name in known else ()
        library.add([docs], name=name)
        report = library.audit(name, deep=True)
        library.remove(name)
    finally:
        library.close()
    return Killed(
        index=index, after_s=delay_s, stored=stored, finished=report.documents, before=before, after=report.problems
    )


def kills(home: Path, *, count: int, passages: int, seed: int) -> list[Killed]:
    """So many kills, each in a corpus of its own, at moments drawn from the time that an ``add`` takes."""
    docs = home / "docs-killed"
    write_documents(docs, first=0, passages=passages)
    longest: dict[Index, float] = {}
    for index in INDEXES:
        times: list[float] = []
        for turn in range(2):
            started = time.monotonic()
            begin(home, index, f"warm-{index}-{turn}", docs).communicate()
            times.append(time.monotonic() - started)
        longest[index] = statistics.mean(times)
    chance = random.Random(seed)
    out: list[Killed] = []
    for turn in range(count):
        index = INDEXES[turn % 2]
        one = kill_once(home, index, f"kill-{turn}", docs=docs, delay_s=chance.uniform(0, longest[index]))
        out.append(one)
        found = len(one.before) + len(one.after)
        print(f"{turn + 1}: {index}, after {one.after_s:.2f} s: {one.stored} documents, {found} problems", flush=True)
    return out


def show(written: list[Written], killed: list[Killed], *, files: int) -> None:
    """Print both tables."""
    console = Console()
    table = Table(title="Many writers, one corpus")
    for heading in ("index", "passages", "stored", "found by own text", "audit problems", "seconds"):
        table.add_column(heading, justify="right")
    for one in written:
        cells = (one.passages, one.stored, one.found, one.problems, f"{one.seconds:.1f}")
        table.add_row(one.index, *map(str, cells))
    console.print(table)
    table = Table(title="kill -9 during add")
    for heading in (
        "index",
        "kills",
        "in the middle",
        "sound when opened",
        "complete after next add",
        "sound after it",
    ):
        table.add_column(heading, justify="right")
    for index in INDEXES:
        part = [one for one in killed if one.index == index]
        counts = (
            len(part),
            sum(0 < one.stored < files for one in part),
            sum(not one.before for one in part),
            sum(one.finished == files for one in part),
            sum(not one.after for one in part),
        )
        table.add_row(index, *map(str, counts))
    console.print(table)
    for kill in killed:
        for problem in (*kill.before, *kill.after):
            console.print(f"{kill.index}, killed after {kill.after_s:.3f} s: {problem}", markup=False)


def main() -> int:
    """Measure, print, and say by the exit code whether all of it held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--passages", type=int, default=400, help="for each of the four writers")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        written = [many_writers(Path(folder) / index, index, writers=4, passages=chosen.passages) for index in INDEXES]
        killed = kills(Path(folder) / "killed", count=chosen.kills, passages=KILLED_PASSAGES, seed=chosen.seed)
    files = KILLED_PASSAGES // PASSAGES_IN_FILE
    show(written, killed, files=files)
    held = all(one.found == one.stored == one.passages and not one.problems for one in written)
    return 0 if held and all(not (kill.before or kill.after) and kill.finished == files for kill in killed) else 1


if __name__ == "__main__":
    sys.exit(main())
