"""The library: corpora are added, listed, shown, audited, removed and searched. The room's front door."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from coreagent.errors import DocumentError, EmbedderMismatchError, KnowledgeError, UnknownNameError, UsageError
from coreagent.knowledge.audit import AuditReport, audit_corpus
from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.documents.reading import walk
from coreagent.knowledge.glossary import bundled_glossary
from coreagent.knowledge.index.dense import DenseIndex, ExactIndex, VectorSource
from coreagent.knowledge.index.terms import terms
from coreagent.knowledge.ingest.prepare import prepare, read_document
from coreagent.knowledge.primer_store import NAME as PRIMER
from coreagent.knowledge.primer_store import open_primer
from coreagent.knowledge.reports import AddReport, CorpusInfo, DocumentInfo
from coreagent.knowledge.retrieval import Hit, Retrieval
from coreagent.knowledge.search.fusion import Candidates, confidence, fuse
from coreagent.knowledge.search.pool import CorpusIndex, candidates, evidence, open_index
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.settings import KnowledgeSettings

EXACT_LIMIT = 20_000
"""Chunks up to which ``auto`` scans all vectors: under 10 ms there, while importing Chroma takes about a second."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_EXPANSION_WEIGHT = 0.3

Progress = Callable[[Path, str], None]
"""Called for every file with its outcome: added, replaced, unchanged, or the reason why it was skipped."""


class Library:
    """All corpora of one home folder, and the bundled primer. Safe for threads; several processes may share a home."""

    def __init__(self, home: Path, embedder: Embedder, settings: KnowledgeSettings) -> None:
        """Nothing is opened before it is needed."""
        self._folder = home / "knowledge"
        self._embedder, self._settings = embedder, settings
        self._lock = threading.RLock()
        self._own: Store | None = None
        self._primer: Store | None = None
        self._indexes: dict[str, CorpusIndex] = {}

    def add(
        self,
        paths: Sequence[Path],
        *,
        name: str,
        label: Sensitivity | None = None,
        progress: Progress | None = None,
    ) -> AddReport:
        """Read files and folders into a corpus, which is made when it does not exist.

        Unchanged files are passed over, changed ones replaced. ``label`` (public for a new corpus) must not contradict
        that of an existing one. Each file is stored whole or not at all: after an interruption, run it again.

        Raises:
            UsageError: the name is not allowed, or the label contradicts the corpus.
            EmbedderMismatchError: another embedder made the corpus.
            KnowledgeError: the corpus can not be written.
        """
        started = time.monotonic()
        if name == PRIMER or not _NAME.match(name):
            raise UsageError(
                f"a corpus can not be called {name!r}",
                mend="Use lower-case letters, digits, - and _ (at most 63), and not the name of the bundled primer.",
            )
        store = self._own_store(write=True)
        # Made with its first document, so that a mistyped path leaves no empty corpus behind.
        corpus = next((row for row in store.corpora() if row.name == name), None)
        if corpus is not None:
            self._check_target(corpus, label)
        counts = {"added": 0, "replaced": 0, "unchanged": 0}
        skipped: list[tuple[Path, str]] = []
        made = 0
        for found in walk(paths):
            outcome = found.skipped
            if not outcome:
                try:
                    document = read_document(found.path, found.name)
                    if corpus is None:
                        corpus = store.create(name, label=label or Sensitivity.PUBLIC, embedder=self._embedder.identity)
                        self._check_target(corpus, label)
                    outcome, chunks = self._add_document(store, corpus, document)
                    made += chunks
                    counts[outcome] += 1
                except DocumentError as error:
                    outcome = f"{error.message.removeprefix(f'{error.path}: ')}. {error.mend}".rstrip()
            if outcome not in counts:
                skipped.append((found.path, outcome))
            if progress is not None:
                progress(found.path, outcome)
        return AddReport(
            corpus=name,
            added=counts["added"],
            replaced=counts["replaced"],
            unchanged=counts["unchanged"],
            skipped=tuple(skipped),
            chunks=made,
            seconds=time.monotonic() - started,
        )

    def _check_target(self, corpus: CorpusRow, label: Sensitivity | None) -> None:
        self._check_embedder(corpus)
        if label is not None and corpus.label != label:
            raise UsageError(
                f"corpus {corpus.name!r} is labelled {corpus.label}, not {label}",
                mend="Leave the label out, choose another name, or remove the corpus and add it again.",
            )

    def _add_document(self, store: Store, corpus: CorpusRow, document: Document) -> tuple[str, int]:
        if store.is_unchanged(corpus, document):
            return "unchanged", 0
        chunks = prepare(document).chunks
        vectors = self._embedder.embed([f"{document.title}. {part.text}" for part in chunks])
        outcome = store.put(corpus, document, chunks=chunks, vectors=vectors)
        return outcome, 0 if outcome == "unchanged" else len(chunks)

    def list(self) -> tuple[CorpusInfo, ...]:
        """All corpora by name, the primer included."""
        return tuple(self._info(store, corpus) for store, corpus in self._all().values())

    def _info(self, store: Store, corpus: CorpusRow) -> CorpusInfo:
        documents = store.documents(corpus)
        return CorpusInfo(
            name=corpus.name,
            label=corpus.label,
            documents=len(documents),
            chunks=sum(document.chunks for document in documents),
            characters=sum(document.characters for document in documents),
            embedder=corpus.embedder,
            created=corpus.created,
            read_only=corpus.name == PRIMER,
        )

    def show(self, name: str, document: str | None = None) -> tuple[DocumentInfo, ...]:
        """The documents of a corpus, without text; or the one document asked for by slug or title, with its text.

        Raises:
            UnknownNameError: no such corpus or document.
        """
        store, corpus = self._one(name)
        rows = store.documents(corpus)
        if document is not None:
            rows_found = [row for row in rows if document in (row.slug, row.path)]
            rows_found = rows_found or [row for row in rows if row.title.lower() == document.lower()]
            if not rows_found:
                raise UnknownNameError(
                    "document", document, (row.slug for row in rows), mend=f"List them: coreagent corpus show {name}"
                )
            return (DocumentInfo.of(rows_found[0], text=store.text(rows_found[0].id)),)
        return tuple(DocumentInfo.of(row) for row in rows)

    def remove(self, name: str) -> None:
        """Delete a corpus and its indexes.

        Raises:
            UnknownNameError: no such corpus.
            UsageError: the primer, which is part of the package.
            KnowledgeError: the corpora can not be written.
        """
        if name == PRIMER:
            raise UsageError("the bundled primer can not be removed", mend="Name the corpora to ask instead.")
        _, corpus = self._one(name)
        self._own_store(write=True).remove(name)
        with self._lock:
            self._indexes.pop(corpus.uid, None)
        chroma = self._folder / "chroma"
        if chroma.exists():
            from coreagent.knowledge.index.chroma_index import drop_collection  # noqa: PLC0415 - imports chromadb, 1 s

            drop_collection(chroma, corpus.uid)

    def check(self, names: Sequence[str]) -> None:
        """Make sure that these corpora can be searched; those of the settings, or all, when none is named.

        Raises:
            UnknownNameError: a corpus that does not exist.
            EmbedderMismatchError: one that another embedder made.
            KnowledgeError: they can not be read.
        """
        chosen = names or self._settings.corpora
        # The primer alone is always in order, and opening it takes time.
        if chosen or (self._folder / "corpora.sqlite3").exists():
            self._chosen(chosen)

    def audit(self, name: str) -> AuditReport:
        """Check a corpus: spans against texts, hashes, vectors, and both indexes against the chunks.

        Raises:
            UnknownNameError: no such corpus.
        """
        store, corpus = self._one(name)
        return audit_corpus(store, corpus, index=self._index(store, corpus))

    async def search(self, query: str, *, corpora: tuple[str, ...] = (), limit: int = 6) -> Retrieval:
        """As in the Retriever protocol; the work runs in a thread. A blank query finds nothing."""
        return await asyncio.to_thread(self.search_now, query, corpora=corpora, limit=limit)

    def search_now(self, query: str, *, corpora: tuple[str, ...] = (), limit: int = 6) -> Retrieval:
        """The search itself, for callers without an event loop; raises as the protocol says."""
        chosen = self._chosen(corpora or self._settings.corpora)
        query_terms = [(term, 1.0) for term in terms(query)]
        if not query.strip() or limit < 1:
            return Retrieval(query=query, hits=(), confidence=0.0)
        for expansion in bundled_glossary().expand(query):
            query_terms += [(term, _EXPANSION_WEIGHT) for term in terms(expansion)]
        vector = self._embedder.embed([query])[0]
        found: list[Candidates] = []
        hits: list[Hit] = []
        for store, corpus in chosen:
            part = candidates(store, self._index(store, corpus), query_terms=query_terms, vector=vector)
            found.append(part)
            hits += self._hits(store, corpus, part, limit)
        hits.sort(key=lambda hit: (-hit.score, hit.evidence.id))
        return Retrieval(query=query, hits=tuple(hits[:limit]), confidence=confidence(found))

    def _hits(self, store: Store, corpus: CorpusRow, part: Candidates, limit: int) -> tuple[Hit, ...]:
        scores = fuse(part)
        order = np.lexsort((part.ids, -scores))[:limit]
        rows = {row.id: row for row in store.chunk_rows(corpus, part.ids[order].tolist())}
        return tuple(
            Hit(
                evidence=evidence(corpus, rows[int(part.ids[at])], score=float(scores[at])),
                score=float(scores[at]),
                lexical=float(part.bm25[at]),
                dense=float(part.cosine[at]),
            )
            for at in order.tolist()
            if int(part.ids[at]) in rows
        )

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            for store in (self._own, self._primer):
                if store is not None:
                    store.close()
            self._own = self._primer = None
            self._indexes.clear()

    def _chosen(self, names: Sequence[str]) -> tuple[tuple[Store, CorpusRow], ...]:
        everything = self._all()
        for name in names:
            if name not in everything:
                raise UnknownNameError("corpus", name, everything)
        chosen = tuple(everything[name] for name in (dict.fromkeys(names) if names else everything))
        for _, corpus in chosen:
            self._check_embedder(corpus)
        return chosen

    def _one(self, name: str) -> tuple[Store, CorpusRow]:
        everything = self._all()
        if name not in everything:
            raise UnknownNameError("corpus", name, everything)
        return everything[name]

    def _all(self) -> dict[str, tuple[Store, CorpusRow]]:
        with self._lock:
            if self._primer is None:
                self._primer = open_primer(self._folder, self._embedder)
            primer = self._primer
        stores = [primer]
        if (self._folder / "corpora.sqlite3").exists():
            stores.append(self._own_store(write=False))
        pairs = {row.name: (store, row) for store in stores for row in store.corpora()}
        return dict(sorted(pairs.items()))

    def _own_store(self, *, write: bool) -> Store:
        path = self._folder / "corpora.sqlite3"
        with self._lock:
            if self._own is None:
                try:
                    self._own = Store(path)
                except KnowledgeError:
                    if write or not path.exists():
                        raise
                    self._own = Store(path, write=False)
            return self._own

    def _index(self, store: Store, corpus: CorpusRow) -> CorpusIndex:
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

        return ChromaIndex.open(source, folder=self._folder / "chroma")

    def _check_embedder(self, corpus: CorpusRow) -> None:
        mine = self._embedder.identity
        if corpus.embedder != mine:
            raise EmbedderMismatchError(
                f"corpus {corpus.name!r} was made with the embedder {corpus.embedder.name}"
                f" ({corpus.embedder.digest[:12]}), not with {mine.name} ({mine.digest[:12]})",
                mend=f"Make it anew: coreagent corpus remove {corpus.name}"
                f" && coreagent corpus add PATH --name {corpus.name}; or set the embedder back.",
            )
