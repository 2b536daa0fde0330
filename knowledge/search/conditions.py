"""Conditions become masks: which chunks may be found, and which the question names outright."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.retrieval import Where
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.search.references import Reference
from coreagent.knowledge.store.rows import DocumentRow
from coreagent.knowledge.structure.specification import version_key

_LEAST_NUMBER = 5
NAMED_DOCUMENT = 1.0
"""Added to the logit of chunks of a document that the question names."""
NAMED_CLAUSE = 4.0
"""Added to the logit of chunks of a clause that it names. Chosen by hand: who names a clause wants that clause."""


def allowed(index: CorpusIndex, where: Where | None, *, collapse: bool) -> NDArray[np.bool_] | None:
    """The chunks that may be found, shape ``(chunks,)``; None for all of them.

    With ``collapse``, superseded versions are left out, unless ``where`` asks for all of them or for their release.
    """
    where = where or Where()
    kept: NDArray[np.bool_] | None = None
    chosen: Sequence[DocumentRow] = tuple(index.documents.values())
    if where.documents or where.releases or where.languages or where.label is not None:
        wanted = _called(index, where.documents) if where.documents else index.documents.keys()
        passing = [row for row in chosen if row.id in wanted and _passes(row, where)]
        if len(passing) < len(chosen):
            kept = index.rows_of(row.id for row in passing)
        chosen = passing
    if where.sections:
        inside = _in_clauses(index, index.sections.called(where.sections))
        kept = inside if kept is None else kept & inside
    if collapse and not where.all_versions and index.superseded.any():
        # Of the documents that pass, the newest: release 16 asked for is release 16 found.
        old = index.superseded if kept is None else index.rows_of(_older(chosen))
        kept = ~old if kept is None else kept & ~old
    return kept


def _called(index: CorpusIndex, names: Iterable[str]) -> set[int]:
    """Documents that any of the names means: by slug, title, path, or number as a standard."""
    out: set[int] = set()
    for name in names:
        out |= index.names.get(name.strip().casefold(), set())
        out.update(
            row.id for row in index.numbered if Reference(document=name).names_document(row.specification.number)
        )
    return out


def _passes(row: DocumentRow, where: Where) -> bool:
    return (
        (not where.releases or row.specification.release.removeprefix("Rel-") in where.releases)
        and (not where.languages or row.language in where.languages)
        and (where.label is None or row.label <= where.label)
    )


def _in_clauses(index: CorpusIndex, clauses: set[int]) -> NDArray[np.bool_]:
    return np.isin(index.columns.clauses, np.fromiter(clauses, dtype=np.int64))


def _older(documents: Iterable[DocumentRow]) -> list[int]:
    versions = [(row, version_key(row.specification)) for row in documents if row.family]
    newest: dict[str, tuple[int, ...]] = {}
    for row, version in versions:
        newest[row.family] = max(newest.get(row.family, ()), version)
    return [row.id for row, version in versions if version < newest[row.family]]


def named(index: CorpusIndex, references: Sequence[Reference], *, text: str = "") -> NDArray[np.float32] | None:
    """What to add to each chunk's logit because the question names its document or clause; None for nothing.

    ``text`` is the question: the number of a document of the corpus may stand in it in a form that nobody else uses.
    """
    said = text.casefold()
    numbers = {row.specification.number for row in index.numbered}
    told = [number for number in sorted(numbers) if len(number) >= _LEAST_NUMBER and number.casefold() in said]
    if told and not any(reference.document for reference in references):
        asked = [reference.clause for reference in references] or [""]
        references = [Reference(document=number, clause=clause) for number in told for clause in asked]
    out = np.zeros(len(index.columns.ids), dtype=np.float32)
    for reference in references:
        inside = np.ones(len(out), dtype=np.bool_)
        if reference.document:
            inside = index.rows_of(
                row.id for row in index.numbered if reference.names_document(row.specification.number)
            )
            np.maximum(out, np.where(inside, np.float32(NAMED_DOCUMENT), 0), out=out)
        if reference.clause and inside.any():
            clauses = _in_clauses(index, index.sections.numbered(reference.clause)) & inside
            bonus = np.float32(NAMED_CLAUSE if reference.document else NAMED_DOCUMENT)
            np.maximum(out, np.where(clauses, bonus, 0), out=out)
    return out if out.any() else None
