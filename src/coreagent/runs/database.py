"""One SQLite file: opening it, its schema, and its errors in words."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coreagent.errors import RunError
from coreagent.write_ahead import use_write_ahead_log

BUSY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file holds: ``what`` in words for messages, its version, and the statements that make it."""

    what: str
    version: int
    statements: str


RUNS = Schema(
    "run store",
    1,
    """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    question TEXT NOT NULL,
    intent TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    started REAL NOT NULL,
    updated REAL NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_started TEXT NOT NULL,
    answer TEXT
);
CREATE INDEX runs_by_start ON runs (started);
CREATE INDEX runs_by_status ON runs (status, started);
CREATE TABLE events (
    run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE journal (
    key TEXT PRIMARY KEY,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    digest TEXT NOT NULL,
    started REAL NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_started TEXT NOT NULL,
    finished REAL,
    result TEXT
) WITHOUT ROWID;
""",
)


def open_database(path: Path, schema: Schema, *, synchronous: Literal["NORMAL", "FULL"]) -> sqlite3.Connection:
    """Open the file, making it and its folder when missing.

    In ``NORMAL`` a power cut may lose the last commits, a killed process loses nothing; ``FULL`` loses neither.

    Raises:
        RunError: the folder or file can not be written, is no database, or was made by a newer version.
    """
    with explained(path, schema):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Autocommit: each transaction is begun by hand, IMMEDIATE, so that it never fails half way for a lock.
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, schema)
            connection.execute(f"PRAGMA synchronous={synchronous}")
            connection.execute("PRAGMA foreign_keys=ON")
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    version = _version(connection)
    if version > schema.version:
        raise RunError(
            f"{path} was made by a newer coreagent (schema {version}, this one knows {schema.version})",
            mend="Upgrade coreagent, or set COREAGENT_HOME to another folder.",
        )
    if version == schema.version:
        return
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    use_write_ahead_log(connection, wait_s=BUSY_TIMEOUT_S)
    with transaction(connection):
        # Another process may have made the schema while this one waited for the lock.
        if _version(connection) == 0:
            for statement in schema.statements.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={schema.version}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All statements inside, or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def storable(text: str) -> str:
    """The text with lone surrogates, which no file can hold, as question marks."""
    return text if text.isascii() else text.encode(errors="replace").decode()


@contextmanager
def explained(path: Path, schema: Schema) -> Generator[None]:
    """Turn the errors of SQLite and of the file system into a RunError that says what to do.

    Raises:
        RunError: in place of any ``sqlite3.Error`` or ``OSError``.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise RunError(f"the {schema.what} {path} can not be used: {error}", mend=_mend(error, path, schema)) from error


def _mend(error: sqlite3.Error | OSError, path: Path, schema: Schema) -> str:
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "Free disk space, or delete old runs: coreagent runs prune --keep 100."
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"Another process holds the {schema.what}: wait for it or end it, then try again."
    # A file of another kind has other tables.
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "no such table" in str(error):
        return f"Move the file away (mv {path} {path}.broken); a new one is made."
    if "fts5" in str(error):
        return "This Python's SQLite has no FTS5: use a Python built with it (coreagent doctor shows the version)."
    return f"Make the folder {path.parent} writable, or set COREAGENT_HOME to one that is."
