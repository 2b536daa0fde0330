"""Where golds stand in a real corpus, and which hits show them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coreagent.answer import Citation, Evidence
from coreagent.evals.retrieval.places import Target, locate
from coreagent.evals.retrieval.questions import Gold
from coreagent.knowledge.library import Library
from coreagent.knowledge.retrieval import Hit
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder

GUIDE = """# Guide

## 5 Install

Put the radio unit on the mast before the antenna cables are connected to it.

### 5.3 Power

Forty eight volts of direct current feed the radio unit through a fuse of ten amperes.

### 5.30 Earth

The mast is earthed with a copper wire of at least sixteen square millimetres.
"""
README = "# Read me\n\nThe zorbulator carries zorb frames between the two halves of the switch.\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("docs")
    for name, text in {
        "acme/radio/guide.md": GUIDE,
        "acme/radio/README.md": README,
        "acme/radio/deep/README.md": README.replace("zorb", "qwert"),
        "other-README.md": README.replace("zorb", "flurb"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    made = Library(tmp_path_factory.mktemp("home"), HashEmbedder(), KnowledgeSettings())
    made.add([folder], name="docs")
    yield made
    made.close()


def found(library: Library, gold: Gold, *, corpora: tuple[str, ...] = ("docs",)) -> Target:
    return locate([gold], library, corpora)[gold]


def sections(library: Library, target: Target) -> list[str]:
    spans = {(slug, span) for (_, slug), several in target.spans.items() for span in several}
    return [row.section for row in library.passages("docs") if (row.slug, (row.start, row.end)) in spans]


@pytest.mark.parametrize("document", ["guide.md", "GUIDE", "Guide"])
def test_a_document_by_file_or_title(library: Library, document: str) -> None:
    target = found(library, Gold(document=document))
    assert [slug.endswith("guide") for _, slug in target.documents] == [True]


@pytest.mark.parametrize(
    ("gold", "count"),
    [
        (Gold(path="README.md"), 2),
        (Gold(path="radio/README.md"), 1),
        (Gold(source="acme/radio", path="README.md"), 1),
        (Gold(source="acme", path="README.md"), 2),
        (Gold(source="radio"), 3),
        (Gold(path="other/README.md"), 1),
        (Gold(path="EADME.md"), 0),
        (Gold(path="guide.md", corpus="docs"), 1),
        (Gold(path="guide.md", corpus="elsewhere"), 0),
        (Gold(document="guide.md", path="README.md"), 0),
    ],
)
def test_a_path_fits_at_the_end_and_at_whole_names(library: Library, gold: Gold, count: int) -> None:
    target = found(library, gold)
    assert (len(target.documents), target.named) == (count, count)
    assert target.is_present == (count > 0)


def test_a_section_includes_what_stands_below_it(library: Library) -> None:
    assert sections(library, found(library, Gold(section="guide >  5 install"))) == [
        "Guide > 5 Install",
        "Guide > 5 Install > 5.3 Power",
        "Guide > 5 Install > 5.30 Earth",
    ]
    assert sections(library, found(library, Gold(section="Guide > 5 Install > 5.3 Power"))) == [
        "Guide > 5 Install > 5.3 Power"
    ]
    assert not found(library, Gold(section="5 Install")).is_present


def test_a_clause_includes_its_subclauses_and_no_others(library: Library) -> None:
    assert len(sections(library, found(library, Gold(clause="5")))) == 3
    assert sections(library, found(library, Gold(path="guide.md", clause="5.3"))) == ["Guide > 5 Install > 5.3 Power"]
    assert not found(library, Gold(path="README.md", clause="5.3")).is_present


@pytest.mark.parametrize(
    "text",
    [
        "direct current",
        "of  Direct\nCURRENT feed the *radio* unit",
        "forty eight volts of direct current feed the whole shelter and more",
        f"A page that holds it all: {GUIDE.split('### 5.3')[1].split('###')[0]} And more that nobody asked for.",
    ],
)
def test_a_text_that_is_part_of_a_passage_or_holds_it_or_half_of_it(library: Library, text: str) -> None:
    assert sections(library, found(library, Gold(text=text))) == ["Guide > 5 Install > 5.3 Power"]


@pytest.mark.parametrize("text", ["current of direct unit radio the", "volts of the mast", "???", "irect curren"])
def test_words_alone_do_not_make_a_text(library: Library, text: str) -> None:
    assert not found(library, Gold(text=text)).is_present


def test_chinese_texts_are_compared_by_character(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# 基站\n\n基站通过前传接口连接射频单元和分布单元。\n", encoding="utf-8")
    made = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    made.add([tmp_path / "a.md"], name="docs")
    try:
        assert found(made, Gold(text="前传接口连接射频")).is_present
        assert not found(made, Gold(text="核心网接口")).is_present
    finally:
        made.close()


def hit(slug: str, start: int, end: int, text: str = "nothing of the kind", corpus: str = "docs") -> Hit:
    citation = Citation(corpus=corpus, document="any", start=start, end=end)
    evidence = Evidence(id=f"{corpus}:{slug}#{start}-{end}", text=text, citation=citation)
    return Hit(evidence=evidence, score=0.5, lexical=1.0, dense=0.5)


def test_a_hit_counts_when_it_shows_half_of_the_passage_or_a_copy() -> None:
    target = Target(
        Gold(text="x"), spans={("docs", "a"): [(100, 200)]}, words=[frozenset({"the", "mast", "is", "earthed"})]
    )
    assert target.shown_by(hit("a", 100, 200))
    assert target.shown_by(hit("a", 0, 900))
    assert target.shown_by(hit("a", 150, 300))
    assert not target.shown_by(hit("a", 151, 300))
    assert not target.shown_by(hit("a", 200, 300))
    assert not target.shown_by(hit("b", 100, 200))
    assert not target.shown_by(hit("a", 100, 200, corpus="other"))
    assert target.shown_by(hit("b", 0, 9, "The MAST is earthed."))
    assert not target.shown_by(hit("b", 0, 9, "The mast is painted."))


def test_any_passage_of_a_whole_document_counts() -> None:
    target = Target(Gold(path="a"), documents={("docs", "a")})
    assert target.shown_by(hit("a", 5, 6))
    assert not target.shown_by(hit("b", 5, 6))


def test_what_the_search_gives_is_recognised(library: Library) -> None:
    target = found(library, Gold(clause="5.3"))
    hits = library.search_now("volts of direct current through a fuse", corpora=("docs",), limit=4).hits
    assert [target.shown_by(one) for one in hits].index(True) == 0
    assert sum(target.shown_by(one) for one in hits) == 1
