import bm25s  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]  # it has no types
import numpy as np
import pytest

from coreagent.knowledge.index.lexical import Entry, LexicalIndex
from coreagent.knowledge.index.terms import stem, terms

TEXTS = [
    "the amf registers the ue and the smf opens a session",
    "the smf selects the upf for each session of a ue",
    "bgp chooses the path with the highest local preference",
    "ospf floods link state and the ue does nothing",
]


def index(*bodies: str) -> LexicalIndex:
    return LexicalIndex.build(Entry(number + 10, "", "", body) for number, body in enumerate(bodies))


def asked(question: str) -> list[tuple[str, float]]:
    return [(term, 1.0) for term in terms(question)]


def test_identifiers_stay_whole_and_give_their_parts() -> None:
    assert {"nnrf_nfmanagement", "nnrf", "management"} <= set(terms("Nnrf_NFManagement"))
    assert {"ts", "38.331", "38", "331"} <= set(terms("TS 38.331"))
    assert {"o-ran.wg4", "ran", "wg4"} <= set(terms("O-RAN.WG4"))
    assert {"7-2x", "2x"} <= set(terms("split 7-2x"))
    assert {"a1-p", "a1"} <= set(terms("A1-P"))
    assert terms("RICs UEs") == terms("RIC UE") == ["ric", "ue"]


def test_chinese_becomes_pairs_and_mixed_words_keep_their_latin_part() -> None:
    assert {"网络", "络切", "切片"} <= set(terms("网络切片"))
    assert {"5g", "网络"} <= set(terms("5G网络"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("policies", "policy"),
        ("handovers", "handover"),
        ("configured", "configuration"),
        ("synchronisation", "synchronization"),
        ("handling", "handle"),
        ("switches", "switch"),
        ("mapped", "mapping"),
    ],
)
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_unlike_words_stay_apart() -> None:
    assert len({stem(word) for word in ("bus", "status", "less", "gnb", "5qi", "access", "string", "red")}) == 8


def test_scores_rank_as_bm25s_does_on_one_field() -> None:
    tokens = [terms(text) for text in TEXTS]
    reference = bm25s.BM25(method="lucene", k1=1.2, b=0.7)
    reference.index(tokens, show_progress=False)  # pyright: ignore[reportUnknownMemberType]  # untyped
    mine = index(*TEXTS)
    for question in ("smf session ue", "bgp path", "link state", "ue"):
        theirs = reference.get_scores(terms(question))  # pyright: ignore[reportUnknownMemberType]  # untyped
        assert mine.score(asked(question)).bm25 == pytest.approx(theirs, abs=1e-5)


def test_a_word_in_the_title_counts_for_more_than_in_the_text() -> None:
    built = LexicalIndex.build(
        [
            Entry(1, "Radio", "", "about the slice and more words"),
            Entry(2, "Slice", "", "about the radio and more words"),
        ]
    )
    scores = built.score(asked("slice"))
    assert scores.bm25[1] > scores.bm25[0] > 0


def test_share_and_coverage_lie_between_zero_and_one_and_count_unknown_words() -> None:
    built = index(*TEXTS)
    scores = built.score(asked("bgp path zebra"))
    assert 0 < scores.coverage[2] < 1 and 0 < scores.share[2] < scores.coverage[2]
    assert built.score(asked("bgp path")).coverage[2] == pytest.approx(1.0)
    assert not built.score([]).bm25.any()
    assert not built.score(asked("zebra")).bm25.any()


def test_an_empty_index_finds_nothing() -> None:
    assert index().score([("x", 1.0)]).bm25.shape == (0,)
    assert index("", "the of").score([("x", 1.0)]).bm25.tolist() == [0, 0]


@pytest.mark.parametrize("texts", [TEXTS, [], ["中文 ümlaut"]])
def test_a_saved_index_comes_back_the_same(texts: list[str]) -> None:
    built = index(*texts)
    loaded = LexicalIndex.load(built.dump())
    assert np.array_equal(loaded.ids, built.ids)
    assert np.array_equal(loaded.score(asked("smf ümlaut 中文")).bm25, built.score(asked("smf ümlaut 中文")).bm25)
