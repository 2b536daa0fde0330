from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import KnowledgeError
from coreagent.knowledge.index.chroma_index import ChromaIndex, drop_collection
from coreagent.knowledge.index.chroma_places import Folder
from coreagent.knowledge.index.dense import DenseIndex, ExactIndex, Page, VectorSource
from coreagent.testing.hash_embedder import HashEmbedder

Opener = Callable[[VectorSource], DenseIndex]
TEXTS = ["amf registration", "smf session", "upf packets", "bgp path", "ospf area", "dns name"]


def source(texts: dict[int, str], revision: str = "r1", key: str = "k" * 8) -> VectorSource:
    ids = np.array(sorted(texts), dtype=np.int64)
    embedder = HashEmbedder()

    def pages(wanted: NDArray[np.int64]) -> Iterator[Page]:
        size = max(4, len(wanted) // 4)
        for at in range(0, len(wanted), size):
            page = np.array([i for i in wanted[at : at + size].tolist() if i in texts], dtype=np.int64)
            yield page, embedder.embed([texts[i] for i in page.tolist()])

    return VectorSource(key=key, revision=revision, dimensions=64, ids=lambda: ids, pages=pages)


def vector(text: str) -> NDArray[np.float32]:
    row: NDArray[np.float32] = HashEmbedder().embed([text])[0]
    return row


@pytest.fixture(params=["exact", "chroma"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "exact":
        return ExactIndex.open
    return lambda given: ChromaIndex.open(given, place=Folder(tmp_path / "chroma"))


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


@pytest.mark.parametrize("count", [30, 1_900])
def test_a_filter_keeps_the_best_of_what_is_allowed(opener: Opener, count: int) -> None:
    texts = {number: f"amf word{number} word{number % 7} word{number % 11}" for number in range(1, count + 1)}
    index = opener(source(texts))
    query = vector("amf word3 word5")
    everything = HashEmbedder().embed([texts[number] for number in texts]) @ query
    choices: list[Callable[[int], bool]] = [
        lambda n: n % 5 == 0,
        lambda n: n % 10 != 0,
        lambda n: n == count,
        lambda _: False,
    ]
    for chosen in choices:
        allowed = np.array([chosen(number) for number in texts])
        ids, cosines = index.search(query, limit=5, allowed=allowed)
        expected = np.sort(everything[allowed])[::-1][:5]
        assert cosines.tolist() == pytest.approx(expected.tolist(), abs=1e-4)
        assert all(chosen(number) for number in ids.tolist())
        again, _ = index.search(query, limit=5, allowed=np.flatnonzero(allowed).astype(np.int64) + 1)
        assert again.tolist() == ids.tolist()


def test_allowed_ids_that_are_not_there_are_passed_over(opener: Opener) -> None:
    index = opener(source(dict(enumerate(TEXTS, start=1))))
    ids, _ = index.search(vector("smf session"), limit=5, allowed=np.array([2, 4, 99], dtype=np.int64))
    assert ids.tolist()[0] == 2 and sorted(ids.tolist()) == [2, 4]


def test_a_filter_far_from_the_question_still_fills_the_limit(tmp_path: Path) -> None:
    texts = {
        number: f"near near near word{number}" if number <= 1_200 else f"far{number}" for number in range(1, 2_401)
    }
    index = ChromaIndex.open(source(texts), place=Folder(tmp_path))
    far = np.arange(1_201, 2_401, dtype=np.int64)
    ids, _ = index.search(vector("near near near"), limit=10, allowed=far)
    assert len(ids) == 10 and ids.min() > 1_200


@pytest.mark.parametrize(
    ("name", "damage", "held"),
    [
        ("chroma.sqlite3", "garbage", False),
        ("chroma.sqlite3", "truncated", True),
        ("data_level0.bin", "garbage", False),  # Chroma would end the process on it.
        ("index_metadata.pickle", "removed", True),
    ],
)
def test_a_damaged_folder_is_made_again_from_the_source(tmp_path: Path, name: str, damage: str, held: bool) -> None:
    texts = {number: f"word{number} other{number % 9}" for number in range(1, 1500)}
    given = source(texts)
    index = ChromaIndex.open(given, place=Folder(tmp_path))
    if held:
        index.search(vector("word7"), limit=1)
    for path in tmp_path.rglob(name):
        if damage == "garbage":
            path.write_bytes(bytes(range(256)) * (path.stat().st_size // 256))
        elif damage == "truncated":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            path.unlink()
    again = ChromaIndex.open(given, place=Folder(tmp_path))
    for number in (1, 700, 1499):
        assert number in again.search(vector(texts[number]), limit=5)[0]


def test_chroma_is_filled_again_when_rows_were_lost(tmp_path: Path) -> None:
    chroma = pytest.importorskip("chromadb")
    given = source(dict(enumerate(TEXTS, start=1)))
    ChromaIndex.open(given, place=Folder(tmp_path))
    client = chroma.PersistentClient(str(tmp_path), chroma.config.Settings(anonymized_telemetry=False))
    client.get_collection(f"corpus-{given.key}", embedding_function=None).delete(ids=["2", "3"])
    client.close()
    assert ChromaIndex.open(given, place=Folder(tmp_path)).search(vector("smf session"), limit=1)[0].tolist() == [2]


def test_a_dropped_collection_is_made_again_at_the_next_search(tmp_path: Path) -> None:
    given = source({1: "alpha"})
    index = ChromaIndex.open(given, place=Folder(tmp_path))
    drop_collection(Folder(tmp_path), given.key)
    drop_collection(Folder(tmp_path), given.key)
    assert index.search(vector("alpha"), limit=1)[0].tolist() == [1]


def test_a_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KnowledgeError) as caught:
        ChromaIndex.open(source({1: "a"}), place=Folder(tmp_path / "file" / "chroma"))
    assert "exact" in caught.value.mend


@pytest.mark.parametrize("count", [5, 1_200])
def test_a_sound_folder_is_opened_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int) -> None:
    texts = {number: f"word{number}" for number in range(1, count)}
    for revision in ("r1", "r2", "r2"):
        index = ChromaIndex.open(source(texts, revision), place=Folder(tmp_path))
        index.search(vector("word3"), limit=3)
        texts[count] = "one more"
    assert caplog.records == []


def test_a_writer_that_was_killed_leaves_a_folder_that_is_made_again(tmp_path: Path) -> None:
    texts = dict(enumerate(TEXTS, start=1))
    ChromaIndex.open(source(texts), place=Folder(tmp_path))
    place = Folder(tmp_path)
    with pytest.raises(KeyboardInterrupt), place.alone(), place.writing():
        raise KeyboardInterrupt
    index = ChromaIndex.open(source(texts), place=Folder(tmp_path))
    assert index.search(vector("smf session"), limit=1)[0].tolist() == [2]
