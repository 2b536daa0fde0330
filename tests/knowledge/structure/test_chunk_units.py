"""What stays together in one chunk."""

import pytest

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.chunking import Chunk, divide

ROWS = "\n".join(f"| T{number} | start {number} | stop {number} |" for number in range(6))
TABLE = f"| Name | Start | Stop |\n|------|-------|------|\n{ROWS}"


def chunks(text: str, grammar: Grammar = "markdown", *, limit: int = 200) -> tuple[Chunk, ...]:
    found = divide(text, grammar, limit=limit).chunks
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in found)
    return found


def holding(found: tuple[Chunk, ...], words: str) -> Chunk:
    return next(chunk for chunk in found if words in chunk.text)


@pytest.mark.parametrize(
    "caption",
    ["Table 5.1-1: Timers", "**Table 5.1-1: Timers**", "Tabelle 5: Zeiten", "表5.1 定时器", "Table A-1 Timers"],
)
def test_a_table_stays_with_its_caption_above(caption: str) -> None:
    found = chunks(f"# Timers\n\n{'Words before. ' * 12}\n\n{caption}\n\n{TABLE}\n\nAfter.\n")
    assert TABLE in holding(found, caption).text
    assert holding(found, caption).kind == "table"


def test_a_table_stays_with_its_caption_below_and_its_note() -> None:
    found = chunks(f"{'Words before. ' * 12}\n\n{TABLE}\n\nTable 7: Timers\n\nNOTE 1: They run.\n\n{'Words. ' * 30}\n")
    whole = holding(found, TABLE)
    assert "Table 7: Timers" in whole.text and "NOTE 1" in whole.text


def test_a_caption_between_two_tables_belongs_to_the_second() -> None:
    found = chunks(f"{TABLE}\n\nTable 2: More\n\n{TABLE.replace('T1', 'X1')}\n")
    assert "X1" in holding(found, "Table 2").text and "T1 " not in holding(found, "Table 2").text


def test_a_big_table_is_cut_between_rows_and_each_part_knows_caption_and_columns() -> None:
    rows = "\n".join(f"| T{number} | start {number} | stop {number} |" for number in range(60))
    found = chunks(f"Table 9. All timers\n\n| Name | Start | Stop |\n|---|---|---|\n{rows}\n")
    assert found[0].text.startswith("Table 9") and found[0].context == ""
    assert len(found) > 3
    for part in found[1:]:
        assert part.text.startswith("| T") and part.text.rstrip().endswith("|")
        assert part.context == "Table 9. All timers | Name | Start | Stop"
        assert part.kind == "table"


def test_grid_and_html_tables_are_cut_between_rows_too() -> None:
    rule = "+------+-------+"
    grid = "\n".join(
        [rule, "| Name | Value |", "+======+=======+"] + [f"| n{n:03d} | v{n:03d}  |\n{rule}" for n in range(60)]
    )
    parts = chunks(f"Top\n===\n\n{grid}\n", "rst")
    assert len(parts) > 3 and all(part.context == "Name | Value" for part in parts[1:])
    assert all(part.text.startswith(("Top\n", "| n", "+--")) for part in parts)
    cells = "\n".join(f"<tr><td>n{n:03d}</td><td>v{n:03d}</td></tr>\n" for n in range(60))
    parts = chunks(f"<table>\n<tr><th>Name</th><th>Value</th></tr>\n{cells}\n</table>\n")
    assert len(parts) > 3 and all(part.text.startswith("<t") and part.kind == "table" for part in parts)
    assert "Name" in parts[1].context and "Value" in parts[1].context


def test_a_note_stays_with_its_paragraph() -> None:
    text = f"{'First words. ' * 14}\n\n{'Second words. ' * 12}\n\nNOTE: This is about the second.\n"
    assert "Second" in holding(chunks(text), "NOTE").text


def test_a_list_stays_with_the_sentence_that_leads_to_it() -> None:
    text = f"{'Words before. ' * 12}\n\nThe cases are:\n\n- one case\n\n- another case\n\n   more of it\n\n- a third\n"
    assert all(words in holding(chunks(text), "The cases are:").text for words in ("one", "another", "more", "third"))


def test_a_long_list_repeats_its_leading_sentence_as_context() -> None:
    items = "\n\n".join(f"- case number {number} with some words" for number in range(30))
    found = chunks(f"There are many. The UE shall, for *each* cell:\n\n{items}\n")
    assert "case number 0" in found[0].text
    assert len(found) > 3 and {part.context for part in found[1:]} == {"The UE shall, for each cell:"}


def test_code_stays_whole_where_it_fits_and_is_of_its_own_kind() -> None:
    code = "```yaml\n" + "key: value\n\n" * 20 + "```"
    found = chunks(f"Words.\n\n{code}\n\nAfter.\n")
    assert code in holding(found, "```yaml").text and holding(found, "```yaml").kind == "code"


@pytest.mark.parametrize(
    "title",
    ["3.3 Abbreviations", "Definitions of terms, symbols and abbreviations", "Glossary", "3 术语和定义", "缩略语"],
)
def test_clauses_of_terms_are_definitions_grouped_to_the_limit(title: str) -> None:
    entries = "\n\n".join(f"A{number:02d}  Access number {number}" for number in range(20))
    found = chunks(f"# {title}\n\n{entries}\n")
    assert {part.kind for part in found} == {"definition"}
    assert 2 <= len(found) <= 5


@pytest.mark.parametrize("title", ["Terms of service", "General", "Definition of the API call", "Symbolic engine"])
def test_other_clauses_are_no_definitions(title: str) -> None:
    assert {part.kind for part in chunks(f"# {title}\n\nSome words.\n")} == {"text"}


def test_chinese_is_cut_at_sentence_ends_and_weighs_more() -> None:
    found = chunks("基站向核心网发送初始消息并等待响应。" * 60, limit=500)
    assert all(part.text.endswith("。") for part in found)
    assert all(100 <= len(part.text) <= 400 for part in found[:-1])
    latin = chunks("The gNB sends an initial message and waits. " * 60, limit=500)
    assert max(len(part.text) for part in latin) > 1.5 * max(len(part.text) for part in found)


@pytest.mark.parametrize(
    "text",
    [
        "<table>\n" * 20_000,
        "```\n" * 20_001,
        "NOTE: x\n\n" * 20_000,
        "- x\n\n" * 20_000,
        "Table 1: x\n\n" * 20_000,
        "| a |\n\n" * 20_000,
        "|" * 200_000,
        "|-" * 100_000 + "\n|-\n",
        "1. x:\n\n" * 20_000,
        "+-\n" * 20_000,
        "Annex A (normative):\n" * 20_000,
        "r1# show x\n" * 20_000,
        "中" * 200_000,
        "a:\n\n```\n" + "b\n" * 50_000,
    ],
)
@pytest.mark.parametrize("grammar", ["markdown", "rst", "text", "log"])
def test_hostile_text_is_cut_soon_and_nothing_is_lost(text: str, grammar: Grammar) -> None:
    at = 0
    for part in chunks(text, grammar, limit=1_000):
        assert not text[at : part.start].strip()
        at = part.end
    assert not text[at:].strip()
