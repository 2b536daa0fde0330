"""Where Chroma keeps its collections: a folder of this machine, or a ``chroma run`` server. Only importer of chromadb.

A folder has one writer: several processes that write one lose vectors without an error, and a lock alone does not
help, because an open client keeps what it read before. So whoever writes holds a lock, opens the folder anew, writes,
and closes it. A server orders its writers itself.

Chroma's index files are not written in one piece, and one that is damaged may end the process that loads it. So what
was written is sealed with checksums, the seal is broken before the next change, and a folder whose seal does not hold
is emptied: everything in it can be made again.
"""

import contextlib
import logging
import shutil
import sqlite3
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.dense import Found
from coreagent.knowledge.index.seal import break_seal, is_sealed, seal

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

BATCH = 5_000
"""Chroma refuses more than 5,461 rows in one call."""
_LOCK = "writer.lock"
_LOCK_WAIT_S = 600.0
_FAILURES = (ChromaError, httpx.HTTPError, RuntimeError, ValueError, OSError, KeyError, AttributeError)
"""What Chroma raises for a damaged or vanished folder or server: its core uses its own errors and bare ones, and a
client that could not start fails once more when it is stopped."""
_log = logging.getLogger(__name__)
# Clients of one folder share their state inside a process, so one is open at a time: a reader, or a writer.
_process_lock = threading.RLock()
_readers: "dict[Path, ClientAPI]" = {}


class Held:
    """One collection: vectors by chunk id, and the revision that they are of."""

    def __init__(self, collection: "Collection") -> None:
        self._collection = collection

    def count(self) -> int:
        """How many vectors it holds."""
        return self._collection.count()

    def revision(self) -> str:
        """The revision that was noted last; empty when none was."""
        return str((self._collection.metadata or {}).get("revision", ""))

    def note(self, revision: str) -> None:
        """Note the revision."""
        self._collection.modify(metadata={"revision": revision})

    def ids(self) -> NDArray[np.int64]:
        """All ids, in no order."""
        out: list[int] = []
        while page := self._collection.get(include=[], limit=BATCH, offset=len(out))["ids"]:
            out += [int(one) for one in page]
        return np.array(out, dtype=np.int64)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors; ids that are there already stay as they are."""
        self._collection.add(ids=[str(one) for one in ids.tolist()], embeddings=vectors)

    def delete(self, ids: NDArray[np.int64]) -> None:
        """Delete vectors."""
        for at in range(0, len(ids), BATCH):
            self._collection.delete(ids=[str(one) for one in ids[at : at + BATCH].tolist()])

    def query(self, vector: NDArray[np.float32], *, limit: int) -> Found:
        """The nearest, in no particular order; fewer where the collection holds fewer."""
        limit = min(limit, self.count())
        if limit < 1:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        found = self._collection.query(query_embeddings=[vector.tolist()], n_results=limit, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        return np.array([int(one) for one in found["ids"][0]], dtype=np.int64), 1 - np.array(distances, np.float32)


class Shelf:
    """The collections of a place, by name."""

    def __init__(self, client: "ClientAPI") -> None:
        self._client = client

    def names(self) -> frozenset[str]:
        """All names."""
        return frozenset(collection.name for collection in self._client.list_collections())

    def get(self, name: str) -> Held:
        """The one of that name."""
        return Held(self._client.get_collection(name, embedding_function=None))

    def make(self, name: str) -> Held:
        """The one of that name, made when there is none."""
        return Held(
            self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        )

    def drop(self, name: str) -> None:
        """Delete the one of that name, if there is one."""
        if name in self.names():
            self._client.delete_collection(name)


class Place(Protocol):
    """A folder or a server. All of it raises KnowledgeError when it can not be used."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else writes meanwhile."""
        ...

    def writing(self) -> AbstractContextManager[Shelf]:
        """The collections as they are now, to change them; inside :meth:`alone`."""
        ...

    def fresh(self) -> AbstractContextManager[Shelf]:
        """The collections as they are now, to look at them; inside :meth:`alone`."""
        ...

    def reading(self) -> AbstractContextManager[Shelf]:
        """The collections, for a search."""
        ...

    def clear(self) -> None:
        """Give up all that is there, where it is damaged and can be made again; inside :meth:`alone`."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        """It is made when it is first written."""
        self._path = path

    @contextmanager
    def alone(self) -> Generator[None]:
        """As in the protocol. SQLite's own lock is portable and falls with the process that held it."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnowledgeError(
                f"{self._path}: {error.strerror}", mend='Make it writable, or set dense_index = "exact".'
            ) from error
        connection = sqlite3.connect(self._path / _LOCK, timeout=_LOCK_WAIT_S, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            with self._explained():
                empty = all(entry.name.startswith(_LOCK) for entry in self._path.iterdir())
                # Chroma's own SQLite file is not sealed: it guards itself, and changes when it is looked at.
                sound = empty or is_sealed(self._path)
            if not sound:
                _log.warning("%s was damaged, or its last writer was killed: it is made again", self._path)
                self.clear()
            yield
            with self._explained():
                seal(self._path)
        except sqlite3.Error as error:
            raise KnowledgeError(
                f"{self._path}: the vector index can not be locked: {error}",
                mend='Wait for the other process to end, or set dense_index = "exact".',
            ) from error
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Generator[Shelf]:
        """As in the protocol; the seal is broken first."""
        with self._explained():
            break_seal(self._path)
        with self.fresh() as shelf:
            yield shelf

    @contextmanager
    def fresh(self) -> Generator[Shelf]:
        """A client of its own, closed afterwards; the held reader is closed before, so it is opened anew."""
        with _process_lock, self._explained():
            _close_reader(self._path)
            client = _opened(self._path)
            try:
                yield Shelf(client)
            finally:
                _close(client)

    @contextmanager
    def reading(self) -> Generator[Shelf]:
        """The held client: opening one costs 30 ms, a search 3."""
        with _process_lock, self._explained():
            try:
                if self._path not in _readers:
                    _readers[self._path] = _opened(self._path)
                yield Shelf(_readers[self._path])
            except _FAILURES:
                _close_reader(self._path)
                raise

    def clear(self) -> None:
        """Delete everything in the folder but the lock."""
        with _process_lock, self._explained():
            _close_reader(self._path)
            for entry in self._path.iterdir():
                if entry.name.startswith(_LOCK):
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except _FAILURES as error:
            raise KnowledgeError(
                f"{self._path}: Chroma: {error}",
                mend=f"Remove the folder {str(self._path)!r}: it is built again from the stored chunks.",
            ) from error


class Server:
    """A ``chroma run`` server."""

    def __init__(self, url: str) -> None:
        """``http://host:port``; nothing is sent before it is needed."""
        self._url = url
        self._lock = threading.Lock()
        self._client: ClientAPI | None = None

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nothing to lock: the server orders its writers, and adding an id twice changes nothing."""
        with self.reading():
            yield

    def writing(self) -> AbstractContextManager[Shelf]:
        """As in the protocol."""
        return self.reading()

    def fresh(self) -> AbstractContextManager[Shelf]:
        """As in the protocol."""
        return self.reading()

    @contextmanager
    def reading(self) -> Generator[Shelf]:
        """As in the protocol."""
        try:
            with self._lock:
                if self._client is None:
                    self._client = _connected(self._url)
            yield Shelf(self._client)
        except _FAILURES as error:
            self._client = None
            raise KnowledgeError(
                f"{self._url}: Chroma: {error}",
                mend="Start it (chroma run --path FOLDER --port PORT), or take chroma_url out of [knowledge].",
            ) from error

    def clear(self) -> None:
        """Nothing: the server may keep what is not ours."""


def chroma_place(folder: Path, url: str) -> Place:
    """The server at the address; the folder when there is no address."""
    return Server(url) if url else Folder(folder)


def _opened(folder: Path) -> "ClientAPI":
    settings = ChromaSettings(anonymized_telemetry=False)
    try:
        return chromadb.PersistentClient(str(folder), settings)
    except _FAILURES:
        # A client that can not start stays registered, and the next one only takes it out and fails.
        with contextlib.suppress(AttributeError):
            return chromadb.PersistentClient(str(folder), settings)
        raise


def _connected(url: str) -> "ClientAPI":
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return chromadb.HttpClient(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=ChromaSettings(anonymized_telemetry=False),
    )


def _close(client: "ClientAPI") -> None:
    # Client has it since 1.5; the interface that PersistentClient is typed with does not.
    client.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def _close_reader(folder: Path) -> None:
    held = _readers.pop(folder, None)
    if held is not None:
        _close(held)
