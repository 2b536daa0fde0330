"""What a database can say by itself about the soundness of a corpus, in a few statements."""

from coreagent.knowledge.store.database import Connection
from coreagent.knowledge.store.rows import CorpusRow

_VECTOR_BYTES = 4
_CHECKS = (
    (
        "SELECT c.id, d.slug FROM chunk c JOIN document d ON d.id = c.document_id"
        " LEFT JOIN clause l ON l.id = c.clause_id AND l.document_id = c.document_id"
        " WHERE c.corpus_id = ? AND c.clause_id <> 0 AND l.id IS NULL ORDER BY c.id",
        "{slug}: chunk {id} belongs to a clause that is not there",
    ),
    (
        "SELECT l.id, d.slug FROM clause l JOIN document d ON d.id = l.document_id"
        " LEFT JOIN clause p ON p.id = l.parent_id AND p.document_id = l.document_id"
        ' AND p.start <= l.start AND p."end" >= l."end"'
        " WHERE l.corpus_id = ? AND l.parent_id <> 0 AND p.id IS NULL ORDER BY l.id",
        "{slug}: clause {id} does not lie in the clause above it",
    ),
    (
        "SELECT l.id, d.slug FROM clause l JOIN document d ON d.id = l.document_id"
        ' WHERE l.corpus_id = ? AND NOT (l.start >= 0 AND l.start < l."end" AND l."end" <= d.characters) ORDER BY l.id',
        "{slug}: clause {id} spans what the text does not have",
    ),
    (
        "SELECT d.id, d.slug FROM document d WHERE d.corpus_id = ? AND d.characters <>"
        " (SELECT coalesce(sum(length(b.text)), 0) FROM block b WHERE b.document_id = d.id) ORDER BY d.id",
        "{slug}: a part of the text is missing",
    ),
    (
        "SELECT c.id, d.slug FROM chunk c JOIN document d ON d.id = c.document_id"
        " WHERE c.corpus_id = ? AND d.corpus_id <> c.corpus_id ORDER BY c.id",
        "{slug}: chunk {id} belongs to another corpus than its document",
    ),
)


def faults(connection: Connection, corpus: CorpusRow) -> tuple[str, ...]:
    """Rows that contradict each other, one sentence each."""
    found = [
        sentence.format(id=number, slug=slug)
        for statement, sentence in _CHECKS
        for number, slug in connection.execute(statement, (corpus.id,))
    ]
    odd = connection.execute(
        "SELECT c.id, d.slug FROM chunk c JOIN document d ON d.id = c.document_id"
        " WHERE c.corpus_id = ? AND length(c.vector) <> ? ORDER BY c.id",
        (corpus.id, _VECTOR_BYTES * corpus.embedder.dimensions),
    )
    return (
        *found,
        *(
            f"{slug}: the vector of chunk {number} has not {corpus.embedder.dimensions} dimensions"
            for number, slug in odd
        ),
    )
