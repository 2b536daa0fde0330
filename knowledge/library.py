"""The library: corpora are added, listed, shown, audited, removed and searched. The room's front door."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coreagent.errors import UnknownNameError, UsageError
from coreagent.knowledge.audit import AuditReport, audit_corpus
from coreagent.knowledge.clearance import check_clearance
from coreagent.knowledge.glossary import StatedTerm, bundled_glossary
from coreagent.knowledge.primer_store import NAME as PRIMER
from coreagent.knowledge.reports import AddReport, CorpusInfo, DocumentInfo, Progress
from coreagent.knowledge.retrieval import Retrieval, Where
from coreagent.knowledge.search.engine import Options, RankBy, search
from coreagent.knowledge.search.question import understand
from coreagent.knowledge.search.stated import stated_terms
from coreagent.knowledge.shelf import Shelf
from coreagent.knowledge.store.rows import ChunkRow, CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.models.reranking import Reranker
from coreagent.settings import KnowledgeSettings

if TYPE_CHECKING:
    from coreagent.knowledge.inventory import Inventory
    from coreagent.knowledge.rebuild import RebuildProgress, RebuildReport

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Library:
    """All corpora of one home folder, and the bundled primer. Safe for threads; several processes may share a home."""

    def __init__(
        self, home: Path, embedder: Embedder, settings: KnowledgeSettings, *, reranker: Reranker | None = None
    ) -> None:
        """Nothing is opened before it is needed."""
        self._embedder, self._settings, self._reranker = embedder, settings, reranker
        self._shelf = Shelf(home, embedder, settings)

    def add(
        self,
        paths: Sequence[Path],
        *,
        name: str,
        label: Sensitivity | None = None,
        engine: Literal["local", "ray"] = "local",
        progress: Progress | None = None,
    ) -> AddReport:
        """Read files, folders and archives into a corpus, which is made when it does not exist.

        Unchanged files are passed over, changed ones replaced. ``label`` (public for a new corpus) must not contradict
        that of an existing one. Each file is stored whole or not at all: after an interruption, run it again.

        Raises:
            UsageError: the name is not allowed, or the label contradicts the corpus.
            EmbedderMismatchError: another embedder made the corpus.
            KnowledgeError: the corpus can not be written, or no worker process can be started.
            ModelError: a configured embedder failed. What was stored before stays.
            ClearanceError: the embedder may not be sent text of this label.
        """
        # Late: archives, workers and their checks take 50 ms to import, which a search does not need.
        from coreagent.knowledge.ingest.engines import open_engine  # noqa: PLC0415 - see above
        from coreagent.knowledge.ingest.pipeline import Intake  # noqa: PLC0415 - see above

        started = time.monotonic()
        if name == PRIMER or not _NAME.match(name):
            raise UsageError(
                f"a corpus can not be called {name!r}",
                mend="Use lower-case letters, digits, - and _ (at most 63), and not the name of the bundled primer.",
            )
        store = self._shelf.own_store(write=True)
        held = next((row for row in store.corpora() if row.name == name), None)
        if held is not None:
            self._check_target(held, label)
        # Before a worker starts: nothing of a corpus that the embedder may not see is ever sent.
        target = held.label if held is not None else label or Sensitivity.PUBLIC
        check_clearance(self._embedder, target, subject=f"corpus {name!r}")

        def corpus() -> CorpusRow:
            # Made with its first document, so that a mistyped path leaves no empty corpus behind.
            row = held or store.create(name, label=label or Sensitivity.PUBLIC, embedder=self._embedder.identity)
            self._check_target(row, label)
            return row

        known = store.digests(held) if held else {}
        with open_engine(engine, self._settings.ingest) as workers:
            intake = Intake(store, corpus, embedder=self._embedder, engine=workers, known=known, progress=progress)
            return intake.run(paths).report(name, seconds=time.monotonic() - started)

    def _check_target(self, corpus: CorpusRow, label: Sensitivity | None) -> None:
        self._shelf.check_embedder(corpus)
        if label is not None and corpus.label != label:
            raise UsageError(
                f"corpus {corpus.name!r} is labelled {corpus.label}, not {label}",
                mend="Leave the label out, choose another name, or remove the corpus and add it again.",
            )

    def list(self) -> tuple[CorpusInfo, ...]:
        """All corpora by name, the primer included."""
        return tuple(self._info(store, corpus) for store, corpus in self._shelf.everything().values())

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
        store, corpus = self._shelf.one(name)
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

    def passages(self, name: str) -> Iterator[ChunkRow]:
        """All passages of a corpus in the order they were stored.

        Raises:
            UnknownNameError: no such corpus.
        """
        store, corpus = self._shelf.one(name)
        return store.chunk_rows(corpus)

    def stats(self, name: str) -> "Inventory":
        """Figures of a corpus.

        Raises:
            UnknownNameError: no such corpus.
        """
        # Late: comparing documents needs numpy's random numbers, which take 30 ms to import.
        from coreagent.knowledge.inventory import take_inventory  # noqa: PLC0415 - see above

        store, corpus = self._shelf.one(name)
        return take_inventory(store, corpus, folder=self._shelf.folder)

    def remove(self, name: str) -> None:
        """Delete a corpus and its indexes.

        Raises:
            UnknownNameError: no such corpus.
            UsageError: the primer, which is part of the package.
            KnowledgeError: the corpora can not be written.
        """
        if name == PRIMER:
            raise UsageError("the bundled primer can not be removed", mend="Name the corpora to ask instead.")
        _, corpus = self._shelf.one(name)
        self._shelf.own_store(write=True).remove(name)
        self._shelf.forget(corpus)

    def check(self, names: Sequence[str]) -> None:
        """Make sure that these corpora can be searched; those of the settings, or all, when none is named.

        Raises:
            UnknownNameError: a corpus that does not exist.
            EmbedderMismatchError: one that another embedder made.
            KnowledgeError: they can not be read.
            ModelError: a configured embedder failed where it was needed to open them.
        """
        chosen = names or self._settings.corpora
        # The primer alone is always in order, and opening it takes time. A configured embedder may not answer, though.
        if chosen or self._shelf.has_own or self._settings.embedder.adapter != "bundled":
            self._shelf.chosen(chosen)

    def audit(self, name: str, *, deep: bool = False) -> AuditReport:
        """Check a corpus: rows, spans, hashes, vectors, and whether both indexes find 200 chunks, or all with ``deep``.

        Raises:
            UnknownNameError: no such corpus.
            KnowledgeError: it can not be read.
        """
        store, corpus = self._shelf.one(name)
        return audit_corpus(store, corpus, open_index=lambda: self._shelf.index(store, corpus), deep=deep)

    def rebuild(self, name: str, *, progress: "RebuildProgress | None" = None) -> "RebuildReport":
        """Make a corpus anew from its stored texts, with the embedder of the settings; no original file is needed.

        The old one answers until the new one is whole; after an interruption, run it again.

        Raises:
            UnknownNameError: no such corpus, or it was removed or rebuilt by another process meanwhile.
            UsageError: the primer, which is part of the package.
            KnowledgeError: the corpora can not be written.
            ClearanceError: the embedder may not be sent a document of it.
            ModelError: a configured embedder failed.
        """
        from coreagent.knowledge.rebuild import rebuild_corpus  # noqa: PLC0415 - imports what only adding needs

        if name == PRIMER:
            raise UsageError("the bundled primer can not be rebuilt", mend="It is made anew by itself when it changes.")
        _, corpus = self._shelf.one(name)
        report = rebuild_corpus(self._shelf.own_store(write=True), corpus, embedder=self._embedder, progress=progress)
        self._shelf.forget(corpus)
        return report

    async def search(
        self,
        query: str,
        *,
        corpora: tuple[str, ...] = (),
        limit: int = 6,
        where: Where | None = None,
        label: Sensitivity = Sensitivity.PUBLIC,
    ) -> Retrieval:
        """As in the Retriever protocol; the work runs in a thread. A blank query finds nothing.

        What is shown of a hit is the settings' ``context``.
        """
        context = self._settings.context_characters if self._settings.context == "clause" else 0
        return await asyncio.to_thread(
            self.search_now, query, corpora=corpora, limit=limit, where=where, label=label, context=context
        )

    def search_now(
        self,
        query: str,
        *,
        corpora: tuple[str, ...] = (),
        limit: int = 6,
        where: Where | None = None,
        label: Sensitivity = Sensitivity.PUBLIC,
        rank_by: RankBy = "fused",
        context: int = 0,
        explain: bool = False,
    ) -> Retrieval:
        """The search itself, for callers without an event loop; raises as the protocol says.

        ``rank_by`` leaves all but one of the searches out of the order. ``context``: characters of the clause to show
        around a passage. ``explain`` fills each hit's explanation.
        """
        opened = [
            self._shelf.index(store, corpus) for store, corpus in self._shelf.chosen(corpora or self._settings.corpora)
        ]
        question = understand(
            query,
            glossaries=(bundled_glossary(), *(index.glossary for index in opened)),
            split=self._settings.split_questions,
            options=self._settings.search_options,
        )
        options = Options(
            limit=limit,
            where=where,
            label=label,
            rank_by=rank_by,
            collapse=self._settings.collapse_versions,
            context=context,
            explain=explain,
        )
        return search(question, opened, embedder=self._embedder, options=options, reranker=self._reranker)

    async def define(self, name: str, *, corpora: tuple[str, ...] = ()) -> tuple[StatedTerm, ...]:
        """As in the TermSource protocol, without the primer: its terms are the bundled glossary's. Works in a thread.

        Nothing is sent to an embedder.
        """
        return await asyncio.to_thread(self._define, name, corpora or self._settings.corpora)

    def _define(self, name: str, corpora: tuple[str, ...]) -> tuple[StatedTerm, ...]:
        rows = self._shelf.own_store(write=False).corpora() if self._shelf.has_own else ()
        own = {row.name: row for row in rows}
        for corpus in corpora:
            if corpus not in own and corpus != PRIMER:
                raise UnknownNameError("corpus", corpus, sorted([*own, PRIMER]))
        chosen = [own[corpus] for corpus in dict.fromkeys(corpora or own) if corpus != PRIMER]
        return stated_terms(name, [self._shelf.index(self._shelf.own_store(write=False), row) for row in chosen])

    def close(self) -> None:
        """Give the files back."""
        self._shelf.close()
