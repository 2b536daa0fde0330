"""How well an embedder finds passages by itself, and in the fused search.

    python -m benchmarks.measure_embedder --data DIR [--model FOLDER ...] [--teacher DIR --cache DIR]

Recall@1, recall@5 and MRR@10 of the dense search over every query of the retrieval sets and of TeleQnA (a question to
its own explanation, never used for anything but this table); then MRR@10 of the fused search on the halves that its
weights were not fitted on. ``--model`` is a packed folder (again for each one); default: the bundled one. ``--teacher``
is a sentence transformer (see ``embedder_teacher``), for what a larger embedder would give.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.retrieval_sets import (
    Query,
    QuerySet,
    Searcher,
    data_folder,
    entity_set,
    heading_set,
    off_topic,
    primer_set,
)
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import BUNDLED, StaticEmbedder
from coreagent.knowledge.index.lexical import Entry
from coreagent.knowledge.search.fusion import confidence, fuse

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def teleqna_set(data: Path) -> QuerySet:
    """TeleQnA questions to their own explanations; nothing of it may be fitted on, so all queries are for checking."""
    raw = gzip.decompress((data / "open_telco" / "lite" / "teleqna.jsonl.gz").read_bytes()).decode("utf-8")
    rows = [json.loads(line) for line in raw.split("\n") if line]
    entries = [Entry(at, "", "", row["explaination"]) for at, row in enumerate(rows)]
    return QuerySet("teleqna", entries, [], [Query(row["question"], frozenset({at})) for at, row in enumerate(rows)])


def dense_ranks(embed: Embed, questions: QuerySet) -> NDArray[np.int64]:
    """Rank of the first gold passage of every query, from 1; equal scores count against it."""
    named = [f"{entry.title}. {entry.body}" if entry.title else entry.body for entry in questions.entries]
    passages = embed(named)
    queries = [*questions.fit, *questions.check]
    scores = embed([query.text for query in queries]) @ passages.T
    out: list[int] = []
    for query, row in zip(queries, scores, strict=True):
        gold = np.array(sorted(query.gold))
        best = row[gold].max()
        out.append(1 + int((row >= best).sum()) - int((row[gold] >= best).sum()))
    return np.array(out)


def figures(ranks: NDArray[np.int64]) -> str:
    """Recall@1, recall@5 and MRR@10 as text."""
    reciprocal = np.where(ranks <= 10, 1 / ranks, 0.0)
    return f"R@1 {np.mean(ranks <= 1):.3f}  R@5 {np.mean(ranks <= 5):.3f}  MRR@10 {reciprocal.mean():.3f}"


def fused(embedder: StaticEmbedder, questions: QuerySet) -> str:
    """Fused MRR@10 on the checking half, and how well its confidence tells off-topic questions (area under curve)."""
    searcher = Searcher(questions.entries, embedder)
    reciprocal: list[float] = []
    inside: list[float] = []
    for query in questions.check:
        pool = searcher.pool(query)
        scores = fuse(pool.found)
        inside.append(confidence([pool.found]))
        rank = int((scores > scores[pool.gold].max()).sum()) + 1 if not pool.missed else 11
        reciprocal.append(1 / rank if rank <= 10 else 0.0)
    outside = [confidence([searcher.pool(Query(text, frozenset())).found]) for text in off_topic()[1]]
    area = np.mean(np.array(inside)[:, None] > np.array(outside)[None, :])
    return f"fused MRR@10 {np.mean(reciprocal):.3f}, off-topic AUC {area:.3f}"


def main(arguments: list[str] | None = None) -> int:
    """Print one line a set and embedder."""
    parser = argparse.ArgumentParser(description="Measure embedders on the retrieval sets.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path, action="append")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--cache", type=Path)
    chosen = parser.parse_args(arguments)
    data = data_folder(chosen.data)
    sets = [entity_set(data), heading_set(data), primer_set(), teleqna_set(data)]
    for folder in chosen.model or [BUNDLED]:
        embedder = StaticEmbedder.load(folder)
        print(f"{embedder.identity.name} {embedder.identity.digest[:12]}")
        for questions in sets:
            line = figures(dense_ranks(embedder.embed, questions))
            print(f"  {questions.name:9} {len(questions.entries):6,} passages  {line}  {fused(embedder, questions)}")
    if chosen.teacher:
        from benchmarks.embedder_teacher import Teacher  # noqa: PLC0415 - safetensors is not needed without a teacher

        teacher = Teacher(chosen.teacher, max_tokens=256, cache=chosen.cache)
        print(f"teacher {chosen.teacher.name}")
        for questions in sets:
            print(f"  {questions.name:9} {len(questions.entries):6,} passages  {figures(dense_ranks(teacher.embed, questions))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
