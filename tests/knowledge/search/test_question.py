import pytest

from coreagent.knowledge.glossary import Glossary, Term
from coreagent.knowledge.search.question import Question, concepts, spelled_out, understand
from coreagent.knowledge.search.references import Reference, references
from coreagent.knowledge.search.sections import Sections
from coreagent.knowledge.store.rows import ClauseRow

GLOSSARY = Glossary([Term(abbreviation="UPF", expansion="User Plane Function")])


def read(text: str, *, split: bool = True, options: bool = True) -> Question:
    return understand(text, glossaries=[GLOSSARY], split=split, options=options)


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [
        ("What is PGW Packet Data Network Gateway?", "PGW", "Packet Data Network Gateway"),
        (
            "Explain the Access and Mobility Management Function (AMF) of 5G",
            "AMF",
            "Access and Mobility Management Function",
        ),
        ("SC-FDMA Single Carrier Frequency Division Multiple Access", "SC-FDMA", None),
        ("MN Master Node", "MN", "Master Node"),
    ],
)
def test_an_abbreviation_beside_its_full_form_is_recognised(text: str, short: str, full: str | None) -> None:
    assert spelled_out(text) == ((short, full or text.removeprefix(f"{short} ")),)


@pytest.mark.parametrize(
    "text", ["What does the UPF do with PDU sessions?", "AMF", "", "IP over Ethernet", "NR is new"]
)
def test_other_capitals_are_left_alone(text: str) -> None:
    assert spelled_out(text) == ()


def test_an_abbreviation_and_its_full_form_are_one_concept() -> None:
    first = concepts("MN Master Node")[0]
    assert [[term for term, _ in one] for one in first.alternatives] == [["mn"], ["master", "node"]]


def test_each_word_counts_once_and_expansions_for_less() -> None:
    query = read("Which UPF does the UPF select?").queries[0]
    weights = {term: weight for concept in query.concepts for one in concept.alternatives for term, weight in one}
    assert weights["upf"] == weights["select"] == 1.0
    assert 0 < weights["function"] < 1.0
    terms = [term for concept in query.concepts for one in concept.alternatives for term, _ in one]
    assert len(terms) == len(set(terms))


def test_a_source_in_brackets_counts_for_less() -> None:
    query = read("Which timer guards paging? [3GPP Release 17]").queries[0]
    weights = {term: weight for concept in query.concepts for one in concept.alternatives for term, weight in one}
    assert query.text == "Which timer guards paging?"
    assert weights["timer"] == 1.0 and 0 < weights["3gpp"] < 1.0
    assert read("[3GPP Release 17]").queries[0].text == "[3GPP Release 17]"


def test_the_parts_of_a_question_are_searched_too() -> None:
    text = "What is the A1 interface, and which protocol does the E2 interface use?"
    queries = read(text).queries
    assert [query.role for query in queries] == ["question", "part", "part"]
    assert queries[0].text == text and queries[0].weight > queries[1].weight
    assert len(read(text, split=False).queries) == 1


def test_the_options_of_a_question_are_searched_too() -> None:
    text = "Which protocol carries E2AP?\nA. SCTP\nB. HTTP/2\nC. GTP-U"
    queries = read(text).queries
    assert [query.role for query in queries] == ["question", "option", "option", "option"]
    assert queries[0].text == "Which protocol carries E2AP?"
    assert queries[1].text.endswith("SCTP")
    assert [query.role for query in read(text, options=False).queries] == ["question"]


def test_a_blank_question_asks_nothing_and_a_huge_one_keeps_both_ends() -> None:
    assert read(" \n").queries == ()
    text = "begin " + "x " * 100_000 + "finish?"
    query = read(text).queries[0]
    assert len(query.text) < 3_000 and "begin" in query.text and "finish" in query.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What does clause 5.3.3 of TS 38.331 say?", [("TS 38.331", "5.3.3")]),
        ("3GPP TS 38.331 section 5.3.3", [("TS 38.331", "5.3.3")]),
        ("see RFC8345", [("RFC 8345", "")]),
        ("RFC 8345 section 4.2 and TS 23.501", [("RFC 8345", "4.2"), ("TS 23.501", "")]),
        ("5.3.3.1", [("", "5.3.3.1")]),
        ("Annex B.2", [("", "B.2")]),
        ("O-RAN.WG4 delay profiles", [("O-RAN.WG4", "")]),
        ("ITU-T G.8275.1 profile", [("ITU-T G.8275.1", "")]),
        ("version 5.3 of the tool", []),
        ("What is a slice?", []),
    ],
)
def test_documents_and_clauses_are_recognised(text: str, expected: list[tuple[str, str]]) -> None:
    assert references(text) == tuple(Reference(document=document, clause=clause) for document, clause in expected)


def clause(number: str, path: str, row: int) -> ClauseRow:
    return ClauseRow(id=row, document_id=1, parent_id=0, number=number, title="", path=path, level=1, start=0, end=1)


def test_a_clause_takes_its_subclauses_along_but_not_its_namesakes() -> None:
    rows = [("5.3", 1), ("5.3.1", 2), ("5.31", 3), ("15.3", 4), ("", 5), ("Annex B", 6), ("B.2", 7)]
    sections = Sections([clause(number, f"{number} Paging of {row}", row) for number, row in rows])
    assert sections.numbered("5.3") == {1, 2}
    assert sections.numbered("B") == sections.numbered("Annex B") == {6, 7}
    assert sections.numbered("5.4") == sections.numbered("") == set()
    assert sections.called(["paging of 4"]) == {4}
    assert sections.called(["5.3", "15.3"]) == {1, 2, 4}


def test_a_document_is_known_however_it_is_written() -> None:
    assert Reference(document="TS 38.331").names_document("TS 38.331")
    assert Reference(document="ts38.331").names_document("TS 38.331")
    assert Reference(document="O-RAN.WG4").names_document("O-RAN.WG4.CUS.0")
    assert not Reference(document="TS 38.33").names_document("TS 38.331")
    assert not Reference().names_document("TS 38.331")
