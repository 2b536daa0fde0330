"""What the store hands out: corpora, documents, clauses and chunks as rows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.documents.document import Specification
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

Outcome = Literal["added", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusRow:
    """One corpus as stored. ``uid`` never comes back; ``revision`` changes with every change of its content."""

    id: int
    name: str
    uid: str
    label: Sensitivity
    embedder: EmbedderIdentity
    created: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One document as stored, without its text.

    ``label`` is the stricter of the corpus' and the document's own; ``licence`` what it says of itself. ``added`` is
    ISO 8601 in UTC. ``signature`` is the MinHash of ``structure.signature``, ``family`` what all versions of one
    specification share (see ``structure.specification``). ``pages``: see ``documents.document``.
    """

    id: int
    path: str
    slug: str
    sha256: str
    title: str
    format: str
    grammar: str
    body_start: int
    meta: dict[str, str | list[str]]
    specification: Specification
    family: str
    language: str
    label: Sensitivity
    licence: str
    added: str
    signature: bytes
    pages: tuple[int, ...]
    characters: int
    chunks: int
    clauses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRow:
    """One clause as stored; ``parent_id`` is 0 at the top. See ``structure.clauses.Clause``."""

    id: int
    document_id: int
    parent_id: int
    number: str
    title: str
    path: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """One chunk with what a citation needs. ``clause_id`` is 0 above the first heading, ``page`` where there are none.

    ``context`` is put before the text where it is indexed. ``clause_start`` and ``clause_end`` span the clause, or the
    chunk itself where there is no clause.
    """

    id: int
    document_id: int
    slug: str
    title: str
    format: str
    specification: Specification
    section: str
    start: int
    end: int
    text: str
    kind: str
    context: str
    label: Sensitivity
    meta: dict[str, str | list[str]]
    page: int
    clause_id: int
    clause_number: str
    clause_start: int
    clause_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkColumns:
    """All chunks of a corpus as columns, in ascending order of id; for filters and for duplicates.

    Every array has shape ``(chunks,)``; ``digests`` are the first eight bytes of the sha256 of each text.
    """

    ids: NDArray[np.int64]
    documents: NDArray[np.int64]
    clauses: NDArray[np.int64]
    digests: NDArray[np.uint64]
