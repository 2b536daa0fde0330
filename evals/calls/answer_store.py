"""Every answer of every model, kept by what was asked: what was paid for once is never paid for again."""

import asyncio
import json
import logging
import math
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from coreagent.budget import Spent
from coreagent.errors import RunError
from coreagent.messages import ToolCall, Usage
from coreagent.models.chat import Completion
from coreagent.write_ahead import use_write_ahead_log

_LOG = logging.getLogger(__name__)

VERSION = 1
_WAIT_S = 30.0
_SOON_S = 1.0
_PAGES_BETWEEN_CHECKPOINTS = 4_000
"""16 MB: folding the write-ahead log back waits for the disk, and every answer in flight waits with it."""

_TABLES = """
CREATE TABLE IF NOT EXISTS answer (
  key BLOB PRIMARY KEY, run TEXT NOT NULL, completion TEXT NOT NULL, usd REAL NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, at REAL NOT NULL)
"""
_INSERT = "INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)"
_MEND = "Free the disk or mend the file, then resume the run; or name another store."


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row to be written, and who waits for it, if anybody does."""

    row: tuple[Any, ...]
    written: asyncio.Future[None] | None = None


class AnswerStore:
    """Answers in one SQLite file, by the key of their request. Several processes may use the file at once.

    An answer that was put is there after a ``kill -9`` of the process: it was handed to the operating system before
    :meth:`put` or :meth:`keep` came back. Power loss may cost the last ones, but never the file. Errors are not kept.
    """

    def __init__(self, path: Path) -> None:
        """Makes the file when there is none.

        Raises:
            RunError: it can not be opened, is something else, or was written by another version.
        """
        self.path = path
        self._lock = threading.Lock()
        self._batch: list[_Kept] = []
        self._later: list[_Kept] = []
        self._flights: dict[str, asyncio.Future[None]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise RunError(f"{path}: the store of answers can not be opened: {error}", mend=_MEND) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise RunError(f"{path}: no store of answers: {error}", mend=_MEND) from error
        except RunError:
            self._connection.close()
            raise

    def __enter__(self) -> "AnswerStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        use_write_ahead_log(self._connection, wait_s=_WAIT_S)
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_BETWEEN_CHECKPOINTS}")
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if found not in (0, VERSION):
            raise RunError(
                f"{self.path}: a store of answers of version {found}, this package reads {VERSION}",
                mend="Name another store.",
            )
        if not found:
            self._connection.execute(_TABLES)
            self._connection.execute(f"PRAGMA user_version={VERSION}")

    def get(self, key: str) -> Completion | None:
        """The answer kept under ``key``, marked as replayed; None when there is none.

        Raises:
            RunError: the file can not be read.
        """
        row = self._run("SELECT completion FROM answer WHERE key = ?", (bytes.fromhex(key),))
        return _completion(row[0]) if row else None

    async def find(self, key: str) -> Completion | None:
        """The same as :meth:`get`, as :class:`coreagent.evals.calls.answers.Answers` has it."""
        return self.get(key)

    def put(self, key: str, completion: Completion, *, run: str, usd: float) -> None:
        """Keep an answer that ``run`` paid ``usd`` dollars for. One that is there already stays.

        Raises:
            RunError: the file can not be written.
        """
        self._run(_INSERT, _row(key, completion, run, usd))

    async def keep(self, key: str, completion: Completion, *, run: str, usd: float) -> None:
        """The same for many at once: answers that come in one turn of the event loop are written as one.

        It comes back when they are written. Raises as :meth:`put`.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        if not self._batch:
            loop.call_soon(self._write_batch)
        self._batch.append(_Kept(_row(key, completion, run, usd), written))
        await written

    def keep_soon(self, key: str, completion: Completion, *, run: str, usd: float) -> None:
        """The same without waiting: it is written within a second, or when the store is closed.

        A ``kill -9`` before that loses it, and a file that can not be written costs a warning.
        """
        if not self._later:
            asyncio.get_running_loop().call_later(_SOON_S, self._write_batch)
        self._later.append(_Kept(_row(key, completion, run, usd)))

    def _write_batch(self) -> None:
        batch = [*self._later, *self._batch]
        self._later, self._batch = [], []
        if not batch:
            return
        failure: RunError | None = None
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(_INSERT, [kept.row for kept in batch])
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                failure = RunError(f"{self.path}: the store of answers failed: {error}", mend=_MEND)
                failure.__cause__ = error
                self._roll_back()
        for kept in batch:
            if kept.written is None:
                if failure is not None:
                    _LOG.warning("%s", failure)
            # Cancelled while it waited: the answer is kept all the same.
            elif not kept.written.done():
                if failure is None:
                    kept.written.set_result(None)
                else:
                    kept.written.set_exception(failure)

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def paid_usd(self, run: str) -> float:
        """Dollars of the answers that this run paid for, exactly rounded."""
        return self.paid(run).usd

    def paid(self, run: str) -> Spent:
        """Dollars, tokens and calls of the answers that this run paid for.

        Raises:
            RunError: the file can not be read.
        """
        with self._lock:
            try:
                rows = self._connection.execute(
                    "SELECT usd, input_tokens, output_tokens FROM answer WHERE run = ?", (run,)
                ).fetchall()
            except sqlite3.Error as error:
                raise RunError(f"{self.path}: can not be read: {error}", mend=_MEND) from error
        usage = Usage(sum(row[1] for row in rows), sum(row[2] for row in rows), len(rows))
        return Spent(math.fsum(row[0] for row in rows), usage)

    def prune(self, *, older_than_s: float) -> int:
        """Forget answers that were put more than this many seconds ago; how many there were.

        Raises:
            RunError: the file can not be written.
        """
        with self._lock:
            try:
                done = self._connection.execute("DELETE FROM answer WHERE at < ?", (time.time() - older_than_s,))
            except sqlite3.Error as error:
                raise RunError(f"{self.path}: the store of answers failed: {error}", mend=_MEND) from error
        return done.rowcount

    def __len__(self) -> int:
        row = self._run("SELECT count(*) FROM answer", ())
        return int(row[0]) if row else 0

    @property
    def flights(self) -> dict[str, asyncio.Future[None]]:
        """Requests being asked now, by key, so that an equal one waits for the answer instead of asking too."""
        return self._flights

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        self._write_batch()
        with self._lock:
            self._connection.close()

    def _run(self, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
            except sqlite3.Error as error:
                raise RunError(f"{self.path}: the store of answers failed: {error}", mend=_MEND) from error
        return row


def _row(key: str, completion: Completion, run: str, usd: float) -> tuple[Any, ...]:
    usage = completion.usage
    return bytes.fromhex(key), run, _text(completion), usd, usage.input_tokens, usage.output_tokens, time.time()


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _text(completion: Completion) -> str:
    usage = completion.usage
    return _encode(
        [
            completion.text,
            completion.model,
            [[call.id, call.name, call.arguments] for call in completion.tool_calls],
            completion.finish_reason,
            [usage.input_tokens, usage.output_tokens, usage.calls],
            completion.usage_estimated,
            completion.token_logprobs,
        ]
    )


def _completion(stored: str) -> Completion:
    text, model, calls, reason, usage, estimated, logprobs = json.loads(stored)
    return Completion(
        text=text,
        model=model,
        tool_calls=tuple(ToolCall(*call) for call in calls),
        finish_reason=reason,
        usage=Usage(*usage),
        usage_estimated=estimated,
        token_logprobs=None if logprobs is None else tuple(logprobs),
        replayed=True,
    )
