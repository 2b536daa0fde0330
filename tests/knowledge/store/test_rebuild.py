"""A corpus made anew from what is stored: by any embedder, without the files, after any interruption."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coreagent.errors import EmbedderMismatchError, UnknownNameError, UsageError
from coreagent.knowledge.index.chroma_places import Folder
from coreagent.knowledge.library import Library
from coreagent.knowledge.rebuild import rebuild_corpus
from coreagent.knowledge.store.store import Store
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder


@pytest.fixture
def home(tmp_path: Path, folder: Path) -> Path:
    """A home whose corpus lost the files that it was made from."""
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    library.add([folder], name="mine")
    library.close()
    shutil.rmtree(folder)
    return tmp_path / "home"


def opened(home: Path, embedder: HashEmbedder | None = None, **settings: str) -> Library:
    return Library(home, embedder or HashEmbedder(), KnowledgeSettings.model_validate(settings))


def test_a_rebuilt_corpus_says_what_it_said_before(home: Path) -> None:
    library = opened(home)
    before, documents = library.search_now("designated router", corpora=("mine",)), library.show("mine")
    told: list[tuple[str, int, int]] = []
    report = library.rebuild("mine", progress=lambda slug, done, total: told.append((slug, done, total)))
    assert (report.documents, report.resumed) == (2, 0) and report.chunks > 0
    assert told == [("a1", 1, 2), ("ospf", 2, 2)]
    after = library.search_now("designated router", corpora=("mine",))
    assert [hit.evidence for hit in after.hits] == [hit.evidence for hit in before.hits]
    assert library.show("mine") == documents
    assert library.audit("mine", deep=True).problems == ()
    assert [info.name for info in library.list()] == ["mine", "primer"]


def test_a_corpus_moves_to_another_embedder(home: Path) -> None:
    library = opened(home, HashEmbedder(32))
    with pytest.raises(EmbedderMismatchError) as caught:
        library.search_now("router", corpora=("mine",))
    assert "coreagent corpus rebuild mine" in caught.value.mend
    library.rebuild("mine")
    assert library.search_now("designated router priority", corpora=("mine",)).hits
    assert library.audit("mine").problems == ()
    library.close()
    with pytest.raises(EmbedderMismatchError):
        opened(home).search_now("router", corpora=("mine",))


def test_a_rebuild_by_chroma_leaves_no_old_collection(home: Path) -> None:
    library = opened(home, dense_index="chroma")
    library.search_now("router", corpora=("mine",))
    library.rebuild("mine")
    assert library.search_now("router", corpora=("mine",)).hits
    library.close()
    with Folder(home / "knowledge" / "chroma").reading() as shelf:
        assert len(shelf.names()) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from coreagent.knowledge.index.chroma_places import Folder
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder
library = Library(Path(sys.argv[1]), HashEmbedder(32), KnowledgeSettings())
library.rebuild("mine", progress=lambda slug, done, total: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_killed_rebuild_leaves_the_old_corpus_and_goes_on(home: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home)], env={**os.environ}, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    library = opened(home)
    assert [info.name for info in library.list()] == ["mine", "primer"]
    assert library.search_now("designated router", corpora=("mine",)).hits
    assert library.audit("mine").problems == ()
    library.close()
    library = opened(home, HashEmbedder(32))
    report = library.rebuild("mine")
    assert (report.documents, report.resumed) == (2, 1)
    assert library.audit("mine").problems == ()


def test_a_draft_of_another_embedder_is_begun_anew(home: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(home)], env={**os.environ}, timeout=60)
    library = opened(home, HashEmbedder(16))
    assert library.rebuild("mine").resumed == 0
    assert library.audit("mine").problems == ()


def test_what_is_added_and_removed_meanwhile_is_taken_along(home: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.md"
    more.write_text("# More\n\nRestoration of a ring takes 50 ms.\n", encoding="utf-8")
    writer = opened(home)

    def meanwhile(slug: str, done: int, total: int) -> None:
        if done == 1:
            writer.add([more], name="mine")
            store = Store.open(home / "knowledge" / "corpora.sqlite3")
            store.remove_document(store.corpus("mine"), "a1")
            store.close()

    library = opened(home)
    library.rebuild("mine", progress=meanwhile)
    assert [row.slug for row in library.show("mine")] == ["more", "ospf"]
    assert library.search_now("restoration of a ring", corpora=("mine",)).hits
    assert library.audit("mine").problems == ()


def test_a_corpus_that_is_removed_meanwhile_stays_removed(home: Path) -> None:
    other = opened(home)
    library = opened(home)
    with pytest.raises(UnknownNameError):
        library.rebuild("mine", progress=lambda slug, done, total: other.remove("mine") if done == 1 else None)
    assert [info.name for info in library.list()] == ["primer"]


def test_the_primer_is_not_rebuilt(home: Path) -> None:
    with pytest.raises(UsageError):
        opened(home).rebuild("primer")


def test_a_corpus_of_the_first_schema_gets_its_clauses(tmp_path: Path, postgres_address: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "one.md").write_text("# 5 Procedures\n\nAll.\n\n## 5.1 Registration\n\nThe UE registers.\n")
    library = opened(tmp_path / "home", database=postgres_address)
    library.add([docs], name="mine")
    store = library._shelf._own  # pyright: ignore[reportPrivateUsage]
    assert store is not None
    corpus = store.corpus("mine")
    with store._database.writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute("DELETE FROM clause")
        connection.execute("UPDATE chunk SET clause_id = 0")
    rebuild_corpus(store, corpus, embedder=HashEmbedder())
    assert [clause.number for clause in store.clauses(store.corpus("mine"))] == ["5", "5.1"]
    assert library.audit("mine").problems == ()
    library.remove("mine")
