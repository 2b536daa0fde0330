from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.chroma_index import ChromaIndex, drop_collection
from coreagent.knowledge.index.dense import DenseIndex, ExactIndex, Page, VectorSource
from coreagent.testing.hash_embedder import HashEmbedder

Opener = Callable[[VectorSource], DenseIndex]
TEXTS = ["amf registration", "smf session", "upf packets", "bgp path", "ospf area", "dns name"]


def source(texts: dict[int, str], revision: str = "r1", key: str = "k" * 8) -> VectorSource:
    ids = np.array(sorted(texts), dtype=np.int64)
    embedder = HashEmbedder()

    def pages(wanted: NDArray[np.int64]) -> Iterator[Page]:
        for at in range(0, len(wanted), 4):
            page = wanted[at : at + 4]
            yield page, embedder.embed([texts[i] for i in page.tolist()])

    return VectorSource(key=key, revision=revision, dimensions=64, ids=lambda: ids, pages=pages)


def vector(text: str) -> NDArray[np.float32]:
    row: NDArray[np.float32] = HashEmbedder().embed([text])[0]
    return row


@pytest.fixture(params=["exact", "chroma"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "exact":
        return ExactIndex.open
    return lambda given: ChromaIndex.open(given, folder=tmp_path / "chroma")


def test_the_nearest_comes_first_with_its_cosine(opener: Opener) -> None:
    index = opener(source(dict(enumerate(TEXTS, start=1))))
    ids, cosines = index.search(vector("smf session"), limit=3)
    assert len(ids) == 3 and ids[0] == 2
    assert cosines[0] == pytest.approx(1.0, abs=1e-4)
    assert list(cosines) == sorted(cosines, reverse=True)


def test_equal_vectors_come_in_order_of_id_and_the_limit_may_exceed_the_count(opener: Opener) -> None:
    index = opener(source({7: "same", 3: "same", 5: "other words"}))
    ids, _ = index.search(vector("same"), limit=100)
    assert ids.tolist() == [3, 7, 5]


def test_an_empty_source_finds_nothing(opener: Opener) -> None:
    ids, cosines = opener(source({})).search(vector("x"), limit=5)
    assert len(ids) == len(cosines) == 0


def test_opening_at_another_revision_follows_the_source(opener: Opener) -> None:
    texts = dict(enumerate(TEXTS, start=1))
    opener(source(texts))
    del texts[2]
    texts[9] = "netconf yang"
    index = opener(source(texts, "r2"))
    assert sorted(index.search(vector("x"), limit=50)[0].tolist()) == [1, 3, 4, 5, 6, 9]
    assert index.search(vector("netconf yang"), limit=1)[0].tolist() == [9]


def test_corpora_do_not_see_each_other(opener: Opener) -> None:
    first = opener(source({1: "alpha"}, key="aaaaaaaa"))
    opener(source({2: "beta"}, key="bbbbbbbb"))
    assert first.search(vector("beta"), limit=5)[0].tolist() == [1]


def test_chroma_is_filled_again_when_rows_were_lost(tmp_path: Path) -> None:
    chroma = pytest.importorskip("chromadb")
    given = source(dict(enumerate(TEXTS, start=1)))
    ChromaIndex.open(given, folder=tmp_path)
    client = chroma.PersistentClient(str(tmp_path), chroma.config.Settings(anonymized_telemetry=False))
    client.get_collection(f"corpus-{given.key}", embedding_function=None).delete(ids=["2", "3"])
    client.close()
    assert ChromaIndex.open(given, folder=tmp_path).search(vector("smf session"), limit=1)[0].tolist() == [2]


def test_a_dropped_collection_is_a_clear_error_until_opened_again(tmp_path: Path) -> None:
    given = source({1: "alpha"})
    index = ChromaIndex.open(given, folder=tmp_path)
    drop_collection(tmp_path, given.key)
    drop_collection(tmp_path, given.key)
    with pytest.raises(KnowledgeError, match="Chroma"):
        index.search(vector("alpha"), limit=1)
    assert ChromaIndex.open(given, folder=tmp_path).search(vector("alpha"), limit=1)[0].tolist() == [1]


def test_a_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KnowledgeError) as caught:
        ChromaIndex.open(source({1: "a"}), folder=tmp_path / "file" / "chroma")
    assert "exact" in caught.value.mend
