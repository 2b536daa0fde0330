from collections.abc import Sequence
from typing import Any

import pytest

from coreagent.answer import Citation, Evidence
from coreagent.errors import KnowledgeError, ToolArgumentsError, ToolFailedError, UnknownNameError
from coreagent.knowledge.glossary import StatedTerm, Term
from coreagent.knowledge.retrieval import Hit, Retrieval, Where
from coreagent.labels import PUBLIC, Label, Sensitivity
from coreagent.tools.glossary import make_glossary
from coreagent.tools.search_corpus import make_search_corpus
from coreagent.tools.tool import Tool, ToolContext, ToolResult

SECRET = Label(Sensitivity.CONFIDENTIAL, trusted=False)


class FakeRetriever:
    def __init__(
        self, *texts: str, confidence: float = 0.9, error: Exception | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        self.texts, self.confidence, self.error, self.notes = texts, confidence, error, notes
        self.asked: list[tuple[str, tuple[str, ...], int]] = []

    async def search(
        self,
        query: str,
        *,
        corpora: tuple[str, ...] = (),
        limit: int = 6,
        where: Where | None = None,
        label: Sensitivity = Sensitivity.PUBLIC,
    ) -> Retrieval:
        self.asked.append((query, corpora, limit))
        if self.error is not None:
            raise self.error
        hits = tuple(
            Hit(
                evidence=Evidence(
                    id=f"primer:{n}",
                    text=text,
                    citation=Citation(corpus="primer", document="A1 interface", section="Policies"),
                    label=SECRET if n else PUBLIC,
                    score=0.8,
                ),
                score=0.8,
                lexical=1.0,
                dense=0.5,
            )
            for n, text in enumerate(self.texts)
        )
        return Retrieval(query=query, hits=hits, confidence=self.confidence, notes=self.notes)


async def run(built: Tool, permitted: tuple[str, ...] = (), **arguments: Any) -> ToolResult:
    context = ToolContext(run_id="r", call_id="c", idempotency_key="k", corpora=permitted)
    return await built.run(built.info.arguments.model_validate(arguments), context)


async def test_what_went_otherwise_is_said() -> None:
    retriever = FakeRetriever("A1 carries policies.", notes=("the re-ranker did not answer",))
    found = await run(make_search_corpus(retriever), query="What is A1?")
    assert found.text.endswith("Note: the re-ranker did not answer")


async def test_passages_are_numbered_and_cited() -> None:
    retriever = FakeRetriever("A1 carries policies.", "The near-RT RIC enforces them.")
    found = await run(make_search_corpus(retriever), query="What is A1?", limit=2)
    assert found.text.splitlines()[:2] == [
        "[1] A1 carries policies.",
        '    (primer, "A1 interface" § Policies)',
    ]
    assert [item.id for item in found.evidence] == ["primer:0", "primer:1"]
    assert found.data["confidence"] == 0.9
    assert found.data["low_confidence"] is False
    assert found.data["passages"][1]["number"] == 2
    assert found.label == SECRET
    assert retriever.asked == [("What is A1?", (), 2)]


async def test_low_confidence_and_emptiness_are_said() -> None:
    low = await run(make_search_corpus(FakeRetriever("x", confidence=0.2)), query="football")
    assert low.text.startswith("Low confidence (0.20)")
    assert low.data["low_confidence"] is True
    nothing = await run(make_search_corpus(FakeRetriever()), query="football")
    assert nothing.text == "No passage was found for 'football'."
    assert nothing.evidence == ()
    assert nothing.data["low_confidence"] is True


async def test_a_question_searches_only_its_own_corpora() -> None:
    retriever = FakeRetriever("x")
    built = make_search_corpus(retriever)
    await run(built, ("primer", "site"), query="q")
    await run(built, ("primer", "site"), query="q", corpora=["site"])
    assert [corpora for _, corpora, _ in retriever.asked] == [("primer", "site"), ("site",)]
    with pytest.raises(ToolArgumentsError, match="may not search 'secret'"):
        await run(built, ("primer",), query="q", corpora=["secret"])
    assert len(retriever.asked) == 2


async def test_failures_keep_their_cause() -> None:
    unknown = FakeRetriever(error=UnknownNameError("corpus", "primr", ["primer"]))
    with pytest.raises(ToolArgumentsError, match="did you mean primer"):
        await run(make_search_corpus(unknown), query="q", corpora=["primr"])
    broken = FakeRetriever(error=KnowledgeError("index missing", mend="rebuild it"))
    with pytest.raises(ToolFailedError, match="index missing") as caught:
        await run(make_search_corpus(broken), query="q")
    assert caught.value.mend == "rebuild it"
    with pytest.raises(ToolArgumentsError, match="blank"):
        await run(make_search_corpus(broken), query="  ")


RIC = Term(abbreviation="RIC", expansion="RAN Intelligent Controller", meaning="Controls the RAN", source="O-RAN.WG1")


def lookup(name: str) -> Sequence[Term]:
    return (RIC, Term(abbreviation="RIC", expansion="Something Else")) if name.strip() == "RIC" else ()


async def test_glossary_states_every_meaning() -> None:
    found = await run(make_glossary(lookup), term="RIC ")
    assert found.text == (
        "RIC stands for RAN Intelligent Controller (O-RAN.WG1). Controls the RAN. RIC stands for Something Else."
    )
    assert found.evidence[0].citation == Citation(corpus="tool", document="glossary", section="O-RAN.WG1")
    assert found.data["found"][0]["expansion"] == "RAN Intelligent Controller"


async def test_glossary_offers_what_is_near() -> None:
    built = make_glossary(lookup, near=lambda name: (RIC,))
    assert (await run(built, term="RICC")).text == "The glossary has no entry for 'RICC'. Similar terms: RIC."
    assert (await run(make_glossary(lookup), term="x")).data["found"] == []
    with pytest.raises(ToolArgumentsError, match="blank"):
        await run(built, term=" ")


class FakeTerms:
    """Documents that state one thing; every call is noted."""

    def __init__(self, *terms: Term, error: Exception | None = None) -> None:
        self.terms, self.error = terms, error
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    async def define(self, name: str, *, corpora: tuple[str, ...] = ()) -> tuple[StatedTerm, ...]:
        self.asked.append((name, corpora))
        if self.error is not None:
            raise self.error
        place = Citation(corpus="site", document="RU-7", section="2 Abbreviations", start=10, end=40)
        shown = Evidence(id="site:ru7#10-40", text="| RIC | Rack Interface Card |", citation=place, label=SECRET)
        return tuple(StatedTerm(term=term, evidence=shown) for term in self.terms)


async def test_what_a_corpus_states_comes_first_and_is_cited_from_it() -> None:
    terms = FakeTerms(Term(abbreviation="RIC", expansion="Rack Interface Card", source="RU-7"))
    found = await run(make_glossary(lookup, corpora=terms), ("site",), term="RIC")
    (evidence,) = found.evidence
    assert evidence.text == "RIC stands for Rack Interface Card."
    assert str(evidence.citation) == 'site, "RU-7" § 2 Abbreviations'
    # The passage itself may be evidence too, and is another piece.
    assert evidence.id != "site:ru7#10-40"
    assert (found.label, terms.asked) == (SECRET, [("RIC", ("site",))])
    assert "Rack Interface Card" in found.text and "RAN Intelligent Controller" not in found.text


async def test_a_definition_is_no_abbreviation() -> None:
    term = Term(abbreviation="guard period", expansion="Guard period", meaning="time without alarms after a restart")
    found = await run(make_glossary(lookup, corpora=FakeTerms(term)), term="guard period")
    assert found.evidence[0].text == "guard period means: time without alarms after a restart."


async def test_without_a_statement_in_the_corpora_the_glossary_answers() -> None:
    found = await run(make_glossary(lookup, corpora=FakeTerms()), ("site",), term="RIC")
    assert found.evidence[0].citation.corpus == "tool"


async def test_corpora_that_can_not_be_read_are_named() -> None:
    broken = FakeTerms(error=KnowledgeError("index missing", mend="rebuild it"))
    with pytest.raises(ToolFailedError, match="index missing") as caught:
        await run(make_glossary(lookup, corpora=broken), term="RIC")
    assert caught.value.mend == "rebuild it"
    unknown = FakeTerms(error=UnknownNameError("corpus", "sit", ["site"]))
    with pytest.raises(ToolArgumentsError, match="did you mean site"):
        await run(make_glossary(lookup, corpora=unknown), ("sit",), term="RIC")
