"""How fast documents go into a corpus, and in how much memory.

Makes a folder of Markdown files of seeded word salad, about 120 words a chunk, and adds it with the bundled embedder:
with one worker and with all cores, next to the floor of the same run (embed and insert the same chunks in one process,
with nothing read, cut, hashed or checked). Prints chunks a second from file to stored vector, and the peak memory of
the parent and of its largest worker, also for four times as many chunks: it must not grow.

Run: python -m benchmarks.ingestion [--chunks 20000] [--home DIR]
"""

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.structure.chunking import divide

GOAL_PER_SECOND = 400
_CHUNKS_PER_FILE = 40
_WORDS_PER_CHUNK = 120
_WORDS_PER_SENTENCE = 19
_SEED = 7
_SUBJECTS = "gNB UE AMF SMF UPF RIC xApp rApp O-RU O-DU O-CU NRF NSSF PCF eNB MME OLT ONU router LSP VRF"
_VERBS = "sends receives configures reports releases modifies activates selects measures forwards drops encrypts"
_THINGS = (
    "beam bearer session slice policy measurement handover timer counter alarm threshold carrier subband preamble"
    " paging record tunnel label route metric interface subscription notification certificate cell neighbour power"
    " scheduling grant retransmission codebook tracking area identity context capability procedure message"
)
_JOINERS = "when after before unless because while so that and then over through towards within the a each any"
_ADD = """
import json, resource, sys, time
from pathlib import Path
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.settings.knowledge import IngestSettings
home, docs, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
library = Library(home, StaticEmbedder.load(), KnowledgeSettings(ingest=IngestSettings(workers=workers)))
report = library.add([docs], name="bench")
library.close()
peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
assert not report.failed, report.failed[:3]
print(json.dumps([report.chunks, report.seconds, report.embed_seconds, report.store_seconds, *peak]))
"""


def _sentence(chance: random.Random) -> str:
    def word(of: str) -> str:
        return chance.choice(of.split())

    words = [word(_SUBJECTS), word(_VERBS), "the", word(_THINGS)]
    while len(words) < _WORDS_PER_SENTENCE:
        words += [word(_JOINERS), word(_THINGS), str(chance.randrange(1, 4_000))]
    return " ".join(words) + "."


def make_documents(folder: Path, chunks: int) -> None:
    """Markdown files of 40 sections, each about one chunk."""
    chance = random.Random(_SEED)
    for number in range(max(1, chunks // _CHUNKS_PER_FILE)):
        lines = [f"# Procedure {number} of the {chance.choice(_SUBJECTS.split())}", ""]
        for section in range(1, _CHUNKS_PER_FILE + 1):
            lines += [f"## {section} {chance.choice(_SUBJECTS.split())} {chance.choice(_THINGS.split())}", ""]
            lines += [" ".join(_sentence(chance) for _ in range(_WORDS_PER_CHUNK // _WORDS_PER_SENTENCE)), ""]
        (folder / f"{number:05}.md").write_text("\n".join(lines), encoding="utf-8")


def floor_per_second(docs: Path) -> float:
    """Chunks a second that embedding and one SQLite insert allow in one process; cutting is not counted."""
    embedder = StaticEmbedder.load()
    parts = [divide(path.read_text(encoding="utf-8"), "markdown").chunks for path in sorted(docs.glob("*.md"))[:100]]
    count = sum(map(len, parts))
    with tempfile.TemporaryDirectory() as place:
        connection = sqlite3.connect(Path(place) / "floor.sqlite3")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE chunk (id INTEGER PRIMARY KEY, text TEXT, vector BLOB)")
        started = time.monotonic()
        for chunks in parts:
            vectors = embedder.embed([chunk.text for chunk in chunks])
            rows = [(chunk.text, vector.tobytes()) for chunk, vector in zip(chunks, vectors, strict=True)]
            with connection:
                connection.executemany("INSERT INTO chunk (text, vector) VALUES (?, ?)", rows)
        seconds = time.monotonic() - started
        connection.close()
    return count / seconds


def measure(docs: Path, home: Path, *, workers: int, floor: float) -> None:
    """One ``add`` in a process of its own, so that its peak memory is its own."""
    answer = subprocess.run(
        [sys.executable, "-c", _ADD, str(home), str(docs), str(workers)], check=True, capture_output=True, text=True
    )
    chunks, seconds, embedding, storing, parent, worker = json.loads(answer.stdout)
    rate = chunks / seconds
    verdict = "met" if rate >= GOAL_PER_SECOND else "MISSED"
    print(
        f"{chunks:>7,} chunks, {workers or 'all'} worker{'' if workers == 1 else 's'}: {rate:>6,.0f}/s"
        f" ({rate / floor:.2f} of the floor; goal {GOAL_PER_SECOND}/s: {verdict})"
        f" · embedding {embedding / seconds:.0%}, storing {storing / seconds:.0%} of {seconds:.1f} s"
        f" · peak memory {parent:,.0f} MB, largest worker {worker:,.0f} MB"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--home", type=Path, help="a folder to work in, kept afterwards; a temporary one by default")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home: Path = chosen.home or Path(place)
        for times in (1, 4):
            docs = home / f"docs-{chosen.chunks * times}"
            if not docs.exists():
                docs.mkdir(parents=True)
                make_documents(docs, chosen.chunks * times)
            floor = floor_per_second(docs)
            print(f"floor: {floor:,.0f} chunks/s (embed and insert only)")
            for workers in (1, 0) if times == 1 else (0,):
                kept = home / f"home-{times}-{workers}"
                measure(docs, kept, workers=workers, floor=floor)
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
