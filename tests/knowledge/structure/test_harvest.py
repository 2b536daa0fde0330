import pytest

from coreagent.knowledge.documents.document import Document, Grammar, Specification
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.structure.abbreviation import is_abbreviation, long_form
from coreagent.knowledge.structure.chunking import divide
from coreagent.knowledge.structure.harvest import harvest


def harvested(text: str, grammar: Grammar = "markdown", *, number: str = "") -> tuple[Term, ...]:
    document = Document(
        path="a.md",
        name="a.md",
        title="The title",
        text=text,
        format="markdown",
        grammar=grammar,
        sha256="",
        specification=Specification(number=number),
    )
    return harvest(document, divide(text, grammar).clauses)


def pairs(text: str, grammar: Grammar = "markdown") -> list[tuple[str, str]]:
    return [(term.abbreviation, term.expansion) for term in harvested(text, grammar)]


@pytest.mark.parametrize(
    ("short", "before", "expected"),
    [
        ("AMF", "the Access and Mobility Management Function", "Access and Mobility Management Function"),
        ("UPF", "In the user plane function", "user plane function"),
        ("QoS", "better Quality of Service", "Quality of Service"),
        ("POP", "at a point of presence", "point of presence"),
        ("VoLTE", "with Voice over LTE", "Voice over LTE"),
        ("IAB", "Integrated Access and Backhaul", "Integrated Access and Backhaul"),
        (
            "E2SM-KPM",
            "E2 Service Model for Key Performance Measurement",
            "E2 Service Model for Key Performance Measurement",
        ),
        ("UL", "in the Uplink", "Uplink"),
        ("RU", "the Radio Unit component", ""),
        ("REST", "an interface representing the VES", ""),
        ("TS", "and see the clause", ""),
        ("UE", "It used the node", ""),
        ("AMF", "", ""),
    ],
)
def test_the_words_before_a_bracket_are_checked_letter_by_letter(short: str, before: str, expected: str) -> None:
    assert long_form(short, before) == expected


@pytest.mark.parametrize("word", ["AMF", "gNB", "5GC", "E2SM-KPM", "O-DU", "CI/CD", "eAxC", "QoS", "N2"])
def test_abbreviations_look_like_one(word: str) -> None:
    assert is_abbreviation(word)


@pytest.mark.parametrize("word", ["", "A", "The", "word", "e.g.", "2023", "ABCDEFGHIJKLMN", "İİ"])
def test_words_and_numbers_do_not(word: str) -> None:
    assert not is_abbreviation(word)


@pytest.mark.parametrize(
    "entry",
    [
        "SMF\tSession Management Function",
        "SMF   Session Management Function",
        "SMF: Session Management Function",
        "**SMF**: Session Management Function",
        "- **SMF:** Session Management Function",
        "* SMF - Session Management Function",
        "| Short | Long |\n|---|---|\n| SMF | Session Management Function |",
        "SMF\n: Session Management Function",
        ".. list-table::\n\n   * - SMF\n     - Session Management Function",
        "SMF   Session\n      Management Function",
    ],
)
def test_lists_of_abbreviations_in_every_usual_form(entry: str) -> None:
    assert ("SMF", "Session Management Function") in pairs(f"# 3.3 Abbreviations\n\nThe following apply.\n\n{entry}\n")


def test_outside_of_such_a_clause_a_list_is_no_list_of_abbreviations() -> None:
    assert pairs("# Status\n\nSMF: Running\n\n| SMF | Session Management Function |\n|---|---|\n| a | b |\n") == []


def test_definitions_keep_their_meaning() -> None:
    text = (
        "# 3.1 Terms\n\n**boundary clock**: a clock with several ports in one domain.\n\n"
        "gNB: node that serves NR to the UE. It is a node.\n"
    )
    found = harvested(text)
    assert [(t.abbreviation, t.meaning) for t in found] == [
        ("boundary clock", "a clock with several ports in one domain."),
        ("gNB", "node that serves NR to the UE. It is a node."),
    ]


def test_an_explanation_behind_the_long_form_is_the_meaning() -> None:
    found = harvested("# Glossary\n\nVNF: Virtual Network Function, software that runs in a cloud\n")
    assert [(t.expansion, t.meaning) for t in found] == [("Virtual Network Function", "software that runs in a cloud")]


def test_terms_in_running_text_and_each_once() -> None:
    text = (
        "# A\n\nThe Access and Mobility Management\nFunction (AMF) and the **New Radio** (NR). "
        "An Access and Mobility Management Function (AMF) is one. See (TBD)."
    )
    assert pairs(text) == [("AMF", "Access and Mobility Management Function"), ("NR", "New Radio")]


def test_a_heading_of_plain_text_leads_to_the_entries() -> None:
    text = (
        "3.3\tAbbreviations\n\nAMF\tAccess and Mobility Management Function\nBH\tBackhaul\n\n"
        "4\tOverview\n\nXY\tNo Entry\n"
    )
    assert pairs(text, "text") == [("AMF", "Access and Mobility Management Function"), ("BH", "Backhaul")]


def test_chinese_lists_of_abbreviations() -> None:
    assert pairs("# 3.3 缩略语\n\nAMF  接入和移动性管理功能\n") == [("AMF", "接入和移动性管理功能")]
    rows = "| 缩略语 | 英文 | 中文 |\n|---|---|---|\n| AMF | Access and Mobility Management Function | 接入管理 |\n"
    found = harvested(f"# 3.3 缩略语\n\n{rows}\n# 3.1 术语和定义\n\n网络切片：一种为特定业务提供的逻辑网络。\n")
    assert [(t.abbreviation, t.expansion, t.meaning) for t in found] == [
        ("AMF", "Access and Mobility Management Function", "接入管理"),
        ("网络切片", "网络切片", "一种为特定业务提供的逻辑网络。"),
    ]


def test_the_source_is_the_standard_and_its_clause_or_the_title() -> None:
    text = "# 3.3 Abbreviations\n\nSMF: Session Management Function\n\n# 4 Text\n\nThe New Radio (NR).\n"
    assert [term.source for term in harvested(text, number="TS 23.501")] == ["TS 23.501 3.3", "TS 23.501"]
    assert {term.source for term in harvested(text)} == {"The title"}


@pytest.mark.parametrize(
    "text",
    [
        "# Glossary\n\n" + "a" + " " * 200_000 + "\n",
        "# Glossary\n\n" + ("a" + " " * 1_900 + "\n") * 200,
        "# Glossary\n\n" + "`" * 100_000,
        "# Glossary\n\n" + ("`" + " " * 1_900 + "\n") * 200,
        "# Glossary\n\n" + "[" * 100_000,
        "# Glossary\n\n" + "|" * 100_000,
        "# Glossary\n\n" + ("**" * 900 + "\n") * 200,
        "(AB)" * 100_000,
        "a" * 500_000 + " (AAAA)",
        "İ " * 1_000 + "(IAB)",
        "",
    ],
)
def test_hostile_text_ends_soon_and_gives_nothing(text: str) -> None:
    assert harvested(text) == ()


def test_abbreviations_with_a_single_space_between() -> None:
    text = (
        "# 3.2 Abbreviations\n\nFor the purposes of this document those given in TR\n21.905 apply.\n\n"
        "5GC 5G Core Network\n\nASN.1 Abstract Syntax Notation One\n\nkB Kilobyte\n\nXR eXtended Reality\n\n"
        "In the AMF, lower case is used.\n"
    )
    assert pairs(text) == [
        ("5GC", "5G Core Network"),
        ("ASN.1", "Abstract Syntax Notation One"),
        ("kB", "Kilobyte"),
        ("XR", "eXtended Reality"),
    ]


def test_a_pages_foot_does_not_join_the_last_abbreviation() -> None:
    text = "3.2 Abbreviations\n\nACK Acknowledgement\nUE User Equipment\n3GPP\n38\n"
    assert pairs(text, "text") == [("ACK", "Acknowledgement"), ("UE", "User Equipment")]


def test_a_wrapped_definition_is_read_to_its_end() -> None:
    text = "# 3.1 Terms\n\n3.1.1.2 boundary clock [1]: A clock with\nseveral ports, see \\[2\\]\n\nNext words.\n"
    assert [(t.abbreviation, t.meaning) for t in harvested(text)] == [
        ("boundary clock", "A clock with several ports, see [2]")
    ]
