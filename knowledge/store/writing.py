"""One prepared document becomes rows."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.documents.front_matter import texts
from coreagent.knowledge.index.postings import postings
from coreagent.knowledge.store.database import Connection
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.rows import CorpusRow, Outcome
from coreagent.knowledge.store.schema import BLOCK_CHARACTERS, numbers
from coreagent.knowledge.structure.chunking import Chunk
from coreagent.knowledge.structure.specification import family
from coreagent.labels import Sensitivity


def now() -> str:
    """ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def chunk_digest(text: str) -> str:
    """sha256 of a chunk's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def names(document: Document) -> str:
    """What a document is called, for the word index: its title, its aliases, its number as a standard."""
    return " ".join((document.title, *document.aliases, document.specification.number))


def chunk_postings(document: Document, chunks: Sequence[Chunk]) -> tuple[bytes, ...]:
    """What the word index needs of each chunk."""
    title = names(document)
    return tuple(postings(title, chunk.section, f"{chunk.context}\n{chunk.text}") for chunk in chunks)


def insert_corpus(connection: Connection, corpus: CorpusRow) -> None:
    """Store the row of a new corpus."""
    connection.execute(
        "INSERT INTO corpus (id, name, uid, label, embedder, dimensions, digest, created, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            corpus.id,
            corpus.name,
            corpus.uid,
            str(corpus.label),
            corpus.embedder.name,
            corpus.embedder.dimensions,
            corpus.embedder.digest,
            corpus.created,
            corpus.revision,
        ),
    )


def put_document(
    connection: Connection,
    corpus: CorpusRow,
    prepared: Prepared,
    *,
    vectors: NDArray[np.float32],
    slug: str = "",
    added: str = "",
) -> Outcome:
    """Store a document in place of its earlier version; ``slug`` and ``added`` are found out when empty."""
    document = prepared.document
    old = connection.execute(
        "SELECT id, sha256, slug FROM document WHERE corpus_id = ? AND path = ?", (corpus.id, document.path)
    )
    if old and old[0][1] == document.sha256:
        return "unchanged"
    if old:
        connection.execute("DELETE FROM document WHERE id = ?", (old[0][0],))
    slug = slug or (old[0][2] if old else _free_slug(connection, corpus.id, document))
    (number,) = numbers(connection, "document", 1)
    _insert_document(connection, corpus, prepared, number=number, slug=slug, added=added or now())
    _insert_parts(connection, corpus, prepared, number=number, vectors=vectors)
    return "replaced" if old else "added"


def _insert_document(
    connection: Connection, corpus: CorpusRow, prepared: Prepared, *, number: int, slug: str, added: str
) -> None:
    document = prepared.document
    identity = document.specification
    connection.execute(
        "INSERT INTO document (id, corpus_id, path, slug, sha256, title, format, grammar, body_start, number, version,"
        ' "release", family, language, label, licence, added, signature, pages, meta, characters)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            corpus.id,
            document.path,
            slug,
            document.sha256,
            document.title,
            document.format,
            document.grammar,
            document.body_start,
            identity.number,
            identity.version,
            identity.release,
            family(identity),
            document.language,
            _own_label(document),
            ", ".join(texts(document.meta, "license") or texts(document.meta, "licence")),
            added,
            prepared.signature,
            json.dumps(document.pages),
            json.dumps(dict(document.meta), ensure_ascii=False),
            len(document.text),
        ),
    )


def _own_label(document: Document) -> str:
    """The strictest label that the document gives itself; empty when it gives none."""
    own = [Sensitivity.parse(label) for label in texts(document.meta, "label")]
    return str(max(own)) if own else ""


def _insert_parts(
    connection: Connection, corpus: CorpusRow, prepared: Prepared, *, number: int, vectors: NDArray[np.float32]
) -> None:
    text, pages = prepared.document.text, prepared.document.pages
    clauses = numbers(connection, "clause", len(prepared.clauses))
    chunks = numbers(connection, "chunk", len(prepared.chunks))
    connection.execute_many(
        "INSERT INTO block (document_id, start, text) VALUES (?, ?, ?)",
        [(number, at, text[at : at + BLOCK_CHARACTERS]) for at in range(0, len(text), BLOCK_CHARACTERS)],
    )
    connection.execute_many(
        'INSERT INTO clause (id, corpus_id, document_id, parent_id, number, title, path, level, start, "end")'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                own,
                corpus.id,
                number,
                clauses[c.parent] if c.parent >= 0 else 0,
                c.number,
                c.title,
                c.path,
                c.level,
                c.start,
                c.end,
            )
            for own, c in zip(clauses, prepared.clauses, strict=True)
        ],
    )
    connection.execute_many(
        'INSERT INTO chunk (id, corpus_id, document_id, clause_id, section, kind, page, start, "end", sha256, context,'
        " text, postings, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                own,
                corpus.id,
                number,
                clauses[c.clause] if c.clause >= 0 else 0,
                c.section,
                c.kind,
                bisect_right(pages, c.start),
                c.start,
                c.end,
                chunk_digest(c.text),
                c.context,
                c.text,
                words,
                vector.tobytes(),
            )
            for own, c, words, vector in zip(
                chunks,
                prepared.chunks,
                prepared.postings or chunk_postings(prepared.document, prepared.chunks),
                vectors.astype(np.float32, copy=False),
                strict=True,
            )
        ],
    )
    connection.execute_many(
        "INSERT INTO term (corpus_id, document_id, abbreviation, expansion, meaning, source) VALUES (?, ?, ?, ?, ?, ?)",
        [(corpus.id, number, t.abbreviation, t.expansion, t.meaning, t.source) for t in prepared.terms],
    )


def _free_slug(connection: Connection, corpus_id: int, document: Document) -> str:
    """The document's name without suffix; with a few digits of its path's digest when that is taken."""
    stem = document.name.rsplit(".", 1)[0] if "." in document.name.rsplit("/", 1)[-1] else document.name
    slug = "-".join(stem.lower().split()) or "document"
    taken = connection.execute("SELECT 1 FROM document WHERE corpus_id = ? AND slug = ?", (corpus_id, slug))
    path_digest = hashlib.sha256(document.path.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}-{path_digest[:8]}" if taken else slug
