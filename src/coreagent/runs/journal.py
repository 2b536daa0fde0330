"""The write journal: a tool call that changes something is done once, also across crashes and processes.

Before the call its key is written and synced to disk, after it the result. A second attempt with the same key finds
either the result, which is used instead of a call, or a beginning without an end: then nobody can know whether the
change was made, and the caller decides (a tool that passes the key on may be called again, any other asks a person).
"""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coreagent.errors import RunError
from coreagent.runs.database import RUNS, explained, open_database, storable, transaction
from coreagent.runs.process import Owner, current_owner
from coreagent.secrets import mask_json_text

JournalState = Literal["new", "started", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What is known of a call.

    ``state`` is ``new`` (make the call now), ``started`` (begun earlier, no end known) or ``finished``. ``result`` is
    the JSON given to :meth:`Journal.finish`, None before that. ``owner_alive`` tells of a started call whether the
    process that began it still runs, so it may yet end.
    """

    key: str
    tool: str
    state: JournalState
    result: str | None = None
    owner_alive: bool = False


class Journal:
    """The journal in the run store's file. The file is opened at the first call; safe across threads and processes."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def begin(self, key: str, tool: str, arguments: str) -> JournalEntry:
        """Write down that a call begins; on disk when this returns. ``arguments`` is JSON, stored with secrets masked.

        Of any number of callers with one key exactly one gets ``new``.

        Raises:
            RunError: the key belongs to another tool or other arguments, or the store can not be written.
        """
        digest = hashlib.sha256(f"{tool}\0{arguments}".encode(errors="surrogatepass")).hexdigest()
        owner = current_owner()
        with self._lock, explained(self._path, RUNS):
            connection = self._open()
            with transaction(connection):
                added = connection.execute(
                    "INSERT OR IGNORE INTO journal (key, tool, arguments, digest, started, host, pid, process_started)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        key,
                        tool,
                        storable(mask_json_text(arguments)),
                        digest,
                        self._now(),
                        owner.host,
                        owner.pid,
                        owner.started,
                    ),
                ).rowcount
                row = connection.execute(
                    "SELECT tool, digest, host, pid, process_started, finished, result FROM journal WHERE key = ?",
                    (key,),
                ).fetchone()
        if added:
            return JournalEntry(key=key, tool=tool, state="new", owner_alive=True)
        stored_tool, stored_digest, host, pid, started, finished, result = row
        if stored_digest != digest:
            raise RunError(
                f"the idempotency key {key!r} was used for another call of {stored_tool!r}",
                mend="Give each different call its own key.",
            )
        if finished is not None:
            return JournalEntry(key=key, tool=tool, state="finished", result=result)
        return JournalEntry(key=key, tool=tool, state="started", owner_alive=Owner(host, pid, started).alive)

    def finish(self, key: str, result_json: str) -> None:
        """Write down the result, secrets masked; on disk when this returns. Finishing twice keeps the first result.

        Raises:
            RunError: the call was never begun, or the store can not be written.
        """
        with self._lock, explained(self._path, RUNS):
            connection = self._open()
            with transaction(connection):
                connection.execute(
                    "UPDATE journal SET finished = ?, result = ? WHERE key = ? AND finished IS NULL",
                    (self._now(), storable(mask_json_text(result_json)), key),
                )
                known = connection.execute("SELECT 1 FROM journal WHERE key = ?", (key,)).fetchone()
        if known is None:
            raise RunError(f"the call {key!r} was never begun in the journal", mend="Call begin before finish.")

    def release(self, key: str) -> None:
        """Forget a call that is known to have changed nothing, so that it may be tried again. Finished ones stay.

        Raises:
            RunError: the store can not be written.
        """
        with self._lock, explained(self._path, RUNS):
            connection = self._open()
            with transaction(connection):
                connection.execute("DELETE FROM journal WHERE key = ? AND finished IS NULL", (key,))

    def close(self) -> None:
        """Close the file. Safe to call twice; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_database(self._path, RUNS, synchronous="FULL")
        return self._connection
