"""Figures of a corpus: how much of what is in it."""

from dataclasses import dataclass

from coreagent.knowledge.store.database import Connection
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.labels import Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusStats:
    """Counts of a corpus. Where a document does not say, its key is an empty string.

    ``languages``, ``formats``, ``labels``, ``licences`` and ``releases`` count documents, the most frequent first;
    ``kinds`` counts chunks. ``duplicates`` are chunks whose very text stands in an earlier chunk too. ``terms`` are
    abbreviations and definitions that the documents state.
    """

    documents: int
    clauses: int
    chunks: int
    characters: int
    terms: int
    duplicates: int
    languages: dict[str, int]
    formats: dict[str, int]
    labels: dict[str, int]
    licences: dict[str, int]
    releases: dict[str, int]
    kinds: dict[str, int]


def figures(connection: Connection, corpus: CorpusRow) -> CorpusStats:
    """Count."""

    def single(statement: str) -> int:
        return int(connection.execute(statement, (corpus.id,))[0][0])

    def grouped(table: str, column: str) -> dict[str, int]:
        statement = (
            f'SELECT "{column}", count(*) FROM {table} WHERE corpus_id = ? GROUP BY "{column}" ORDER BY 2 DESC, 1'
        )
        return {str(row[0]): int(row[1]) for row in connection.execute(statement, (corpus.id,))}

    labels: dict[str, int] = {}
    for own, count in grouped("document", "label").items():
        label = str(max(corpus.label, Sensitivity.parse(own)) if own else corpus.label)
        labels[label] = labels.get(label, 0) + count
    return CorpusStats(
        documents=single("SELECT count(*) FROM document WHERE corpus_id = ?"),
        clauses=single("SELECT count(*) FROM clause WHERE corpus_id = ?"),
        chunks=single("SELECT count(*) FROM chunk WHERE corpus_id = ?"),
        characters=single("SELECT coalesce(sum(characters), 0) FROM document WHERE corpus_id = ?"),
        terms=single("SELECT count(*) FROM term WHERE corpus_id = ?"),
        duplicates=single("SELECT count(*) - count(DISTINCT sha256) FROM chunk WHERE corpus_id = ?"),
        languages=grouped("document", "language"),
        formats=grouped("document", "format"),
        labels=labels,
        licences=grouped("document", "licence"),
        releases=grouped("document", "release"),
        kinds=grouped("chunk", "kind"),
    )
