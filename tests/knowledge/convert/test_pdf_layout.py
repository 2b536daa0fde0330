"""Reading order, tables and notes of pages as word processors and TeX lay them out."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from tests.knowledge.convert.sheets import BODY, BOLD, CODE, HEIGHT, SENTENCE, WIDTH, Sheets

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.pdf.converter import convert

LEFT = (
    "The heartbeat message has three",
    "fields. The first field is the name",
    "of the unit. The second field is the",
    "number of the message, which wraps",
    "at 65535 and begins with zero again.",
)
RIGHT = (
    "The third field is the time at which",
    "the message was sent, counted from",
    "the last restart of the radio unit. A",
    "controller drops messages that are",
    "older than two seconds.",
)


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    return Sheets(tmp_path / "made.pdf")


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and all(before < after for before, after in pairwise(places))


def test_columns_in_the_middle_of_a_page(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 12)
    top = sheets.y + 20
    sheets.put("6", x=60, y=top + 3, font=BOLD, size=14).put("Messages", x=90, y=top + 3, font=BOLD, size=14)
    sheets.column(*LEFT, x=60, y=top + 20).column(*RIGHT, x=310, y=top)
    text = sheets.lines(*[SENTENCE] * 10).read().text
    assert f"# 6 Messages\n\n{' '.join(LEFT)}\n\n{' '.join(RIGHT)}\n\n{SENTENCE}" in text


def test_what_stands_below_balanced_columns_is_read_behind_them(sheets: Sheets) -> None:
    sheets.column(*LEFT * 2, x=60, y=80).column(*RIGHT * 2, x=310, y=80)
    sheets.put("7 Alarms", y=230, font=BOLD, size=14).put("An alarm is raised.", y=250)
    text = sheets.read().text
    assert in_order(text, LEFT[0], LEFT[-1], RIGHT[0], RIGHT[-1], "# 7 Alarms", "An alarm")


def test_short_columns_are_told_by_a_heading_beside_text(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 8)
    sheets.put("2.2 Two columns", y=303, font=BOLD, size=15).put("Left words of this short clause go", y=322)
    sheets.put("on here in the right column, and so", x=310, y=300).put("it ends here.", x=310, y=312)
    sheets.put("A frame stands below.", y=334)
    text = sheets.read().text
    assert "# 2.2 Two columns\n\nLeft words of this short clause go on here in the right column" in text
    assert in_order(text, "it ends here.", "A frame stands below.")


def test_a_heading_is_not_lost_beside_other_text(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 8).put("4.1 Registration", y=303, font=BOLD, size=15)
    text = sheets.put("(informative)", x=400, y=300).lines(SENTENCE).read().text
    assert "## 4.1 Registration\n" in text


@pytest.mark.parametrize(("columns", "wide"), [(3, 26), (4, 26)])
def test_columns_side_by_side_are_read_one_after_the_other(tmp_path: Path, columns: int, wide: int) -> None:
    sheets = Sheets(tmp_path / "made.pdf")
    sheets.put("A title over all of the columns, from left to right", font=BOLD, size=18).lines("")
    size = 30.0 / columns
    for column in range(columns):
        for number in range(20):
            words = f"the words of line {number:02} in {'abcd'[column]} and more text of it"[: wide + 8]
            sheets.put(words, x=40 + column * 520 / columns, y=130 + 1.2 * size * number, size=size)
    text = sheets.read().text
    lines = [f"line {number:02} in {letter}" for letter in "abcd"[:columns] for number in range(20)]
    assert in_order(text, *lines)


def test_a_table_between_columns_is_read_between_them(sheets: Sheets) -> None:
    sheets.column(*LEFT * 2, x=60, y=80).column(*RIGHT * 2, x=310, y=80)
    sheets.y = 230
    sheets.table([["Name", "Value", "Unit", "Text"], ["a", "1", "s", "x"], ["b", "2", "s", "y"]])
    sheets.column(*(line.upper() for line in LEFT), x=60, y=320).column(*(line.upper() for line in RIGHT), x=310, y=320)
    text = sheets.read().text
    assert in_order(text, LEFT[0], RIGHT[0], "| Name | Value", LEFT[0].upper(), RIGHT[0].upper())


def test_tables_in_columns_stand_in_their_column(sheets: Sheets) -> None:
    sheets.column(*LEFT * 3, x=60, y=80).column(*RIGHT * 3, x=310, y=160)
    sheets.y = 80
    sheets.table([["R1", "R2"], ["c", "3"], ["d", "4"]], left=310)
    sheets.y = 280
    sheets.table([["L1", "L2"], ["a", "1"], ["b", "2"]], left=60)
    assert in_order(sheets.read().text, LEFT[0], "| L1 | L2 |", "| R1 | R2 |", RIGHT[0])


def test_a_listing_or_a_table_beside_text_is_no_column(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 6)
    for number in range(8):
        row = f"0000{number:04}  00 05 64 69 66 66 09 0a        3e 30 3d 00 04 2a 2a 2a"
        sheets.put(row, font=CODE, size=8)
    assert "00000003  00 05 64 69 66 66 09 0a        3e 30 3d 00 04 2a 2a 2a\n" in sheets.lines("End.").read().text


def test_words_of_a_table_beyond_the_edge_of_the_page_stay_in_it(sheets: Sheets) -> None:
    rows = (("Alarm", "Severity", "Text"), ("7031", "critical", "Heartbeat lost"), ("7032", "major", "Too hot"))
    for number, row in enumerate(rows):
        for x, words in zip((304, 444, 598), row, strict=True):
            sheets.put(words, x=x, y=91 + 16 * number)
    for y in range(80, 144, 16):
        sheets.rules(y, left=300, right=WIDTH)
    for post in (300, 440, WIDTH - 6, WIDTH):
        sheets.canvas.line(post, HEIGHT - 80, post, HEIGHT - 128)
    assert "| 7031 | critical | Heartbeat lost |\n| 7032 | major | Too hot |" in sheets.read().text


def test_a_cell_over_several_rows_stands_in_each(sheets: Sheets) -> None:
    sheets.table([["Alarm", "Severity"], ["7032", "major"], ["", "minor"], ["7033", "warning"]], ruled=False)
    top = 72
    sheets.rules(top, top + 16, top + 48, top + 64, right=300).rules(top + 32, left=180, right=300)
    for x in (60, 180, 300):
        sheets.canvas.line(x, HEIGHT - top, x, HEIGHT - top - 64)
    assert "| 7032 | major |\n| 7032 | minor |\n| 7033 | warning |" in sheets.read().text


def test_rows_that_no_line_parts_are_rows(sheets: Sheets) -> None:
    rows = [["Cause", "Value", "Meaning"], ["emergency", "0", "A call for"], ["", "", "help"]]
    rows += [["mt-Access", "2", "Terminated"], ["mo-Data", "4", "Data"], ["mo-SMS", "6", "Message"]]
    sheets.table(rows, ruled=False).rules(72, 88, 168, right=420)
    for x in (60, 180, 300, 420):
        sheets.canvas.line(x, HEIGHT - 72, x, HEIGHT - 168)
    text = sheets.read().text
    assert "| emergency | 0 | A call for help |\n| mt-Access | 2 | Terminated |\n| mo-Data | 4 | Data |" in text


def test_cells_of_several_lines_are_one_row(sheets: Sheets) -> None:
    for y, cells in ((84, ("Name", "Meaning")), (100, ("a long", "What the")), (112, ("name of", "value is"))):
        for x, words in zip((64, 184), cells, strict=True):
            sheets.put(words, x=x, y=y)
    sheets.put("it", x=64, y=124).rules(72, 88, 130, right=300)
    for x in (60, 180, 300):
        sheets.canvas.line(x, HEIGHT - 72, x, HEIGHT - 130)
    assert "| a long name of it | What the value is |" in sheets.read().text


def test_a_table_with_horizontal_lines_only(sheets: Sheets) -> None:
    sheets.lines(SENTENCE, SENTENCE).put("Table 3: Ranges", font=BOLD)
    top = sheets.y
    for y, cells in (
        (12, ((64, "Parameter"), (240, "Range"))),
        (26, ((200, "least"), (300, "most"))),
        (42, ((64, "power"), (200, "-60"), (300, "23 dBm"))),
        (54, ((64, "power of the"), (200, "-50"), (300, "20"))),
        (66, ((64, "second unit"),)),
        (82, ((64, "delay"), (200, "0"), (300, "100"))),
        (96, ((64, "NOTE: Values outside of the range are rejected."),)),
    ):
        for x, words in cells:
            sheets.put(words, x=x, y=top + y)
    sheets.rules(top, top + 30, top + 70, top + 100).rules(top + 15, left=190, right=340)
    sheets.y = top + 130
    text = sheets.lines(SENTENCE).read().text
    assert (
        "**Table 3: Ranges**\n| Parameter | Range / least | Range / most |\n| --- | --- | --- |\n"
        "| power | -60 | 23 dBm |\n| power of the second unit | -50 | 20 |\n| delay | 0 | 100 |\n"
        "| NOTE: Values outside of the range are rejected. |  |  |\n\n" + SENTENCE
    ) in text


def test_horizontal_lines_around_text_make_no_table(sheets: Sheets) -> None:
    for _ in range(4):
        sheets.rules(sheets.y - 12, right=500).lines(SENTENCE, SENTENCE)
    text = sheets.read().text
    assert "|" not in text
    assert text.count(SENTENCE) == 8


def test_a_table_continued_under_a_caption_of_its_own_is_joined(sheets: Sheets) -> None:
    head = ["Name", "Value"]
    sheets.lines(SENTENCE).put("Table 5: Timers", font=BOLD)
    sheets.table([head, ["a", "1"], ["b", "2"]]).next().put("Table 5: Timers (continued)", font=BOLD)
    text = sheets.table([head, ["c", "3"]]).lines(SENTENCE).read().text
    assert "**Table 5: Timers**\n| Name | Value |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n| c | 3 |\n\n" in text
    assert "continued" not in text


def test_no_row_of_a_continued_table_is_lost(sheets: Sheets) -> None:
    sheets.lines(SENTENCE).table([["Name", "Value"], ["a", "1"], ["b", "2"]]).next()
    text = sheets.table([["c", "3"], ["d", "4"]]).lines(SENTENCE).read().text
    assert all(f"| {row} |" in text for row in ("Name | Value", "a | 1", "b | 2", "c | 3", "d | 4"))


def test_a_row_that_the_end_of_the_page_cuts_is_one(sheets: Sheets) -> None:
    head = ["Name", "Meaning"]
    sheets.table([head, ["a", "The time after which"]]).next()
    text = sheets.table([head, ["", "the timer ends"], ["b", "No timer"]]).lines(SENTENCE).read().text
    assert "| a | The time after which the timer ends |\n| b | No timer |" in text


def test_a_table_without_lines_goes_on_over_a_page(sheets: Sheets) -> None:
    head = ["Name", "Type", "Meaning"]
    sheets.lines(SENTENCE).table([head, ["a", "integer", "First"], ["b", "integer", "The second of"]], ruled=False)
    sheets.next().put("all the values", x=304)
    sheets.table([["c", "integer", "Third"], ["d", "integer", "Fourth"], ["e", "text", "Fifth"]], ruled=False).next()
    read = sheets.table([head, ["f", "text", "Sixth"], ["g", "text", "Last"]], ruled=False).lines(SENTENCE).read()
    assert "| b | integer | The second of all the values |\n| c | integer | Third |\n" in read.text
    assert "| e | text | Fifth |\n| f | text | Sixth |\n| g | text | Last |\n\n" in read.text
    assert read.text.count("| Name |") == 1
    assert read.text[read.pages[2] :].startswith("| f |")


def test_a_footnote_stands_behind_the_paragraph_that_it_interrupts(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 5)
    sheets.lines("The last paragraph of this page goes on for more than its lines, so that the rest of it")
    sheets.rules(740, right=180).put("1", y=752, size=8).put("Together called X-haul, as the", x=70, y=752, size=8)
    sheets.put("specification says.", x=70, y=762, size=8).next()
    read = sheets.lines("stands at the top of the next page.").lines("A new paragraph begins.").read()
    assert "the rest of it stands at the top of the next page.\n\n1 Together called X-haul, as the spec" in read.text
    assert read.text.endswith("\n\nA new paragraph begins.\n")
    assert read.text[read.pages[1] :].startswith("stands at the top")


def test_the_footnotes_of_the_last_page_are_kept(sheets: Sheets) -> None:
    sheets.lines(*[SENTENCE] * 5).put("* Both of them.", y=752, size=8).put("\u2020 Or neither.", y=762, size=8)
    assert sheets.read().text.endswith("\n\n* Both of them.\n\n\u2020 Or neither.\n")


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_turned_for_the_reader(sheets: Sheets, turn: int) -> None:
    sheets.canvas.setPageRotation(turn)
    read = sheets.lines(SENTENCE, SENTENCE).table([["Name", "Value"], ["a", "1"], ["b", "2"]]).read()
    assert f"{SENTENCE} {SENTENCE}" in read.text
    assert "| Name | Value |\n| --- | --- |\n| a | 1 |\n| b | 2 |" in read.text


def test_a_turned_table_keeps_its_upright_caption_and_loses_its_running_head(sheets: Sheets) -> None:
    for number in range(1, 6):
        sheets.put("TS 99.001 V17.2.0 (2026-03)", y=30, size=8).put(str(number), x=290, y=820, size=8)
        if number != 4:
            sheets.lines(*[f"{SENTENCE} {number}"] * 20).next()
            continue
        sheets.put("Table 7: Values of the parameters", y=780)
        sheets.canvas.translate(300, 400)
        sheets.canvas.rotate(90)
        sheets.canvas.translate(-60, -HEIGHT + 150)
        sheets.table([["Name", "Value", "Meaning"], *([f"name {n}", str(n), "the meaning"] for n in range(15))]).next()
    text = sheets.read().text
    assert "| name 14 | 14 | the meaning |" in text
    assert "Table 7: Values of the parameters" in text
    assert "V17.2.0" not in text


def test_a_tab_as_narrow_as_a_space_parts_words(sheets: Sheets) -> None:
    canvas = sheets.canvas
    text = canvas.beginText(60, HEIGHT - 80)
    text.setFont(BODY, 10)
    text.textOut("Nmiss")
    text.setTextOrigin(60 + canvas.stringWidth("Nmiss", BODY, 10) + 1.7, HEIGHT - 80)
    text.textOut("Number of missed NFManagement messages")
    canvas.drawText(text)
    assert sheets.read().text == "Nmiss Number of missed NFManagement messages\n"


def test_symbols_whose_meanings_begin_at_different_tabs(sheets: Sheets) -> None:
    sheets.heading("3.3", "Symbols and abbreviations").lines("These abbreviations apply to all of the clauses:")
    for name, meaning, x in (("FHGW", "Fronthaul Gateway", 130), ("HBS", "Heartbeat Supervision", 96)):
        sheets.put(name, y=sheets.y).put(meaning, x=x)
        sheets.y += 8
    text = sheets.put("Nmiss Missed heartbeats").heading("4", "General").lines(SENTENCE).read().text
    assert "\n\nFHGW\tFronthaul Gateway\nHBS\tHeartbeat Supervision\nNmiss\tMissed heartbeats\n\n# 4 Gen" in text


def test_items_of_a_list_without_white_behind_their_mark(sheets: Sheets) -> None:
    text = sheets.lines(SENTENCE, "a)First item", "i)Inner item", "b)Second item").read().text
    assert "\n\na) First item\ni) Inner item\nb) Second item\n" in text


def test_a_numbered_clause_is_no_title(sheets: Sheets) -> None:
    sheets.put("Transport of the X-haul").put("1 Introduction", font=BOLD, size=18).lines(*[SENTENCE] * 5)
    assert sheets.put("2 Delay", font=BOLD, size=18).lines(SENTENCE).read().title == ""


def test_a_title_in_the_size_of_the_clauses(sheets: Sheets) -> None:
    sheets.put("RU-7 radio unit: supervision", font=BOLD, size=18).put("and alarms", font=BOLD, size=18)
    sheets.lines(SENTENCE).put("1 Scope", font=BOLD, size=18).lines(*[SENTENCE] * 5)
    read = sheets.put("Background", font=BOLD, size=18).lines(SENTENCE).read()
    assert read.title == "RU-7 radio unit: supervision and alarms"


def test_a_short_table_of_contents_takes_nothing_else_along(sheets: Sheets) -> None:
    sheets.put("Contents").put("1 Introduction", y=sheets.y).put("3", x=200).put("2 Delay", y=sheets.y).put("4", x=200)
    sheets.y += 20
    sheets.put("1 Introduction", font=BOLD, size=16).lines("show delay").put("port 1", y=sheets.y).put("25", x=200)
    text = sheets.lines(*[SENTENCE] * 4).read().text
    assert "Contents" not in text
    assert "2 Delay" not in text
    assert "port 1 25" in text


def test_damaged_bytes_are_read_or_refused(sheets: Sheets) -> None:
    sheets.lines(*LEFT).rules(300, 330, 400).table([["Name", "Value"], ["a", "1"], ["b", "2"]]).lines(*RIGHT).next()
    sheets.column(*LEFT * 2, x=60, y=80).column(*RIGHT * 2, x=310, y=80).read()
    good = sheets.path.read_bytes()
    chance = random.Random(5)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.randint(1, 40)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        sheets.path.write_bytes(data)
        try:
            assert convert(sheets.path).text
        except DocumentError as error:
            assert error.mend
