"""A corpus made anew from its stored texts: clauses, passages, terms, vectors and, with them, every index.

No original file is needed. It is the way to another embedder, to the gains of a newer version of the package, and out
of a damage that the audit finds.
"""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from coreagent.knowledge.clearance import check_clearance
from coreagent.knowledge.documents.document import Document, Grammar, Specification
from coreagent.knowledge.documents.front_matter import Meta
from coreagent.knowledge.ingest.pipeline import embedded_texts
from coreagent.knowledge.ingest.prepare import prepare
from coreagent.knowledge.store.rows import CorpusRow, DocumentRow
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.language import detect
from coreagent.knowledge.structure.specification import identify
from coreagent.models.embedding import Embedder

_GRAMMARS: dict[str, Grammar] = {"markdown": "markdown", "rst": "rst", "text": "text", "log": "log"}

RebuildProgress = Callable[[str, int, int], None]
"""Called after each document with its slug, how many are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """What one rebuild did. ``resumed`` counts documents that an interrupted one had done already."""

    corpus: str
    documents: int
    resumed: int
    chunks: int


def rebuild_corpus(
    store: Store, corpus: CorpusRow, *, embedder: Embedder, progress: RebuildProgress | None = None
) -> RebuildReport:
    """Make the corpus anew beside the old one and put it in its place; documents keep their names.

    Documents added meanwhile are taken along. Killed at any moment, it leaves the old corpus, and the next call goes
    on where this one stopped.

    Raises:
        UnknownNameError: the corpus was removed, or another process finished its rebuild first.
        KnowledgeError: the store can not be written.
        ModelError: the embedder failed.
        ClearanceError: the embedder may not be sent a document of the corpus; then none was sent.
    """
    for row in store.documents(corpus):
        _check_label(embedder, row)
    draft = store.draft(corpus, embedder=embedder.identity, maker=importlib.metadata.version("coreagent"))
    total = len(store.documents(corpus))
    resumed = total - len(draft.missing())
    done, chunks = resumed, 0
    finished = False
    while not finished:
        for row in draft.missing():
            _check_label(embedder, row)  # It may have been added meanwhile.
            text = store.text(row.id)
            prepared = prepare(_document(row, text))
            draft.put(row, prepared, vectors=embedder.embed(list(embedded_texts(prepared))))
            done += 1
            chunks += len(prepared.chunks)
            if progress is not None:
                progress(row.slug, done, max(done, total))
        finished = draft.take_over()
    return RebuildReport(corpus=corpus.name, documents=done, resumed=resumed, chunks=chunks)


def _check_label(embedder: Embedder, row: DocumentRow) -> None:
    check_clearance(embedder, row.label, subject=f"document {row.slug!r}")


def _document(row: DocumentRow, text: str) -> Document:
    """The document as it was when it was added; what an older version of the package did not see is made up for."""
    meta: Meta = {key: tuple(value) if isinstance(value, list) else value for key, value in row.meta.items()}
    name = PurePosixPath(row.path.rsplit("!/", 1)[-1]).name
    specification = row.specification
    if specification == Specification():
        specification = identify(name=name, title=row.title, text=text, meta=meta)
    return Document(
        path=row.path,
        name=name,
        title=row.title,
        text=text,
        format=row.format,
        grammar=_GRAMMARS[row.grammar],
        sha256=row.sha256,
        body_start=row.body_start,
        meta=meta,
        specification=specification,
        language=row.language or detect(text[row.body_start :]),
        pages=row.pages,
    )
