import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.blocks import blocks
from coreagent.knowledge.structure.chunking import chunk, divide, first_heading

LINES = st.sampled_from(
    ["", "", "# One", "## Two", "Title", "=====", "-----", "~~~", "```", "| a | b |", ".. note::", "   indented"]
    + [
        "A sentence. Another one!",
        "word " * 60,
        "x" * 130,
        "5.3.1 General",
        "1. item",
        "\t",
        "::",
        "中文。句子。",
        "\u2028",
        "| a | b |\n|---|---|\n" + "| c | d |\n" * 20,
        "Table 1: Names",
        "NOTE 1: A note.",
        "- item",
        "So:",
        "<table>",
        "</table>",
        "r1# show version",
        "Annex A (normative):",
        "中" * 90,
    ]
)
FORMATS = st.sampled_from(["markdown", "rst", "text", "log"])


def sections(text: str, format_: Grammar) -> list[str]:
    return [part.section for part in chunk(text, format_)]


@given(st.one_of(st.lists(LINES, max_size=30).map("\n".join), st.text(max_size=400)), FORMATS, st.integers(20, 200))
@settings(max_examples=300, deadline=None)
def test_spans_hold_all_text_once_and_in_order(text: str, format_: Grammar, limit: int) -> None:
    at = 0
    for part in chunk(text, format_, limit=limit):
        assert part.start >= at
        assert not text[at : part.start].strip()
        assert part.text == text[part.start : part.end]
        assert part.text.strip()
        at = part.end
    assert not text[at:].strip()


@given(st.lists(LINES, max_size=30).map("\n".join), FORMATS)
@settings(max_examples=100, deadline=None)
def test_no_chunk_outgrows_twice_the_limit_and_a_heading(text: str, format_: Grammar) -> None:
    limit = 100
    widest = max((b.end - b.start for b in blocks(text, format_) if b.level), default=0)
    for part in chunk(text, format_, limit=limit):
        assert len(part.text.strip()) <= 3 * limit + 2 * widest + 200


def test_markdown_sections_are_heading_paths_and_hold_their_heading() -> None:
    text = "# A1 interface\n\nIntro.\n\n## Policies\n\nText.\n\n### Types\n\nMore.\n\n## Next\n\nEnd.\n"
    parts = list(chunk(text, "markdown"))
    assert [p.section for p in parts] == [
        "A1 interface",
        "A1 interface > Policies",
        "A1 interface > Policies > Types",
        "A1 interface > Next",
    ]
    assert parts[1].text == "## Policies\n\nText."


def test_headings_without_text_join_the_next_chunk() -> None:
    parts = list(chunk("# A\n\n## B\n\nText.", "markdown"))
    assert [(p.section, p.text) for p in parts] == [("A > B", "# A\n\n## B\n\nText.")]


def test_a_comment_in_a_code_block_is_no_heading_and_code_stays_whole() -> None:
    code = "```sh\n# not a heading\n\nls\n```"
    parts = list(chunk(f"# A\n\n{code}\n\nAfter.", "markdown"))
    assert len(parts) == 1 and code in parts[0].text


def test_setext_headings_are_headings_and_rules_and_tables_are_not() -> None:
    assert sections("Top\n===\n\ntext\n\nSub\n---\n\ntext\n", "markdown") == ["Top", "Top > Sub"]
    assert sections("text\n\n---\n\nmore\n", "markdown") == [""]
    assert sections("| a |\n|---|\n| b |\n", "markdown") == [""]


def test_a_table_within_twice_the_limit_stays_whole() -> None:
    table = "\n".join(["| a | b |", "|---|---|", *["| row | value |"] * 8])
    parts = list(chunk(f"# T\n\nBefore it.\n\n{table}\n", "markdown", limit=100))
    assert any(table in part.text for part in parts)


def test_rst_levels_follow_the_order_of_appearance() -> None:
    text = "####\nBook\n####\n\nOne\n===\n\na\n\nTwo\n---\n\nb\n\nThree\n=====\n\nc\n"
    assert sections(text, "rst") == ["Book > One", "Book > One > Two", "Book > Three"]
    assert first_heading(text, "rst") == "Book"


def test_an_rst_literal_block_goes_on_over_blank_lines() -> None:
    block = "Run::\n\n   first\n\n   second"
    assert any(block in part.text for part in chunk(f"T\n=\n\n{block}\n\nAfter it.\n", "rst", limit=20))


def test_numbered_headings_of_plain_text_make_sections_and_lists_do_not() -> None:
    text = "5 Procedures\n\n5.3 Connection\n5.3.1 General\nThe text.\n\n1. do this\n2. do that\n"
    assert sections(text, "text") == ["5 Procedures > 5.3 Connection > 5.3.1 General"]
    assert sections("1. do this\n2. do that\n", "text") == [""]


@pytest.mark.parametrize(
    "text",
    ["# " + "[" * 100_000, "#" + " #" * 100_000, "# " + " " * 100_000 + "x", "x" + " ::" * 100_000, "1.2 " * 50_000],
)
@pytest.mark.parametrize("format_", ["markdown", "rst", "text"])
def test_endless_lines_are_text_and_end_soon(text: str, format_: Grammar) -> None:
    parts = list(chunk(text, format_))
    assert "".join(part.text for part in parts).replace(" ", "") == text.replace(" ", "")
    assert {part.section for part in parts} == {""}


def test_inline_marks_leave_section_names() -> None:
    assert sections("# The `A1` *interface* [spec](http://x)\n\ntext", "markdown") == ["The A1 interface spec"]


@given(st.lists(LINES, max_size=30).map("\n".join), FORMATS, st.integers(20, 200))
@settings(max_examples=200, deadline=None)
def test_clauses_form_a_tree_and_chunks_name_theirs(text: str, format_: Grammar, limit: int) -> None:
    clauses, parts = divide(text, format_, limit=limit)
    for at, clause in enumerate(clauses):
        assert -1 <= clause.parent < at and clause.start <= clause.end <= len(text)
        if clause.parent >= 0:
            above = clauses[clause.parent]
            assert above.start <= clause.start and clause.end <= above.end and above.level < clause.level
    for part in parts:
        assert part.section == (clauses[part.clause].path if part.clause >= 0 else "")
        begun = [at for at, clause in enumerate(clauses) if clause.start < part.end]
        assert part.clause == (begun[-1] if begun else -1)
    assert tuple(chunk(text, format_, limit=limit)) == parts
