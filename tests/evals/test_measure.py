"""Ranks, shares and what is left out, over a search that answers as it is told."""

import json
from collections.abc import Callable, Iterator

import pytest

from coreagent.answer import Citation, Evidence
from coreagent.errors import InputError
from coreagent.evals.retrieval.measure import Measured, Ranking, measure
from coreagent.evals.retrieval.questions import Gold, Question, QuestionSet
from coreagent.evals.retrieval.report import plain, summarise
from coreagent.knowledge.reports import DocumentInfo
from coreagent.knowledge.retrieval import Hit, Retrieval
from coreagent.knowledge.store.rows import ChunkRow

Answer = Callable[[str, Ranking], tuple[str, float]]


class Answered:
    """Ten documents named a to j; a question is answered with the ones that ``answer`` names, in that order."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, Ranking]] = []

    def show(self, name: str, document: str | None = None) -> tuple[DocumentInfo, ...]:
        del document
        return tuple(
            DocumentInfo(
                slug=slug,
                title=slug,
                path=f"{name}/{slug}.md",
                format="markdown",
                sha256="",
                characters=10,
                chunks=1,
                meta={},
            )
            for slug in "abcdefghij"
        )

    def passages(self, name: str) -> Iterator[ChunkRow]:
        del name
        return iter(())

    def search_now(
        self, query: str, *, corpora: tuple[str, ...] = (), limit: int = 6, rank_by: Ranking = "fused"
    ) -> Retrieval:
        self.asked.append((query, rank_by))
        slugs, confidence = self._answer(query, rank_by)
        hits = tuple(
            Hit(
                evidence=Evidence(
                    id=f"{corpora[0]}:{slug}#0-10",
                    text=slug,
                    citation=Citation(corpus=corpora[0], document=slug, end=10),
                ),
                score=0.5,
                lexical=1.0,
                dense=0.5,
            )
            for slug in slugs[:limit]
        )
        return Retrieval(query=query, hits=hits, confidence=confidence)


def asked(*questions: tuple[str, str], kinds: str = "") -> QuestionSet:
    """Questions by their text and the documents that answer them."""
    return QuestionSet.of(
        "set",
        [
            Question(
                id=text,
                text=text,
                gold=tuple(Gold(path=f"{slug}.md") for slug in slugs),
                kind=kinds[at] if kinds else "",
            )
            for at, (text, slugs) in enumerate(questions)
        ],
    )


def run(questions: QuestionSet, answer: Answer, *, limit: int = 10) -> Measured:
    return measure(questions, Answered(answer), corpora=("docs",), limit=limit)


def by_ranking(query: str, ranking: Ranking) -> tuple[str, float]:
    """Question q1 is answered at rank 1, 2 and 6, and q2 only by words."""
    orders: dict[tuple[str, Ranking], str] = {
        ("q1", "fused"): "abcdefghij",
        ("q1", "lexical"): "bacdefghij",
        ("q1", "dense"): "bcdefaghij",
        ("q2", "lexical"): "cb",
    }
    return orders.get((query, ranking), ""), 0.9 if query.startswith("q") else 0.2


def test_recall_and_reciprocal_rank_of_each_ranking() -> None:
    measured = run(asked(("q1", "a"), ("q2", "b")), by_ranking)
    figures = summarise(measured).figures
    assert [figures["fused"].recall[k].value for k in (1, 5, 10)] == [0.5, 0.5, 0.5]
    assert [figures["lexical"].recall[k].value for k in (1, 5, 10)] == [0.0, 1.0, 1.0]
    assert [figures["dense"].recall[k].value for k in (1, 5, 10)] == [0.0, 0.0, 0.5]
    assert figures["fused"].mrr.value == pytest.approx(0.5)
    assert figures["lexical"].mrr.value == pytest.approx(0.5)
    assert figures["dense"].mrr.value == pytest.approx(1 / 12)
    assert figures["fused"].recall[5].n == 2
    assert figures["fused"].all_found == {}


def test_of_several_golds_any_counts_and_all_are_told_apart() -> None:
    measured = run(asked(("q1", "aj"), ("q2", "c")), by_ranking)
    figures = summarise(measured).figures["fused"]
    assert [figures.recall[k].value for k in (1, 10)] == [0.5, 0.5]
    assert [figures.all_found[k].value for k in (1, 5, 10)] == [0.0, 0.0, 1.0]
    assert figures.all_found[10].n == 1


def test_fused_is_compared_with_each_part_on_the_same_questions() -> None:
    questions = asked(*((f"q{n}", "a") for n in range(12)))
    measured = run(questions, lambda _, ranking: ("a" if ranking == "fused" else "b", 0.5))
    compared = summarise(measured).comparisons
    assert list(compared) == [
        ("lexical", "recall@5"),
        ("lexical", "mrr@10"),
        ("dense", "recall@5"),
        ("dense", "mrr@10"),
    ]
    for one in compared.values():
        assert one.difference.value == 1.0
        assert one.p_value == pytest.approx(2 / 2**12)


def test_a_question_without_its_passage_is_left_out_by_name() -> None:
    searched = Answered(by_ranking)
    measured = measure(asked(("q1", "a"), ("q2", "z"), ("q3", "bz")), searched, corpora=("docs",))
    assert [question.id for question in measured.missing] == ["q2"]
    assert [question.id for question in measured.partly_missing] == ["q3"]
    assert [outcome.question.id for outcome in measured.on_topic] == ["q1", "q3"]
    assert len(measured.on_topic[1].ranks["fused"]) == 1
    assert "q2" not in {query for query, _ in searched.asked}


def test_a_gold_that_fits_documents_of_two_corpora_is_told() -> None:
    measured = measure(asked(("q1", "a")), Answered(by_ranking), corpora=("docs", "more"))
    assert [question.id for question in measured.ambiguous] == ["q1"]


def test_confidence_against_off_topic_questions() -> None:
    questions = asked(("q1", "a"), ("q2", "b"), ("far", ""), ("away", ""))
    measured = run(questions, lambda query, _: ("", {"q1": 0.9, "q2": 0.4, "far": 0.4, "away": 0.1}[query]))
    report = summarise(measured)
    assert report.auc is not None
    assert report.auc.value == pytest.approx(3.5 / 4)
    assert report.figures["fused"].recall[1].n == 2
    assert list(measured.off_topic[0].seconds) == ["fused"]


def test_only_off_topic_questions_leave_the_tables_out() -> None:
    report = summarise(run(asked(("far", "")), by_ranking), by_kind=True)
    assert report.figures == {}
    assert report.auc is None
    assert plain(report)["rankings"]["fused"].keys() == {"p50_ms", "p95_ms"}


def test_kinds_are_counted_apart() -> None:
    report = summarise(run(asked(("q1", "a"), ("q2", "b"), kinds="xy"), by_ranking), by_kind=True)
    assert {kind: figures["lexical"].recall[1].n for kind, figures in report.by_kind.items()} == {"x": 1, "y": 1}
    assert report.by_kind["x"]["fused"].recall[1].value == 1.0
    assert report.by_kind["y"]["fused"].recall[1].value == 0.0


@pytest.mark.parametrize(("limit", "cutoffs"), [(1, [1]), (3, [1, 3]), (10, [1, 5, 10]), (20, [1, 5, 10, 20])])
def test_the_limit_bounds_what_is_reckoned(limit: int, cutoffs: list[int]) -> None:
    report = summarise(run(asked(("q1", "a")), by_ranking, limit=limit))
    assert list(report.figures["fused"].recall) == cutoffs
    assert report.mrr_cutoff == min(10, limit)


def test_an_interrupted_run_keeps_the_questions_that_were_finished() -> None:
    def interrupted(query: str, ranking: Ranking) -> tuple[str, float]:
        if (query, ranking) == ("q3", "dense"):
            raise KeyboardInterrupt
        return by_ranking(query, ranking)

    measured = run(asked(("q1", "a"), ("q2", "b"), ("q3", "c"), ("q4", "d")), interrupted)
    assert measured.interrupted
    assert [outcome.question.id for outcome in measured.on_topic] == ["q1", "q2"]
    assert summarise(measured).figures["lexical"].recall[5].value == 1.0


def test_nothing_found_at_all_says_what_was_sought() -> None:
    with pytest.raises(
        InputError, match=r"none of its questions \(1\) has its passage in docs: it does not hold"
    ) as raised:
        run(asked(("q1", "z")), by_ranking)
    assert "path 'z.md'" in raised.value.mend
    there = QuestionSet.of("set", [Question(id="q", text="q", gold=(Gold(path="a.md", clause="9"),))])
    with pytest.raises(InputError, match="but not these parts"):
        run(there, by_ranking)


def test_plain_values_hold_no_nan() -> None:
    values = plain(summarise(run(asked(("q1", "a")), by_ranking)))
    assert values["rankings"]["fused"]["mrr"] == {"value": 1.0, "low": None, "high": None, "n": 1}
    assert values["questions"]["on_topic"] == 1
    # json writes NaN as a word that no other reader takes.
    assert "NaN" not in json.dumps(values)
