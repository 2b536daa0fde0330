"""One corpus, opened for searching: both indexes at the stored revision, and what its chunks and documents are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.glossary import Glossary
from coreagent.knowledge.index.dense import DenseIndex, VectorSource
from coreagent.knowledge.index.lexical import LexicalIndex
from coreagent.knowledge.search.sections import Sections
from coreagent.knowledge.store.rows import ChunkColumns, CorpusRow, DocumentRow
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.specification import version_key

LEXICAL_KIND = "bm25f-2"
"""Name of the saved index; another number makes every saved one be built anew."""
_ATTEMPTS = 5

DenseOpener = Callable[[VectorSource], DenseIndex]


@dataclass(frozen=True, kw_only=True)
class CorpusIndex:
    """Everything that a search needs, in the order of the chunks' ids; ``columns.ids`` equal ``lexical.ids``.

    ``documents`` are by id. ``superseded`` marks the chunks of documents of which the corpus holds a newer version.
    ``glossary`` has the terms that the corpus states itself.
    """

    store: Store
    corpus: CorpusRow
    lexical: LexicalIndex
    dense: DenseIndex
    columns: ChunkColumns
    documents: dict[int, DocumentRow]
    superseded: NDArray[np.bool_]
    glossary: Glossary

    def rows_of(self, documents: Iterable[int]) -> NDArray[np.bool_]:
        """Which chunks belong to these documents; shape ``(chunks,)``."""
        return np.isin(self.columns.documents, np.fromiter(documents, dtype=np.int64))

    @cached_property
    def names(self) -> dict[str, set[int]]:
        """Documents by what they are called, in lower case: slug, title, path."""
        out: dict[str, set[int]] = {}
        for row in self.documents.values():
            for name in (row.slug, row.title, row.path):
                out.setdefault(name.casefold(), set()).add(row.id)
        return out

    @cached_property
    def numbered(self) -> tuple[DocumentRow, ...]:
        """Documents that are a standard with a number."""
        return tuple(row for row in self.documents.values() if row.specification.number)

    @cached_property
    def sections(self) -> Sections:
        """The clauses by number and by path; read at the first search that asks for one."""
        return Sections(self.store.clauses(self.corpus))


def open_index(store: Store, corpus: CorpusRow, *, dense: DenseOpener) -> CorpusIndex:
    """Load or build the indexes of the corpus as it is now.

    Raises:
        KnowledgeError: the store or the dense index can not be read, or other processes write without a pause.
        UnknownNameError: the corpus was removed meanwhile.
    """
    for _ in range(_ATTEMPTS):
        opened = _open(store, corpus, dense)
        again = store.corpus(corpus.name)
        if again.revision == corpus.revision and np.array_equal(opened.columns.ids, opened.lexical.ids):
            return opened
        corpus = again  # Somebody added documents between two of the readings.
    raise KnowledgeError(f"corpus {corpus.name!r} changes all the time", mend="Search when the import has ended.")


def _open(store: Store, corpus: CorpusRow, dense: DenseOpener) -> CorpusIndex:
    documents = {row.id: row for row in store.documents(corpus)}
    columns = store.columns(corpus)
    old = _superseded(documents.values())
    return CorpusIndex(
        store=store,
        corpus=corpus,
        lexical=open_lexical(store, corpus),
        dense=dense(store.source(corpus)),
        columns=columns,
        documents=documents,
        superseded=np.isin(columns.documents, np.array(sorted(old), dtype=np.int64)),
        glossary=Glossary(store.terms(corpus)),
    )


def _superseded(documents: Iterable[DocumentRow]) -> set[int]:
    """Documents of which there is a newer version of the same specification."""
    families: dict[str, list[DocumentRow]] = {}
    for row in documents:
        if row.family and row.specification.version:
            families.setdefault(row.family, []).append(row)
    old: set[int] = set()
    for versions in families.values():
        newest = max(version_key(row.specification) for row in versions)
        old.update(row.id for row in versions if version_key(row.specification) < newest)
    return old


def open_lexical(store: Store, corpus: CorpusRow) -> LexicalIndex:
    """The saved BM25 index of this revision, else a new one, which is saved where that is possible."""
    saved = store.derived(corpus, LEXICAL_KIND)
    if saved is not None:
        try:
            return LexicalIndex.load(saved)
        except (ValueError, KeyError, OSError):
            saved = None  # Damaged: the chunks are the truth, so it is simply built again.
    built = LexicalIndex.assemble(*store.postings(corpus))
    try:
        store.save_derived(corpus, LEXICAL_KIND, data=built.dump())
    except KnowledgeError:
        return built  # Read-only or full: the search works, only the next start is slower.
    return built
