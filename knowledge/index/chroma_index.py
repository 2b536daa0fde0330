"""Dense search by Chroma, for corpora too big to scan. Only importer of chromadb.

Chroma has one writer: several processes that write one directory lose vectors without an error, and a lock alone does
not help, because an open client keeps what it read before. So whoever synchronises holds a lock, opens the directory
anew, writes, and closes it; a reader opens it anew when the revision changes. SQLite stays the truth: a collection of
another revision is brought to the stored chunk ids, and one that can not be is dropped and filled again.
"""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.dense import VectorSource

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

_BATCH = 5_000
"""Chroma refuses more than 5,461 rows in one call."""
_LOCK_WAIT_S = 600.0
_FAILURES = (ChromaError, RuntimeError, ValueError, OSError, KeyError)
"""What Chroma raises for a damaged or vanished directory: its Rust core uses its own errors and bare RuntimeErrors."""
# Clients of one directory share their state inside a process, so one is open at a time: a reader, or a writer.
_process_lock = threading.RLock()
_readers: "dict[Path, ClientAPI]" = {}


class ChromaIndex:
    """One collection of a directory. Opening synchronises it with the source."""

    def __init__(self, folder: Path, name: str) -> None:
        """For a collection that is in step already; use :meth:`open`."""
        self._folder, self._name = folder, name

    @classmethod
    def open(cls, source: VectorSource, *, folder: Path) -> "ChromaIndex":
        """Bring the collection in step with the source.

        Raises:
            KnowledgeError: the directory can not be used, or another process writes to it for over ten minutes.
        """
        name = f"corpus-{source.key}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnowledgeError(
                f"{folder}: {error.strerror}", mend='Make it writable, or set dense_index = "exact".'
            ) from error
        with _locked(folder):
            with _writer(folder) as client:
                if _in_step(client, name, source):
                    return cls(folder, name)
                _synchronise(client, name, source)
            with _writer(folder) as client:
                if not _in_step(client, name, source):
                    client.delete_collection(name)
                    _synchronise(client, name, source)
        return cls(folder, name)

    def search(self, vector: NDArray[np.float32], *, limit: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """As in the protocol; nearest neighbours are approximate (HNSW)."""
        with _reader(self._folder) as client:
            collection = client.get_collection(self._name, embedding_function=None)
            count = collection.count()
            if count == 0 or limit < 1:
                return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
            found = collection.query(
                query_embeddings=[vector.tolist()], n_results=min(limit, count), include=["distances"]
            )
        distances = found["distances"] or [[]]
        ids = np.array([int(one) for one in found["ids"][0]], dtype=np.int64)
        cosines = 1.0 - np.array(distances[0], dtype=np.float32)
        order = np.lexsort((ids, -cosines))
        return ids[order], cosines[order]


def drop_collection(folder: Path, key: str) -> None:
    """Delete a corpus's collection; nothing happens when there is none."""
    with _locked(folder), _writer(folder) as client:
        if f"corpus-{key}" in {collection.name for collection in client.list_collections()}:
            client.delete_collection(f"corpus-{key}")


@contextmanager
def _writer(folder: Path) -> "Generator[ClientAPI]":
    """A fresh client on the directory, closed afterwards; the held reader is closed before, so it is opened anew."""
    with _process_lock, _explained(folder):
        _close_reader(folder)
        client = _opened(folder)
        try:
            yield client
        finally:
            _close(client)


@contextmanager
def _reader(folder: Path) -> "Generator[ClientAPI]":
    """The held client for searches: opening one costs 30 ms, a search 3."""
    with _process_lock, _explained(folder):
        try:
            if folder not in _readers:
                _readers[folder] = _opened(folder)
            yield _readers[folder]
        except _FAILURES:
            _close_reader(folder)
            raise


def _opened(folder: Path) -> "ClientAPI":
    return chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))


def _close(client: "ClientAPI") -> None:
    # Client has it since 1.5; the interface that PersistentClient is typed with does not.
    client.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def _close_reader(folder: Path) -> None:
    held = _readers.pop(folder, None)
    if held is not None:
        _close(held)


@contextmanager
def _explained(folder: Path) -> Generator[None]:
    try:
        yield
    except _FAILURES as error:
        raise KnowledgeError(
            f"{folder}: Chroma: {error}",
            mend=f"Remove the folder {str(folder)!r}: it is built again from the stored chunks.",
        ) from error


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """One writer among all processes. SQLite's own lock is portable and falls with the process that held it."""
    connection = sqlite3.connect(folder / "writer.lock", timeout=_LOCK_WAIT_S, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    except sqlite3.Error as error:
        raise KnowledgeError(
            f"{folder}: the vector index can not be locked: {error}", mend="Wait for the other process to end."
        ) from error
    finally:
        connection.close()


def _in_step(client: "ClientAPI", name: str, source: VectorSource) -> bool:
    if name not in {collection.name for collection in client.list_collections()}:
        return False
    collection = client.get_collection(name, embedding_function=None)
    revision = (collection.metadata or {}).get("revision")
    return revision == source.revision and collection.count() == len(source.ids())


def _synchronise(client: "ClientAPI", name: str, source: VectorSource) -> None:
    """Delete the ids that are gone, add those that are new, and only then note the revision."""
    collection = client.get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    wanted = source.ids()
    held = _ids(collection)
    gone = np.setdiff1d(held, wanted)
    for at in range(0, len(gone), _BATCH):
        collection.delete(ids=[str(one) for one in gone[at : at + _BATCH].tolist()])
    for ids, vectors in source.pages(np.setdiff1d(wanted, held)):
        if len(ids):
            collection.add(ids=[str(one) for one in ids.tolist()], embeddings=vectors)
    collection.modify(metadata={"revision": source.revision})


def _ids(collection: "Collection") -> NDArray[np.int64]:
    out: list[int] = []
    while page := collection.get(include=[], limit=_BATCH, offset=len(out))["ids"]:
        out += [int(one) for one in page]
    return np.array(out, dtype=np.int64)
