"""The corpora in a PostgreSQL database, for many machines. Only importer of psycopg.

Everything lies in a schema of its own. Writers wait for each other on an advisory lock that falls with its transaction,
so a process that dies while it writes leaves nothing behind and holds nobody up.
"""

import re
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import urlsplit

import psycopg
from psycopg import errors

from coreagent.errors import KnowledgeError
from coreagent.knowledge.store.database import Connection, Row, Value
from coreagent.knowledge.store.schema import SCHEMA_VERSION, statements

_SCHEMA = "coreagent"
_LOCK = 0x636F7265
"""The number of the advisory lock; it only has to be another than that of other programs on the same database."""
_CONNECT_S = 10
_TYPES = {"INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'}


class PostgresDatabase:
    """One database of a server. One connection serves all threads of a process, behind a lock.

    A connection that breaks fails what was under way; the next call makes a new one.
    """

    def __init__(self, address: str) -> None:
        """Connect to ``postgresql://user@host/name`` and make the tables where they are missing.

        Raises:
            KnowledgeError: no connection, no rights, or the tables are from a newer version.
        """
        parts = urlsplit(address)
        self._name = f"postgresql://{parts.netloc.rsplit('@', 1)[-1]}{parts.path}"
        self._address = address
        self._lock = threading.RLock()
        self._connection = self._connected()
        try:
            self._set_up()
        except BaseException:
            self._connection.close()
            raise

    @property
    def name(self) -> str:
        """The address without user and password."""
        return self._name

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """As in the protocol."""
        with self._lock, self._explained():
            yield PostgresConnection(self._usable())

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """As in the protocol."""
        with self._lock, self._explained():
            connection = self._usable()
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                yield PostgresConnection(connection)

    def damage(self) -> tuple[str, ...]:
        """Empty: the server keeps its own files."""
        return ()

    def close(self) -> None:
        """As in the protocol."""
        with self._lock:
            self._connection.close()

    def _usable(self) -> "psycopg.Connection[Row]":
        if self._connection.closed:
            self._connection = self._connected()
        return self._connection

    def _connected(self) -> "psycopg.Connection[Row]":
        with self._explained():
            return psycopg.connect(
                self._address,
                autocommit=True,
                connect_timeout=_CONNECT_S,
                application_name="coreagent",
                options=f"-c search_path={_SCHEMA}",
            )

    def _set_up(self) -> None:
        if self._version() == SCHEMA_VERSION:
            return  # Nothing to write, so that a user who may only read can open it.
        with self.writing() as connection:
            version = self._version()
            if version > SCHEMA_VERSION:
                raise KnowledgeError(
                    f"{self._name}: written by a newer version of coreagent"
                    f" (schema {version}, this one knows {SCHEMA_VERSION})",
                    mend="Install that version, or name another database.",
                )
            if version == 0:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
                for statement in statements():
                    connection.execute(re.sub(r"\b(INTEGER|BLOB|TEXT)\b", lambda found: _TYPES[found[0]], statement))
                connection.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)")
                connection.execute("INSERT INTO schema_version VALUES (?)", (SCHEMA_VERSION,))

    def _version(self) -> int:
        with self.reading() as connection:
            if connection.execute(f"SELECT to_regclass('{_SCHEMA}.schema_version')")[0][0] is None:
                return 0
            return int(connection.execute("SELECT version FROM schema_version")[0][0])

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except psycopg.Error as error:
            cause, mend = _meaning(error)
            raise KnowledgeError(f"{self._name}: {cause}", mend=mend) from error


class PostgresConnection:
    """The seam's two calls on an open connection."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """As in the protocol."""
        # Binary, because bytes would come as text of twice their size.
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(_translated(statement), values)
            return cursor.fetchall() if cursor.description else []

    def execute_many(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """As in the protocol."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(statement), rows)


@lru_cache(maxsize=256)
def _translated(statement: str) -> bytes:
    return statement.replace("%", "%%").replace("?", "%s").encode()


def _meaning(error: "psycopg.Error") -> tuple[str, str]:
    text = " ".join(str(error).split())
    table: tuple[tuple[type[psycopg.Error], str, str], ...] = (
        (errors.DiskFull, "the server's disk is full", "Free some space there, then run the same command again."),
        (
            errors.InsufficientPrivilege,
            f"not allowed ({text})",
            f"Grant the user CREATE on the database, or make the schema {_SCHEMA} as its owner.",
        ),
        (errors.ReadOnlySqlTransaction, "the server only reads", "Name the primary server, not a replica."),
    )
    for kind, cause, mend in table:
        if isinstance(error, kind):
            return cause, mend
    if not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return f"PostgreSQL: {text}", "Run the same command again; if it fails again, check the server's log."
    # The library has no code for what a server says before it lets one in, only its words.
    if "password" in text or "authentication" in text:
        return f"no entry ({text})", "Put the password into PGPASSWORD or ~/.pgpass, and check the user."
    if "does not exist" in text:
        return f"not there ({text})", "Make it (createdb NAME, createuser NAME), or mend database in [knowledge]."
    return f"no connection ({text})", "Check that the server runs and the address in [knowledge], then run it again."
