"""Nothing is believed of a worker that a hostile file may have taken over."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.knowledge.ingest.jobs import Failure, Job
from coreagent.knowledge.ingest.prepare import prepare, read_document
from coreagent.knowledge.ingest.received import outcome_from
from coreagent.knowledge.ingest.wire import (
    FrameError,
    encoded,
    job_from,
    job_message,
    outcome_message,
    read_frame,
    write_frame,
)
from coreagent.knowledge.store.prepared import Prepared

TEXT = """---
title: Cells
aliases: [Zellen]
---
# 1 Scope

The Access and Mobility Management Function (AMF) keeps the cell list of each tracking area, as it was told to do.

| a | b |
|---|---|
| 1 | 2 |

## 1.1 More

无线接入网由基站和终端组成。
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    path = tmp_path / "TS 38.331 v17.md"
    path.write_text(TEXT, encoding="utf-8")
    return Job(source=path, shown=str(path), name=path.name)


@pytest.fixture
def prepared(job: Job) -> Prepared:
    return prepare(read_document(job.source, job.name, shown=job.shown))


def test_a_document_arrives_as_it_was_sent(job: Job, prepared: Prepared) -> None:
    assert prepared.chunks and prepared.clauses and prepared.terms and prepared.signature and prepared.postings
    received, _ = outcome_from(*encoded(*outcome_message(prepared)), job=job)
    assert received == prepared


def test_a_job_and_a_failure_arrive_as_they_were_sent() -> None:
    odd = Job(source=Path("/x/caf\udce9 \n.md"), shown="/x/caf\\udce9.md", name="n", folder=Path("/tmp/\udcff"))
    assert job_from(encoded(job_message(odd), b"")[0]) == odd
    failure = Failure("it is odd", "Mend it.")
    assert outcome_from(*encoded(*outcome_message(failure)), job=odd)[0] == failure


def spoilt(message: dict[str, Any], at: str, value: object) -> dict[str, Any]:
    *way, last = at.split("/")
    part: Any = message
    for step in way:
        part = part[int(step)] if step.isdigit() else part[step]
    part[int(last) if last.isdigit() else last] = value
    return message


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("kind", "other"),
        ("kind", "ready"),
        ("extra", 1),
        ("text", 5),
        ("title", None),
        ("sha256", "../../etc/passwd"),
        ("grammar", "python"),
        ("body_start", 10_000),
        ("body_start", -1),
        ("chunks/0/1", -1),
        ("chunks/0/2", 10_000),
        ("chunks/0/3", 999),
        ("chunks/0/4", "spell"),
        ("clauses/0/5", 10_000),
        ("clauses/0/6", 0),
        ("pages", [-1]),
        ("meta", {"label": {"deep": "thing"}}),
        ("signature", 4),
        ("postings/0", 16),
        ("postings", []),
        ("terms/0", ["only", "three", "texts"]),
    ],
)
def test_a_message_that_no_worker_of_ours_sends_is_refused(
    job: Job, prepared: Prepared, at: str, value: object
) -> None:
    message, raw = outcome_message(prepared)
    body = json.dumps(spoilt(json.loads(json.dumps(message)), at, value)).encode()
    with pytest.raises(FrameError):
        outcome_from(body, raw, job=job)


def test_the_path_of_a_document_is_the_parents_word(job: Job, prepared: Prepared) -> None:
    received, _ = outcome_from(
        *encoded(*outcome_message(prepared)), job=Job(source=job.source, shown="/other/path.md", name="other")
    )
    assert isinstance(received, Prepared)
    assert (received.document.path, received.document.name) == ("/other/path.md", "other")


def hexed(name: str) -> str:
    return name.encode().hex()


@pytest.mark.parametrize(
    "member",
    [
        [hexed("a.md"), "../outside.md", "0" * 64, "", False],
        [hexed("a.md"), "link.md", "0" * 64, "", False],
        [hexed("a.md"), "missing.md", "0" * 64, "", False],
        ["not hex", "there.md", "0" * 64, "", False],
    ],
)
def test_members_are_taken_from_the_folder_of_their_archive_only(tmp_path: Path, member: list[object]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.md").write_text("x")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / "there.md").write_text("x")
    job = Job(source=tmp_path / "a.zip", shown="a.zip", name="a.zip", folder=folder)
    body = json.dumps({"kind": "unpacked", "members": [member]}).encode()
    with pytest.raises(FrameError):
        outcome_from(body, b"", job=job)


def test_an_archive_or_a_document_out_of_turn_is_refused(tmp_path: Path, job: Job, prepared: Prepared) -> None:
    with pytest.raises(FrameError):
        outcome_from(b'{"kind": "unpacked", "members": []}', b"", job=job)
    asked = Job(source=job.source, shown="x", name="x", folder=tmp_path)
    with pytest.raises(FrameError):
        outcome_from(*encoded(*outcome_message(prepared)), job=asked)


@given(st.binary(max_size=64))
def test_bytes_that_are_no_frame_are_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(data))


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.text(st.characters(codec="utf-8"))),
    st.binary(),
)
def test_a_frame_is_read_as_it_was_written(message: dict[str, object], raw: bytes) -> None:
    stream = io.BytesIO()
    write_frame(stream, message, raw=raw)
    write_frame(stream, {})
    stream.seek(0)
    body, held = read_frame(stream)
    assert (json.loads(body), held) == (message, raw)
    assert read_frame(stream) == (b"{}", b"")


@pytest.mark.parametrize("cut", [1, 10, 20, 25])
def test_a_frame_that_breaks_off_is_refused(cut: int, whole: Callable[[], bytes]) -> None:
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(whole()[:-cut]))


@pytest.fixture
def whole() -> Callable[[], bytes]:
    def make() -> bytes:
        stream = io.BytesIO()
        write_frame(stream, {"kind": "x"}, raw=b"12345")
        return stream.getvalue()

    return make
