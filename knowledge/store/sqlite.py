"""The corpora in one SQLite file: opening, upgrading, locking, and what its errors mean to the user."""

import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from coreagent.errors import KnowledgeError
from coreagent.knowledge.store.database import Connection, Row, Value
from coreagent.knowledge.store.schema import SCHEMA_VERSION, statements
from coreagent.knowledge.store.upgrade import upgrade
from coreagent.write_ahead import use_write_ahead_log

BUSY_TIMEOUT_MS = 30_000
_PAGE_BYTES = 16_384
"""A chunk with its vector takes about two kilobytes: in SQLite's usual pages of four, half the file would be empty."""


class SqliteDatabase:
    """One file, or memory. One connection serves all threads of a process, behind a lock."""

    def __init__(self, path: Path | None, *, write: bool = True) -> None:
        """Open the file, in memory for None; make its tables or bring those of an earlier version up to date.

        Raises:
            KnowledgeError: the folder or file can not be used, is damaged, is from a newer version, or is from an
                earlier one and may only be read.
        """
        self._name = str(path) if path else ":memory:"
        self._lock = threading.RLock()
        self._connection = _connect(path, write=write)
        self._statements = SqliteConnection(self._connection)

    @property
    def name(self) -> str:
        """The path."""
        return self._name

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """As in the protocol."""
        with self._lock, explained(self._name):
            yield self._statements

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """As in the protocol."""
        with self._lock, explained(self._name), transaction(self._connection):
            yield self._statements

    def damage(self) -> tuple[str, ...]:
        """As in the protocol."""
        with self._lock:
            try:
                found = [str(row[0]) for row in self._connection.execute("PRAGMA quick_check(20)")]
                orphans = self._connection.execute("PRAGMA foreign_key_check").fetchmany(20)
            except sqlite3.DatabaseError as error:
                return (f"{self._name}: {error}",)
        wrong = [f"{self._name}: {text}" for text in found if text != "ok"]
        return (*wrong, *(f"table {row[0]}: row {row[1]} belongs to nothing" for row in orphans))

    def close(self) -> None:
        """As in the protocol."""
        with self._lock:
            self._connection.close()


class SqliteConnection:
    """The seam's two calls on an open connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """As in the protocol."""
        return self._connection.execute(statement, values).fetchall()

    def execute_many(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """As in the protocol."""
        self._connection.executemany(statement, rows)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All of the block or nothing, alone among all writers."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


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
    if code.startswith("SQLITE_IOERR"):
        mend = "Check the disk and its free space, then run the same command again; finished documents are kept."
        return f"the disk can not be read or written ({text})", mend
    if code.startswith("SQLITE_CANTOPEN"):
        return "the file can not be opened", "Check that its folder exists and is readable, or set COREAGENT_HOME."
    return f"SQLite: {text}", "Run the same command again; if it fails again, check the disk."


def _connect(path: Path | None, *, write: bool) -> sqlite3.Connection:
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
            _version(connection)
    except sqlite3.OperationalError:
        # A write-ahead log in a folder that can not be written: nobody can write it, so it can be read as it is.
        return _open(f"{address}?immutable=1", uri=True)
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_version(connection: sqlite3.Connection, shown: str, *, write: bool) -> None:
    version = _version(connection)
    if version > SCHEMA_VERSION:
        raise KnowledgeError(
            f"{shown}: written by a newer version of coreagent (schema {version}, this one knows {SCHEMA_VERSION})",
            mend="Install that version, or set COREAGENT_HOME to another folder.",
        )
    if not write:
        if version < SCHEMA_VERSION:
            raise KnowledgeError(
                f"{shown}: written by an earlier version of coreagent, and it can not be brought up to date here",
                mend="Run coreagent corpus list once as a user who may write the file and its folder.",
            )
        return
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # Only a new file takes it.
    use_write_ahead_log(connection, wait_s=BUSY_TIMEOUT_MS / 1000)
    connection.execute("PRAGMA synchronous = NORMAL")
    if version < SCHEMA_VERSION:
        _bring_up_to_date(connection)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    # The upgrade replaces tables; with foreign keys on, dropping the old ones would empty those that refer to them.
    connection.execute("PRAGMA foreign_keys = OFF")
    with transaction(connection):
        version = _version(connection)  # Another process may have been here first.
        if version == 1:
            upgrade(SqliteConnection(connection))
        elif version == 0:
            for statement in statements():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA foreign_keys = ON")
