import sqlite3
from pathlib import Path

import pytest

from coreagent.errors import EmbedderMismatchError, KnowledgeError, UnknownNameError, UsageError
from coreagent.knowledge.library import Library
from coreagent.knowledge.retrieval import Retriever
from coreagent.labels import Label, Sensitivity
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder


async def test_a_search_cites_section_and_span_of_the_stored_text(library: Library, folder: Path) -> None:
    library.add([folder], name="mine")
    retriever: Retriever = library
    found = await retriever.search("Which RIC sends A1 policies?", corpora=("mine",))
    best = found.hits[0]
    citation = best.evidence.citation
    assert (citation.corpus, citation.document, citation.section) == (
        "mine",
        "A1 interface",
        "A1 interface > Policies",
    )
    text = library.show("mine", "a1")[0].text
    assert text[citation.start : citation.end] == best.evidence.text
    assert best.evidence.id == f"mine:a1#{citation.start}-{citation.end}"
    assert best.evidence.score == best.score and 0 <= best.score <= 1 and 0 <= found.confidence <= 1
    assert best.lexical > 0 and best.dense > 0


def test_hits_come_best_first_and_the_limit_holds(library: Library, folder: Path) -> None:
    library.add([folder], name="mine")
    scores = [hit.score for hit in library.search_now("router priority", corpora=("mine",), limit=3).hits]
    assert len(scores) == 3 and scores == sorted(scores, reverse=True)


def test_all_corpora_are_asked_unless_some_are_named_or_set(tmp_path: Path, folder: Path) -> None:
    first = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    first.add([folder / "a1.md"], name="one")
    first.add([folder / "ospf.rst"], name="two")
    asked = {hit.evidence.citation.corpus for hit in first.search_now("backbone policies area", limit=1_000).hits}
    assert asked == {"one", "primer", "two"}
    first.close()
    second = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings(corpora=("two",)))
    asked = {hit.evidence.citation.corpus for hit in second.search_now("backbone policies area", limit=1_000).hits}
    assert asked == {"two"}
    second.close()


def test_what_was_attached_to_a_conversation_is_asked_by_name_only(library: Library, folder: Path) -> None:
    library.add([folder / "a1.md"], name="one")
    library.add([folder / "ospf.rst"], name="chat-01234567")
    asked = {hit.evidence.citation.corpus for hit in library.search_now("backbone policies area", limit=1_000).hits}
    assert asked == {"one", "primer"}
    named = library.search_now("backbone policies area", corpora=("chat-01234567",), limit=1_000).hits
    assert {hit.evidence.citation.corpus for hit in named} == {"chat-01234567"}


@pytest.mark.parametrize("query", ["", " \n"])
def test_a_blank_question_finds_nothing(library: Library, query: str) -> None:
    found = library.search_now(query)
    assert found.hits == () and found.confidence == 0


@pytest.mark.parametrize("query", ["?!…", "\ud800", "x" * 200_000, "the of and", "' OR 1=1 --", "\x00"])
def test_odd_questions_do_no_harm(library: Library, folder: Path, query: str) -> None:
    library.add([folder], name="mine")
    assert library.search_now(query, corpora=("mine",)).confidence < 0.5


def test_adding_again_passes_unchanged_files_over_and_replaces_changed_ones(library: Library, folder: Path) -> None:
    first = library.add([folder], name="mine")
    assert (first.added, first.replaced, first.unchanged, first.failed) == (2, 0, 0, ())
    (folder / "ospf.rst").write_text("OSPF\n====\n\nRouters flood zebra advertisements.\n", encoding="utf-8")
    second = library.add([folder], name="mine")
    assert (second.added, second.replaced, second.unchanged) == (0, 1, 1)
    texts = [
        hit.evidence.text for hit in library.search_now("zebra priority backbone", corpora=("mine",), limit=9).hits
    ]
    assert any("zebra" in text for text in texts)
    assert not any("backbone" in text for text in texts)
    assert library.audit("mine").problems == ()


def test_skipped_files_are_reported_with_reason_and_progress_sees_every_file(library: Library, folder: Path) -> None:
    (folder / "empty.md").write_text("")
    (folder / "pic.png").write_bytes(b"\x89PNG")
    seen: list[tuple[str, str]] = []
    report = library.add([folder], name="mine", progress=lambda step: seen.append((step.path.name, step.outcome)))
    reasons = {path.name: reason for path, reason in (*report.failed, *report.skipped)}
    assert reasons["empty.md"].startswith("the file is empty. Remove it")
    assert "not read" in reasons["pic.png"]
    assert sorted(name for name, _ in seen) == ["a1.md", "empty.md", "ospf.rst", "pic.png"]
    assert dict(seen)["a1.md"] == "added"


def test_files_of_one_name_get_ids_of_their_own(library: Library, tmp_path: Path) -> None:
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "same.md").write_text(f"text of {place}")
    library.add([tmp_path / "x" / "same.md", tmp_path / "y" / "same.md"], name="mine")
    slugs = [document.slug for document in library.show("mine")]
    assert len(set(slugs)) == 2 and "same" in slugs


def test_labels_travel_and_corpora_are_never_trusted(library: Library, folder: Path) -> None:
    (folder / "secret.md").write_text("---\nlabel: confidential\n---\nThe zebra password.")
    library.add([folder], name="mine", label=Sensitivity.INTERNAL)
    labels = {
        hit.evidence.citation.document: hit.evidence.label
        for hit in library.search_now("zebra policies area", corpora=("mine",), limit=20).hits
    }
    assert labels["secret"] == Label(Sensitivity.CONFIDENTIAL, trusted=False)
    assert labels["A1 interface"] == Label(Sensitivity.INTERNAL, trusted=False)
    with pytest.raises(UsageError, match="labelled internal, not public"):
        library.add([folder], name="mine", label=Sensitivity.PUBLIC)
    assert library.add([folder], name="mine").unchanged == 3


def test_list_show_and_remove(library: Library, folder: Path) -> None:
    library.add([folder], name="mine")
    infos = {info.name: info for info in library.list()}
    assert set(infos) == {"mine", "primer"}
    assert infos["mine"].documents == 2 and not infos["mine"].read_only and infos["primer"].read_only
    assert [row.slug for row in library.show("mine")] == ["a1", "ospf"]
    assert library.show("mine", "open shortest path first")[0].slug == "ospf"
    with pytest.raises(UnknownNameError, match="did you mean ospf"):
        library.show("mine", "ospff")
    library.remove("mine")
    assert [info.name for info in library.list()] == ["primer"]
    for call in (lambda: library.remove("mine"), lambda: library.show("mine"), lambda: library.audit("mine")):
        with pytest.raises(UnknownNameError, match="unknown corpus 'mine'"):
            call()
    with pytest.raises(UnknownNameError):
        library.search_now("x", corpora=("mine",))
    assert library.add([folder], name="mine").added == 2


@pytest.mark.parametrize("name", ["primer", "", "Upper", "a b", "../x", "x" * 64, "-x"])
def test_names_that_can_not_be_used_are_refused(library: Library, folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can not be called"):
        library.add([folder], name=name)


def test_the_primer_can_not_be_removed(library: Library) -> None:
    with pytest.raises(UsageError, match="primer"):
        library.remove("primer")


def test_a_corpus_of_another_embedder_names_the_commands_that_mend_it(tmp_path: Path, folder: Path) -> None:
    first = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    first.add([folder], name="mine")
    first.close()
    other = Library(tmp_path / "home", HashEmbedder(32), KnowledgeSettings())
    for call in (lambda: other.search_now("area"), lambda: other.add([folder], name="mine")):
        with pytest.raises(EmbedderMismatchError) as caught:
            call()
        assert "coreagent corpus rebuild mine" in caught.value.mend
        assert "[knowledge.embedder]" in caught.value.mend
    assert other.search_now("area", corpora=("primer",)).hits
    other.remove("mine")
    assert other.add([folder], name="mine").added == 2
    other.close()


@pytest.mark.parametrize("kind", ["exact", "chroma"])
def test_both_dense_indexes_serve_a_library_through_changes(tmp_path: Path, folder: Path, kind: str) -> None:
    settings = KnowledgeSettings.model_validate({"dense_index": kind})
    library = Library(tmp_path / "home", HashEmbedder(), settings)
    library.add([folder], name="mine")
    best = library.search_now("designated router priority", corpora=("mine",)).hits[0]
    assert best.evidence.citation.section == "Open Shortest Path First > Designated router"
    (folder / "a1.md").write_text("# New\n\nQuagga is a zebra.\n")
    library.add([folder], name="mine")
    assert library.search_now("quagga zebra", corpora=("mine",)).hits[0].evidence.citation.document == "New"
    assert library.audit("mine").problems == ()
    library.remove("mine")
    library.close()


def test_audit_tells_what_is_broken(library: Library, folder: Path, tmp_path: Path) -> None:
    library.add([folder], name="mine")
    library.close()
    with sqlite3.connect(tmp_path / "home" / "knowledge" / "corpora.sqlite3") as connection:
        connection.execute("UPDATE chunk SET start = start + 1 WHERE id = (SELECT min(id) FROM chunk)")
    connection.close()
    problems = library.audit("mine").problems
    assert len(problems) == 1 and "span" in problems[0]


def test_a_saved_index_that_is_damaged_is_built_again(library: Library, folder: Path, tmp_path: Path) -> None:
    library.add([folder], name="mine")
    before = library.search_now("area backbone", corpora=("mine",))
    library.close()
    with sqlite3.connect(tmp_path / "home" / "knowledge" / "corpora.sqlite3") as connection:
        assert connection.execute("UPDATE derived SET data = x'00'").rowcount == 1
    connection.close()
    assert library.search_now("area backbone", corpora=("mine",)) == before


def test_files_of_newer_versions_and_damaged_files_are_refused(library: Library, folder: Path, tmp_path: Path) -> None:
    library.add([folder], name="mine")
    library.close()
    path = tmp_path / "home" / "knowledge" / "corpora.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(KnowledgeError, match="newer version"):
        library.search_now("area")
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(KnowledgeError, match="damaged") as caught:
        library.list()
    assert "add the corpora again" in caught.value.mend


def test_a_full_disk_keeps_what_was_finished(library: Library, folder: Path, tmp_path: Path) -> None:
    library.add([folder], name="mine")
    (folder / "big.txt").write_text("many different words " * 20_000)
    store = library._shelf._own  # pyright: ignore[reportPrivateUsage]  # a small page limit is SQLite's own full disk
    assert store is not None
    with store._database.reading() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute("PRAGMA max_page_count = 40")
    with pytest.raises(KnowledgeError, match="disk is full") as caught:
        library.add([folder], name="mine")
    assert "same command" in caught.value.mend
    library.close()
    report = library.add([folder], name="mine")
    assert (report.added, report.unchanged) == (1, 2)
    assert library.audit("mine").problems == ()
