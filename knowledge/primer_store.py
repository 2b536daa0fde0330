"""The bundled primer as a read-only corpus: built from the package's articles on first use, then opened from a file."""

import contextlib
import hashlib
import os
import sqlite3
import uuid
from itertools import accumulate
from pathlib import Path

from coreagent.errors import DocumentError, KnowledgeError, ModelError
from coreagent.knowledge.ingest.prepare import prepare, read_document
from coreagent.knowledge.search.corpus_index import LEXICAL_KIND, open_lexical
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.schema import SCHEMA_VERSION
from coreagent.knowledge.store.sqlite import closed_on_failure
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder

NAME = "primer"
_OTHERS_KEPT = 3
ARTICLES = Path(__file__).resolve().parent / "primer"


def open_primer(folder: Path, embedder: Embedder, *, articles: Path = ARTICLES) -> Store:
    """The primer's store: the cached file of these very articles and embedder, or a new one.

    Several processes may do this at once: each builds a file of its own and moves it into place whole. Where the folder
    can not be written, the primer is built in memory.

    Raises:
        KnowledgeError: an article of the package can not be read.
        ModelError: a configured embedder failed; nothing is kept, and the next call starts again.
    """
    path = folder / f"primer-{_fingerprint(articles, embedder)[:16]}.sqlite3"
    if path.exists():
        try:
            return _opened(path)
        except KnowledgeError:
            with contextlib.suppress(OSError):
                path.unlink()  # Damaged: made again below.
    draft = folder / f"{path.stem}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
    try:
        _build(draft, embedder, articles)
        os.replace(draft, path)
        _remove_others(folder, path)
        return Store.open(path, write=False)
    except (DocumentError, ModelError):
        _discard(draft)
        raise
    except (KnowledgeError, OSError):
        _discard(draft)
        store = Store.open(None)
        _fill(store, embedder, articles)
        return store


def _discard(draft: Path) -> None:
    for leftover in draft.parent.glob(f"{draft.name}*"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _opened(path: Path) -> Store:
    store = Store.open(path, write=False)
    with closed_on_failure(store):
        store.corpus(NAME)
    return store


def _build(path: Path, embedder: Embedder, articles: Path) -> None:
    store = Store.open(path)
    try:
        _fill(store, embedder, articles)
    finally:
        store.close()
    # A write-ahead log would want to write beside the file on every later reading.
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise KnowledgeError(f"{path}: {error}", mend="Check the disk.") from error
    finally:
        connection.close()


def _fill(store: Store, embedder: Embedder, articles: Path) -> CorpusRow:
    corpus = store.create(NAME, label=Sensitivity.PUBLIC, embedder=embedder.identity)
    parts = [prepare(read_document(path)) for path in sorted(articles.glob("*.md"))]
    vectors = embedder.embed([f"{part.document.title}. {c.text}" for part in parts for c in part.chunks])
    starts = accumulate((len(part.chunks) for part in parts), initial=0)
    store.put_many(
        corpus, [(part, vectors[at : at + len(part.chunks)]) for part, at in zip(parts, starts, strict=False)]
    )
    corpus = store.corpus(NAME)
    open_lexical(store, corpus)
    return corpus


def _fingerprint(articles: Path, embedder: Embedder) -> str:
    digest = hashlib.sha256(f"{SCHEMA_VERSION} {LEXICAL_KIND} {embedder.identity}".encode())
    for path in sorted(articles.glob("*.md")):
        data = path.read_bytes()
        digest.update(f"\n{path.name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()


def _remove_others(folder: Path, kept: Path) -> None:
    """Leave those of a few embedders: with a remote one, making the primer anew takes time and may cost money."""
    others = sorted(set(folder.glob("primer-*.sqlite3")) - {kept}, key=_modified, reverse=True)
    for path in others[_OTHERS_KEPT:]:
        with contextlib.suppress(OSError):
            path.unlink()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # Another process removed it.
