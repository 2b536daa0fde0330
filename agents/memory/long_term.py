"""Long-term memory in one SQLite file: facts and episodes, found again by words and by meaning."""

import asyncio
import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coreagent.agents.memory import rules
from coreagent.agents.memory.module import MemoryItem, MemoryKind
from coreagent.agents.memory.ranking import MIN_SCORE, fuse, match_expression, terms
from coreagent.answer import Answer
from coreagent.errors import UnknownNameError
from coreagent.labels import Label, Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.runs.database import Schema, explained, open_database, storable, transaction

MAX_ITEMS = 5_000
CANDIDATES = 50

_SCHEMA = Schema(
    "memory",
    1,
    """
CREATE TABLE items (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    created REAL NOT NULL,
    sensitivity INTEGER NOT NULL,
    trusted INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (kind, digest, sensitivity)
);
CREATE VIRTUAL TABLE words USING fts5 (terms, tokenize = "unicode61 tokenchars '-./'")
""",
)

_COLUMNS = "number, kind, text, created, sensitivity, trusted, run_id, domain"


class LongTermMemory:
    """Facts and episodes. The file is opened at the first use; safe across threads and processes.

    Above ``max_items`` the oldest go first, so that recall stays as fast as it is. Texts whose secrets could be
    recognised are stored without them. An item is stored once for each sensitivity it was learned at.

    Every method raises RunError when the file can not be used.
    """

    def __init__(
        self, path: Path, embedder: Embedder, *, now: Callable[[], float] = time.time, max_items: int = MAX_ITEMS
    ) -> None:
        self.path = path
        self._embedder = embedder
        self._now = now
        self._max_items = max_items
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    async def recall(self, question: str, *, label: Label, limit: int = 4) -> tuple[MemoryItem, ...]:
        """Items that bear on the question, best first, the newer first among equals.

        Nothing more sensitive than ``label`` comes back, and nothing when nothing fits.
        """
        return await asyncio.to_thread(self._recall, storable(question), label.sensitivity, limit)

    async def remember(self, question: str, answer: Answer, *, domain: str = "") -> tuple[MemoryItem, ...]:
        """Keep stated facts, and the episode of an answer that is complete, supported and cited.

        A fact is as sensitive as its run, and trusted: it is the asker's word. An episode has the answer's label.
        """
        told = Label(answer.label.sensitivity, trusted=True)
        found: list[tuple[MemoryKind, str, str, Label]] = [
            ("fact", storable(fact), fact.casefold(), told) for fact in rules.stated_facts(question)
        ]
        text = rules.episode(question, answer)
        if text is not None:
            found.append(("episode", storable(text), rules.same_question(question), answer.label))
        if not found:
            return ()
        return await asyncio.to_thread(self._store, found, answer.run_id, domain)

    def list(self, kind: MemoryKind | None = None, *, limit: int = 100) -> tuple[MemoryItem, ...]:
        """The newest items first, of one kind or all."""
        where, values = ("WHERE kind = ?", [kind]) if kind else ("", [])
        with self._lock, explained(self.path, _SCHEMA):
            rows = (
                self._database()
                .execute(
                    f"SELECT {_COLUMNS} FROM items {where} ORDER BY created DESC, number DESC LIMIT ?",
                    [*values, limit],
                )
                .fetchall()
            )
        return tuple(_item(row) for row in rows)

    def delete(self, item_id: str) -> None:
        """Forget one item.

        Raises:
            UnknownNameError: there is none with this id.
        """
        number = item_id.removeprefix("m")
        with self._lock, explained(self.path, _SCHEMA):
            connection = self._database()
            with transaction(connection):
                deleted = 0
                # Longer digits would not fit SQLite's integers.
                if number.isascii() and number.isdigit() and len(number) < 19:
                    connection.execute("DELETE FROM words WHERE rowid = ?", (int(number),))
                    deleted = connection.execute("DELETE FROM items WHERE number = ?", (int(number),)).rowcount
        if not deleted:
            known = (item.id for item in self.list(limit=10))
            raise UnknownNameError("memory", item_id, known, mend="List them: coreagent memory list.")

    def clear(self) -> int:
        """Forget everything. Returns how many items there were."""
        with self._lock, explained(self.path, _SCHEMA):
            connection = self._database()
            with transaction(connection):
                connection.execute("DELETE FROM words")
                count = connection.execute("DELETE FROM items").rowcount
            connection.execute("PRAGMA incremental_vacuum").fetchall()
        return count

    def close(self) -> None:
        """Close the file. Safe to call twice; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_database(self.path, _SCHEMA, synchronous="NORMAL")
        return self._connection

    def _recall(self, question: str, ceiling: Sensitivity, limit: int) -> tuple[MemoryItem, ...]:
        words = terms(question[: rules.OWN_WORDS_CHARS * 4])[:64]
        with self._lock, explained(self.path, _SCHEMA):
            connection = self._database()
            self._refresh_vectors(connection)
            scores = fuse(self._lexical(connection, words, ceiling), self._dense(connection, question, ceiling))
            good = [number for number, score in scores.items() if score >= MIN_SCORE]
            marks = ", ".join("?" for _ in good)
            rows = connection.execute(
                # The ceiling again, so that no mistake above can ever let an item through.
                f"SELECT {_COLUMNS} FROM items WHERE number IN ({marks}) AND sensitivity <= ?",
                [*good, int(ceiling)],
            ).fetchall()
        items = [_item(row, score=scores[row[0]]) for row in rows]
        items.sort(key=lambda item: (-round(item.score, 2), -item.created_s))
        distinct = {(item.kind, item.text): item for item in reversed(items)}
        return tuple(item for item in items if distinct[item.kind, item.text] is item)[:limit]

    @staticmethod
    def _lexical(connection: sqlite3.Connection, words: tuple[str, ...], ceiling: Sensitivity) -> dict[int, float]:
        """Share of the question's words that an item holds, weighted by its BM25 against the best item's."""
        if not words:
            return {}
        rows = connection.execute(
            "SELECT words.rowid, -bm25(words), words.terms FROM words JOIN items ON items.number = words.rowid"
            " WHERE words MATCH ? AND items.sensitivity <= ? ORDER BY bm25(words) LIMIT ?",
            (match_expression(words), int(ceiling), CANDIDATES),
        ).fetchall()
        best = max((row[1] for row in rows), default=0.0)
        wanted = set(words)
        return {
            number: len(wanted.intersection(held.split())) / len(wanted) * (score / best if best > 0 else 1.0)
            for number, score, held in rows
        }

    def _dense(self, connection: sqlite3.Connection, question: str, ceiling: Sensitivity) -> dict[int, float]:
        """Cosine similarity of the nearest items."""
        # Late: numpy is only needed once something is recalled.
        import numpy as np  # noqa: PLC0415

        rows = connection.execute("SELECT number, vector FROM items WHERE sensitivity <= ?", (int(ceiling),)).fetchall()
        if not rows:
            return {}
        vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float32).reshape(len(rows), -1)
        similarity = vectors @ self._embedder.embed([question])[0]
        nearest = np.argsort(-similarity, kind="stable")[:CANDIDATES]
        return {int(rows[at][0]): float(similarity[at]) for at in nearest}

    def _refresh_vectors(self, connection: sqlite3.Connection) -> None:
        """Embed again what another embedder made; the texts are the truth."""
        identity = self._embedder.identity.digest
        stale = connection.execute("SELECT number, text FROM items WHERE embedder <> ?", (identity,)).fetchall()
        if not stale:
            return
        vectors = self._embedder.embed([row[1] for row in stale])
        with transaction(connection):
            connection.executemany(
                "UPDATE items SET embedder = ?, vector = ? WHERE number = ?",
                [(identity, vector.tobytes(), row[0]) for row, vector in zip(stale, vectors, strict=True)],
            )

    def _store(
        self, found: Sequence[tuple[MemoryKind, str, str, Label]], run_id: str, domain: str
    ) -> tuple[MemoryItem, ...]:
        vectors = self._embedder.embed([text for _, text, _, _ in found])
        identity, now = self._embedder.identity.digest, self._now()
        stored: tuple[MemoryItem, ...] = ()
        with self._lock, explained(self.path, _SCHEMA):
            connection = self._database()
            with transaction(connection):
                for (kind, text, key, label), vector in zip(found, vectors, strict=True):
                    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()
                    connection.execute(
                        "INSERT INTO items (kind, digest, text, created, sensitivity, trusted, run_id, domain,"
                        " embedder, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT (kind, digest, sensitivity) DO"
                        " UPDATE SET text = excluded.text, created = excluded.created, trusted = excluded.trusted,"
                        " run_id = excluded.run_id, domain = excluded.domain, embedder = excluded.embedder,"
                        " vector = excluded.vector",
                        (
                            kind,
                            digest,
                            text,
                            now,
                            int(label.sensitivity),
                            int(label.trusted),
                            run_id,
                            domain,
                            identity,
                            vector.tobytes(),
                        ),
                    )
                    row = connection.execute(
                        f"SELECT {_COLUMNS} FROM items WHERE kind = ? AND digest = ? AND sensitivity = ?",
                        (kind, digest, int(label.sensitivity)),
                    ).fetchone()
                    connection.execute(
                        "INSERT OR REPLACE INTO words (rowid, terms) VALUES (?, ?)", (row[0], " ".join(terms(text)))
                    )
                    stored += (_item(row),)
                self._forget_oldest(connection)
        return stored

    def _forget_oldest(self, connection: sqlite3.Connection) -> None:
        oldest = connection.execute(
            "SELECT number FROM items ORDER BY created DESC, number DESC LIMIT -1 OFFSET ?", (self._max_items,)
        ).fetchall()
        connection.executemany("DELETE FROM words WHERE rowid = ?", oldest)
        connection.executemany("DELETE FROM items WHERE number = ?", oldest)


def _item(row: tuple[Any, ...], *, score: float = 0.0) -> MemoryItem:
    number, kind, text, created, sensitivity, trusted, run_id, domain = row
    return MemoryItem(
        id=f"m{number}",
        kind=kind,
        text=text,
        created_s=created,
        label=Label(Sensitivity(sensitivity), bool(trusted)),
        run_id=run_id,
        domain=domain,
        score=score,
    )
