"""The source of truth of the corpora: documents, chunks and vectors in one SQLite file.

One transaction a document: a process killed at any moment leaves a file that opens, and the next ``add`` goes on where
it stopped. Indexes are derived: each remembers the corpus revision that it was made from.
"""

import hashlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import UnknownNameError
from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.index.dense import Page, VectorSource
from coreagent.knowledge.store.rows import ChunkRow, CorpusRow, DocumentRow, Outcome
from coreagent.knowledge.store.schema import connect, explained
from coreagent.knowledge.structure.chunking import Chunk
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

_PAGE = 500


class Store:
    """All corpora of one file. Safe for threads; several processes may hold the same file."""

    def __init__(self, path: Path | None, *, write: bool = True) -> None:
        """Open or make the file; in memory for None.

        Raises:
            KnowledgeError: the file can not be opened or made, is damaged, or is from a newer version.
        """
        self._shown = str(path) if path else ":memory:"
        self._connection = connect(path, write=write)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Give the file back. The store can not be used afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._lock, explained(self._shown):
            yield self._connection

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._lock, explained(self._shown):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def corpora(self) -> tuple[CorpusRow, ...]:
        """All corpora by name."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, name, uid, label, embedder, dimensions, digest, created, revision FROM corpus ORDER BY name"
            ).fetchall()
        return tuple(
            CorpusRow(
                id=row[0],
                name=row[1],
                uid=row[2],
                label=Sensitivity.parse(row[3]),
                embedder=EmbedderIdentity(row[4], row[5], row[6]),
                created=row[7],
                revision=row[8],
            )
            for row in rows
        )

    def corpus(self, name: str) -> CorpusRow:
        """One corpus.

        Raises:
            UnknownNameError: there is none of that name.
        """
        known = {row.name: row for row in self.corpora()}
        if name not in known:
            raise UnknownNameError("corpus", name, known)
        return known[name]

    def create(self, name: str, *, label: Sensitivity, embedder: EmbedderIdentity) -> CorpusRow:
        """Make a corpus, or give the one that exists."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO corpus (name, uid, label, embedder, dimensions, digest, created, revision)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    uuid.uuid4().hex,
                    str(label),
                    embedder.name,
                    embedder.dimensions,
                    embedder.digest,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    uuid.uuid4().hex,
                ),
            )
        return self.corpus(name)

    def remove(self, name: str) -> None:
        """Delete a corpus with everything in it.

        Raises:
            UnknownNameError: there is none of that name.
        """
        corpus = self.corpus(name)
        with self._writing() as connection:
            connection.execute("DELETE FROM corpus WHERE id = ?", (corpus.id,))

    def is_unchanged(self, corpus: CorpusRow, document: Document) -> bool:
        """True when the same file with the same content is stored already."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM document WHERE corpus_id = ? AND path = ? AND sha256 = ?",
                (corpus.id, document.path, document.sha256),
            ).fetchone()
        return row is not None

    def put(
        self, corpus: CorpusRow, document: Document, *, chunks: Sequence[Chunk], vectors: NDArray[np.float32]
    ) -> Outcome:
        """Store one document with its chunks, in place of its earlier version.

        Raises:
            UnknownNameError: the corpus was removed meanwhile.
        """
        with self._writing() as connection:
            if not connection.execute("SELECT 1 FROM corpus WHERE id = ?", (corpus.id,)).fetchone():
                raise UnknownNameError("corpus", corpus.name, ())
            old = connection.execute(
                "SELECT id, sha256, slug FROM document WHERE corpus_id = ? AND path = ?", (corpus.id, document.path)
            ).fetchone()
            if old and old[1] == document.sha256:
                return "unchanged"
            if old:
                connection.execute("DELETE FROM document WHERE id = ?", (old[0],))
            slug = old[2] if old else _free_slug(connection, corpus.id, document)
            meta = json.dumps(dict(document.meta), ensure_ascii=False)
            cursor = connection.execute(
                "INSERT INTO document (corpus_id, path, slug, sha256, title, format, meta, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    corpus.id,
                    document.path,
                    slug,
                    document.sha256,
                    document.title,
                    document.format,
                    meta,
                    document.text,
                ),
            )
            connection.executemany(
                'INSERT INTO chunk (corpus_id, document_id, section, start, "end", sha256, text, vector)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (corpus.id, cursor.lastrowid, c.section, c.start, c.end, chunk_digest(c.text), c.text, v.tobytes())
                    for c, v in zip(chunks, vectors, strict=True)
                ],
            )
            connection.execute("UPDATE corpus SET revision = ? WHERE id = ?", (uuid.uuid4().hex, corpus.id))
        return "replaced" if old else "added"

    def documents(self, corpus: CorpusRow) -> tuple[DocumentRow, ...]:
        """All documents of a corpus by slug."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT d.id, d.path, d.slug, d.sha256, d.title, d.format, d.meta, length(d.text),"
                " (SELECT count(*) FROM chunk c WHERE c.document_id = d.id)"
                " FROM document d WHERE d.corpus_id = ? ORDER BY d.slug",
                (corpus.id,),
            ).fetchall()
        return tuple(
            DocumentRow(
                id=r[0],
                path=r[1],
                slug=r[2],
                sha256=r[3],
                title=r[4],
                format=r[5],
                meta=json.loads(r[6]),
                characters=r[7],
                chunks=r[8],
            )
            for r in rows
        )

    def text(self, document_id: int) -> str:
        """The stored text of a document; empty when it was removed meanwhile."""
        with self._reading() as connection:
            row = connection.execute("SELECT text FROM document WHERE id = ?", (document_id,)).fetchone()
        return str(row[0]) if row else ""

    def chunk_rows(self, corpus: CorpusRow, ids: Sequence[int] | None = None) -> Iterator[ChunkRow]:
        """Chunks by id, or all of the corpus; ids that do not exist any more are left out."""
        query = (
            'SELECT c.id, d.slug, d.title, c.section, c.start, c."end", c.text, d.meta'
            " FROM chunk c JOIN document d ON d.id = c.document_id WHERE c.corpus_id = ?"
        )
        wanted = self.chunk_ids(corpus).tolist() if ids is None else list(ids)
        for at in range(0, len(wanted), _PAGE):
            page = wanted[at : at + _PAGE]
            marks = ",".join("?" * len(page))
            with self._reading() as connection:
                rows = connection.execute(f"{query} AND c.id IN ({marks})", (corpus.id, *page)).fetchall()
            for r in rows:
                yield ChunkRow(
                    id=r[0],
                    slug=r[1],
                    title=r[2],
                    section=r[3],
                    start=r[4],
                    end=r[5],
                    text=r[6],
                    meta=json.loads(r[7]),
                )

    def chunk_ids(self, corpus: CorpusRow) -> NDArray[np.int64]:
        """Ids of all chunks of a corpus, ascending."""
        with self._reading() as connection:
            rows = connection.execute("SELECT id FROM chunk WHERE corpus_id = ? ORDER BY id", (corpus.id,)).fetchall()
        return np.array([row[0] for row in rows], dtype=np.int64)

    def vectors(self, corpus: CorpusRow, ids: NDArray[np.int64]) -> Iterator[Page]:
        """Vectors of these chunks in ascending order of id, a page at a time; missing ids are left out."""
        ordered = np.sort(ids)
        for at in range(0, len(ordered), _PAGE):
            page = ordered[at : at + _PAGE].tolist()
            marks = ",".join("?" * len(page))
            with self._reading() as connection:
                rows = connection.execute(
                    f"SELECT id, vector FROM chunk WHERE corpus_id = ? AND id IN ({marks}) ORDER BY id",
                    (corpus.id, *page),
                ).fetchall()
            joined = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float32)
            yield (
                np.array([row[0] for row in rows], dtype=np.int64),
                joined.reshape(len(rows), corpus.embedder.dimensions),
            )

    def source(self, corpus: CorpusRow) -> VectorSource:
        """The vectors of a corpus, for an index."""
        return VectorSource(
            key=corpus.uid,
            revision=corpus.revision,
            dimensions=corpus.embedder.dimensions,
            ids=lambda: self.chunk_ids(corpus),
            pages=lambda ids: self.vectors(corpus, ids),
        )

    def derived(self, corpus: CorpusRow, kind: str) -> bytes | None:
        """A saved index of this very revision, or None."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT data FROM derived WHERE corpus_id = ? AND kind = ? AND revision = ?",
                (corpus.id, kind, corpus.revision),
            ).fetchone()
        return row[0] if row else None

    def save_derived(self, corpus: CorpusRow, kind: str, *, data: bytes) -> None:
        """Save an index made from this revision; nothing happens when the corpus has moved on."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO derived (corpus_id, kind, revision, data)"
                " SELECT id, ?, ?, ? FROM corpus WHERE id = ? AND revision = ?",
                (kind, corpus.revision, data, corpus.id, corpus.revision),
            )


def chunk_digest(text: str) -> str:
    """sha256 of a chunk's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _free_slug(connection: sqlite3.Connection, corpus_id: int, document: Document) -> str:
    """The document's name without suffix; with a few digits of its path's digest when that is taken."""
    stem = document.name.rsplit(".", 1)[0] if "." in document.name.rsplit("/", 1)[-1] else document.name
    slug = "-".join(stem.lower().split()) or "document"
    taken = connection.execute("SELECT 1 FROM document WHERE corpus_id = ? AND slug = ?", (corpus_id, slug)).fetchone()
    path_digest = hashlib.sha256(document.path.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}-{path_digest[:8]}" if taken else slug
