"""How well embedders find passages by themselves, and in the fused search.

    python -m benchmarks.measure_embedder --data DIR [--model FOLDER ...] [--teacher DIR [--cache FILE]]

Recall@1, recall@5 and MRR@10 of the dense search, and MRR@10 of the fused search with its present weights, over the
halves of the question sets that those weights were not fitted on. ``--model`` is a packed folder (again for each one);
default: the bundled one. ``--teacher`` is a sentence transformer (see ``embedder_teacher``), for what a larger embedder
would give.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.retrieval_pools import pools
from benchmarks.retrieval_sets import (
    QuestionSet,
    corpus_of,
    data_folder,
    entity_set,
    heading_set,
    off_topic,
    primer_set,
    section_set,
    teleqna_set,
)
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import BUNDLED, StaticEmbedder
from coreagent.knowledge.search.fusion import confidence, fuse
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder, EmbedderIdentity

_DEEPEST = 10


class SentenceModel:
    """A sentence transformer as an embedder of the library."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        """Read the model; ``cache`` is a file for its vectors."""
        from benchmarks.embedder_teacher import Teacher  # noqa: PLC0415 - safetensors is not needed without one

        self._teacher = Teacher(folder, max_tokens=256, cache=cache)
        self.identity = EmbedderIdentity(folder.name, self._teacher.width, "")
        self.clearance = Sensitivity.CONFIDENTIAL

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of unit length."""
        return self._teacher.embed(texts)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same as for passages."""
        return self._teacher.embed(texts)


def figures(ranks: NDArray[np.float64]) -> str:
    """Recall@1, recall@5 and MRR@10 as text."""
    reciprocal = np.where(ranks <= _DEEPEST, 1 / ranks, 0.0)
    return f"R@1 {np.mean(ranks <= 1):.3f}  R@5 {np.mean(ranks <= 5):.3f}  MRR@10 {reciprocal.mean():.3f}"


def measure(questions: QuestionSet, embedder: Embedder) -> None:
    """Print the line of one set."""
    corpus = corpus_of(questions.documents, embedder)
    dense: list[float] = []
    fused: list[float] = []
    inside: list[float] = []
    for pool in pools(corpus, questions.check, embedder):
        for ranks, scores in ((dense, pool.found.cosine), (fused, fuse(pool.found))):
            ranks.append(float("inf") if pool.missed else float((scores > scores[pool.gold].max()).sum() + 1))
        inside.append(confidence([pool.found]))
    outside = np.array([confidence([pool.found]) for pool in pools(corpus, off_topic()[1], embedder)])
    area = float((np.array(inside)[:, None] > outside[None, :]).mean())
    print(
        f"  {questions.name:9} {len(questions.check):5} questions, {len(corpus.index.columns.ids):6,} passages"
        f"   dense {figures(np.array(dense))}   fused {figures(np.array(fused))}   off-topic AUC {area:.3f}",
        flush=True,
    )
    corpus.store.close()


def main(arguments: list[str] | None = None) -> int:
    """Print one line a set and embedder."""
    parser = argparse.ArgumentParser(description="Measure embedders on the question sets.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path, action="append")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--cache", type=Path)
    chosen = parser.parse_args(arguments)
    data = data_folder(chosen.data)
    sets = [entity_set(data), primer_set(), teleqna_set(data), section_set(data), heading_set(data)]
    embedders: list[Embedder] = [StaticEmbedder.load(folder) for folder in chosen.model or [BUNDLED]]
    if chosen.teacher:
        embedders.append(SentenceModel(chosen.teacher, chosen.cache))
    for embedder in embedders:
        print(f"{embedder.identity.name} {embedder.identity.digest[:12]}")
        for questions in sets:
            measure(questions, embedder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
