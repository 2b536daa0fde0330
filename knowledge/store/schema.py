"""The tables behind the corpora, in SQL that SQLite and PostgreSQL both read.

Rows get their numbers from ``sequence``: a number never comes back after its row was deleted, so that an index beside
the database can tell by number alone what it lacks. The text of a document lies in blocks, so that a clause is read
without the megabytes around it.
"""

from coreagent.knowledge.store.database import Connection

SCHEMA_VERSION = 2
BLOCK_CHARACTERS = 32_768

TABLES = """
CREATE TABLE IF NOT EXISTS corpus (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    uid TEXT NOT NULL,
    label TEXT NOT NULL,
    embedder TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    digest TEXT NOT NULL,
    created TEXT NOT NULL,
    revision TEXT NOT NULL
);
CREATE TABLE document (
    id INTEGER PRIMARY KEY,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    slug TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    grammar TEXT NOT NULL,
    body_start INTEGER NOT NULL,
    number TEXT NOT NULL,
    version TEXT NOT NULL,
    "release" TEXT NOT NULL,
    family TEXT NOT NULL,
    language TEXT NOT NULL,
    label TEXT NOT NULL,
    licence TEXT NOT NULL,
    added TEXT NOT NULL,
    signature BLOB NOT NULL,
    pages TEXT NOT NULL,
    meta TEXT NOT NULL,
    characters INTEGER NOT NULL,
    UNIQUE (corpus_id, path),
    UNIQUE (corpus_id, slug)
);
CREATE TABLE block (
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (document_id, start)
);
CREATE TABLE clause (
    id INTEGER PRIMARY KEY,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    parent_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    path TEXT NOT NULL,
    level INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL
);
CREATE INDEX clause_document ON clause(document_id);
CREATE INDEX clause_number ON clause(corpus_id, number);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    clause_id INTEGER NOT NULL,
    section TEXT NOT NULL,
    kind TEXT NOT NULL,
    page INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    context TEXT NOT NULL,
    text TEXT NOT NULL,
    postings BLOB,
    vector BLOB NOT NULL
);
CREATE INDEX chunk_columns ON chunk(corpus_id, id, document_id, clause_id, sha256);
CREATE INDEX chunk_document ON chunk(document_id);
CREATE TABLE term (
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    abbreviation TEXT NOT NULL,
    expansion TEXT NOT NULL,
    meaning TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX term_corpus ON term(corpus_id);
CREATE INDEX term_document ON term(document_id);
CREATE TABLE IF NOT EXISTS derived (
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    revision TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (corpus_id, kind)
);
CREATE TABLE sequence (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
INSERT INTO sequence VALUES ('corpus', 0), ('document', 0), ('clause', 0), ('chunk', 0)
"""


def statements() -> tuple[str, ...]:
    """The statements that make all tables, one by one."""
    return tuple(part.strip() for part in TABLES.split(";"))


def numbers(connection: Connection, table: str, count: int) -> range:
    """So many new row numbers of a table, never given before; call it inside a writing transaction."""
    ((last,),) = connection.execute("UPDATE sequence SET last = last + ? WHERE name = ? RETURNING last", (count, table))
    return range(last - count + 1, last + 1)
