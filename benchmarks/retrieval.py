"""How well and how fast corpora are searched.

    python -m benchmarks.retrieval --data DIR

Recall@5 and MRR@10 of the lexical, the dense and the fused search on the halves of the sets that nothing was fitted on,
with 95 % bootstrap intervals, and the fused search's gain over the lexical one, paired. Then, through the library: the
rate of ingestion, the time of a query (p50), and a cold start over the bundled primer in a process of its own.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.retrieval_sets import (
    Pool,
    QuerySet,
    Searcher,
    data_folder,
    documentation,
    entity_set,
    heading_set,
    primer_set,
)
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.knowledge.search.fusion import Candidates, fuse
from coreagent.settings import KnowledgeSettings

_RESAMPLES = 2_000
_COLD = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from coreagent.settings import KnowledgeSettings
settled = time.perf_counter()
from coreagent.knowledge.library import Library
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
imported = time.perf_counter()
library = Library(Path(sys.argv[1]), StaticEmbedder.load(), KnowledgeSettings())
library.search_now("Which interface carries A1 policies?", corpora=("primer",))
done = time.perf_counter()
# The peak of this program alone: ru_maxrss would count its parent's memory from before the exec.
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))
print(settled - begun, imported - settled, done - imported, peak)
"""

Floats = NDArray[np.float64]
Scorer = Callable[[Candidates], NDArray[np.floating]]
SCORERS: dict[str, Scorer] = {"lexical": lambda c: c.bm25, "dense": lambda c: c.cosine, "fused": fuse}


def interval(values: Floats) -> str:
    """Mean with its 95 % percentile bootstrap interval."""
    drawn = np.random.default_rng(7).choice(values, size=(_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{values.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def ranks(pools: Sequence[Pool], score: Scorer) -> Floats:
    """Rank of the first gold passage of each query; infinite when it was not proposed."""
    out: list[float] = []
    for pool in pools:
        scores = score(pool.found)
        out.append(float((scores > scores[pool.gold].max()).sum() + 1) if not pool.missed else float("inf"))
    return np.array(out)


def quality(questions: QuerySet, embedder: StaticEmbedder) -> None:
    """Print the table of one set."""
    searcher = Searcher(questions.entries, embedder)
    pools = [searcher.pool(query) for query in questions.check]
    print(f"{questions.name}: {len(pools)} queries over {len(questions.entries):,} passages")
    reciprocal: dict[str, Floats] = {}
    for name, score in SCORERS.items():
        found = ranks(pools, score)
        reciprocal[name] = np.where(found <= 10, 1 / found, 0.0)
        recall = (found <= 5).astype(np.float64)
        print(f"  {name:8} recall@5 {interval(recall)}   MRR@10 {interval(reciprocal[name])}")
    print(f"  fused less lexical, MRR@10 {interval(reciprocal['fused'] - reciprocal['lexical'])}")


def speed(data: Path, embedder: StaticEmbedder) -> None:
    """Print the rates of the library on the documentation corpus."""
    with tempfile.TemporaryDirectory() as place:
        docs = Path(place) / "docs"
        docs.mkdir()
        for number, row in enumerate(documentation(data)):
            (docs / f"{number:05}{Path(row['path']).suffix}").write_text(row["text"], encoding="utf-8")
        library = Library(Path(place) / "home", embedder, KnowledgeSettings())
        report = library.add([docs], name="docs")
        characters = next(info.characters for info in library.list() if info.name == "docs")
        print(
            f"ingestion: {report.added} documents, {report.chunks:,} chunks, {characters / 1e6:.1f} MB"
            f" in {report.seconds:.1f} s = {report.chunks / report.seconds:,.0f} chunks/s"
        )
        again = library.add([docs], name="docs")
        print(f"unchanged: {again.unchanged} documents passed over in {again.seconds:.2f} s")
        queries = [query.text for query in heading_set(data).check[:200]]
        begun = time.perf_counter()
        library.search_now(queries[0], corpora=("docs",))
        print(f"first query, both indexes built: {time.perf_counter() - begun:.2f} s")
        library.close()
        library = Library(Path(place) / "home", embedder, KnowledgeSettings())
        begun = time.perf_counter()
        library.search_now(queries[0], corpora=("docs",))
        print(f"first query, saved indexes: {1e3 * (time.perf_counter() - begun):.0f} ms")
        times: list[float] = []
        for query in queries:
            begun = time.perf_counter()
            library.search_now(query, corpora=("docs",))
            times.append(time.perf_counter() - begun)
        print(f"query p50 {1e3 * statistics.median(times):.1f} ms, p95 {1e3 * float(np.quantile(times, 0.95)):.1f} ms")
        library.close()


def cold_start() -> None:
    """Print the parts of a first search over the primer, each in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("building the primer", *["primer cached"] * 5):
            command = [sys.executable, "-c", _COLD, place]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            settings_s, import_s, search_s, peak_mb = (float(value) for value in output.split())
            print(
                f"cold start, {name}: settings {settings_s:.2f} s, knowledge import {import_s:.2f} s,"
                f" open and first search {search_s:.3f} s, peak {peak_mb:.0f} MB"
            )


def main(arguments: list[str] | None = None) -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure retrieval.")
    parser.add_argument("--data", type=Path)
    data = data_folder(parser.parse_args(arguments).data)
    embedder = StaticEmbedder.load()
    for questions in (entity_set(data), heading_set(data), primer_set()):
        quality(questions, embedder)
    speed(data, embedder)
    cold_start()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
