"""Each kind of damage is found, and named by the passage that it hits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder

Statement = tuple[str, tuple[int | str | bytes, ...]]
ONE = "(SELECT min(id) FROM chunk)"


@pytest.fixture
def audited(library: Library, folder: Path) -> Callable[..., tuple[str, ...]]:
    library.add([folder], name="mine")

    def run(statement: str, *values: int | str | bytes) -> tuple[str, ...]:
        store = library._shelf._own  # pyright: ignore[reportPrivateUsage]
        assert store is not None
        with store._database.writing() as connection:  # pyright: ignore[reportPrivateUsage]
            connection.execute(statement, values)
        return library.audit("mine").problems

    return run


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        (f"UPDATE chunk SET start = start + 1 WHERE id = {ONE}", (), "span"),
        (f"UPDATE chunk SET text = text || 'x' WHERE id = {ONE}", (), "hashed"),
        (f"UPDATE chunk SET clause_id = 999 WHERE id = {ONE}", (), "not there"),
        (f"UPDATE chunk SET vector = ? WHERE id = {ONE}", (b"1234",), "64 dimensions"),
        (f"UPDATE chunk SET vector = ? WHERE id = {ONE}", (np.full(64, 3, np.float32).tobytes(),), "length one"),
        ('UPDATE clause SET "end" = 10000000', (), "spans what"),
        ("UPDATE clause SET start = 0 WHERE parent_id = 0", (), ""),
        ('UPDATE clause SET "end" = start + 1 WHERE parent_id = 0', (), "lie in"),
        ("DELETE FROM block WHERE document_id = (SELECT min(id) FROM document)", (), "missing"),
    ],
)
def test_rows_that_contradict_each_other(
    audited: Callable[..., tuple[str, ...]], statement: str, values: tuple[bytes, ...], said: str
) -> None:
    problems = audited(statement, *values)
    assert any(said in problem and ("a1" in problem or "ospf" in problem) for problem in problems) == bool(said)


@pytest.mark.parametrize("dense", ["exact", "chroma"])
def test_an_index_that_lost_a_passage(tmp_path: Path, folder: Path, dense: str) -> None:
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings.model_validate({"dense_index": dense}))
    library.add([folder], name="mine")
    report = library.audit("mine", deep=True)
    assert report.ok and report.asked == report.chunks > 0 and report.documents == 2 and report.clauses > 0
    store = library._shelf._own  # pyright: ignore[reportPrivateUsage]
    assert store is not None
    # Behind the back of the indexes, which are held for this revision: other vectors, other words.
    other = HashEmbedder().embed(["nothing like it"])[0].tobytes()
    with store._database.writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute(f"UPDATE chunk SET vector = ? WHERE id = {ONE}", (other,))
    problems = library.audit("mine").problems
    assert len(problems) == 1 and "dense index does not find it" in problems[0] and "#" in problems[0]
    with store._database.writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute(f"UPDATE chunk SET text = 'entirely other words' WHERE id = {ONE}")
    assert any("word index does not find it" in problem for problem in library.audit("mine").problems)
    library.rebuild("mine")
    assert library.audit("mine", deep=True).problems == ()


def test_a_damaged_file_is_named(tmp_path: Path, folder: Path) -> None:
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    library.add([folder], name="mine")
    assert library.audit("mine").ok
    store = library._shelf._own  # pyright: ignore[reportPrivateUsage]
    assert store is not None
    with store._database.reading() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE clause SET corpus_id = 77 WHERE id = (SELECT min(id) FROM clause)")
        connection.execute("PRAGMA foreign_keys = ON")
    assert any("belongs to nothing" in problem for problem in library.audit("mine").problems)
