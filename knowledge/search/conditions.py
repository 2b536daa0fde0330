"""Conditions become masks: which chunks may be found, and which the question names outright."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.retrieval import Where
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.search.references import Reference
from coreagent.knowledge.store.rows import ClauseRow, DocumentRow
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.specification import version_key

_NUMBER = re.compile(r"[A-Za-z]?[\d.]+[a-z]?")
NAMED_DOCUMENT = 1.0
"""Added to the logit of chunks of a document that the question names."""
NAMED_CLAUSE = 4.0
"""Added to the logit of chunks of a clause that it names. Chosen by hand: who names a clause wants that clause."""


def allowed(store: Store, index: CorpusIndex, where: Where | None, *, collapse: bool) -> NDArray[np.bool_] | None:
    """The chunks that may be found, shape ``(chunks,)``; None for all of them.

    With ``collapse``, superseded versions are left out, unless ``where`` asks for all of them or for their release.
    """
    where = where or Where()
    kept: NDArray[np.bool_] | None = None
    chosen = [row for row in index.documents.values() if _passes(row, where)]
    if len(chosen) < len(index.documents):
        kept = index.rows_of(row.id for row in chosen)
    if where.sections:
        clauses = [row.id for row in store.clauses(index.corpus) if _in_sections(row, where.sections)]
        inside = np.isin(index.columns.clauses, np.array(clauses, dtype=np.int64))
        kept = inside if kept is None else kept & inside
    if collapse and not where.all_versions and index.superseded.any():
        # Of the documents that pass, the newest: release 16 asked for is release 16 found.
        old = index.superseded if kept is None else index.rows_of(_older(chosen))
        kept = ~old if kept is None else kept & ~old
    return kept


def _passes(row: DocumentRow, where: Where) -> bool:
    return (
        (not where.documents or any(is_called(row, name) for name in where.documents))
        and (not where.releases or row.specification.release.removeprefix("Rel-") in where.releases)
        and (not where.languages or row.language in where.languages)
        and (where.label is None or row.label <= where.label)
    )


def is_called(row: DocumentRow, name: str) -> bool:
    """True when a name means this document: its slug, its number as a standard, or its title."""
    plain = name.strip().casefold()
    numbered = Reference(document=name).names_document(row.specification.number) if row.specification.number else False
    return numbered or plain in (row.slug.casefold(), row.title.casefold(), row.path.casefold())


def _in_sections(row: ClauseRow, sections: Iterable[str]) -> bool:
    for section in sections:
        if Reference(clause=section).names_clause(row.number):
            return True
        if not _NUMBER.fullmatch(section) and section.casefold() in row.path.casefold():
            return True
    return False


def _older(documents: Sequence[DocumentRow]) -> list[int]:
    newest: dict[str, tuple[int, ...]] = {}
    for row in documents:
        if row.family:
            newest[row.family] = max(newest.get(row.family, ()), version_key(row.specification))
    return [row.id for row in documents if row.family and version_key(row.specification) < newest[row.family]]


def named(store: Store, index: CorpusIndex, references: Sequence[Reference]) -> NDArray[np.float32] | None:
    """What to add to each chunk's logit because the question names its document or clause; None for nothing."""
    out = np.zeros(len(index.columns.ids), dtype=np.float32)
    for reference in references:
        documents = [row.id for row in index.documents.values() if _is_named(row, reference)]
        if reference.document and not documents:
            continue
        if reference.document:
            np.maximum(out, np.where(index.rows_of(documents), np.float32(NAMED_DOCUMENT), 0), out=out)
        if reference.clause:
            rows = (
                [row for one in documents for row in store.clauses(index.corpus, document_id=one)]
                if reference.document
                else store.clauses(index.corpus, number=reference.clause)
            )
            clauses = np.array([row.id for row in rows if reference.names_clause(row.number)], dtype=np.int64)
            bonus = np.float32(NAMED_CLAUSE if reference.document else NAMED_DOCUMENT)
            np.maximum(out, np.where(np.isin(index.columns.clauses, clauses), bonus, 0), out=out)
    return out if out.any() else None


def _is_named(row: DocumentRow, reference: Reference) -> bool:
    return bool(row.specification.number) and reference.names_document(row.specification.number)
