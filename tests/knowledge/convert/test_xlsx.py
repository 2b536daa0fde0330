import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert import xlsx
from coreagent.knowledge.documents.convert.xlsx import convert


def new(title: str = "Data") -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    return book, sheet


def text_of(tmp_path: Path, book: openpyxl.Workbook) -> str:
    book.save(tmp_path / "x.xlsx")
    return convert(tmp_path / "x.xlsx").text


def test_values_as_they_are_shown(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["What", "Value"])
    values: list[tuple[str, object, str]] = [
        ("sum", 0.1 + 0.2, "0.3"),
        ("identity", 262011234567890, "262011234567890"),
        ("long", "00123", "00123"),
        ("day", date(2024, 2, 29), "2024-02-29"),
        ("moment", datetime(2024, 2, 29, 13, 5), "2024-02-29 13:05:00"),
        ("time", time(1, 2, 3), "01:02:03"),
        ("duration", timedelta(hours=30), "30:00:00"),
        ("yes", True, "TRUE"),
        ("error", "#REF!", "#REF!"),
        ("bar", "a|b\nc", "a\\|b<br>c"),
        ("escape", "a_x000D_\nb", "a<br>b"),
    ]
    for name, value, _ in values:
        sheet.append([name, value])
    sheet.append(["share", 0.055])
    sheet.cell(sheet.max_row, 2).number_format = "0.0%"
    sheet.append(["unit", 5])
    sheet.cell(sheet.max_row, 2).number_format = '0.0" days"'
    rows = [f"| {name} | {shown} |" for name, _, shown in values]
    expected = ["## Data", "", "| What | Value |", "| --- | --- |", *rows, "| share | 5.5% |", "| unit | 5 |", ""]
    assert text_of(tmp_path, book).split("\n") == expected


def test_dates_of_the_year_1904_system(tmp_path: Path) -> None:
    book, sheet = new()
    book.epoch = datetime(1904, 1, 1)
    sheet.append(["When", "x"])
    sheet.append([datetime(2024, 2, 29), 1])
    assert "| 2024-02-29 | 1 |" in text_of(tmp_path, book)


def test_the_header_is_repeated_in_each_block(tmp_path: Path) -> None:
    book, sheet = new()
    sheet["C3"] = "A title above"
    for column, name in enumerate(("Cell", "Load"), 3):
        sheet.cell(5, column, name)
    for at in range(70):
        sheet.cell(6 + at, 3, f"c{at}")
        sheet.cell(6 + at, 4, at)
    blocks = text_of(tmp_path, book).strip().split("\n\n")
    assert blocks[:2] == ["## Data", "A title above"]
    tables = [block.split("\n") for block in blocks[2:]]
    assert [len(lines) - 2 for lines in tables] == [30, 30, 10]
    assert all(lines[:2] == ["| Cell | Load |", "| --- | --- |"] for lines in tables)


def test_long_rows_make_short_blocks(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["Id", "Text"])
    for at in range(12):
        sheet.append([at, "word " * 100])
    tables = text_of(tmp_path, book).strip().split("\n\n")[1:]
    assert [table.count("\n") - 1 for table in tables] == [3, 3, 3, 3]


def test_a_long_header_is_whole_once(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["Id", "long " * 60, "a|b"])
    for at in range(40):
        sheet.append([at, "x", "y"])
    first, second = text_of(tmp_path, book).strip().split("\n\n")[1:]
    assert first.split("\n")[0] == f"| Id | {('long ' * 60).strip()} | a\\|b |"
    assert second.split("\n")[0] == f"| Id | {'long ' * 16}… | a\\|b |"


def test_merged_headers_and_labels(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["Monthly report"])
    sheet.append(["Band", "DL", None, "UL", None])
    sheet.append([None, "min", "max", "min", "max"])
    sheet.append(["n77", 1, 2, 3, 4])
    sheet.append([None, 5, 6, 7, 8])
    for area in ("A1:E1", "A2:A3", "B2:C2", "D2:E2", "A4:A5"):
        sheet.merge_cells(area)
    assert text_of(tmp_path, book) == (
        "## Data\n\nMonthly report\n\n| Band | DL / min | DL / max | UL / min | UL / max |\n"
        "| --- | --- | --- | --- | --- |\n| n77 | 1 | 2 | 3 | 4 |\n| n77 | 5 | 6 | 7 | 8 |\n"
    )


def test_a_sheet_of_remarks_is_no_table(tmp_path: Path) -> None:
    book, sheet = new("Read me")
    sheet["B2"], sheet["B4"] = "# How to", "Use it."
    assert text_of(tmp_path, book) == "## Read me\n\n\\# How to\nUse it.\n"


def test_hidden_and_empty_sheets(tmp_path: Path) -> None:
    book, sheet = new("Open")
    sheet.append(["a", "b"])
    for name, state in (("Hidden", "hidden"), ("Deep", "veryHidden"), ("Empty", "visible")):
        made = book.create_sheet(name)
        made.sheet_state = state
        if name != "Empty":
            made.append([name.lower(), "x"])
    text = text_of(tmp_path, book)
    assert [line for line in text.split("\n") if line.startswith("#")] == [
        *("## Open", "## Hidden (hidden sheet)", "## Deep (hidden sheet)"),
    ]


def test_what_is_left_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    monkeypatch.setattr(xlsx, "MAX_COLUMNS", 2)
    book, sheet = new()
    for at in range(10):
        sheet.append([f"r{at}", f"s{at}", "no", "no"])
    sheet["B2"] = "=1+1"
    text = text_of(tmp_path, book)
    assert "| r2 | s2 |" in text
    assert "r3" not in text and "no" not in text.replace("not", "")
    assert "(Left out: the last 7 rows of this sheet, for its size.)" in text
    assert "(Left out: the last 2 columns of this sheet, for its size.)" in text
    assert "(Left out, for the file does not hold their values: formulas, 1.)" in text


def _replace(path: Path, part: str, old: bytes, new_bytes: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        rest = {name: archive.read(name) for name in archive.namelist()}
    assert old in rest[part]
    rest[part] = rest[part].replace(old, new_bytes)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in rest.items():
            archive.writestr(name, data)


def test_shared_strings_with_and_without_formats(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["Name", "Value"])
    sheet.append(["x", 7])
    book.save(path := tmp_path / "x.xlsx")
    _replace(
        path, "xl/worksheets/sheet1.xml", b'<c r="A2" t="inlineStr"><is><t>x</t></is>', b'<c r="A2" t="s"><v>1</v>'
    )
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="s" Type="' + kind + b'" Target="/xl/sharedStrings.xml"/></Relationships>'
    _replace(path, "xl/_rels/workbook.xml.rels", b"</Relationships>", link)
    text_type = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    entry = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + text_type + b'"/></Types>'
    _replace(path, "[Content_Types].xml", b"</Types>", entry)
    rich = "<si><r><t>gNB</t></r><r><rPr><b/></rPr><t>-DU</t></r><rPh sb='0' eb='1'><t>aid</t></rPh></si>"
    with zipfile.ZipFile(path, "a") as archive:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>first</t></si>{rich}</sst>')
    assert "| gNB-DU | 7 |" in convert(path).text


def test_a_formula_shows_its_remembered_value(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["Sum", "=1+1"])
    book.save(path := tmp_path / "x.xlsx")
    _replace(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    assert "| Sum | 2 |" in convert(path).text


@pytest.mark.parametrize(
    ("old", "new_bytes"),
    [
        (b'<c r="A1" t="inlineStr"><is><t>a</t></is>', b'<c r="A1" t="s"><v>99</v>'),
        (b"<v>5</v>", b"<v>five</v>"),
        (b'r="C1"', b'r="?"'),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:A9999999"/></mergeCells>'),
        (b"</row>", b""),
    ],
)
def test_a_damaged_sheet_is_an_error(tmp_path: Path, old: bytes, new_bytes: bytes) -> None:
    book, sheet = new()
    sheet.append(["a", 5, 7])
    book.save(path := tmp_path / "x.xlsx")
    _replace(path, "xl/worksheets/sheet1.xml", old, new_bytes)
    with pytest.raises(DocumentError, match="damaged: "):
        convert(path)


def test_a_style_that_is_not_there_costs_nothing(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["What", "When", "Value"])
    sheet.append(["a", datetime(2024, 2, 29), "x"])
    book.save(path := tmp_path / "x.xlsx")
    _replace(path, "xl/worksheets/sheet1.xml", b'<c r="C2" t="inlineStr">', b'<c r="C2" s="777" t="inlineStr">')
    assert "| a | 2024-02-29 | x |" in convert(path).text


def test_a_row_far_below_costs_no_memory(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["a", "b"])
    sheet["A1048576"], sheet["B1048576"] = "c", "d"
    book.save(path := tmp_path / "x.xlsx")
    assert "| a | b |\n| --- | --- |\n| c | d |" in convert(path).text


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["a", "b"])
    sheet.append(["c", "d"])
    book.save(path := tmp_path / "x.xlsx")
    _replace(path, "xl/worksheets/sheet1.xml", b'<dimension ref="A1:B2"/>', b'<dimension ref="A1"/>')
    assert "| c | d |" in convert(path).text


def test_strict_open_xml_is_refused_by_name(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["a", "b"])
    book.save(path := tmp_path / "x.xlsx")
    usual, strict = (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/",
        b"http://purl.oclc.org/ooxml/spreadsheetml/",
    )
    _replace(path, "xl/workbook.xml", usual, strict)
    with pytest.raises(DocumentError, match="Strict Open XML"):
        convert(path)


def test_endless_merges_are_bounded(tmp_path: Path) -> None:
    book, sheet = new()
    sheet.append(["a", "b"])
    sheet.append(["c", "d"])
    book.save(path := tmp_path / "x.xlsx")
    merges = b'<mergeCells><mergeCell ref="A2:A1048576"/>' + b'<mergeCell ref="B2:B400000"/>' * 2_000 + b"</mergeCells>"
    _replace(path, "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + merges)
    assert "| c | d |" in convert(path).text


def test_bad_files_say_why(tmp_path: Path) -> None:
    path = tmp_path / "bad.xlsx"
    book, _ = new()
    book.save(path)
    with pytest.raises(DocumentError, match="holds no text"):
        convert(path)
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(DocumentError, match="damaged or cut off"):
        convert(path)
    path.write_bytes(b"a,b,c\n")
    with pytest.raises(DocumentError, match="not an Excel workbook"):
        convert(path)
