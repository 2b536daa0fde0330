"""How fast a corpus is opened and searched, and how that grows with its size.

    python -m benchmarks.search_speed [--chunks 5000 20000 80000] [--home DIR]

Adds seeded synthetic documents (as ``benchmarks.ingestion`` makes them), then, for each dense index, in a process of
its own: the time from opening the library to the first answer (saved indexes, imports apart), the time of a query
without and with filters (p50 and p95 over 200 different questions), and memory. The floor of the same run is a bare
matrix product over the same number of vectors.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.ingestion import make_documents

_GOALS_MS = {"query": 8.0, "filtered": 15.0, "open": 500.0}
_GOAL_CHUNKS = 20_000
_FILL = """
import sys
from pathlib import Path
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
library = Library(Path(sys.argv[1]), StaticEmbedder.load(), KnowledgeSettings(dense_index=sys.argv[3]))
added = library.add([Path(sys.argv[2])], name="bench") if sys.argv[2] else None
library.search_now("handover timer", corpora=("bench",))
print(next(info.chunks for info in library.list() if info.name == "bench"))
library.close()
"""
_ASK = """
import json, random, sys, time
from pathlib import Path
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.knowledge.retrieval import Where
from coreagent.labels import Sensitivity
from coreagent.settings import KnowledgeSettings
embedder = StaticEmbedder.load()
settings = KnowledgeSettings(dense_index=sys.argv[2])
begun = time.perf_counter()
library = Library(Path(sys.argv[1]), embedder, settings)
library.search_now("Which timer does the UE start at the handover?", corpora=("bench",))
opened = time.perf_counter() - begun
chance = random.Random(7)
words = "handover timer bearer slice session beam policy paging tunnel label route metric cell power identity".split()
actors = "gNB AMF UPF RIC O-DU MME OLT router".split()
slugs = [info.slug for info in library.show("bench")]
def questions(count):
    words_of = lambda: " ".join(chance.sample(words, 3))
    return [f"How does the {chance.choice(actors)} report the {words_of()} {n}?" for n in range(count)]
def times(conditions, count=200):
    out = []
    for number, question in enumerate(questions(count)):
        where = conditions(number)
        begun = time.perf_counter()
        library.search_now(question, corpora=("bench",), where=where)
        out.append(1e3 * (time.perf_counter() - begun))
    out.sort()
    return out[len(out) // 2], out[int(len(out) * 0.95)]
plain = times(lambda n: None)
document = times(lambda n: Where(documents=(slugs[n % len(slugs)],)))
half = times(lambda n: Where(documents=tuple(slugs[n % 2 :: 2])))
section = times(lambda n: Where(sections=(str(n % 40 + 1),)))
label = times(lambda n: Where(label=Sensitivity.INTERNAL))
library.close()
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)
print(json.dumps([1e3 * opened, plain, document, half, section, label, peak]))
"""


def _run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def floor_ms(chunks: int) -> float:
    """Median time of one matrix product over so many vectors, the least that an exact search can take."""
    vectors = np.random.default_rng(7).standard_normal((chunks, 256), dtype=np.float32)
    query = vectors[0]
    times: list[float] = []
    for _ in range(50):
        begun = time.perf_counter()
        np.matmul(vectors, query)
        times.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(times))


def measure(home: Path, docs: Path, *, chunks: int, kind: str) -> None:
    """Fill a corpus, if that is not done, and print its line."""
    filled = (home / "knowledge" / "corpora.sqlite3").exists()
    held = int(_run(_FILL, str(home), "" if filled else str(docs), kind))
    opened, *rest, peak = json.loads(_run(_ASK, str(home), kind))
    plain, document, half, section, label = ((p50, p95) for p50, p95 in rest)
    floor = floor_ms(held)
    print(
        f"{held:>7,} chunks, {kind:6}: open to first answer {opened:4.0f} ms; query p50 {plain[0]:5.1f} ms, p95"
        f" {plain[1]:5.1f} ({plain[0] / floor:.1f}x the bare product's {floor:.1f}); filtered p50: one document"
        f" {document[0]:.1f}, half of them {half[0]:.1f}, a clause {section[0]:.1f}, a label {label[0]:.1f} ms;"
        f" peak {peak:.0f} MB",
        flush=True,
    )
    if chunks == _GOAL_CHUNKS:
        slowest = max(one[0] for one in (document, half, section, label))
        for name, value in (("query", plain[0]), ("filtered", slowest), ("open", opened)):
            verdict = "met" if value <= _GOALS_MS[name] else "MISSED"
            print(f"          goal: {name} at most {_GOALS_MS[name]:g} ms: {value:.1f}, {verdict}")


def main(arguments: list[str] | None = None) -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the speed of searching.")
    parser.add_argument("--chunks", type=int, nargs="+", default=[5_000, 20_000, 80_000])
    parser.add_argument("--home", type=Path, help="Keep the corpora there, for another run.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        for chunks in chosen.chunks:
            base: Path = (chosen.home or Path(place)) / f"{chunks}"
            docs = base / "docs"
            if not docs.exists():
                docs.mkdir(parents=True)
                make_documents(docs, chunks)
            for kind in ("exact", "chroma"):
                measure(base / "home", docs, chunks=chunks, kind=kind)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
