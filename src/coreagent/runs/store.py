"""Every run, with its events in order, in one SQLite file. A run costs the same however many came before it."""

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from coreagent.answer import Answer
from coreagent.errors import InputError, RunError, UnknownNameError
from coreagent.events import Event, Token, event_from_json
from coreagent.runs.database import RUNS, explained, open_database, storable, transaction
from coreagent.runs.journal import Journal
from coreagent.runs.process import Owner, current_owner
from coreagent.runs.records import (
    RUN_COLUMNS,
    RunState,
    StoredEvent,
    StoredRun,
    answer_to_text,
    event_to_text,
    question_of,
    run_from_row,
)
from coreagent.secrets import mask, mask_json_text

FLUSH_EVENTS = 64
FLUSH_AFTER_S = 0.5


@dataclass(slots=True)
class _Open:
    """A run this process works on: its row, its next sequence number, and events not yet written."""

    number: int
    seq: int
    flushed_s: float
    buffer: list[tuple[float, Event]] = field(default_factory=list[tuple[float, Event]])


class RunStore:
    """The run store. The file is opened at the first call; safe across threads and processes.

    Events are buffered and written in one transaction: at :meth:`flush`, at :meth:`finish`, when 64 have gathered, or
    when the first of them is half a second old as another arrives. A killed process loses at most those. Every
    method raises RunError when the file can not be used.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self.journal = Journal(path, now=now)
        self._now = now
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._open_runs: dict[str, _Open] = {}

    def begin(self, run_id: str, intent_json: str, config_digest: str) -> None:
        """Start a run, or take up one that is waiting, failed or interrupted: its events then go on.

        Raises:
            RunError: the run is finished, or a living process works on it.
        """
        now, owner = self._now(), current_owner()
        with self._lock, explained(self.path, RUNS):
            connection = self._database()
            with transaction(connection):
                row = connection.execute(
                    "SELECT number, status, host, pid, process_started FROM runs WHERE run_id = ?", (run_id,)
                ).fetchone()
                if row is None:
                    number, seq = self._insert(connection, run_id, intent_json, config_digest, now, owner), 0
                else:
                    number = int(row[0])
                    _check_free(run_id, str(row[1]), Owner(*row[2:]))
                    connection.execute(
                        "UPDATE runs SET status = 'running', updated = ?, host = ?, pid = ?, process_started = ?"
                        " WHERE number = ?",
                        (now, owner.host, owner.pid, owner.started, number),
                    )
                    (seq,) = connection.execute(
                        "SELECT coalesce(max(seq) + 1, 0) FROM events WHERE run = ?", (number,)
                    ).fetchone()
            self._open_runs[run_id] = _Open(number, int(seq), now)

    def append(self, run_id: str, event: Event) -> None:
        """Add an event. Pieces of a streamed answer that follow each other are stored as one.

        Raises:
            RunError: the run was not begun here.
        """
        with self._lock:
            run, now = self._working(run_id), self._now()
            if isinstance(event, Token) and run.buffer:
                at, last = run.buffer[-1]
                if isinstance(last, Token) and last.draft == event.draft:
                    run.buffer[-1] = (at, Token(last.text + event.text, event.draft))
                    return
            if not run.buffer:
                run.flushed_s = now
            run.buffer.append((now, event))
            if len(run.buffer) >= FLUSH_EVENTS or now - run.flushed_s >= FLUSH_AFTER_S:
                self.flush()

    def flush(self) -> None:
        """Write all buffered events. When that fails they stay buffered for the next try."""
        with self._lock:
            waiting = [run for run in self._open_runs.values() if run.buffer]
            if not waiting:
                return
            with explained(self.path, RUNS):
                connection = self._database()
                with transaction(connection):
                    for run in waiting:
                        self._write(connection, run)
            for run in waiting:
                run.seq += len(run.buffer)
                run.buffer.clear()

    def finish(self, run_id: str, status: RunState, answer: Answer | None = None) -> None:
        """End this process's work on a run: as finished, failed, waiting or interrupted, with its answer.

        Raises:
            RunError: the run was not begun here.
        """
        with self._lock:
            run = self._working(run_id)
            stored = None if answer is None else answer_to_text(answer)
            with explained(self.path, RUNS):
                connection = self._database()
                with transaction(connection):
                    self._write(connection, run)
                    connection.execute(
                        "UPDATE runs SET status = ?, updated = ?, answer = coalesce(?, answer) WHERE number = ?",
                        (status, self._now(), stored, run.number),
                    )
            del self._open_runs[run_id]

    def list(self, limit: int = 20, status: RunState | None = None) -> tuple[StoredRun, ...]:
        """The newest runs first. A run whose process died is ``interrupted``."""
        # A dead process leaves "running" behind, so that is where interrupted runs are looked for too.
        stored: tuple[str, ...] = ("running", "interrupted") if status == "interrupted" else (status or "",)
        marks = ", ".join("?" for _ in stored)
        where = f"WHERE status IN ({marks})" if status else ""
        found: list[StoredRun] = []
        with self._lock, explained(self.path, RUNS):
            rows = self._database().execute(
                f"SELECT {RUN_COLUMNS} FROM runs {where} ORDER BY started DESC, number DESC", stored if status else ()
            )
            for row in rows:
                if len(found) >= limit:
                    break
                run = run_from_row(row)
                if status is None or run.status == status:
                    found.append(run)
        return tuple(found)

    def get(self, run_id: str) -> StoredRun:
        """One run, by its id, the beginning of its id, or ``last``.

        Raises:
            UnknownNameError: there is none.
            InputError: several ids begin so.
        """
        run_id = storable(run_id)
        with self._lock, explained(self.path, RUNS):
            connection = self._database()
            if run_id == "last":
                rows = connection.execute(
                    f"SELECT {RUN_COLUMNS} FROM runs ORDER BY started DESC, number DESC LIMIT 1"
                ).fetchall()
            else:
                # A range instead of LIKE: it uses the index, and no character is a wildcard.
                rows = connection.execute(
                    f"SELECT {RUN_COLUMNS} FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT 5",
                    (run_id, run_id + "\U0010ffff"),
                ).fetchall()
        exact = [row for row in rows if row[0] == run_id]
        rows = exact or rows
        if not rows or not run_id:
            known = tuple(run.run_id for run in self.list(limit=5))
            raise UnknownNameError("run", run_id, known, mend="List the runs: coreagent runs list.")
        if len(rows) > 1:
            listed = ", ".join(str(row[0]) for row in rows[:4])
            raise InputError(f"several runs begin with {run_id!r}: {listed} ...", mend="Give more of the id.")
        return run_from_row(rows[0])

    def events(self, run_id: str) -> tuple[StoredEvent, ...]:
        """The events of a run in order; its id is read as in :meth:`get`, and those still buffered here are written.

        Raises:
            UnknownNameError: there is no such run.
        """
        with self._lock:
            self.flush()
            full = self.get(run_id).run_id
            with explained(self.path, RUNS):
                rows = (
                    self._database()
                    .execute(
                        "SELECT seq, at, data FROM events WHERE run = (SELECT number FROM runs WHERE run_id = ?)"
                        " ORDER BY seq",
                        (full,),
                    )
                    .fetchall()
                )
        return tuple(StoredEvent(int(seq), float(at), event_from_json(data)) for seq, at, data in rows)

    def prune(self, *, older_than_s: float | None = None, keep: int | None = None) -> int:
        """Delete old runs with their events, and journal entries no remaining run can need.

        A run goes when it is older than ``older_than_s`` seconds, or not among the newest ``keep``. Runs that are
        running or wait for a person stay.

        Returns:
            How many runs were deleted.
        """
        conditions: list[str] = []
        values: list[float] = []
        if older_than_s is not None:
            conditions.append("started < ?")
            values.append(self._now() - older_than_s)
        if keep is not None:
            conditions.append("number NOT IN (SELECT number FROM runs ORDER BY started DESC, number DESC LIMIT ?)")
            values.append(max(0, keep))
        if not conditions:
            return 0
        with self._lock, explained(self.path, RUNS):
            connection = self._database()
            with transaction(connection):
                rows = connection.execute(
                    f"SELECT number, {RUN_COLUMNS} FROM runs WHERE {' OR '.join(conditions)}", values
                ).fetchall()
                ended = [(row[0],) for row in rows if run_from_row(row[1:]).status not in ("running", "waiting")]
                connection.executemany("DELETE FROM runs WHERE number = ?", ended)
                # Keys belong to runs, and a run's calls begin after the run.
                connection.execute(
                    "DELETE FROM journal WHERE started < coalesce((SELECT min(started) FROM runs), ?)", (self._now(),)
                )
            connection.execute("PRAGMA incremental_vacuum").fetchall()
        return len(ended)

    def close(self) -> None:
        """Write what is buffered and close the file. Safe to call twice; a later call opens it again."""
        with self._lock:
            try:
                self.flush()
            finally:
                self.journal.close()
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None

    def __enter__(self) -> "RunStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_database(self.path, RUNS, synchronous="NORMAL")
        return self._connection

    def _working(self, run_id: str) -> _Open:
        run = self._open_runs.get(run_id)
        if run is None:
            raise RunError(f"the run {run_id!r} was not begun here", mend="Call begin before append or finish.")
        return run

    @staticmethod
    def _insert(
        connection: sqlite3.Connection, run_id: str, intent: str, config_digest: str, now: float, owner: Owner
    ) -> int:
        cursor = connection.execute(
            f"INSERT INTO runs ({RUN_COLUMNS}) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                run_id,
                storable(mask(question_of(intent))),
                storable(mask_json_text(intent)),
                config_digest,
                now,
                now,
                owner.host,
                owner.pid,
                owner.started,
            ),
        )
        return int(cursor.lastrowid or 0)

    @staticmethod
    def _write(connection: sqlite3.Connection, run: _Open) -> None:
        connection.executemany(
            "INSERT INTO events (run, seq, at, data) VALUES (?, ?, ?, ?)",
            [(run.number, run.seq + offset, at, event_to_text(event)) for offset, (at, event) in enumerate(run.buffer)],
        )


def _check_free(run_id: str, status: str, owner: Owner) -> None:
    if status == "finished":
        raise RunError(f"the run {run_id} is finished", mend=f"See its answer: coreagent runs show {run_id}.")
    if status == "running" and owner.alive:
        raise RunError(
            f"the run {run_id} is being worked on by process {owner.pid} on {owner.host}",
            mend="Wait for it to end, or stop that process.",
        )
