"""What the library tells its callers: what an ``add`` did, what a corpus and a document are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.store.rows import DocumentRow
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file, done.

    ``outcome`` is added, replaced, unchanged, or the reason why it was left out. ``files`` counts those done so far,
    this one included; ``total`` those that were found, 0 while they are still being counted; members of archives come
    on top of both when their archive is opened. ``chunks`` counts new ones so far.
    """

    path: Path
    outcome: str
    files: int
    total: int
    chunks: int


Progress = Callable[[Step], None]
"""Called once for every file, from the thread that adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What one ``add`` did, each list in the order of its paths.

    ``failed`` names each file that could not be taken in, with the reason: an error. ``skipped`` names what a folder
    or an archive holds besides documents: hidden files, links, kinds that are not read. ``chunks`` are new ones,
    ``bytes`` those of the new files. ``embed_seconds`` and ``store_seconds`` are parts of ``seconds``, most of the rest
    is spent waiting for workers.
    """

    corpus: str
    added: int
    replaced: int
    unchanged: int
    failed: tuple[tuple[Path, str], ...]
    skipped: tuple[tuple[Path, str], ...]
    chunks: int
    bytes: int
    seconds: float
    embed_seconds: float
    store_seconds: float


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
    """One document.

    ``slug`` is its name in evidence ids, ``language`` an ISO 639-1 code where it is known; ``text`` is filled when one
    document was asked for.
    """

    slug: str
    title: str
    path: str
    format: str
    sha256: str
    characters: int
    chunks: int
    meta: dict[str, str | list[str]]
    specification: Specification = Specification()
    language: str = ""
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
            specification=row.specification,
            language=row.language,
            text=text,
        )
