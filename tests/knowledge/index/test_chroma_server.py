"""Chroma as a server: one ``chroma run`` of our own on the loopback for all tests of this file."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.chroma_index import ChromaIndex, drop_collection
from coreagent.knowledge.index.chroma_places import Server
from coreagent.knowledge.index.dense import Page, VectorSource
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("there is no chroma program beside this Python")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "run", "--path", folder / "data", "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/v2/heartbeat", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def source(texts: dict[int, str], *, key: str, revision: str = "r1") -> VectorSource:
    def pages(wanted: NDArray[np.int64]) -> Iterator[Page]:
        yield wanted, HashEmbedder().embed([texts[number] for number in wanted.tolist()])

    ids = np.array(sorted(texts), dtype=np.int64)
    return VectorSource(key=key, revision=revision, dimensions=64, ids=lambda: ids, pages=pages)


def vector(text: str) -> NDArray[np.float32]:
    row: NDArray[np.float32] = HashEmbedder().embed([text])[0]
    return row


def test_a_server_holds_follows_and_finds(url: str) -> None:
    texts = {1: "amf registration", 2: "smf session", 3: "upf packets"}
    index = ChromaIndex.open(source(texts, key="follows"), place=Server(url))
    assert index.search(vector("smf session"), limit=1)[0].tolist() == [2]
    texts = {2: "smf session", 4: "bgp path"}
    index = ChromaIndex.open(source(texts, key="follows", revision="r2"), place=Server(url))
    assert sorted(index.search(vector("bgp path"), limit=9)[0].tolist()) == [2, 4]
    assert index.search(vector("bgp path"), limit=9, allowed=np.array([2]))[0].tolist() == [2]


def test_a_dropped_collection_comes_back(url: str) -> None:
    given = source({1: "alpha"}, key="dropped-one")
    index = ChromaIndex.open(given, place=Server(url))
    drop_collection(Server(url), given.key)
    drop_collection(Server(url), given.key)
    assert index.search(vector("alpha"), limit=1)[0].tolist() == [1]


def test_a_library_searches_through_a_server(url: str, tmp_path: Path, folder: Path) -> None:
    settings = KnowledgeSettings(dense_index="chroma", chroma_url=url)
    library = Library(tmp_path / "home", HashEmbedder(), settings)
    library.add([folder], name="mine")
    assert library.search_now("designated router priority", corpora=("mine",)).hits
    assert library.audit("mine").problems == ()
    assert not (tmp_path / "home" / "knowledge" / "chroma").exists()
    library.remove("mine")


def test_a_server_that_is_not_there_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(KnowledgeError, match="Chroma") as caught:
        ChromaIndex.open(source({1: "alpha"}, key="nowhere"), place=Server(address))
    assert "chroma run" in caught.value.mend
