"""The source of truth of the corpora: documents, clauses, chunks and vectors in one database.

One transaction a document: a process killed at any moment leaves a database that opens, and the next ``add`` goes on
where it stopped. Indexes are derived: each remembers the corpus revision that it was made from.
"""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import UnknownNameError
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.index.dense import Page, VectorSource
from coreagent.knowledge.store import reading
from coreagent.knowledge.store.checks import faults
from coreagent.knowledge.store.database import Connection, Database
from coreagent.knowledge.store.drafts import Draft, drop_drafts, is_draft
from coreagent.knowledge.store.figures import CorpusStats, figures
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.rows import ChunkColumns, ChunkRow, ClauseRow, CorpusRow, DocumentRow, Outcome
from coreagent.knowledge.store.schema import numbers
from coreagent.knowledge.store.sqlite import SqliteDatabase
from coreagent.knowledge.store.writing import insert_corpus, now, put_document
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

_PAGE = 500
_VECTOR_PAGE = 4_000


class Store:
    """All corpora of one database. Safe for threads; several processes may hold the same one."""

    def __init__(self, database: Database) -> None:
        """On an open database, which the store closes with itself."""
        self._database = database

    @classmethod
    def open(cls, path: Path | None, *, write: bool = True) -> "Store":
        """Open or make a SQLite file; in memory for None.

        Raises:
            KnowledgeError: the file can not be opened or made, is damaged, or is from another version.
        """
        return cls(SqliteDatabase(path, write=write))

    def close(self) -> None:
        """Give the database back. The store can not be used afterwards."""
        self._database.close()

    def faults(self, corpus: CorpusRow) -> tuple[str, ...]:
        """What the database finds wrong with its file and with the rows of a corpus, one sentence each."""
        damage = self._database.damage()
        with self._database.reading() as connection:
            return (*damage, *faults(connection, corpus))

    def corpora(self) -> tuple[CorpusRow, ...]:
        """All corpora by name."""
        with self._database.reading() as connection:
            rows = map(reading.corpus_row, connection.execute(f"{reading.CORPUS} ORDER BY name"))
            return tuple(row for row in rows if not is_draft(row.name))

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
        with self._database.writing() as connection:
            if not connection.execute("SELECT 1 FROM corpus WHERE name = ?", (name,)):
                (number,) = numbers(connection, "corpus", 1)
                row = CorpusRow(
                    id=number,
                    name=name,
                    uid=uuid.uuid4().hex,
                    label=label,
                    embedder=embedder,
                    created=now(),
                    revision=uuid.uuid4().hex,
                )
                insert_corpus(connection, row)
        return self.corpus(name)

    def remove(self, name: str) -> None:
        """Delete a corpus with everything in it.

        Raises:
            UnknownNameError: there is none of that name.
        """
        corpus = self.corpus(name)
        with self._database.writing() as connection:
            connection.execute("DELETE FROM corpus WHERE id = ?", (corpus.id,))
            drop_drafts(connection, name)

    def draft(self, corpus: CorpusRow, *, embedder: EmbedderIdentity, maker: str) -> Draft:
        """A draft to make the corpus anew in; the one that was begun, if there is one."""
        return Draft(self._database, corpus, embedder=embedder, maker=maker)

    def digests(self, corpus: CorpusRow) -> dict[str, str]:
        """The sha256 of every document's file by its path: what need not be read again."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, sha256 FROM document WHERE corpus_id = ?", (corpus.id,))
        return {str(path): str(digest) for path, digest in rows}

    def put(self, corpus: CorpusRow, prepared: Prepared, *, vectors: NDArray[np.float32]) -> Outcome:
        """Store one document in place of its earlier version; ``vectors`` has one row of unit length a chunk.

        Raises:
            UnknownNameError: the corpus was removed meanwhile.
            ValueError: there are not as many vectors as chunks.
        """
        return self.put_many(corpus, [(prepared, vectors)])[0]

    def put_many(
        self, corpus: CorpusRow, entries: Sequence[tuple[Prepared, NDArray[np.float32]]]
    ) -> tuple[Outcome, ...]:
        """Several documents in one transaction: all of them or none; raises as :meth:`put` does."""
        with self._database.writing() as connection:
            _check_exists(connection, corpus)
            outcomes: tuple[Outcome, ...] = tuple(
                put_document(connection, corpus, prepared, vectors=vectors) for prepared, vectors in entries
            )
            if any(outcome != "unchanged" for outcome in outcomes):
                _revise(connection, corpus)
        return outcomes

    def remove_document(self, corpus: CorpusRow, slug: str) -> None:
        """Delete one document with everything derived from it.

        Raises:
            UnknownNameError: there is none of that slug.
        """
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM document WHERE corpus_id = ? AND slug = ? RETURNING id", (corpus.id, slug)
            )
            if not gone:
                known = connection.execute("SELECT slug FROM document WHERE corpus_id = ?", (corpus.id,))
                raise UnknownNameError("document", slug, (row[0] for row in known))
            _revise(connection, corpus)

    def documents(self, corpus: CorpusRow) -> tuple[DocumentRow, ...]:
        """All documents of a corpus by slug."""
        with self._database.reading() as connection:
            return reading.documents(connection, corpus)

    def clauses(
        self, corpus: CorpusRow, *, document_id: int | None = None, number: str | None = None
    ) -> tuple[ClauseRow, ...]:
        """Clauses of a corpus, of one document, or of this number, in the order of the text."""
        with self._database.reading() as connection:
            return reading.clauses(connection, corpus, document_id=document_id, number=number)

    def terms(self, corpus: CorpusRow) -> tuple[Term, ...]:
        """Abbreviations and definitions that the documents state, each once."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT abbreviation, expansion, meaning, source FROM term WHERE corpus_id = ?"
                " ORDER BY abbreviation, expansion, source, meaning",
                (corpus.id,),
            )
        return tuple(Term(abbreviation=r[0], expansion=r[1], meaning=r[2], source=r[3]) for r in rows)

    def documents_stating(self, corpus: CorpusRow, term: Term) -> tuple[int, ...]:
        """Ids of the documents that state this very term, ascending."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT document_id FROM term WHERE corpus_id = ? AND abbreviation = ? AND expansion = ?"
                " AND meaning = ? AND source = ? ORDER BY document_id",
                (corpus.id, term.abbreviation, term.expansion, term.meaning, term.source),
            )
        return tuple(row[0] for row in rows)

    def stats(self, corpus: CorpusRow) -> CorpusStats:
        """Counts for the user's eye."""
        with self._database.reading() as connection:
            return figures(connection, corpus)

    def text(self, document_id: int) -> str:
        """The stored text of a document; empty when it was removed meanwhile."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT text FROM block WHERE document_id = ? ORDER BY start", (document_id,))
        return "".join(row[0] for row in rows)

    def spans(self, document_id: int, spans: Sequence[tuple[int, int]]) -> list[str]:
        """``text[start:end]`` for each; reads no more of the document than that."""
        with self._database.reading() as connection:
            return [reading.text(connection, document_id, start=start, end=end) for start, end in spans]

    def chunk_rows(self, corpus: CorpusRow, ids: Sequence[int] | None = None) -> Iterator[ChunkRow]:
        """Chunks by id, or all of the corpus, in ascending order of id; ids that are gone are left out."""
        wanted = self.chunk_ids(corpus).tolist() if ids is None else sorted(ids)
        for at in range(0, len(wanted), _PAGE):
            with self._database.reading() as connection:
                page = list(reading.chunks(connection, corpus, wanted[at : at + _PAGE]))
            yield from page

    def columns(self, corpus: CorpusRow) -> ChunkColumns:
        """All chunks of a corpus as arrays."""
        with self._database.reading() as connection:
            return reading.columns(connection, corpus)

    def chunk_ids(self, corpus: CorpusRow) -> NDArray[np.int64]:
        """Ids of all chunks of a corpus, ascending."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM chunk WHERE corpus_id = ? ORDER BY id", (corpus.id,))
        return np.array([row[0] for row in rows], dtype=np.int64)

    def vectors(self, corpus: CorpusRow, ids: NDArray[np.int64]) -> Iterator[Page]:
        """Vectors of these chunks in ascending order of id, a page at a time; missing ids are left out."""
        ordered = np.sort(ids)
        for at in range(0, len(ordered), _VECTOR_PAGE):
            with self._database.reading() as connection:
                page = reading.vectors(connection, corpus, ordered[at : at + _VECTOR_PAGE])
            yield page

    def postings(self, corpus: CorpusRow) -> tuple[NDArray[np.int64], list[bytes]]:
        """Ids of all chunks of a corpus, ascending, and beside each what the word index needs of it."""
        ids = self.chunk_ids(corpus)
        found: list[int] = []
        parts: list[bytes] = []
        for at in range(0, len(ids), _VECTOR_PAGE):
            with self._database.reading() as connection:
                for number, part in reading.chunk_postings(connection, corpus, ids[at : at + _VECTOR_PAGE]):
                    found.append(number)
                    parts.append(part)
        return np.array(found, dtype=np.int64), parts

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
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT data FROM derived WHERE corpus_id = ? AND kind = ? AND revision = ?",
                (corpus.id, kind, corpus.revision),
            )
        return bytes(rows[0][0]) if rows else None

    def save_derived(self, corpus: CorpusRow, kind: str, *, data: bytes) -> None:
        """Save an index made from this revision; nothing happens when the corpus has moved on."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO derived (corpus_id, kind, revision, data)"
                " SELECT id, ?, ?, ? FROM corpus WHERE id = ? AND revision = ?"
                " ON CONFLICT (corpus_id, kind) DO UPDATE SET revision = excluded.revision, data = excluded.data",
                (kind, corpus.revision, data, corpus.id, corpus.revision),
            )


def _check_exists(connection: Connection, corpus: CorpusRow) -> None:
    if not connection.execute("SELECT 1 FROM corpus WHERE id = ?", (corpus.id,)):
        raise UnknownNameError("corpus", corpus.name, ())


def _revise(connection: Connection, corpus: CorpusRow) -> None:
    connection.execute("UPDATE corpus SET revision = ? WHERE id = ?", (uuid.uuid4().hex, corpus.id))
