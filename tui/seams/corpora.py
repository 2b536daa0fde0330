"""The corpora panel's view of the system."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coreagent.answer import Citation
from coreagent.tui.seams.chat import Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusState:
    """One corpus. ``label`` is public, internal or confidential; the bundled primer is ``read_only``."""

    name: str
    label: str
    documents: int
    chunks: int
    characters: int
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentState:
    """One document of a corpus; ``specification`` is its number and version, where it has them."""

    slug: str
    title: str
    format: str
    chunks: int
    characters: int
    specification: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """How far an import is: files done of those found (0 while they are counted), new chunks, the file done last."""

    files: int
    total: int
    chunks: int
    path: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an import did; ``failed`` and ``skipped`` are pairs of path and reason."""

    corpus: str
    added: int
    replaced: int
    unchanged: int
    chunks: int
    seconds: float
    failed: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Something that a search found, ``score`` in 0..1."""

    citation: Citation
    text: str
    score: float


class Corpora(Protocol):
    """Every method may raise CoreAgentError."""

    async def list(self) -> tuple[CorpusState, ...]:
        """All corpora."""
        ...

    async def documents(self, corpus: str) -> tuple[DocumentState, ...]:
        """Its documents."""
        ...

    async def read(self, corpus: str, document: str) -> Clause:
        """A whole document, by its slug."""
        ...

    async def add(
        self, paths: Sequence[Path], *, name: str, label: str = "", progress: Callable[[Adding], None] | None = None
    ) -> Added:
        """Read files and folders into a corpus; ``progress`` is called on the app's loop.

        Cancelling stops it after the file in hand; what is in stays in.
        """
        ...

    async def search(self, query: str, *, corpora: Sequence[str] = (), limit: int = 20) -> tuple[Passage, ...]:
        """Passages, best first."""
        ...

    async def remove(self, corpus: str) -> None:
        """Delete a corpus; the files it was made from stay."""
        ...
