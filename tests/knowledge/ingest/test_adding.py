"""From files to stored documents: what goes in, what is left out, and what an interruption leaves behind."""

import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import ModelServerError
from coreagent.knowledge.ingest.engine import LocalEngine
from coreagent.knowledge.ingest.jobs import Limits
from coreagent.knowledge.ingest.pipeline import Intake
from coreagent.knowledge.library import Library
from coreagent.knowledge.reports import AddReport, Step
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity
from coreagent.settings import KnowledgeSettings
from coreagent.settings.knowledge import IngestSettings
from coreagent.testing.hash_embedder import HashEmbedder

HOSTILE = (str(Path(__file__).with_name("hostile_worker.py")),)


def zip_file(path: Path, parts: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    return folder


def test_members_of_an_archive_are_documents_of_their_own(library: Library, docs: Path) -> None:
    bundle = zip_file(
        docs / "bundle.zip", {"in/a.md": "# A\n\nzebra", "in/b.md": "# B\n\nyak", "c.exe": "x", "d.md": ""}
    )
    first = library.add([docs], name="mine")
    assert (first.added, first.chunks) == (2, 2)
    assert [path.name for path, _ in first.skipped] == ["c.exe"]
    assert [(str(path), reason) for path, reason in first.failed] == [
        (f"{bundle}!/d.md", "the file is empty. Remove it, or write something into it.")
    ]
    assert {row.path for row in library.show("mine")} == {f"{bundle.resolve()}!/in/{name}.md" for name in "ab"}
    assert {row.slug for row in library.show("mine")} == {"bundle/in/a", "bundle/in/b"}
    zip_file(bundle, {"in/a.md": "# A\n\nzebra", "in/b.md": "# B\n\nwolf"})
    second = library.add([docs], name="mine")
    assert (second.added, second.replaced, second.unchanged, second.failed) == (0, 1, 1, ())
    found = library.search_now("wolf", corpora=("mine",)).hits[0].evidence
    assert found.citation.document == "B"


def test_of_many_files_the_good_ones_are_in_and_the_bad_ones_listed_in_order(library: Library, docs: Path) -> None:
    for number in range(500):
        (docs / f"{number:03}.md").write_text(f"# Article {number}\n\nword{number} text", encoding="utf-8")
    bad = {f"{number:03}.md": b"" for number in range(0, 500, 100)} | {
        f"{number:03}.md": b"\x89PNG\r\n\x1a\n" for number in range(50, 500, 100)
    }
    for name, data in bad.items():
        (docs / name).write_bytes(data)
    steps: list[Step] = []
    report = library.add([docs], name="mine", progress=steps.append)
    assert (report.added, len(report.failed)) == (490, 10)
    assert [path.name for path, _ in report.failed] == sorted(bad)
    assert {reason for _, reason in report.failed} == {
        "the file is empty. Remove it, or write something into it.",
        "a PNG image, not Markdown. Give it the suffix that it deserves, or leave it out.",
    }
    assert [step.files for step in steps] == list(range(1, 501))
    assert steps[-1].total in (0, 500) and steps[-1].chunks == 490
    assert report.bytes == sum(path.stat().st_size for path in docs.iterdir()) - 5 * 8
    assert library.audit("mine").problems == ()
    for number in (1, 255, 499):
        found = library.search_now(f"word{number}", corpora=("mine",)).hits[0].evidence
        assert found.citation.document == f"Article {number}"


def test_a_file_that_vanishes_after_it_was_found_is_listed(library: Library, docs: Path) -> None:
    for number in range(100):
        (docs / f"{number:03}.md").write_text(f"text {number}", encoding="utf-8")

    def remove(step: Step) -> None:
        (docs / "099.md").unlink(missing_ok=True)

    (docs / ".first").write_text("the hidden file is told of before anything is read")
    report = library.add([docs], name="mine", progress=remove)
    assert report.added == 99
    assert [path.name for path, _ in report.failed] == ["099.md"]
    assert report.failed[0][1].startswith("can not be read: No such file or directory")


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store.open(None)
    yield made
    made.close()


def add_hostile(store: Store, docs: Path, **named: object) -> AddReport:
    embedder = HashEmbedder()

    def corpus() -> CorpusRow:
        return store.create("mine", label=Sensitivity.PUBLIC, embedder=embedder.identity)

    with LocalEngine(Limits(file_seconds=5, file_memory_mb=256), workers=2, inline_files=0, program=HOSTILE) as engine:
        intake = Intake(store, corpus, embedder=embedder, engine=engine, known={}, **named)  # type: ignore[arg-type]  # pyright: ignore
        return intake.run([docs]).report("mine", seconds=1)


def test_hostile_files_cost_themselves_only_and_nothing_of_them_is_stored(store: Store, docs: Path) -> None:
    for number in range(40):
        (docs / f"good{number:02}.txt").write_text(f"good words {number}", encoding="utf-8")
    hostile = {
        "crash.txt": "!segfault",
        "eat.txt": "!eat x",
        "exit.txt": "!exit",
        "hang.txt": "!hang",
        "odd.txt": "!raise x",
    }
    for name, text in hostile.items():
        (docs / name).write_text(text, encoding="utf-8")
    zip_file(docs / "z.zip", {"in.txt": "good words", "worse.txt": "!segfault"})
    report = add_hostile(store, docs)
    assert report.added == 41
    assert [(path.name, reason.split(".")[0]) for path, reason in report.failed] == [
        ("crash.txt", "the converter crashed (signal 11)"),
        ("eat.txt", "it needed more than 256 MB"),
        ("exit.txt", "the converter crashed (the stream ended)"),
        ("hang.txt", "it took longer than 5 s"),
        ("odd.txt", "it could not be converted (RuntimeError: x)"),
        ("worse.txt", "the converter crashed (signal 11)"),
    ]
    stored = {Path(row.path).name for row in store.documents(store.corpus("mine"))}
    assert not stored & {*hostile, "worse.txt"} and len(stored) == 41


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


@pytest.mark.skipif(os.name != "posix", reason="processes are looked up by signal 0")
def test_an_interruption_leaves_whole_documents_and_no_process(
    library: Library, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        (docs / f"{number:03}.md").write_text(f"# Article {number}\n\n" + "words " * 400, encoding="utf-8")
    pids: list[int] = []
    close = LocalEngine.close

    def noting(self: LocalEngine) -> None:
        pids.extend(self.pids)
        close(self)

    monkeypatch.setattr(LocalEngine, "close", noting)

    def interrupt(step: Step) -> None:
        if step.files == 20:
            raise Interrupted

    with pytest.raises(Interrupted):
        library.add([docs], name="mine", progress=interrupt)
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert library.audit("mine").problems == ()
    stored = len(library.show("mine"))
    report = library.add([docs], name="mine")
    assert (report.unchanged, report.added) == (stored, 200 - stored) and 20 <= stored < 200


class Failing(HashEmbedder):
    """An endpoint that breaks after a while."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 1

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.left -= 1
        if self.left < 0:
            raise ModelServerError("503", status=503)
        return super().embed(texts)


def test_an_embedder_that_fails_stops_the_work_and_keeps_what_is_whole(tmp_path: Path, docs: Path) -> None:
    for number in range(60):
        (docs / f"{number:03}.md").write_text(f"# Article {number}\n\n" + "words " * 4_000, encoding="utf-8")
    broken = Library(tmp_path / "home", Failing(), KnowledgeSettings())
    with pytest.raises(ModelServerError):
        broken.add([docs], name="mine")
    broken.close()
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    stored = len(library.show("mine"))
    assert 0 < stored < 60
    assert library.add([docs], name="mine").unchanged == stored
    assert library.audit("mine").problems == ()
    library.close()


def test_a_document_too_secret_for_the_embedder_is_never_sent(tmp_path: Path, docs: Path) -> None:
    class Elsewhere(HashEmbedder):
        sent: list[str] = []

        @property
        def clearance(self) -> Sensitivity:
            return Sensitivity.INTERNAL

        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.sent.extend(texts)
            return super().embed(texts)

    (docs / "open.md").write_text("zebra", encoding="utf-8")
    (docs / "secret.md").write_text("---\nlabel: confidential\n---\nThe password.", encoding="utf-8")
    library = Library(tmp_path / "home", Elsewhere(), KnowledgeSettings())
    report = library.add([docs], name="mine")
    library.close()
    assert [path.name for path, _ in report.failed] == ["secret.md"]
    assert Elsewhere.sent == ["open. zebra"]


def test_the_limits_are_those_of_the_settings(tmp_path: Path, docs: Path) -> None:
    (docs / "big.md").write_text("x" * 2_000_000, encoding="utf-8")
    zip_file(docs / "big.zip", {"a.md": "x" * 2_000_000, "b.md": "y"})
    limits = IngestSettings(max_file_mb=1, max_archive_mb=1)
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings(ingest=limits))
    reasons = {path.name: reason for path, reason in library.add([docs], name="mine").failed}
    library.close()
    assert "2 MB is over the limit of 1 MB" in reasons["big.md"]
    assert "unpacks to more than 1 MB" in reasons["big.zip"]


def test_the_same_files_give_the_same_report_whatever_ends_first(
    library: Library, docs: Path, tmp_path: Path, note: Callable[[AddReport], tuple[object, ...]]
) -> None:
    for number in range(60):
        (docs / f"{number}.log").write_text("" if number % 7 == 0 else f"line {number}\n" * (number + 1))
    one = library.add([docs], name="one")
    two = library.add([docs], name="two")
    assert note(one) == note(two)


@pytest.fixture
def note() -> Callable[[AddReport], tuple[object, ...]]:
    return lambda report: (report.added, report.failed, report.skipped, report.chunks, report.bytes)
