"""The shelf: the corpora of one home folder and the primer, opened when they are needed and as they are now."""

import threading
from collections.abc import Sequence
from pathlib import Path

from coreagent.errors import EmbedderMismatchError, KnowledgeError, UnknownNameError
from coreagent.knowledge.index.dense import DenseIndex, ExactIndex, VectorSource
from coreagent.knowledge.primer_store import NAME as PRIMER
from coreagent.knowledge.primer_store import open_primer
from coreagent.knowledge.search.corpus_index import CorpusIndex, open_index
from coreagent.knowledge.store.opening import open_store
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.models.embedding import Embedder, EmbedderIdentity
from coreagent.settings import KnowledgeSettings

EXACT_LIMIT = 100_000
"""Chunks up to which ``auto`` scans all vectors. At 80,000 a query takes 10 ms that way and 13 by Chroma, opening 0.5 s
and 1.7 (``benchmarks.search_speed``)."""

ATTACHED = "chat-"
"""Corpora whose names begin so hold what was attached to one conversation: they are asked by name only."""

Stored = tuple[Store, CorpusRow]
"""A corpus and the store that holds it."""


class Shelf:
    """Stores and indexes, each opened once. Safe for threads; several processes may share a home."""

    def __init__(self, home: Path, embedder: Embedder, settings: KnowledgeSettings) -> None:
        """Nothing is opened before it is needed."""
        self.folder = home / "knowledge"
        self._embedder, self._settings = embedder, settings
        self._lock = threading.RLock()
        self._own: Store | None = None
        self._primer: Store | None = None
        self._indexes: dict[str, CorpusIndex] = {}

    def everything(self) -> dict[str, Stored]:
        """All corpora by name, the primer among them.

        Raises:
            KnowledgeError: they can not be read.
        """
        with self._lock:
            if self._primer is None:
                self._primer = open_primer(self.folder, self._embedder)
            primer = self._primer
        stores = [primer]
        if self.has_own:
            stores.append(self.own_store(write=False))
        pairs = {row.name: (store, row) for store in stores for row in store.corpora()}
        return dict(sorted(pairs.items()))

    def chosen(self, names: Sequence[str]) -> tuple[Stored, ...]:
        """These corpora, or when none is named all that are not attached to a conversation.

        Raises:
            UnknownNameError: one does not exist.
            EmbedderMismatchError: another embedder made one.
            KnowledgeError: they can not be read.
        """
        everything = self.everything()
        for name in names:
            if name not in everything:
                raise UnknownNameError("corpus", name, everything)
        wanted = dict.fromkeys(names) or [name for name in everything if not name.startswith(ATTACHED)]
        chosen = tuple(everything[name] for name in wanted)
        for _, corpus in chosen:
            self.check_embedder(corpus)
        return chosen

    def one(self, name: str) -> Stored:
        """The corpus of this name, whoever embedded it.

        Raises:
            UnknownNameError: there is none.
            KnowledgeError: the corpora can not be read.
        """
        if name != PRIMER and self.has_own:
            # Without the primer, which may need an embedder that does not answer.
            store = self.own_store(write=False)
            for row in store.corpora():
                if row.name == name:
                    return store, row
        everything = self.everything()
        if name not in everything:
            raise UnknownNameError("corpus", name, everything)
        return everything[name]

    @property
    def has_own(self) -> bool:
        """True when there may be corpora besides the primer."""
        return bool(self._settings.database) or (self.folder / "corpora.sqlite3").exists()

    def own_store(self, *, write: bool) -> Store:
        """The store of all corpora but the primer; read-only where it can not be written and need not be.

        Raises:
            KnowledgeError: it can not be opened.
        """
        path, address = self.folder / "corpora.sqlite3", self._settings.database
        with self._lock:
            if self._own is None:
                try:
                    self._own = open_store(path, address)
                except KnowledgeError:
                    if write or address or not path.exists():
                        raise
                    self._own = open_store(path, address, write=False)
            return self._own

    def index(self, store: Store, corpus: CorpusRow) -> CorpusIndex:
        """The corpus opened for searching, at its present revision.

        Raises:
            KnowledgeError: its indexes can not be read or made.
        """
        with self._lock:
            held = self._indexes.get(corpus.uid)
            if held is None or held.corpus.revision != corpus.revision:
                held = open_index(store, corpus, dense=self._open_dense)
                self._indexes[corpus.uid] = held
            return held

    def _open_dense(self, source: VectorSource) -> DenseIndex:
        kind = self._settings.dense_index
        if kind == "exact" or (kind == "auto" and len(source.ids()) <= EXACT_LIMIT):
            return ExactIndex.open(source)
        from coreagent.knowledge.index.chroma_index import ChromaIndex  # noqa: PLC0415 - imports chromadb, 1 s
        from coreagent.knowledge.index.chroma_places import chroma_place  # noqa: PLC0415 - imports chromadb, 1 s

        return ChromaIndex.open(source, place=chroma_place(self.folder / "chroma", self._settings.chroma_url))

    def forget(self, corpus: CorpusRow) -> None:
        """Drop what is derived from a corpus that is gone or was made anew.

        Raises:
            KnowledgeError: its vectors can not be deleted.
        """
        with self._lock:
            self._indexes.pop(corpus.uid, None)
        folder = self.folder / "chroma"
        if self._settings.chroma_url or folder.exists():
            from coreagent.knowledge.index.chroma_index import drop_collection  # noqa: PLC0415 - imports chromadb, 1 s
            from coreagent.knowledge.index.chroma_places import chroma_place  # noqa: PLC0415 - imports chromadb, 1 s

            drop_collection(chroma_place(folder, self._settings.chroma_url), corpus.uid)

    def check_embedder(self, corpus: CorpusRow) -> None:
        """Make sure that the settings' embedder made the corpus.

        Raises:
            EmbedderMismatchError: another one did.
        """
        mine = self._embedder.identity
        if corpus.embedder != mine:
            raise EmbedderMismatchError(
                f"corpus {corpus.name!r} was made with the embedder {_shown(corpus.embedder)}, not with {_shown(mine)}",
                mend=f"Embed the stored text anew: coreagent corpus rebuild {corpus.name}; or put"
                f" {corpus.embedder.name} back in [knowledge.embedder] as it was (without that table the package's own"
                " is used).",
            )

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            for store in (self._own, self._primer):
                if store is not None:
                    store.close()
            self._own = self._primer = None
            self._indexes.clear()


def _shown(embedder: EmbedderIdentity) -> str:
    return f"{embedder.name} ({embedder.dimensions} dimensions, {embedder.digest[:12]})"
