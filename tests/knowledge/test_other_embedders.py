"""Corpora with another embedder: what it may be sent, whose index it is, and what its faults do."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import (
    ClearanceError,
    EmbedderMismatchError,
    ModelError,
    ModelServerError,
    ModelUnreachableError,
)
from coreagent.knowledge.library import Library
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.models.embedding_endpoint import EndpointEmbedding
from coreagent.models.remote_embedder import RemoteEmbedder
from coreagent.settings import EmbedderSettings, KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import SERVER_ERROR, Computed, Reply


class Watched(HashEmbedder):
    """Notes every text that it is given."""

    def __init__(self, clearance: Sensitivity = Sensitivity.CONFIDENTIAL, *, dimensions: int = 64) -> None:
        super().__init__(dimensions)
        self._clearance = clearance
        self.sent: list[str] = []

    @property
    def clearance(self) -> Sensitivity:
        return self._clearance

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.sent += texts
        return super().embed(texts)

    def saw(self, word: str) -> bool:
        return any(word in text for text in self.sent)


MakeLibrary = Callable[[Embedder], Library]


@pytest.fixture
def opened(tmp_path: Path) -> MakeLibrary:
    def make(embedder: Embedder) -> Library:
        return Library(tmp_path / "home", embedder, KnowledgeSettings())

    return make


@pytest.mark.parametrize("label", [Sensitivity.INTERNAL, Sensitivity.CONFIDENTIAL])
def test_a_corpus_above_the_clearance_is_never_sent(opened: MakeLibrary, folder: Path, label: Sensitivity) -> None:
    embedder = Watched(Sensitivity.PUBLIC)
    library = opened(embedder)
    with pytest.raises(ClearanceError, match=f"'mine' is labelled {label}.*public text at most") as caught:
        library.add([folder], name="mine", label=label)
    assert "[knowledge.embedder]" in caught.value.mend
    assert embedder.sent == []
    assert [info.name for info in library.list()] == ["primer"]


def test_nor_is_what_is_added_to_an_existing_one(opened: MakeLibrary, folder: Path) -> None:
    opened(HashEmbedder()).add([folder / "a1.md"], name="mine", label=Sensitivity.CONFIDENTIAL)
    embedder = Watched(Sensitivity.INTERNAL)
    with pytest.raises(ClearanceError, match="confidential"):
        opened(embedder).add([folder], name="mine")
    assert embedder.sent == []


def test_a_document_that_labels_itself_above_the_clearance_is_left_out(opened: MakeLibrary, folder: Path) -> None:
    (folder / "secret.md").write_text("---\nlabel: [public, confidential]\n---\nThe zebra password.")
    (folder / "inside.md").write_text("---\nlabel: internal\n---\nThe okapi rule.")
    embedder = Watched(Sensitivity.INTERNAL)
    library = opened(embedder)
    report = library.add([folder], name="mine")
    assert report.added == 3 and report.skipped == ()
    [(path, reason)] = report.failed
    assert path.name == "secret.md" and "labels itself confidential" in reason
    assert embedder.saw("okapi") and not embedder.saw("zebra")


def test_a_rebuild_sends_nothing_when_one_document_is_above_the_clearance(opened: MakeLibrary, folder: Path) -> None:
    (folder / "secret.md").write_text("---\nlabel: confidential\n---\nThe zebra password.")
    opened(HashEmbedder()).add([folder], name="mine")
    embedder = Watched(Sensitivity.INTERNAL, dimensions=32)
    library = opened(embedder)
    with pytest.raises(ClearanceError, match="'secret' is labelled confidential"):
        library.rebuild("mine")
    assert not embedder.saw("The non-RT RIC sends A1 policies to the near-RT RIC.") and not embedder.saw("zebra")


def test_another_embedder_is_refused_everywhere_with_the_two_ways_on(opened: MakeLibrary, folder: Path) -> None:
    opened(HashEmbedder()).add([folder], name="mine")
    embedder = Watched(dimensions=32)
    library = opened(embedder)
    calls: list[Callable[[], object]] = [
        lambda: library.search_now("Which RIC?", corpora=("mine",)),
        lambda: library.search_now("Which RIC?"),
        lambda: library.add([folder], name="mine"),
        lambda: library.check(("mine",)),
        lambda: library.check(()),
    ]
    for call in calls:
        with pytest.raises(EmbedderMismatchError, match=r"made with the embedder hash \(64 dimensions") as caught:
            call()
        assert "coreagent corpus rebuild mine" in caught.value.mend
        assert "hash back in [knowledge.embedder]" in caught.value.mend
    assert not embedder.saw("Which RIC?") and not embedder.saw("The non-RT RIC sends A1 policies to the near-RT RIC.")
    library.rebuild("mine")
    library.check(())
    assert library.search_now("Which RIC sends A1 policies?", corpora=("mine",)).hits


def remote(base_url: str, **extra: Any) -> RemoteEmbedder:
    settings = EmbedderSettings.model_validate(
        {"adapter": "openai_compatible", "model": "tiny", "base_url": base_url, "max_attempts": 1, **extra}
    )
    return RemoteEmbedder(EndpointEmbedding(settings), settings)


async def test_a_corpus_follows_its_server_to_another_address_but_not_to_another_prefix(
    opened: MakeLibrary, folder: Path
) -> None:
    def first(base_url: str) -> None:
        embedder = remote(base_url)
        opened(embedder).add([folder], name="mine")
        embedder.close()

    def second(base_url: str) -> None:
        moved = remote(base_url)
        found = opened(moved).search_now("Which RIC sends A1 policies?", corpora=("mine",))
        assert found.hits[0].evidence.citation.document == "A1 interface" and found.hits[0].dense > 0
        other = remote(base_url, passage_prefix="passage: ")
        with pytest.raises(EmbedderMismatchError):
            opened(other).check(("mine",))
        moved.close()
        other.close()

    async with OpenAIServer() as server:
        await asyncio.to_thread(first, server.base_url)
    async with OpenAIServer() as server:
        await asyncio.to_thread(second, server.base_url)


async def test_an_embedder_that_fails_while_the_primer_is_made_is_a_clear_error_and_leaves_nothing(
    opened: MakeLibrary, tmp_path: Path
) -> None:
    async with OpenAIServer(["ok", "ok", *[SERVER_ERROR] * 8]) as server:
        embedder = remote(server.base_url)
        library = opened(embedder)
        with pytest.raises(ModelServerError, match="tiny: the endpoint failed"):
            await asyncio.to_thread(library.list)
    assert list((tmp_path / "home" / "knowledge").iterdir()) == []
    with pytest.raises(ModelUnreachableError):
        await asyncio.to_thread(library.search_now, "What is a cell?")
    port = int(server.base_url.split(":")[2].split("/")[0])
    async with OpenAIServer(port=port):
        assert (await asyncio.to_thread(library.search_now, "What is a cell?")).hits
        await asyncio.to_thread(embedder.close)


async def test_an_embedder_that_fails_in_the_middle_of_an_add_keeps_what_was_stored(
    opened: MakeLibrary, tmp_path: Path
) -> None:
    docs = tmp_path / "many"
    docs.mkdir()
    for number in range(40):
        body = "\n\n".join(f"## Part {part}\n\nText {part} of document {number}." for part in range(40))
        (docs / f"{number:02}.md").write_text(f"# Document {number}\n\n{body}\n")
    healthy = False
    calls = 0

    def sometimes(_: dict[str, Any]) -> Reply:
        nonlocal calls
        calls += 1
        return "ok" if healthy or calls < 12 else SERVER_ERROR

    async with OpenAIServer([Computed(sometimes)] * 200) as server:
        embedder = remote(server.base_url, dimensions=16)
        library = opened(embedder)
        with pytest.raises(ModelError):
            await asyncio.to_thread(library.add, [docs], name="mine")
        healthy = True
        report = await asyncio.to_thread(library.add, [docs], name="mine")
        assert report.failed == () and report.added + report.unchanged == 40
        audit = await asyncio.to_thread(library.audit, "mine")
        await asyncio.to_thread(embedder.close)
    assert audit.problems == ()


def test_a_corpus_is_shown_checked_and_removed_without_the_embedder(opened: MakeLibrary, folder: Path) -> None:
    opened(HashEmbedder()).add([folder], name="mine")
    embedder = remote("http://127.0.0.1:9/v1")
    library = opened(embedder)
    assert len(library.show("mine")) == 2
    assert library.audit("mine").problems == ()
    library.remove("mine")
    with pytest.raises(ModelUnreachableError):
        library.list()
    embedder.close()
