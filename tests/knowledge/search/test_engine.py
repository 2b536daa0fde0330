"""The search through the library: conditions, versions, copies, named clauses, parts, the re-ranker."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import ModelUnreachableError
from coreagent.knowledge.library import Library
from coreagent.knowledge.retrieval import Retrieval, Where
from coreagent.labels import Sensitivity
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder

SPEC = """---
title: NR radio resource control
specification: TS 38.331
version: {version}
release: "{release}"
---
# 5 Procedures

## 5.3 Connection control

### 5.3.3 Connection establishment

The purpose of this procedure is to establish an RRC connection. {extra}

### 5.3.5 Reconfiguration

The purpose of this procedure is to modify an RRC connection, for example to add a measurement.

## 5.31 Something else

This clause is about paging occasions.
"""
SECRET = """---
title: Site plan
label: confidential
---
# Site plan

The mast of the northern site carries the paging beacon.
"""
CHINESE = "# 网络切片\n\n网络切片把一个物理网络划分为多个逻辑网络，每个切片服务于不同的业务需求。切片由运营商配置。\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "38331-g00.md").write_text(SPEC.format(version="16.0.0", release=16, extra="The old text."), "utf-8")
    (folder / "38331-h40.md").write_text(SPEC.format(version="17.4.0", release=17, extra="The new text."), "utf-8")
    (folder / "plan.md").write_text(SECRET, "utf-8")
    (folder / "slicing.md").write_text(CHINESE, "utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, docs: Path) -> Iterator[Library]:
    made = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    made.add([docs], name="specs")
    yield made
    made.close()


def ask(library: Library, query: str, where: Where | None = None) -> Retrieval:
    return library.search_now(query, corpora=("specs",), where=where)


def test_only_the_newest_version_is_found_unless_asked_otherwise(library: Library) -> None:
    found = ask(library, "establish an RRC connection")
    assert {hit.evidence.citation.document for hit in found.hits if "38331" in hit.evidence.id} == {
        "TS 38.331 V17.4.0: NR radio resource control"
    }
    older = ask(library, "establish an RRC connection", Where(releases=("16",)))
    assert older.hits and all("V16.0.0" in hit.evidence.citation.document for hit in older.hits)
    both = library.search_now("old text new text", corpora=("specs",), where=Where(all_versions=True), explain=True)
    named = {hit.evidence.id.split("#")[0] for hit in both.hits}
    hidden = {name.split("#")[0] for hit in both.hits if hit.explanation for name in hit.explanation.hidden}
    assert {name.rsplit(":")[-1] for name in named} | hidden >= {"38331-g00", "38331-h40"}


def test_copies_become_one_hit_that_names_the_others(library: Library, docs: Path) -> None:
    for name in ("copy-v1.9.md", "copy-v1.10.md"):
        (docs / name).write_text("# Guide\n\nRestart the beacon controller with the red key.\n", "utf-8")
    library.add([docs], name="specs")
    found = library.search_now("restart the beacon controller", corpora=("specs",), explain=True)
    copies = [hit for hit in found.hits if "copy" in hit.evidence.id]
    assert [hit.evidence.id.split("#")[0] for hit in copies] == ["specs:copy-v1.10"]
    assert copies[0].explanation and copies[0].explanation.hidden[0].startswith("copy-v1.9#")


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        (Where(documents=("TS 38.331",)), "38331-h40"),
        (Where(documents=("plan",)), "plan"),
        (Where(documents=("Site plan",)), "plan"),
        (Where(languages=("zh",)), "slicing"),
        (Where(releases=("17",)), "38331-h40"),
        (Where(documents=("nothing like this",)), ""),
    ],
)
def test_conditions_bound_what_is_found(library: Library, where: Where, allowed: str) -> None:
    found = ask(library, "procedure paging beacon 切片", where)
    names = {hit.evidence.id.split("#")[0].removeprefix("specs:") for hit in found.hits}
    assert names == ({allowed} if allowed else set())


def test_a_section_has_its_subclauses_and_not_its_namesakes(library: Library) -> None:
    found = ask(library, "paging measurement connection", Where(sections=("5.3",)))
    sections = [hit.evidence.citation.section for hit in found.hits]
    assert sections and all("5.3 Connection control" in section for section in sections)


def test_nothing_above_the_label_is_found(library: Library) -> None:
    open_to_all = library.search_now("paging beacon mast", corpora=("specs",))
    assert any(hit.evidence.label.sensitivity is Sensitivity.CONFIDENTIAL for hit in open_to_all.hits)
    bounded = library.search_now("paging beacon mast", corpora=("specs",), where=Where(label=Sensitivity.INTERNAL))
    assert bounded.hits and all(hit.evidence.label.sensitivity is Sensitivity.PUBLIC for hit in bounded.hits)


def test_a_clause_that_is_named_comes_first_whatever_its_words(library: Library) -> None:
    found = library.search_now("clause 5.3.5 of TS 38.331", corpora=("specs",), explain=True)
    assert "5.3.5" in found.hits[0].evidence.citation.section
    assert found.hits[0].explanation and "named" in found.hits[0].explanation.found_by


def test_each_part_of_a_question_has_places_of_its_own(library: Library) -> None:
    question = "How is an RRC connection established, and where does the mast carry the beacon?"
    found = library.search_now(question, corpora=("specs",), limit=3)
    assert {"38331-h40", "plan"} <= {hit.evidence.id.split("#")[0].removeprefix("specs:") for hit in found.hits}
    assert len(found.searches) == 3


def test_chinese_is_found_by_its_own_words(library: Library) -> None:
    assert "slicing" in ask(library, "网络切片由谁配置？").hits[0].evidence.id


def test_the_clause_around_a_passage_is_shown_once(library: Library) -> None:
    found = library.search_now("establish an RRC connection", corpora=("specs",), context=5_000)
    hit = next(hit for hit in found.hits if "38331" in hit.evidence.id)
    assert "5.3.3" in hit.evidence.text and "establish" in hit.evidence.text
    document = library.show("specs", "38331-h40")[0].text
    where = hit.evidence.citation
    assert document[where.start : where.end] == hit.evidence.text
    spans = [(one.evidence.citation.document, one.evidence.citation.start) for one in found.hits]
    assert len(spans) == len(set(spans))


def test_the_explanation_adds_up_to_the_score(library: Library) -> None:
    found = library.search_now("modify an RRC connection", corpora=("specs",), explain=True)
    for hit in found.hits:
        why = hit.explanation
        assert why is not None
        logit = sum(why.weights[name] * value for name, value in why.features.items())
        assert hit.score == pytest.approx(1 / (1 + 2.718281828459045**-logit), rel=1e-5)


@pytest.mark.parametrize("mode", ["lexical", "dense"])
def test_one_search_alone_can_order_the_hits(library: Library, mode: Literal["lexical", "dense"]) -> None:
    found = library.search_now("modify an RRC connection", corpora=("specs",), rank_by=mode)
    scores = [hit.lexical if mode == "lexical" else hit.dense for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


class Reversing:
    """Likes short passages."""

    name = "reversing"
    passages = 10

    def __init__(self, clearance: Sensitivity = Sensitivity.CONFIDENTIAL, *, broken: bool = False) -> None:
        self.clearance, self.broken = clearance, broken
        self.seen: list[str] = []

    def score(self, query: str, passages: Sequence[str]) -> tuple[float, ...]:
        if self.broken:
            raise ModelUnreachableError("nobody is there", mend="Start it.")
        self.seen += passages
        return tuple(1 / len(passage) for passage in passages)


def reranked(tmp_path: Path, reranker: Reversing, query: str) -> Retrieval:
    library = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings(), reranker=reranker)
    try:
        return library.search_now(query, corpora=("specs",), explain=True)
    finally:
        library.close()


def test_the_re_ranker_orders_what_it_was_shown(tmp_path: Path, library: Library) -> None:
    reranker = Reversing()
    found = reranked(tmp_path, reranker, "RRC connection procedure paging")
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True) and reranker.seen
    assert all(hit.explanation and hit.explanation.reranked == hit.score for hit in found.hits)


def test_the_re_ranker_never_sees_what_it_is_not_cleared_for(tmp_path: Path, library: Library) -> None:
    reranker = Reversing(Sensitivity.PUBLIC)
    found = reranked(tmp_path, reranker, "the mast carries the paging beacon")
    assert any("plan" in hit.evidence.id for hit in found.hits)
    assert reranker.seen and not any("mast" in text for text in reranker.seen)


def test_a_search_goes_on_without_a_re_ranker_that_does_not_answer(tmp_path: Path, library: Library) -> None:
    found = reranked(tmp_path, Reversing(broken=True), "RRC connection")
    assert found.hits and "nobody is there" in found.notes[0]


class Public(HashEmbedder):
    """May see public text only, and notes what it saw."""

    @property
    def clearance(self) -> Sensitivity:
        return Sensitivity.PUBLIC

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return super().embed_queries(texts)


def test_a_question_is_sent_to_nothing_that_may_not_see_it(tmp_path: Path, library: Library) -> None:
    embedder, reranker = Public(), Reversing(Sensitivity.PUBLIC)
    asking = Library(tmp_path / "home", embedder, KnowledgeSettings(), reranker=reranker)
    found = asking.search_now("establish an RRC connection", corpora=("specs",), label=Sensitivity.CONFIDENTIAL)
    asking.close()
    assert found.hits and not embedder.asked and not reranker.seen
    assert len(found.notes) == 2


def test_a_long_clause_is_shown_from_a_sentence_to_a_sentence(tmp_path: Path, library: Library) -> None:
    sentences = [f"Filler sentence number {number} says nothing at all about it." for number in range(120)]
    sentences[60] = "The zebra counter is reset by the operator."
    file = tmp_path / "long.md"
    file.write_text("# Counters\n\n" + " ".join(sentences) + "\n", "utf-8")
    library.add([file], name="specs")
    found = library.search_now("zebra counter reset", corpora=("specs",), context=2_400)
    hit = found.hits[0]
    assert "zebra" in hit.evidence.text and len(hit.evidence.text) <= 2_400
    assert hit.evidence.text.startswith(("Filler", "# Counters")) and hit.evidence.text.endswith(".")
    where = hit.evidence.citation
    assert library.show("specs", "long")[0].text[where.start : where.end] == hit.evidence.text


def test_a_number_of_ones_own_is_known_from_the_corpus(tmp_path: Path, library: Library) -> None:
    file = tmp_path / "own.md"
    head = "---\ntitle: Own\nspecification: ACME-9001\nversion: 1.0.0\n---\n"
    file.write_text(f"{head}# 4 Limits\n\n## 4.1 Heat\n\nAt most 85 degrees.\n", "utf-8")
    library.add([file], name="specs")
    found = library.search_now("What does clause 4.1 of acme-9001 say?", corpora=("specs",), explain=True)
    assert "4.1 Heat" in found.hits[0].evidence.citation.section
    assert found.hits[0].explanation and "named" in found.hits[0].explanation.found_by
