"""Rows of the tables become what the store hands out."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.index.postings import postings
from coreagent.knowledge.store.database import Connection, Row
from coreagent.knowledge.store.rows import ChunkColumns, ChunkRow, ClauseRow, CorpusRow, DocumentRow
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

CORPUS = "SELECT id, name, uid, label, embedder, dimensions, digest, created, revision FROM corpus"
_DOCUMENT = (
    'SELECT id, path, slug, sha256, title, format, grammar, body_start, number, version, "release", family, language,'
    " label, licence, added, signature, pages, meta, characters,"
    " (SELECT count(*) FROM chunk c WHERE c.document_id = document.id),"
    " (SELECT count(*) FROM clause l WHERE l.document_id = document.id)"
    " FROM document WHERE corpus_id = ? ORDER BY slug"
)
_CLAUSE = 'SELECT id, document_id, parent_id, number, title, path, level, start, "end" FROM clause'
_CHUNK = (
    'SELECT c.id, c.document_id, d.slug, d.title, d.number, d.version, d."release", c.section, c.start, c."end",'
    " c.text, c.kind, d.label, d.meta, c.page, c.context, c.clause_id, coalesce(l.number, ''),"
    ' coalesce(l.start, c.start), coalesce(l."end", c."end"),'
    " d.format"
    " FROM chunk c JOIN document d ON d.id = c.document_id LEFT JOIN clause l ON l.id = c.clause_id"
)


def corpus_row(row: Row) -> CorpusRow:
    """A row of :data:`CORPUS`."""
    return CorpusRow(
        id=row[0],
        name=row[1],
        uid=row[2],
        label=Sensitivity.parse(row[3]),
        embedder=EmbedderIdentity(row[4], row[5], row[6]),
        created=row[7],
        revision=row[8],
    )


def documents(connection: Connection, corpus: CorpusRow) -> tuple[DocumentRow, ...]:
    """All documents of a corpus by slug."""
    return tuple(
        DocumentRow(
            id=r[0],
            path=r[1],
            slug=r[2],
            sha256=r[3],
            title=r[4],
            format=r[5],
            grammar=r[6],
            body_start=r[7],
            specification=Specification(number=r[8], version=r[9], release=r[10]),
            family=r[11],
            language=r[12],
            label=_stricter(corpus, r[13]),
            licence=r[14],
            added=r[15],
            signature=r[16],
            pages=tuple(json.loads(r[17])),
            meta=json.loads(r[18]),
            characters=r[19],
            chunks=r[20],
            clauses=r[21],
        )
        for r in connection.execute(_DOCUMENT, (corpus.id,))
    )


def clauses(
    connection: Connection, corpus: CorpusRow, *, document_id: int | None, number: str | None
) -> tuple[ClauseRow, ...]:
    """Clauses in the order of the documents' text."""
    wanted: list[int | str] = [corpus.id]
    condition = "corpus_id = ?"
    for column, value in (("document_id", document_id), ("number", number)):
        if value is not None:
            condition += f" AND {column} = ?"
            wanted.append(value)
    return tuple(
        ClauseRow(
            id=r[0],
            document_id=r[1],
            parent_id=r[2],
            number=r[3],
            title=r[4],
            path=r[5],
            level=r[6],
            start=r[7],
            end=r[8],
        )
        for r in connection.execute(f"{_CLAUSE} WHERE {condition} ORDER BY id", wanted)
    )


def chunks(connection: Connection, corpus: CorpusRow, ids: Sequence[int]) -> Iterator[ChunkRow]:
    """Chunks by id, ascending; at most a few thousand at once."""
    marks = ",".join("?" * len(ids))
    statement = f"{_CHUNK} WHERE c.corpus_id = ? AND c.id IN ({marks}) ORDER BY c.id"
    metas: dict[str, dict[str, Any]] = {}
    for r in connection.execute(statement, (corpus.id, *ids)):
        if r[13] not in metas:
            metas = {r[13]: json.loads(r[13])}
        yield ChunkRow(
            id=r[0],
            document_id=r[1],
            slug=r[2],
            title=r[3],
            specification=Specification(number=r[4], version=r[5], release=r[6]),
            section=r[7],
            start=r[8],
            end=r[9],
            text=r[10],
            kind=r[11],
            label=_stricter(corpus, r[12]),
            meta=metas[r[13]],
            page=r[14],
            context=r[15],
            clause_id=r[16],
            clause_number=r[17],
            clause_start=r[18],
            clause_end=r[19],
            format=r[20],
        )


def columns(connection: Connection, corpus: CorpusRow) -> ChunkColumns:
    """All chunks as arrays, read from an index alone."""
    rows = connection.execute(
        "SELECT id, document_id, clause_id, substr(sha256, 1, 16) FROM chunk WHERE corpus_id = ? ORDER BY id",
        (corpus.id,),
    )
    ids, owners, governing, digests = zip(*rows, strict=True) if rows else ((), (), (), ())
    return ChunkColumns(
        ids=np.array(ids, dtype=np.int64),
        documents=np.array(owners, dtype=np.int64),
        clauses=np.array(governing, dtype=np.int64),
        digests=np.frombuffer(bytes.fromhex("".join(digests)), dtype=">u8").astype(np.uint64),
    )


def vectors(
    connection: Connection, corpus: CorpusRow, ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Vectors of these chunks, given in ascending order; those that are gone are left out."""
    if len(ids) and ids[-1] - ids[0] < 2 * len(ids):
        # Neighbours: read as a range, which is several times as fast as asking for each.
        rows = connection.execute(
            "SELECT id, vector FROM chunk WHERE id BETWEEN ? AND ? AND corpus_id + 0 = ? ORDER BY id",
            (int(ids[0]), int(ids[-1]), corpus.id),
        )
    else:
        marks = ",".join("?" * len(ids))
        rows = connection.execute(
            f"SELECT id, vector FROM chunk WHERE id IN ({marks}) AND corpus_id + 0 = ? ORDER BY id",
            (*ids.tolist(), corpus.id),
        )
    found = np.array([row[0] for row in rows], dtype=np.int64)
    matrix = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float32)
    if matrix.size != len(found) * corpus.embedder.dimensions:
        raise KnowledgeError(
            f"corpus {corpus.name!r} holds vectors of another size than its embedder makes",
            mend=f"Make it anew from its stored text: coreagent corpus rebuild {corpus.name}",
        )
    matrix = matrix.reshape(len(found), corpus.embedder.dimensions)
    if len(found) == len(ids):
        return found, matrix
    kept = np.isin(found, ids)
    return found[kept], matrix[kept]


def chunk_postings(connection: Connection, corpus: CorpusRow, ids: NDArray[np.int64]) -> Iterator[tuple[int, bytes]]:
    """What the word index needs of each chunk between the first and the last of ``ids``, ascending."""
    rows = connection.execute(
        "SELECT id, postings FROM chunk WHERE id BETWEEN ? AND ? AND corpus_id + 0 = ? ORDER BY id",
        (int(ids[0]), int(ids[-1]), corpus.id),
    )
    lacking = [row[0] for row in rows if row[1] is None]
    pages = [lacking[at : at + 500] for at in range(0, len(lacking), 500)]
    made = {row.id: row for page in pages for row in chunks(connection, corpus, page)}
    for number, part in rows:
        # Files of an older version have none.
        row = made.get(number)
        yield number, postings(row.title, row.section, f"{row.context}\n{row.text}") if row else bytes(part)


def text(connection: Connection, document_id: int, *, start: int, end: int) -> str:
    """``text[start:end]`` of a document; only the blocks that it lies in are read."""
    rows = connection.execute(
        "SELECT start, text FROM block WHERE document_id = ? AND start < ? AND start + length(text) > ? ORDER BY start",
        (document_id, end, start),
    )
    if not rows:
        return ""
    first = int(rows[0][0])
    return "".join(row[1] for row in rows)[max(0, start - first) : end - first]


def _stricter(corpus: CorpusRow, own: str) -> Sensitivity:
    return max(corpus.label, Sensitivity.parse(own)) if own else corpus.label
