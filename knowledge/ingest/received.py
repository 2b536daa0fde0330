"""What a worker sent, checked before it is believed: a hostile file may have taken the worker over."""

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from coreagent.knowledge.documents.archives import Member
from coreagent.knowledge.documents.document import Document, Grammar, Specification
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.index.postings import RECORD
from coreagent.knowledge.ingest.jobs import Failure, Job, Outcome
from coreagent.knowledge.ingest.wire import FrameError
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.structure.chunking import Chunk, Kind
from coreagent.knowledge.structure.clauses import Clause
from coreagent.knowledge.structure.signature import SIGNATURE_BYTES

_Count = Annotated[int, Field(ge=0)]
_Parent = Annotated[int, Field(ge=-1)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    peak_mb: float = 0.0


class _Ready(_Message):
    kind: Literal["ready"]


class _OutOfMemory(_Message):
    kind: Literal["memory"]


class _Failure(_Message):
    kind: Literal["failure"]
    cause: str
    mend: str


class _Unpacked(_Message):
    kind: Literal["unpacked"]
    members: list[tuple[str, str, str, str, bool]]


class _Prepared(_Message):
    kind: Literal["prepared"]
    title: str
    text: str
    format: str
    grammar: Grammar
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    body_start: _Count
    meta: dict[str, str | tuple[str, ...]]
    specification: tuple[str, str, str]
    language: str
    pages: tuple[_Count, ...]
    clauses: list[tuple[str, str, str, _Count, _Count, _Count, _Parent]]
    chunks: list[tuple[str, _Count, _Count, _Parent, Kind, str]]
    terms: list[tuple[str, str, str, str]]
    signature: _Count
    postings: list[_Count]


_Known = _Ready | _OutOfMemory | _Failure | _Unpacked | _Prepared
_ADAPTER: TypeAdapter[_Known] = TypeAdapter(Annotated[_Known, Field(discriminator="kind")])


class WorkerMemoryError(Exception):
    """The worker says that the file needs more memory than it may have."""


def outcome_from(body: bytes, raw: bytes, *, job: Job) -> tuple[Outcome, float]:
    """The outcome, and the most memory that the worker has held so far, in MB.

    Raises:
        FrameError: the message is not what a worker of ours sends.
        WorkerMemoryError: there was not enough memory.
    """
    try:
        message = _ADAPTER.validate_json(body)
    except ValidationError as error:
        raise FrameError("no message of a worker") from error
    match message:
        case _OutOfMemory():
            raise WorkerMemoryError
        case _Failure():
            return Failure(message.cause, message.mend), message.peak_mb
        case _Unpacked():
            return _members(message, job), message.peak_mb
        case _Prepared():
            return _prepared(message, raw, job), message.peak_mb
        case _Ready():
            raise FrameError("ready out of turn")


def _members(message: _Unpacked, job: Job) -> tuple[Member, ...]:
    if job.folder is None:
        raise FrameError("an archive that nobody asked for")
    return tuple(_member(row, job.folder) for row in message.members)


def _member(row: tuple[str, str, str, str, bool], folder: Path) -> Member:
    coded, file, sha256, problem, failed = row
    try:
        name = bytes.fromhex(coded).decode("utf-8", "surrogatepass")
    except ValueError as error:
        raise FrameError("a member without a name") from error
    path = folder / file
    if not problem and (Path(file).name != file or path.is_symlink() or not path.is_file()):
        raise FrameError("a member that was not unpacked")
    return Member(name=name, path=path, sha256=sha256, problem=problem, failed=failed)


def _prepared(message: _Prepared, raw: bytes, job: Job) -> Prepared:
    size, clauses = len(message.text), len(message.clauses)
    if job.folder is not None or message.body_start > size:
        raise FrameError("a document that does not fit the question")
    for _, start, end, clause, _, _ in message.chunks:
        if not start <= end <= size or clause >= clauses:
            raise FrameError("a chunk outside of its document")
    for at, (_, _, _, _, start, end, parent) in enumerate(message.clauses):
        if not start <= end <= size or parent >= at:
            raise FrameError("a clause outside of its document")
    if len(message.postings) != len(message.chunks) or any(count % RECORD.itemsize for count in message.postings):
        raise FrameError("the words of the chunks are not whole")
    if message.signature + sum(message.postings) != len(raw) or message.signature not in (0, SIGNATURE_BYTES):
        raise FrameError("bytes are missing or left over")
    ends = tuple(accumulate(message.postings, initial=message.signature))
    number, version, release = message.specification
    return Prepared(
        document=Document(
            # Not the worker's word: one that was taken over could replace another document.
            path=job.shown,
            name=job.name,
            title=message.title,
            text=message.text,
            format=message.format,
            grammar=message.grammar,
            sha256=message.sha256,
            body_start=message.body_start,
            meta=message.meta,
            specification=Specification(number=number, version=version, release=release),
            language=message.language,
            pages=message.pages,
        ),
        clauses=tuple(
            Clause(number=n, title=t, path=p, level=level, start=start, end=end, parent=parent)
            for n, t, p, level, start, end, parent in message.clauses
        ),
        chunks=tuple(
            Chunk(section, start, end, message.text[start:end], clause, kind, context)
            for section, start, end, clause, kind, context in message.chunks
        ),
        terms=tuple(Term(abbreviation=a, expansion=e, meaning=m, source=s) for a, e, m, s in message.terms),
        signature=raw[: message.signature],
        postings=tuple(raw[start:end] for start, end in pairwise(ends)),
    )
