"""A file of the first schema becomes one of the second, in one transaction.

What the first one did not keep stays empty until ``coreagent corpus rebuild``: clauses, kinds, terms, the number and
release of a specification.
"""

import json

from coreagent.knowledge.documents.front_matter import split_front_matter
from coreagent.knowledge.store.database import Connection
from coreagent.knowledge.store.schema import BLOCK_CHARACTERS, statements


def upgrade(connection: Connection) -> None:
    """Replace the tables; foreign keys must be off, and a writing transaction open."""
    for statement in (
        "DROP INDEX chunk_corpus",
        "DROP INDEX chunk_document",
        "ALTER TABLE chunk RENAME TO old_chunk",
        "ALTER TABLE document RENAME TO old_document",
        *statements(),
        "UPDATE sequence SET last = coalesce((SELECT seq FROM sqlite_sequence s WHERE s.name = sequence.name), last)",
        "UPDATE sequence SET last = coalesce((SELECT max(seq) FROM sqlite_sequence s"
        " WHERE s.name = 'old_' || sequence.name), last)",
    ):
        connection.execute(statement)
    for (number,) in connection.execute("SELECT id FROM old_document ORDER BY id"):
        _document(connection, number)
    connection.execute(
        'INSERT INTO chunk (id, corpus_id, document_id, clause_id, section, kind, page, start, "end", sha256,'
        " context, text, vector) SELECT id, corpus_id, document_id, 0, section, 'text', 0, start, \"end\", sha256,"
        " '', text, vector FROM old_chunk ORDER BY id"
    )
    for statement in ("DROP TABLE old_chunk", "DROP TABLE old_document"):
        connection.execute(statement)


def _document(connection: Connection, number: int) -> None:
    ((corpus, path, slug, sha256, title, grammar, meta, text, created),) = connection.execute(
        "SELECT d.corpus_id, d.path, d.slug, d.sha256, d.title, d.format, d.meta, d.text, c.created"
        " FROM old_document d JOIN corpus c ON c.id = d.corpus_id WHERE d.id = ?",
        (number,),
    )
    keys = json.loads(meta)
    label = keys.get("label", "")
    licence = keys.get("license", "") or keys.get("licence", "")
    connection.execute(
        "INSERT INTO document (id, corpus_id, path, slug, sha256, title, format, grammar, body_start, number, version,"
        ' "release", family, language, label, licence, added, signature, pages, meta, characters)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '', '', ?, ?, ?, ?, '[]', ?, ?)",
        (
            number,
            corpus,
            path,
            slug,
            sha256,
            title,
            grammar,
            grammar,
            split_front_matter(text)[1] if grammar == "markdown" else 0,
            label if isinstance(label, str) else "",
            licence if isinstance(licence, str) else ", ".join(licence),
            created,
            b"",
            meta,
            len(text),
        ),
    )
    connection.execute_many(
        "INSERT INTO block (document_id, start, text) VALUES (?, ?, ?)",
        [(number, at, text[at : at + BLOCK_CHARACTERS]) for at in range(0, len(text), BLOCK_CHARACTERS)],
    )
