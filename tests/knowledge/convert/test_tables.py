import re

from hypothesis import given
from hypothesis import strategies as st

from coreagent.knowledge.documents.convert.tables import clean, document, escape, fence, heading, paragraph, table
from coreagent.knowledge.structure.blocks import blocks

CELLS = st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=4), min_size=1, max_size=5)


def test_lines_that_look_like_structure_are_escaped() -> None:
    for line in (
        "# x",
        "###### x",
        "#",
        "```",
        "~~~ x",
        "| a |",
        "===",
        "---",
        "- - -",
        "***",
        "> x",
        "  ## x",
        "+-+",
        "-|-",
        "<table>",
    ):
        assert escape(line) == re.sub(r"(\S)", r"\\\1", line, count=1)


def test_identifiers_and_lists_stay_as_they_are() -> None:
    for line in ("snake_case", "a*b*c", "#1 in sales", "- item", "1. item", "*star*", "a | b", "x == y", "``x``"):
        assert escape(line) == line


@given(st.text(alphabet="#=->*`~|+: <table\n\t1.", max_size=40))
def test_no_paragraph_becomes_a_heading_or_code(text: str) -> None:
    found = list(blocks(f"{paragraph(text)}\n", "markdown"))
    assert all(block.level == 0 and block.kind in ("text", "list") for block in found)


@given(CELLS)
def test_a_table_is_a_grid_whatever_its_cells_hold(rows: list[list[str]]) -> None:
    lines = table([[clean(text) for text in cells] for cells in rows]).split("\n")
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in lines if line}
    assert len(counts) <= 1


@given(st.text())
def test_clean_text_can_be_stored(text: str) -> None:
    found = clean(text + "\ud800\x00\r")
    assert found.encode("utf-8").decode("utf-8") == found
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", found)
    assert clean(found) == found


def test_columns_and_rows_without_a_word_are_left_out() -> None:
    assert table([["a", "", "b"], ["", "", ""], ["1", ""]]) == "| a | b |\n| --- | --- |\n| 1 |  |"
    assert table([["", ""], [""]]) == ""


def test_blocks() -> None:
    assert heading(9, "a\n b\tc") == "###### a b c"
    assert fence("x ```` y") == "`````\nx ```` y\n`````"
    assert paragraph(" a \n\n ---\n") == "a\n \\---"
    assert document(["a", " ", "b"]) == "a\n\nb\n"
    assert document([]) == ""
