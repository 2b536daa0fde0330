"""A file of the first schema, as the previous version wrote it."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.store.schema import numbers
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity

FIRST = """
CREATE TABLE corpus (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL,
    label TEXT NOT NULL, embedder TEXT NOT NULL, dimensions INTEGER NOT NULL, digest TEXT NOT NULL,
    created TEXT NOT NULL, revision TEXT NOT NULL);
CREATE TABLE document (id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE, path TEXT NOT NULL, slug TEXT NOT NULL,
    sha256 TEXT NOT NULL, title TEXT NOT NULL, format TEXT NOT NULL, meta TEXT NOT NULL, text TEXT NOT NULL,
    UNIQUE (corpus_id, path), UNIQUE (corpus_id, slug));
CREATE TABLE chunk (id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE, section TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX chunk_corpus ON chunk(corpus_id);
CREATE INDEX chunk_document ON chunk(document_id);
CREATE TABLE derived (corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE, kind TEXT NOT NULL,
    revision TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (corpus_id, kind));
INSERT INTO corpus VALUES (3, 'mine', 'uid', 'internal', 'words', 4, 'digest', '2026-01-02T03:04:05+00:00', 'r');
INSERT INTO corpus VALUES (4, 'gone', 'uid2', 'public', 'words', 4, 'digest', '2026-01-02T03:04:05+00:00', 'r');
DELETE FROM corpus WHERE id = 4;
PRAGMA user_version = 1;
"""
TEXT = "---\nlabel: confidential\nlicense: MIT\n---\n# Title\n\n" + "All of the text, 全文。" * 5_000
BODY = TEXT.index("# Title")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "corpora.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST)
        meta = json.dumps({"label": "confidential", "license": "MIT"})
        connection.execute(
            "INSERT INTO document VALUES (7, 3, '/d/a.md', 'a', 'sha', 'Title', 'markdown', ?, ?)", (meta, TEXT)
        )
        for number in range(20):
            text = TEXT[BODY + number : BODY + number + 50]
            digest = hashlib.sha256(text.encode()).hexdigest()
            vector = np.eye(4, dtype=np.float32)[number % 4].tobytes()
            values = (number + 1, BODY + number, BODY + number + 50, digest, text, vector)
            connection.execute("INSERT INTO chunk VALUES (?, 3, 7, 'Title', ?, ?, ?, ?, ?)", values)
        connection.execute("DELETE FROM chunk WHERE id = 20")
        connection.commit()
    return path


def test_an_old_file_keeps_its_documents_chunks_and_vectors(old: Path) -> None:
    store = Store.open(old)
    (corpus,) = store.corpora()
    (row,) = store.documents(corpus)
    assert (row.path, row.slug, row.sha256, row.grammar, row.body_start) == ("/d/a.md", "a", "sha", "markdown", BODY)
    assert (row.label, row.licence, row.added) == (Sensitivity.CONFIDENTIAL, "MIT", corpus.created)
    assert (row.chunks, row.clauses, row.characters) == (19, 0, len(TEXT))
    assert store.text(row.id) == TEXT
    chunks = list(store.chunk_rows(corpus))
    assert [chunk.id for chunk in chunks] == list(range(1, 20))
    assert all(chunk.text == TEXT[chunk.start : chunk.end] and chunk.clause_id == 0 for chunk in chunks)
    ((_, vectors),) = store.vectors(corpus, store.chunk_ids(corpus))
    assert np.array_equal(vectors, np.eye(4, dtype=np.float32)[np.arange(19) % 4])
    assert store.faults(store.corpora()[0]) == ()
    store.close()


def test_numbers_go_on_where_the_old_file_stopped(old: Path) -> None:
    store = Store.open(old)
    with store._database.writing() as connection:  # pyright: ignore[reportPrivateUsage]
        assert [numbers(connection, table, 1)[0] for table in ("corpus", "document", "chunk")] == [5, 8, 21]
    store.close()


def test_an_old_file_that_may_only_be_read_says_what_to_run(old: Path) -> None:
    with pytest.raises(KnowledgeError, match="earlier version") as caught:
        Store.open(old, write=False)
    assert "coreagent corpus list" in caught.value.mend
    Store.open(old).close()
    Store.open(old, write=False).close()


def test_processes_that_upgrade_at_once_do_it_once(old: Path) -> None:
    program = "import sys; from pathlib import Path; from coreagent.knowledge.store.store import Store\n"
    program += "store = Store.open(Path(sys.argv[1])); print(len(store.chunk_ids(store.corpus('mine')))); store.close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(old)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["19\n"] * 3


def test_an_upgrade_that_is_killed_leaves_the_old_file(old: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from coreagent.knowledge.store import sqlite
whole = sqlite.upgrade
def killed(connection):
    whole(connection)
    os._exit(9)
sqlite.upgrade = killed
sqlite.SqliteDatabase(Path(sys.argv[1]))
"""
    assert subprocess.run([sys.executable, "-c", program, str(old)], env={**os.environ}).returncode == 9
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM chunk").fetchone() == (19,)
    store = Store.open(old)
    assert len(store.chunk_ids(store.corpus("mine"))) == 19
    store.close()
