"""What a bandit has learned: for each role, domain and model how many verdicts there were, and their sum."""

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from coreagent.errors import InputError
from coreagent.runs.database import Schema, explained, open_database, storable, transaction

_SCHEMA = Schema(
    "bandit memory",
    1,
    """
CREATE TABLE verdicts (
    role TEXT NOT NULL,
    domain TEXT NOT NULL,
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    total REAL NOT NULL,
    updated REAL NOT NULL,
    PRIMARY KEY (role, domain, model)
) WITHOUT ROWID;
""",
)


class Tally(NamedTuple):
    """Verdicts on one model: how many, and the sum of their qualities (each 0..1)."""

    number: int
    total: float


class BanditMemory:
    """Verdicts in one SQLite file, opened at the first call; safe across threads and processes.

    Each verdict is a transaction of its own, so a killed process loses at most the one it was writing. Every method
    raises RunError when the file can not be used.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def learn(self, role: str, domain: str, model: str, quality: float) -> None:
        """Add one verdict.

        Raises:
            InputError: ``quality`` is outside 0..1, or there is no model.
        """
        if not (math.isfinite(quality) and 0 <= quality <= 1):
            raise InputError(f"a verdict of {quality:g} on {model} is outside 0..1", mend="Scale verdicts to 0..1.")
        if not model:
            raise InputError("a verdict needs the model it is on")
        with self._lock, explained(self.path, _SCHEMA), transaction(self._opened()):
            self._opened().execute(
                "INSERT INTO verdicts VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET"
                " number = number + 1, total = total + excluded.total, updated = excluded.updated",
                (storable(role), storable(domain), storable(model), quality, self._now()),
            )

    def tallies(self, role: str, domain: str) -> Mapping[str, Tally]:
        """By model, for one role and domain; a model nobody judged is missing."""
        with self._lock, explained(self.path, _SCHEMA):
            rows = self._opened().execute(
                "SELECT model, number, total FROM verdicts WHERE role = ? AND domain = ?",
                (storable(role), storable(domain)),
            )
            return {str(model): Tally(int(number), float(total)) for model, number, total in rows}

    def forget(self, model: str) -> int:
        """Drop all verdicts on a model, such as one that was replaced under its name; returns how many there were."""
        with self._lock, explained(self.path, _SCHEMA), transaction(self._opened()):
            connection = self._opened()
            query = "SELECT coalesce(sum(number), 0) FROM verdicts WHERE model = ?"
            number = connection.execute(query, (storable(model),)).fetchone()[0]
            connection.execute("DELETE FROM verdicts WHERE model = ?", (storable(model),))
        return int(number)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_database(self.path, _SCHEMA, synchronous="NORMAL")
        return self._connection
