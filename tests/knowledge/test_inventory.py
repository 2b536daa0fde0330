"""What a corpus holds, in figures."""

from pathlib import Path

import pytest

from coreagent.errors import UnknownNameError
from coreagent.knowledge.library import Library
from coreagent.labels import Sensitivity

WORDS = " ".join(f"word{number} of the manual about alarm {number * 7}" for number in range(60))


def test_a_corpus_in_figures(library: Library, tmp_path: Path) -> None:
    docs = tmp_path / "manuals"
    docs.mkdir()
    (docs / "one.md").write_text(f"# Manual\n\n{WORDS}\n", encoding="utf-8")
    (docs / "two.md").write_text(f"# Manual\n\n{WORDS} And a word more.\n", encoding="utf-8")
    (docs / "short.md").write_text("# Short\n\nGrüße.\n", encoding="utf-8")
    library.add([docs], name="docs", label=Sensitivity.INTERNAL)
    found = library.stats("docs")
    rows = list(library.passages("docs"))
    assert (found.name, found.label, found.stats.documents) == ("docs", Sensitivity.INTERNAL, 3)
    assert found.stats.chunks == len(rows)
    assert found.near_duplicates == (("one", "two"),)
    assert found.text_bytes == sum(len(row.text.encode()) for row in rows)
    assert min(len(row.text) for row in rows) < found.chunk_p50 <= found.chunk_p95 <= max(len(row.text) for row in rows)
    assert found.vector_bytes == 4 * found.embedder.dimensions * len(rows)
    assert found.disk_bytes > found.text_bytes


def test_versions_of_a_specification_are_counted_by_its_number(library: Library, tmp_path: Path) -> None:
    for version in ("17.4.0", "18.1.0"):
        text = f"# 3GPP TS 38.331 V{version} (2023-03)\n\nRelease {version[:2]}\n\n# 5 Procedures\n\nThe UE connects.\n"
        (tmp_path / f"38331-{version}.md").write_text(text, encoding="utf-8")
    library.add(sorted(tmp_path.glob("*.md")), name="docs")
    assert library.stats("docs").specifications == {"TS 38.331": 2}


def test_a_corpus_that_is_not_there(library: Library) -> None:
    with pytest.raises(UnknownNameError):
        library.stats("docs")
    with pytest.raises(UnknownNameError):
        library.passages("docs")
