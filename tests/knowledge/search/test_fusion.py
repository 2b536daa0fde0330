from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.library import Library
from coreagent.knowledge.search.fusion import Candidates, confidence, fuse
from coreagent.settings import KnowledgeSettings


def column(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def candidate(share: float, coverage: float, cosine: float) -> Candidates:
    return candidates([share], [coverage], [cosine])


def candidates(share: list[float], coverage: list[float], cosine: list[float]) -> Candidates:
    marks = np.ones(len(share), dtype=np.bool_)
    return Candidates(
        ids=np.arange(len(share)),
        bm25=9 * column(*share),
        share=column(*share),
        coverage=column(*coverage),
        lead=column(*coverage),
        cosine=column(*cosine),
        by_words=marks,
        by_meaning=marks,
        named=column(*[0.0] * len(share)),
    )


@pytest.mark.parametrize("high", [candidate(0.9, 0.5, 0.4), candidate(0.3, 0.9, 0.4), candidate(0.3, 0.5, 0.9)])
def test_more_of_any_evidence_never_lowers_a_score(high: Candidates) -> None:
    low = candidate(0.3, 0.5, 0.4)
    assert fuse(high)[0] > fuse(low)[0]
    assert confidence([high]) >= confidence([low])


def test_scores_stay_between_zero_and_one_and_nothing_found_is_zero() -> None:
    assert 0 < fuse(candidate(0, 0, -1))[0] < fuse(candidate(1, 1, 1))[0] < 1
    assert confidence([]) == 0.0
    assert confidence([candidates([], [], [])]) == 0.0


@pytest.fixture(scope="module")
def primer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = Library(tmp_path_factory.mktemp("home"), StaticEmbedder.load(), KnowledgeSettings())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("Which interface carries A1 policies and between which components?", "A1 interface"),
        ("What is the peak downlink rate of 100 MHz at 30 kHz SCS with 4 layers and 256QAM?", "NR peak throughput"),
        ("How does OSPF elect a designated router?", "Open Shortest Path First"),
    ],
)
def test_telecom_questions_over_the_primer_are_found_with_confidence(
    primer: Library, question: str, article: str
) -> None:
    found = primer.search_now(question, corpora=("primer",))
    assert found.confidence > 0.8
    assert found.hits[0].evidence.citation.document == article


@pytest.mark.parametrize(
    "question",
    ["Who won the 1998 World Cup?", "What is the best recipe for pancakes?", "What is the capital of France?"],
)
def test_questions_from_elsewhere_get_little_confidence(primer: Library, question: str) -> None:
    assert primer.search_now(question).confidence < 0.2
