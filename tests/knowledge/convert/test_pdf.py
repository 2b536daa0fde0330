from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped] # it ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # it ships no types
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped] # it ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped] # it ships no types
from tests.knowledge.convert.sheets import BODY, BOLD, CODE, HEAD, HEIGHT, SENTENCE, Sheets

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.pdf.converter import convert


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    return Sheets(tmp_path / "made.pdf")


def test_numbered_clauses_become_headings_of_their_depth(sheets: Sheets) -> None:
    sheets.heading("5", "Procedures", 18).lines(SENTENCE).heading("5.3.1", "General", 14).lines(SENTENCE)
    read = sheets.heading("", "Annex A (normative): Rules", 18).heading("A.1", "Background").lines(SENTENCE).read()
    assert [line for line in read.text.split("\n") if line.startswith("#")] == [
        "# 5 Procedures",
        "### 5.3.1 General",
        "# Annex A (normative): Rules",
        "## A.1 Background",
    ]
    assert read.grammar == "markdown"
    assert SENTENCE in read.text


def test_a_numbered_list_in_the_font_of_the_text_is_no_heading(sheets: Sheets) -> None:
    read = sheets.lines(SENTENCE, SENTENCE, "1. Register the function.", "2. Ask for its profile.", SENTENCE).read()
    assert "#" not in read.text
    assert "\n1. Register the function.\n2. Ask for its profile." in read.text


def test_the_outline_names_headings_and_their_level(sheets: Sheets) -> None:
    for level, title in enumerate(("Overview", "Details")):
        sheets.canvas.bookmarkPage(title)
        sheets.canvas.addOutlineEntry(title, title, level=level)
        sheets.lines(title).lines(SENTENCE, SENTENCE)
    read = sheets.read()
    assert read.text.startswith(f"# Overview\n\n{SENTENCE} {SENTENCE}\n\n## Details\n\n")


def test_bold_alone_makes_a_clause_of_a_numbered_title_only(sheets: Sheets) -> None:
    sheets.lines(SENTENCE, SENTENCE).lines("3 Scope of it", font=BOLD).lines(SENTENCE).lines("5 MHz", font=BOLD)
    headings = [line for line in sheets.lines(SENTENCE).read().text.split("\n") if line.startswith("#")]
    assert headings == ["# 3 Scope of it"]


def test_an_outline_below_the_documents_title_is_lifted(sheets: Sheets) -> None:
    for level, title in ((0, "The Book"), (1, "Foreword"), (1, "1 Scope"), (2, "1.1 General")):
        sheets.canvas.bookmarkPage(title)
        sheets.canvas.addOutlineEntry(title, title, level=level)
        sheets.lines(title).lines(SENTENCE, SENTENCE)
    headings = [line for line in sheets.read().text.split("\n") if line.startswith("#")]
    assert headings == ["# The Book", "# Foreword", "# 1 Scope", "## 1.1 General"]


def test_labels_of_a_drawing_are_no_headings(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 4)
    sheets.put("UE", x=100, y=300, font=HEAD, size=16).put("AMF", x=300, y=300, font=HEAD, size=16)
    assert "#" not in sheets.read().text


def test_a_long_heading_over_two_lines_is_one(sheets: Sheets) -> None:
    sheets.put("4.2", y=72, font=HEAD, size=14)
    sheets.lines("Registration of a network function that", "is not known yet", x=120, font=HEAD, size=14)
    read = sheets.lines(SENTENCE, SENTENCE).read()
    assert "## 4.2 Registration of a network function that is not known yet\n\n" in read.text


def test_paragraphs_are_joined_over_lines_and_pages_and_hyphens_undone(sheets: Sheets) -> None:
    sheets.lines("The profile of a network function is kept in the reposi-", "tory of the user-")
    sheets.next().lines("defined slice, where each consumer of it,", "such as an AMF, finds it.").lines(
        "The user defined it."
    )
    read = sheets.read()
    assert read.text == (
        "The profile of a network function is kept in the repository of the user-defined slice,"
        " where each consumer of it, such as an AMF, finds it.\n\nThe user defined it.\n"
    )
    assert len(read.pages) == 2
    assert read.text[read.pages[1] :].startswith("defined slice")


def test_running_heads_page_numbers_and_contents_are_left_out(sheets: Sheets) -> None:
    for number in range(1, 7):
        sheets.put("3GPP TS 38.331 version 17.4.0", y=30, font=HEAD, size=8)
        sheets.put(f"{number + 8}", y=30, x=290, font=HEAD, size=8).put("ETSI", y=820, x=290, font=HEAD, size=8)
        sheets.put(f"Page {number + 8} of 300", y=800, x=270, font=HEAD, size=8)
        if number == 1:
            sheets.lines("Contents", font=HEAD, size=18)
            sheets.lines(*(f"{n} Clause number {n} {'.' * 60} {n + 8}" for n in range(1, 9)))
        else:
            sheets.heading(f"{number}.1", "General").lines(SENTENCE, f"Value {number} is 38.331.")
        sheets.next()
    read = sheets.read()
    assert "17.4.0" not in read.text
    assert "ETSI" not in read.text
    assert "of 300" not in read.text
    assert "...." not in read.text
    assert "Contents" not in read.text
    assert read.text.count("## ") == 5, "clauses at the same place of each page stay"
    assert "Value 4 is 38.331." in read.text


def test_line_numbers_in_the_margin_and_watermarks_are_left_out(sheets: Sheets) -> None:
    for number in range(1, 25):
        sheets.put(str(number), x=30, y=sheets.y, size=8)
        sheets.put(f"Line of text {number} is rather long, so that the next one goes on with it")
    sheets.canvas.translate(200, 300)
    sheets.canvas.rotate(45)
    sheets.put("CONFIDENTIAL", x=0, y=HEIGHT, font=BOLD, size=60)
    text = sheets.read().text
    assert "goes on with it Line of text 2 is rather long" in text
    assert "CONFIDENTIAL" not in text


def test_a_column_of_numbers_in_the_text_stays(sheets: Sheets) -> None:
    sheets.lines(SENTENCE, SENTENCE)
    read = sheets.table([[str(number), f"Row {number}"] for number in range(1, 12)], ruled=False).read()
    assert all(f"{number} Row {number}" in read.text.replace("\t", " ").replace(" | ", " ") for number in range(1, 12))


def test_ruled_tables_stay_whole_with_their_caption(sheets: Sheets) -> None:
    sheets.lines(SENTENCE).put("Table 5-1: Timers", font=BOLD, x=200)
    read = sheets.table([["Timer", "Start", "Stop"], ["T300", "a | b", ""], ["T301", "c", "d"]]).lines(SENTENCE).read()
    assert (
        "**Table 5-1: Timers**\n| Timer | Start | Stop |\n| --- | --- | --- |\n"
        "| T300 | a \\| b |  |\n| T301 | c | d |\n\n" + SENTENCE
    ) in read.text


def test_a_ruled_table_goes_on_over_a_page_without_its_repeated_head(sheets: Sheets) -> None:
    sheets.lines(SENTENCE).table([["Name", "Value"], ["a", "1"], ["b", "2"]]).next()
    read = sheets.table([["Name", "Value"], ["c", "3"]]).lines(SENTENCE).read()
    assert "| a | 1 |\n| b | 2 |\n| c | 3 |\n" in read.text
    assert read.text.count("Name") == 1
    assert read.text[read.pages[1] :].startswith("| c | 3 |")


def test_a_header_over_several_columns_stands_in_each(sheets: Sheets) -> None:
    for x0, y0, x1, y1 in (
        *((60, 80, 360, 80), (160, 100, 360, 100), (60, 120, 360, 120), (60, 140, 360, 140)),
        *((60, 80, 60, 140), (160, 80, 160, 140), (260, 100, 260, 140), (360, 80, 360, 140)),
    ):
        sheets.canvas.line(x0, HEIGHT - y0, x1, HEIGHT - y1)
    for x, y, text in (
        (64, 94, "Name"),
        (164, 94, "Range"),
        (164, 114, "least"),
        (264, 114, "most"),
        (64, 134, "power"),
    ):
        sheets.put(text, x=x, y=y)
    read = sheets.put("-60", x=164, y=134).put("23", x=264, y=134).read()
    assert "| Name | Range / least | Range / most |\n| --- | --- | --- |\n| power | -60 | 23 |" in read.text


def test_unruled_tables_are_found_by_their_columns(sheets: Sheets) -> None:
    sheets.lines(SENTENCE, SENTENCE).put("Table 2: Causes", font=BOLD)
    rows = [["Cause", "Value", "Meaning"], ["emergency", "0", "Emergency call"], ["mt-Access", "2", "Terminated"]]
    read = sheets.table(rows, ruled=False).lines(SENTENCE).read()
    assert "**Table 2: Causes**\n| Cause | Value | Meaning |\n| --- | --- | --- |\n| emergency | 0 | Emerg" in read.text


def test_abbreviations_stand_on_a_line_each_with_a_tab(sheets: Sheets) -> None:
    sheets.heading("3.2", "Abbreviations")
    for short, meaning in (
        ("5GC", "5G Core Network"),
        ("AMF", "Access and Mobility Function"),
        ("UE", "User Equipment"),
    ):
        sheets.put(short, y=sheets.y).put(meaning, x=140)
    read = sheets.read()
    assert "5GC\t5G Core Network\nAMF\tAccess and Mobility Function\nUE\tUser Equipment\n" in read.text


def test_two_columns_are_read_one_after_the_other(sheets: Sheets) -> None:
    sheets.put("A Title over both of the columns, from left to right", font=BOLD, size=20)
    sheets.y += 20
    top = sheets.y
    for x, side in ((50, "left"), (310, "right")):
        sheets.y = top
        sheets.lines(*(f"This is line {n} of the {side} column of text and" for n in range(20)), x=x)
    text = sheets.read().text
    assert text.startswith("# A Title over both")
    assert text.index("line 19 of the left") < text.index("line 0 of the right")
    assert "line 0 of the left column of text and This is line 1 of the left" in text


def test_lists_notes_and_code(sheets: Sheets) -> None:
    sheets.lines("• first item that is long enough to need another line and so goes", font=BODY)
    sheets.y -= 8
    sheets.lines("on here.", x=67)
    sheets.lines("• second item", "NOTE 1: A note stands alone.", "NOTE 2: Another one.")
    sheets.lines("Setup ::= SEQUENCE {", font=CODE, size=8)
    sheets.y -= 8
    read = sheets.lines("    id INTEGER", "}", font=CODE, size=8).read()
    assert "- first item that is long enough to need another line and so goes on here.\n- second item\n\n" in read.text
    assert "NOTE 1: A note stands alone.\n\nNOTE 2: Another one.\n\n" in read.text
    assert "```\nSetup ::= SEQUENCE {\n    id INTEGER\n}\n```" in read.text


def test_words_that_look_like_markdown_stay_words(sheets: Sheets) -> None:
    read = sheets.lines("# no heading").lines("| no table").lines("===").lines("snake_case_name").read()
    assert read.text == "\\# no heading\n\n\\| no table\n\n\\===\n\nsnake_case_name\n"


def test_chinese_text_is_joined_without_spaces(sheets: Sheets) -> None:
    fonts: Any = pdfmetrics
    fonts.registerFont(UnicodeCIDFont("STSong-Light"))
    read = sheets.lines(
        "用户设备在空闲状态下应当按照网络的指示进行小区重选", "并在需要时发起连接建立过程。", font="STSong-Light"
    ).read()
    assert "用户设备在空闲状态下应当按照网络的指示进行小区重选并在需要时发起连接建立过程。" in read.text


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_text_that_runs_sideways_is_read(sheets: Sheets, turn: int) -> None:
    sheets.canvas.translate(300, 400)
    sheets.canvas.rotate(turn)
    sheets.canvas.translate(-60, -HEIGHT + 150)
    read = sheets.lines(SENTENCE).table([["Name", "Value"], ["a", "1"], ["b", "2"]]).read()
    assert SENTENCE in read.text
    assert "| Name | Value |\n| --- | --- |\n| a | 1 |\n| b | 2 |" in read.text


def test_title_and_properties(sheets: Sheets) -> None:
    sheets.canvas.setTitle("Microsoft Word - 38331-h40.docx")
    sheets.canvas.setAuthor("3GPP")
    read = sheets.lines("NR; Protocol specification", font=BOLD, size=24).lines(SENTENCE, SENTENCE).read()
    assert read.title == "NR; Protocol specification"
    assert read.meta["author"] == "3GPP"


def test_pages_without_text_are_named(sheets: Sheets) -> None:
    for number in range(1, 10):
        if number not in (3, 5, 6, 7):
            sheets.lines(f"Text of page {number}. {SENTENCE}")
        sheets.next()
    read = sheets.read()
    assert read.meta["note"] == "pages without text: 3, 5-7"
    assert len(read.pages) == 9
    assert list(read.pages) == sorted(read.pages)
    for number in (1, 2, 4, 8, 9):
        assert read.text[read.pages[number - 1] :].startswith(f"Text of page {number}.")
    assert read.pages[2] == read.pages[3]


def test_only_images_asks_for_ocr(sheets: Sheets) -> None:
    sheets.canvas.rect(10, 10, 100, 100, fill=1)
    sheets.next().canvas.rect(10, 10, 100, 100, fill=1)
    with pytest.raises(DocumentError, match=r"holds no text \(2 pages are images or empty\)") as caught:
        sheets.read()
    assert "ocrmypdf" in caught.value.mend


def test_letters_without_unicode_values_are_noticed(tmp_path: Path) -> None:
    fonts: Any = pdfmetrics
    fonts.registerFont(TTFont("Vera", "Vera.ttf"))
    sheets = Sheets(tmp_path / "made.pdf", pageCompression=0)
    assert "äöüßéèêàçñÄÖÜ" in sheets.lines("äöüßéèêàçñÄÖÜ", font="Vera").read().text
    data = sheets.path.read_bytes()
    assert b"/ToUnicode" in data
    sheets.path.write_bytes(data.replace(b"/ToUnicode", b"/NoUnicode"))
    with pytest.raises(DocumentError, match="have no Unicode value"):
        convert(sheets.path)


def test_a_drawing_of_boxes_is_no_table(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 3)
    for n, (x, y) in enumerate(((80, 300), (300, 380), (80, 460), (420, 300))):
        sheets.canvas.rect(x, HEIGHT - y, 100, 40)
        sheets.put(f"Box {n}", x=x + 20, y=y - 15)
    sheets.canvas.line(180, HEIGHT - 280, 420, HEIGHT - 280)
    text = sheets.read().text
    assert "|" not in text
    assert "Box 3" in text


def test_encrypted_says_how_to_decrypt(tmp_path: Path) -> None:
    locked = Sheets(tmp_path / "locked.pdf", encrypt=StandardEncryption("secret", ownerPassword="owner"))
    with pytest.raises(DocumentError, match="is encrypted") as caught:
        locked.lines(SENTENCE).read()
    assert "qpdf --decrypt" in caught.value.mend


def test_an_empty_user_password_opens(tmp_path: Path) -> None:
    open_ = Sheets(tmp_path / "open.pdf", encrypt=StandardEncryption("", ownerPassword="owner"))
    assert SENTENCE in open_.lines(SENTENCE).read().text


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"%PDF-1.4\n" + b"\x00\xff" * 5_000, b"<html></html>"])
def test_damaged_files_say_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.pdf"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match="not a PDF, or is damaged"):
        convert(path)


def test_a_file_cut_in_the_middle_is_read_or_refused(sheets: Sheets) -> None:
    for _ in range(5):
        sheets.lines(*[SENTENCE] * 30).next()
    sheets.read()
    data = sheets.path.read_bytes()
    for part in (0.2, 0.5, 0.9):
        sheets.path.write_bytes(data[: int(len(data) * part)])
        try:
            assert SENTENCE in convert(sheets.path).text
        except DocumentError as error:
            assert error.mend


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.pdf"):
        convert(tmp_path / "none.pdf")
