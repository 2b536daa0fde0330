import pytest

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.chunking import divide
from coreagent.knowledge.structure.headings import plain_words, split_number
from coreagent.knowledge.structure.outline import outline


@pytest.mark.parametrize(
    ("heading", "number", "title"),
    [
        ("5.3.1 General", "5.3.1", "General"),
        ("5.3.1\tGeneral", "5.3.1", "General"),
        ("5.3.5.8a Handling", "5.3.5.8a", "Handling"),
        ("6.2A.1 Power for CA", "6.2A.1", "Power for CA"),
        ("3.2. Terminology", "3.2", "Terminology"),
        ("1. Introduction", "1", "Introduction"),
        ("A.2.1 Codes", "A.2.1", "Codes"),
        ("Annex A (normative): Title", "Annex A", "Title"),
        ("ANNEX B (informative) Title", "Annex B", "Title"),
        ("Annex C.2 Title", "Annex C.2", "Title"),
        ("Appendix B", "Appendix B", ""),
        ("Appendix I – Examples", "Appendix I", "Examples"),
        ("Clause 5", "5", ""),
        ("Chapter 5. Timers", "5", "Timers"),
        ("Chapter 2: Introduction", "2", "Introduction"),
        ("5.3.1概述", "5.3.1", "概述"),
        ("第5章 概述", "5", "概述"),
        ("附录A（规范性）消息", "附录 A", "消息"),
        ("Overview", "", "Overview"),
        ("5G core", "", "5G core"),
        ("5 GHz band", "", "5 GHz band"),
        ("802.1X authentication", "", "802.1X authentication"),
        ("3GPP releases", "", "3GPP releases"),
        ("Annexes", "", "Annexes"),
        ("", "", ""),
    ],
)
def test_a_heading_has_number_and_title(heading: str, number: str, title: str) -> None:
    assert split_number(heading) == (number, title)


def test_the_tree_spans_each_clause_with_what_is_below_it() -> None:
    text = "# 5 Procedures\n\nIntro.\n\n## 5.1 Setup\n\nOne.\n\n## 5.2 Release\n\nTwo.\n\n# 6 Timers\n\nThree.\n"
    clauses = outline(text, "markdown")
    assert [(c.number, c.title, c.parent, c.level) for c in clauses] == [
        ("5", "Procedures", -1, 1),
        ("5.1", "Setup", 0, 2),
        ("5.2", "Release", 0, 2),
        ("6", "Timers", -1, 1),
    ]
    spans = [text[c.start : c.end] for c in clauses]
    assert spans[0].startswith("# 5 Procedures") and spans[0].endswith("Two.")
    assert spans[1:] == ["## 5.1 Setup\n\nOne.", "## 5.2 Release\n\nTwo.", "# 6 Timers\n\nThree."]
    assert clauses[2].path == "5 Procedures > 5.2 Release"


@pytest.mark.parametrize("grammar", ["markdown", "rst", "text", "log"])
def test_nothing_has_no_clauses(grammar: Grammar) -> None:
    assert outline("", grammar) == () and divide("\n \n", grammar) == ((), ())


def test_each_chunk_names_its_clause_and_its_section_is_the_clauses_path() -> None:
    text = "Before.\n\nTop\n===\n\na\n\nSub\n---\n\nb\n\nEnd\n===\n\nc\n"
    clauses, chunks = divide(text, "rst")
    assert [c.clause for c in chunks] == [-1, 0, 1, 2]
    assert all(c.section == clauses[c.clause].path for c in chunks[1:])
    assert [c.number for c in clauses] == ["", "", ""]


def test_plain_text_knows_the_headings_of_standards() -> None:
    text = (
        "1\tScope\nThe scope.\n\n5.3.1\tGeneral\nText.\n\nAnnex A (normative):\nCodes of causes\n\n"
        "A.1\tGeneral\n\nCodes.\n\n"
        "Chapter 7. Timers\n\nText.\n\nAppendix B.  Thanks\n\nText.\n"
    )
    assert [(c.number, c.title, c.level) for c in outline(text, "text")] == [
        ("1", "Scope", 1),
        ("5.3.1", "General", 3),
        ("Annex A", "Codes of causes", 1),
        ("A.1", "General", 2),
        ("7", "Timers", 1),
        ("Appendix B", "Thanks", 1),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "5.3.1 General ........ 12",
        "5.3.1\tGeneral\t12",
        "5.3.1 General . . . . . 12",
        "3.5 GHz to 3.7 GHz",
        "Annex A describes the codes that",
        "12.5 Mbps in the downlink",
        "1. do this",
    ],
)
def test_lines_that_only_look_like_headings_are_none(line: str) -> None:
    assert outline(f"Some text goes before\n{line}\nand some behind.\n", "text") == ()


def test_a_wrapped_sentence_is_no_heading() -> None:
    assert outline("as described in clause\n5.3.1 of this document, and\n5.3.2 and others\nthen.\n", "text") == ()


def test_a_log_has_a_section_for_each_command() -> None:
    text = "r1# show version\nIOS XE 17.9\n\nuptime 3 days\nr1# show ip bgp summary\nNeighbor 10.0.0.1 Idle\n"
    clauses, chunks = divide(text, "log")
    assert [c.title for c in clauses] == ["show version", "show ip bgp summary"]
    assert [c.section for c in chunks] == ["show version", "show ip bgp summary"]
    assert "uptime 3 days" in chunks[0].text and "Idle" in chunks[1].text


def test_a_log_without_prompts_is_cut_where_the_minute_changes() -> None:
    lines = [f"2026-01-05 10:{minute:02d}:{second:02d} link event" for minute in range(6) for second in (1, 20, 40)]
    chunks = divide("\n".join(lines), "log", limit=200).chunks
    assert len(chunks) > 2
    assert all(chunk.text.startswith("2026") and ":01 link" in chunk.text.split("\n")[0] for chunk in chunks)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Formulas & <more>", "Formulas & <more>"),
        ("The `<get-config>` operation", "The <get-config> operation"),
        ("List<int> of x < 5", "List<int> of x < 5"),
        ("A <b>bold</b> and<br/> H<sub>2</sub>O", "A bold and H2O"),
        ('<a id="x"></a>**Scope** of [it](#it)', "Scope of it"),
    ],
)
def test_only_marks_are_taken_off_a_heading(title: str, words: str) -> None:
    assert plain_words(title) == words
