"""What is asked of a worker, and what comes back."""

from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.documents.archives import Member
from coreagent.knowledge.store.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost; see ``[knowledge.ingest]`` in the settings."""

    file_seconds: float = 120.0
    file_memory_mb: int = 2_048
    max_file_mb: int = 100
    max_archive_mb: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to prepare, or one archive to unpack into ``folder``.

    ``source`` is where its bytes lie, ``shown`` the path by which the store knows it (that of a member, for example),
    ``name`` the path below the folder that was added; both as valid Unicode. ``size`` is in bytes.
    """

    source: Path
    shown: str
    name: str
    size: int = 0
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file did not become a document, and how to mend it."""

    cause: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.cause}. {self.mend}".rstrip().removesuffix("..")


Outcome = Prepared | tuple[Member, ...] | Failure


@dataclass(frozen=True, slots=True)
class Done:
    """A job with its outcome: a prepared document, the members of an archive, or a failure."""

    job: Job
    outcome: Outcome
