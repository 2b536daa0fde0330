import bm25s  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]  # it has no types
import numpy as np
import pytest

from coreagent.knowledge.index.lexical import Concept, LexicalIndex
from coreagent.knowledge.index.postings import RECORD, Entry, postings, unpack
from coreagent.knowledge.index.terms import stem, terms

TEXTS = [
    "the amf registers the ue and the smf opens a session",
    "the smf selects the upf for each session of a ue",
    "bgp chooses the path with the highest local preference",
    "ospf floods link state and the ue does nothing",
]


def index(*bodies: str) -> LexicalIndex:
    return LexicalIndex.build(Entry(number + 10, "", "", body) for number, body in enumerate(bodies))


def asked(question: str) -> list[Concept]:
    return [Concept((((term, 1.0),),)) for term in terms(question)]


def either(*alternatives: str) -> Concept:
    return Concept(tuple(tuple((term, 1.0) for term in terms(one)) for one in alternatives))


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
    assert index().score(asked("x")).bm25.shape == (0,)
    assert index("", "the of").score(asked("x")).bm25.tolist() == [0, 0]


@pytest.mark.parametrize("texts", [TEXTS, [], ["中文 ümlaut"]])
def test_a_saved_index_comes_back_the_same(texts: list[str]) -> None:
    built = index(*texts)
    loaded = LexicalIndex.load(built.dump())
    assert np.array_equal(loaded.ids, built.ids)
    assert np.array_equal(loaded.score(asked("smf ümlaut 中文")).bm25, built.score(asked("smf ümlaut 中文")).bm25)


def test_either_of_two_alternatives_covers_a_concept() -> None:
    built = index("the amf registers the ue", "the access and mobility management function registers", "the smf")
    coverage = built.score([either("AMF", "access mobility management function")]).coverage
    assert coverage[0] == pytest.approx(1.0) and coverage[1] == pytest.approx(1.0) and coverage[2] == 0


def test_a_word_leads_a_chunk_that_it_stands_early_in() -> None:
    built = index("policy " + "filler " * 60, "filler " * 60 + "policy")
    early, late = built.score(asked("policy")).lead
    assert early == pytest.approx(1.0) and 0 < late < 0.3


def test_the_contributions_add_up_to_the_score() -> None:
    built = index(*TEXTS)
    question = asked("smf session zebra")
    parts = built.contributions(question, 11)
    assert {term for term, _ in parts} == {"smf", "session"}
    assert sum(share for _, share in parts) == pytest.approx(float(built.score(question).bm25[1]), rel=1e-6)


def test_an_index_put_together_from_kept_postings_is_the_same() -> None:
    parts = [postings("", "", text) for text in TEXTS]
    whole = LexicalIndex.assemble(np.arange(10, 14), parts)
    assert np.array_equal(whole.score(asked("ue session")).bm25, index(*TEXTS).score(asked("ue session")).bm25)


def test_postings_say_how_often_and_how_early() -> None:
    records, rows = unpack([postings("Slice", "", "radio slice slice"), postings("", "", "")])
    assert rows.tolist() == [0, 0]
    told = {(int(r["title"]), int(r["body"]), int(r["first"])) for r in records}
    assert told == {(1, 2, 0), (0, 1, 0)}


def test_damaged_postings_are_noticed() -> None:
    with pytest.raises(ValueError, match="buffer size"):
        unpack([b"x" * (RECORD.itemsize + 1)])


def test_an_endless_repetition_is_counted_as_often_as_fits() -> None:
    records, _ = unpack([postings("", "", "slice " * 70_000)])
    assert records["body"].tolist() == [65_535]
