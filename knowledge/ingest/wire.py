"""How a worker and its parent talk: frames of JSON and raw bytes, nothing that could run when it is read.

A frame is a mark, two lengths in bytes, the JSON (UTF-8) and the raw bytes. A chunk travels as a span: its text is the
document's.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from coreagent.knowledge.ingest.jobs import Failure, Job, Outcome
from coreagent.knowledge.store.prepared import Prepared

MAX_PART_BYTES = 1 << 30
_HEAD = struct.Struct(">4sQQ")
_MARK = b"CAI1"


class FrameError(ValueError):
    """The other side ended, or sent what is no frame."""


def write_frame(stream: BinaryIO, message: Mapping[str, object], *, raw: bytes = b"") -> None:
    """Send one message.

    Raises:
        OSError: the other side is gone.
    """
    body, raw = encoded(message, raw)
    stream.write(_HEAD.pack(_MARK, len(body), len(raw)) + body + raw)
    stream.flush()


def encoded(message: Mapping[str, object], raw: bytes) -> tuple[bytes, bytes]:
    """The two parts of a frame."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), raw


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes]:
    """The JSON, not yet looked at, and the raw bytes.

    Raises:
        FrameError: the stream ended, or this is no frame.
    """
    mark, body_size, raw_size = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if mark != _MARK or body_size > MAX_PART_BYTES or raw_size > MAX_PART_BYTES:
        raise FrameError("not a frame")
    return _exactly(stream, body_size), _exactly(stream, raw_size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise FrameError("the stream ended")
    return data


def job_message(job: Job) -> dict[str, object]:
    """A job as JSON; paths of the file system keep their odd bytes."""
    folder = _ascii(str(job.folder)) if job.folder else ""
    return {"source": _ascii(str(job.source)), "shown": job.shown, "name": job.name, "folder": folder}


def job_from(body: bytes) -> Job:
    """The worker's reading of :func:`job_message`."""
    message = json.loads(body)
    return Job(
        source=Path(_from_ascii(message["source"])),
        shown=message["shown"],
        name=message["name"],
        folder=Path(_from_ascii(message["folder"])) if message["folder"] else None,
    )


def _ascii(name: str) -> str:
    return name.encode("utf-8", "surrogatepass").hex()


def _from_ascii(name: str) -> str:
    return bytes.fromhex(name).decode("utf-8", "surrogatepass")


def outcome_message(outcome: Outcome) -> tuple[dict[str, object], bytes]:
    """The message and the raw bytes for an outcome; see ``received`` for the way back."""
    if isinstance(outcome, Failure):
        return {"kind": "failure", "cause": outcome.cause, "mend": outcome.mend}, b""
    if isinstance(outcome, Prepared):
        return _prepared_message(outcome), b"".join((outcome.signature, *outcome.postings))
    members = [[_ascii(m.name), m.path.name, m.sha256, m.problem, m.failed] for m in outcome]
    return {"kind": "unpacked", "members": members}, b""


def _prepared_message(prepared: Prepared) -> dict[str, object]:
    document = prepared.document
    identity = document.specification
    return {
        "kind": "prepared",
        "title": document.title,
        "text": document.text,
        "format": document.format,
        "grammar": document.grammar,
        "sha256": document.sha256,
        "body_start": document.body_start,
        "meta": dict(document.meta),
        "specification": [identity.number, identity.version, identity.release],
        "language": document.language,
        "pages": document.pages,
        "clauses": [[c.number, c.title, c.path, c.level, c.start, c.end, c.parent] for c in prepared.clauses],
        "chunks": [[c.section, c.start, c.end, c.clause, c.kind, c.context] for c in prepared.chunks],
        "signature": len(prepared.signature),
        "postings": [len(part) for part in prepared.postings],
        "terms": [[t.abbreviation, t.expansion, t.meaning, t.source] for t in prepared.terms],
    }
