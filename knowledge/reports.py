"""What the library tells its callers: what an ``add`` did, what a corpus and a document are."""

from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.store.rows import DocumentRow
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What one ``add`` did. ``skipped`` names each file that was left out, with the reason; ``chunks`` are new ones."""

    corpus: str
    added: int
    replaced: int
    unchanged: int
    skipped: tuple[tuple[Path, str], ...]
    chunks: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusInfo:
    """One corpus. ``created`` is ISO 8601 in UTC; ``read_only`` is true of the bundled primer."""

    name: str
    label: Sensitivity
    documents: int
    chunks: int
    characters: int
    embedder: EmbedderIdentity
    created: str
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """One document. ``slug`` is its name in evidence ids; ``text`` is filled when one document was asked for."""

    slug: str
    title: str
    path: str
    format: str
    sha256: str
    characters: int
    chunks: int
    meta: dict[str, str | list[str]]
    text: str = ""

    @classmethod
    def of(cls, row: DocumentRow, *, text: str = "") -> "DocumentInfo":
        """From the stored row."""
        return cls(
            slug=row.slug,
            title=row.title,
            path=row.path,
            format=row.format,
            sha256=row.sha256,
            characters=row.characters,
            chunks=row.chunks,
            meta=row.meta,
            text=text,
        )
