"""The SQLite file behind the corpora: schema, opening, and what its errors mean to the user."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from coreagent.errors import KnowledgeError
from coreagent.write_ahead import use_write_ahead_log

SCHEMA_VERSION = 1
BUSY_TIMEOUT_MS = 30_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS corpus (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    uid TEXT NOT NULL,
    label TEXT NOT NULL,
    embedder TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    digest TEXT NOT NULL,
    created TEXT NOT NULL,
    revision TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    slug TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    meta TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (corpus_id, path),
    UNIQUE (corpus_id, slug)
);
CREATE TABLE IF NOT EXISTS chunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    section TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    text TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS chunk_corpus ON chunk(corpus_id);
CREATE INDEX IF NOT EXISTS chunk_document ON chunk(document_id);
CREATE TABLE IF NOT EXISTS derived (
    corpus_id INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    revision TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (corpus_id, kind)
);
"""


@contextmanager
def explained(path: str) -> Generator[None]:
    """Turn sqlite3's errors into ones that say what to do.

    Raises:
        KnowledgeError: disk full, read-only, locked, damaged, or any other failure of the file.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        cause, mend = _meaning(code, str(error), path)
        raise KnowledgeError(f"{path}: {cause}", mend=mend) from error


def _meaning(code: str, text: str, path: str) -> tuple[str, str]:
    if code.startswith("SQLITE_FULL"):
        return "the disk is full", "Free some space, then run the same command again; finished documents are kept."
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return "the corpora are read-only", "Make the file and its folder writable, or set COREAGENT_HOME."
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another process is writing", "Wait until it ends, then run the same command again."
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"the file is damaged ({text})", f"Move {path!r} away and add the corpora again."
    if code.startswith("SQLITE_CANTOPEN"):
        return "the file can not be opened", "Check that its folder exists and is readable, or set COREAGENT_HOME."
    return f"SQLite: {text}", "Run the same command again; if it fails again, check the disk."


def connect(path: Path | None, *, write: bool) -> sqlite3.Connection:
    """Open the file (in memory for None), make or check its schema; foreign keys and write-ahead log are on.

    Raises:
        KnowledgeError: the folder or file can not be used, or a newer version of the package made the file.
    """
    shown = str(path) if path else ":memory:"
    with explained(shown):
        if path is None:
            connection = _open(":memory:", uri=False)
        elif write:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise KnowledgeError(
                    f"{path.parent}: the folder can not be made: {error.strerror}",
                    mend="Make it writable, or set COREAGENT_HOME to a folder that is.",
                ) from error
            connection = _open(str(path), uri=False)
        else:
            connection = _open_read_only(path)
        with closed_on_failure(connection):
            _check_version(connection, shown, write=write or path is None)
    return connection


class Closable(Protocol):
    """A connection or a store."""

    def close(self) -> None:
        """Give the file back."""
        ...


@contextmanager
def closed_on_failure(opened: Closable) -> Generator[None]:
    """Close it when the block is left by an exception, of whatever kind; it stays open otherwise."""
    try:
        yield
    except BaseException:
        opened.close()
        raise


def _open(target: str, *, uri: bool) -> sqlite3.Connection:
    # One connection serves all threads of a process, behind the store's lock.
    connection = sqlite3.connect(target, uri=uri, check_same_thread=False, isolation_level=None)
    with closed_on_failure(connection):
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _open_read_only(path: Path) -> sqlite3.Connection:
    address = path.resolve().as_uri()
    connection = _open(f"{address}?mode=ro", uri=True)
    try:
        with closed_on_failure(connection):
            connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        # A write-ahead log in a folder that can not be written: nobody can write it, so it can be read as it is.
        return _open(f"{address}?immutable=1", uri=True)
    return connection


def _check_version(connection: sqlite3.Connection, shown: str, *, write: bool) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise KnowledgeError(
            f"{shown}: written by a newer version of coreagent (schema {version}, this one knows {SCHEMA_VERSION})",
            mend="Install that version, or set COREAGENT_HOME to another folder.",
        )
    if not write:
        return
    use_write_ahead_log(connection, wait_s=BUSY_TIMEOUT_MS / 1000)
    connection.execute("PRAGMA synchronous = NORMAL")
    if version < SCHEMA_VERSION:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
