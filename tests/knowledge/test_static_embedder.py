import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.embedding.static_embedder import BUNDLED, StaticEmbedder


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder.load()


def test_the_bundled_model_is_small_and_its_digest_is_true(embedder: StaticEmbedder) -> None:
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) <= 8_000_000
    with np.load(BUNDLED / "weights.npz") as archive:
        data = archive["rows"].tobytes() + archive["scale"].tobytes() + (BUNDLED / "vocab.txt").read_bytes()
    assert hashlib.sha256(data).hexdigest() == embedder.identity.digest
    assert embedder.identity.dimensions == 256


def test_rows_are_unit_vectors_and_unknown_texts_are_zero(embedder: StaticEmbedder) -> None:
    rows = embedder.embed(["handover", "", " \n", "The near-RT RIC\x00 runs xApps \ud800"])
    assert rows.shape == (4, 256) and rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 0, 1], abs=1e-5)
    assert embedder.embed([]).shape == (0, 256)


def test_near_meanings_are_nearer(embedder: StaticEmbedder) -> None:
    query, near, far = embedder.embed(["mobile phone network", "cellular telecommunications", "apple pie recipe"])
    assert query @ near > query @ far + 0.1


def test_a_text_gives_the_same_vector_alone_and_in_company(embedder: StaticEmbedder) -> None:
    texts = ["alpha beta", "long " * 90_000, "gamma", "delta " * 40_000]
    together = embedder.embed(texts)
    for text, row in zip(texts, together, strict=True):
        assert np.array_equal(embedder.embed([text])[0], row)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n\t",
        "Which RIC sends A1 policies to the near-RT RIC?",
        "[UNK] [CLS] ##ing snake_case 3.5e-7 can't UNBELIEVABLENESS qxzjkv",
        "".join(map(chr, range(32, 127))) * 3,
        "x" * 100 + " " + "x" * 101,
        "ctrl\x00l \x1f\x0b\x7f tab\there",
        "caf\u00e9 \u65e5\u672c\u8a9e \u2028 \ud800",
        "handover \u212a",
        "word " * 30_000,
    ],
)
def test_a_query_gives_the_vector_of_the_same_passage(embedder: StaticEmbedder, text: str) -> None:
    [row] = embedder.embed([text])
    assert np.array_equal(embedder.embed_queries([text])[0], row)
    assert np.array_equal(embedder.embed_queries([text, "beam"])[0], row)


@pytest.mark.parametrize("damage", ["missing", "cut", "json"])
def test_a_damaged_model_is_named(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED, folder)
    if damage == "missing":
        (folder / "weights.npz").unlink()
    elif damage == "cut":
        (folder / "vocab.txt").write_text("[UNK]\n")
    else:
        (folder / "model.json").write_text("{")
    with pytest.raises(KnowledgeError, match="embedding model"):
        StaticEmbedder.load(folder)
