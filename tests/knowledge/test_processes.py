"""Several processes on one home, processes that are killed, and homes that can not be written."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder

HEAD = """
import sys
from pathlib import Path
from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder
home, docs = Path(sys.argv[1]), Path(sys.argv[2])
library = Library(home, HashEmbedder(), KnowledgeSettings())
"""


def start(script: str, home: Path, docs: Path) -> subprocess.Popen[str]:
    code = HEAD + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home), str(docs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def many(tmp_path: Path) -> Path:
    docs = tmp_path / "many"
    docs.mkdir()
    for number in range(60):
        (docs / f"{number:03}.md").write_text(f"# Article {number}\n\n" + f"word{number} text. " * 150)
    return docs


def test_a_corpus_survives_kill_9_and_the_next_add_completes_it(tmp_path: Path, many: Path) -> None:
    home = tmp_path / "home"
    process = start(
        """
        def progress(step):
            print(step.path.name, flush=True)
        library.add([docs], name="mine", progress=progress)
        """,
        home,
        many,
    )
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    library = Library(home, HashEmbedder(), KnowledgeSettings())
    assert library.audit("mine").problems == ()
    stored = len(library.show("mine"))
    assert stored >= 5
    report = library.add([many], name="mine")
    assert (report.unchanged, report.added) == (stored, 60 - stored)
    assert library.search_now("word42", corpora=("mine",)).hits[0].evidence.citation.document == "Article 42"
    assert library.audit("mine").problems == ()
    library.close()


@pytest.mark.parametrize("dense", ["exact", "chroma"])
def test_adds_that_are_killed_at_any_moment_are_finished_by_the_next(tmp_path: Path, many: Path, dense: str) -> None:
    home = tmp_path / "home"
    chance = random.Random(dense)
    for turn in range(3):
        process = start(
            f"""
            library = Library(home, HashEmbedder(), KnowledgeSettings(dense_index={dense!r}))
            print("ready", flush=True)
            library.add([docs], name="mine-{turn}")
            library.search_now("word7", corpora=("mine-{turn}",))
            """,
            home,
            many,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        library = Library(home, HashEmbedder(), KnowledgeSettings.model_validate({"dense_index": dense}))
        if f"mine-{turn}" in {info.name for info in library.list()}:
            assert library.audit(f"mine-{turn}").problems == ()
        library.add([many], name=f"mine-{turn}")
        report = library.audit(f"mine-{turn}", deep=True)
        assert report.documents == 60 and report.problems == ()
        library.close()


def test_two_adders_and_a_searcher_at_once_lose_nothing(tmp_path: Path, many: Path) -> None:
    home = tmp_path / "home"
    adder = "print(library.add([docs], name='mine').failed)"
    processes = [start(adder, home, many), start(adder, home, many)]
    library = Library(home, HashEmbedder(), KnowledgeSettings())
    while any(process.poll() is None for process in processes):
        library.search_now("word7 text")
        time.sleep(0.02)
    assert [finish(process) for process in processes] == ["()\n", "()\n"]
    assert len(library.show("mine")) == 60
    assert library.audit("mine").problems == ()
    assert library.search_now("word59", corpora=("mine",)).hits[0].evidence.citation.document == "Article 59"
    library.close()


def test_processes_that_need_the_primer_at_once_all_get_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    script = "print(len(library.show('primer')), library.search_now('A1 policies').hits[0].evidence.id)"
    outputs = {finish(process) for process in [start(script, home, home) for _ in range(3)]}
    assert len(outputs) == 1
    names = [path.name for path in (home / "knowledge").iterdir()]
    assert len(names) == 1 and names[0].startswith("primer-") and names[0].endswith(".sqlite3")


def test_the_primer_is_built_in_memory_where_the_home_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    library = Library(tmp_path / "file" / "home", HashEmbedder(), KnowledgeSettings())
    assert library.search_now("A1 policies").hits
    assert library.audit("primer").problems == ()
    library.close()


def test_a_damaged_primer_file_is_made_again(tmp_path: Path) -> None:
    library = Library(tmp_path, HashEmbedder(), KnowledgeSettings())
    before = library.search_now("A1 policies")
    library.close()
    for path in (tmp_path / "knowledge").iterdir():
        path.write_bytes(b"broken" * 1000)
    assert library.search_now("A1 policies") == before
    library.close()


@contextmanager
def read_only(folder: Path) -> Generator[None]:
    """Nobody may write below the folder; root, whom modes do not stop, becomes nobody for a while."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="read-only folders are made with POSIX modes")
@pytest.mark.parametrize("log", ["closed", "left behind"])
def test_a_read_only_home_can_be_searched_and_refuses_to_add(folder: Path, log: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        home = Path(place) / "home"
        writer = Library(home, HashEmbedder(), KnowledgeSettings())
        writer.add([folder], name="mine")
        more = Path(place) / "more.md"
        more.write_text("# More\n\nText.\n", encoding="utf-8")
        if log == "closed":
            writer.close()
        with read_only(home):
            library = Library(home, HashEmbedder(), KnowledgeSettings())
            found = library.search_now("designated router priority", corpora=("mine",))
            assert found.hits[0].evidence.citation.document == "Open Shortest Path First"
            assert library.search_now("A1 policies", corpora=("primer",)).hits
            with pytest.raises(KnowledgeError, match="read-only") as caught:
                library.add([more], name="other")
            assert "writable" in caught.value.mend
            library.close()
        writer.close()


LIMITED = """
        import resource, signal
        from coreagent.errors import KnowledgeError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        library.add([docs / "000.md"], name="mine")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        try:
            library.add([docs], name="mine")
        except KnowledgeError as error:
            print(error.message.split(": ")[-1], "|", error.mend)
        """


@pytest.mark.skipif(os.name != "posix", reason="the size of files is limited with a POSIX call")
def test_a_file_that_can_not_grow_keeps_what_was_finished(tmp_path: Path, many: Path) -> None:
    for number in range(20):
        (many / f"big{number}.md").write_text(f"# Big {number}\n\n" + f"word{number} text. " * 15_000)
    said = finish(start(LIMITED, tmp_path / "home", many))
    assert "same command" in said
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    assert library.audit("mine").problems == ()
    library.add([many], name="mine")
    assert len(library.show("mine")) == 80
    assert library.audit("mine").problems == ()


def test_two_processes_that_fill_one_chroma_folder_lose_no_vector(tmp_path: Path, many: Path) -> None:
    home = tmp_path / "home"
    script = """
        chroma = Library(home, HashEmbedder(), KnowledgeSettings(dense_index="chroma"))
        for name in ("one", "two"):
            chroma.add([docs], name=name)
            chroma.search_now("word7", corpora=(name,))
        """
    for process in [start(script, home, many) for _ in range(2)]:
        finish(process)
    library = Library(home, HashEmbedder(), KnowledgeSettings(dense_index="chroma"))
    for name in ("one", "two"):
        assert library.audit(name).problems == ()
        found = library.search_now("word33 text", corpora=(name,)).hits[0].evidence.citation.document
        assert found == "Article 33"
    library.close()


def test_a_search_over_the_primer_loads_no_package_it_does_not_need(tmp_path: Path) -> None:
    script = """
        library.search_now("A1 policies")
        print([name for name in ("chromadb", "bm25s", "model2vec", "langgraph", "litellm") if name in sys.modules])
        """
    assert finish(start(script, tmp_path, tmp_path)) == "[]\n"
