"""A corpus made anew beside the one in use, and put in its place in one transaction.

The draft is a corpus of its own under a name that no user can give. A process that is killed leaves it as it is; the
next one goes on with it. Until the end the old corpus answers.
"""

import uuid

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import UnknownNameError
from coreagent.knowledge.store import reading
from coreagent.knowledge.store.database import Connection, Database
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.rows import CorpusRow, DocumentRow
from coreagent.knowledge.store.schema import numbers
from coreagent.knowledge.store.writing import insert_corpus, now, put_document
from coreagent.models.embedding import EmbedderIdentity

_MARK = "~"
_MISSING = (
    "SELECT slug FROM document d WHERE corpus_id = ? AND NOT EXISTS"
    " (SELECT 1 FROM document o WHERE o.corpus_id = ? AND o.path = d.path AND o.sha256 = d.sha256)"
)


class Draft:
    """The draft of one corpus."""

    def __init__(self, database: Database, corpus: CorpusRow, *, embedder: EmbedderIdentity, maker: str) -> None:
        """Make the draft, or go on with the one that the same ``maker`` (a version) and embedder left."""
        self._database, self._corpus = database, corpus
        name = f"{_MARK}{corpus.name}{_MARK}{maker}"
        with database.writing() as connection:
            for row in _drafts(connection, corpus.name):
                if row.name == name and row.embedder == embedder and row.label == corpus.label:
                    self._draft = row
                    return
                connection.execute("DELETE FROM corpus WHERE id = ?", (row.id,))
            (number,) = numbers(connection, "corpus", 1)
            self._draft = CorpusRow(
                id=number,
                name=name,
                uid=uuid.uuid4().hex,
                label=corpus.label,
                embedder=embedder,
                created=corpus.created or now(),
                revision=uuid.uuid4().hex,
            )
            insert_corpus(connection, self._draft)

    def missing(self) -> tuple[DocumentRow, ...]:
        """Documents of the corpus that the draft has not got yet."""
        with self._database.reading() as connection:
            slugs = {row[0] for row in connection.execute(_MISSING, (self._corpus.id, self._draft.id))}
            return tuple(row for row in reading.documents(connection, self._corpus) if row.slug in slugs)

    def put(self, original: DocumentRow, prepared: Prepared, *, vectors: NDArray[np.float32]) -> None:
        """Store a document under its old slug and date.

        Raises:
            UnknownNameError: another process has finished the draft, or the corpus was removed.
        """
        with self._database.writing() as connection:
            if not connection.execute("SELECT 1 FROM corpus WHERE id = ?", (self._draft.id,)):
                raise UnknownNameError("corpus", self._corpus.name, ())
            # A slug that went to another document since the draft was begun is free again once that one is taken out.
            connection.execute(
                "DELETE FROM document WHERE corpus_id = ? AND slug = ? AND path <> ?",
                (self._draft.id, original.slug, original.path),
            )
            put_document(connection, self._draft, prepared, vectors=vectors, slug=original.slug, added=original.added)

    def take_over(self) -> bool:
        """Put the draft in the corpus's place; False when documents were added meanwhile, which it lacks.

        Raises:
            UnknownNameError: the corpus or the draft is not there any more.
        """
        with self._database.writing() as connection:
            for row in (self._corpus, self._draft):
                if not connection.execute("SELECT 1 FROM corpus WHERE id = ? AND name = ?", (row.id, row.name)):
                    raise UnknownNameError("corpus", self._corpus.name, ())
            if connection.execute(f"{_MISSING} LIMIT 1", (self._corpus.id, self._draft.id)):
                return False
            for (slug,) in connection.execute(_MISSING, (self._draft.id, self._corpus.id)):
                connection.execute("DELETE FROM document WHERE corpus_id = ? AND slug = ?", (self._draft.id, slug))
            connection.execute("DELETE FROM corpus WHERE id = ?", (self._corpus.id,))
            connection.execute(
                "UPDATE corpus SET name = ?, revision = ? WHERE id = ?",
                (self._corpus.name, uuid.uuid4().hex, self._draft.id),
            )
        return True


def is_draft(name: str) -> bool:
    """Whether this is the name of a draft."""
    return name.startswith(_MARK)


def drop_drafts(connection: Connection, name: str) -> None:
    """Delete the drafts of a corpus."""
    for row in _drafts(connection, name):
        connection.execute("DELETE FROM corpus WHERE id = ?", (row.id,))


def _drafts(connection: Connection, name: str) -> list[CorpusRow]:
    rows = map(reading.corpus_row, connection.execute(reading.CORPUS))
    return [row for row in rows if row.name.startswith(f"{_MARK}{name}{_MARK}")]
