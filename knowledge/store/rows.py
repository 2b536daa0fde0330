"""What the store hands out: corpora, documents and chunks as rows."""

from dataclasses import dataclass
from typing import Literal

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
    """One document as stored, without its text."""

    id: int
    path: str
    slug: str
    sha256: str
    title: str
    format: str
    meta: dict[str, str | list[str]]
    characters: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """One chunk with what a citation needs."""

    id: int
    slug: str
    title: str
    section: str
    start: int
    end: int
    text: str
    meta: dict[str, str | list[str]]
