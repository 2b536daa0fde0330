import zipfile
from pathlib import Path
from typing import Any

import pptx as python_pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.pptx import convert

TITLE, BULLETS, TITLE_ONLY, BLANK = 0, 1, 5, 6


def new() -> Any:
    """A presentation; the library that makes it has no complete types."""
    return python_pptx.Presentation()


def slide(presentation: Any, layout: int, title: str = "") -> Any:
    made = presentation.slides.add_slide(presentation.slide_layouts[layout])
    if title:
        made.shapes.title.text = title
    return made


def box(shapes: Any, words: str, left: float, top: float) -> None:
    shapes.add_textbox(Inches(left), Inches(top), Inches(1), Inches(1)).text_frame.text = words


def text_of(tmp_path: Path, presentation: Any) -> str:
    presentation.save(str(tmp_path / "x.pptx"))
    return convert(tmp_path / "x.pptx").text


def test_slides_and_where_they_begin(tmp_path: Path) -> None:
    deck = new()
    slide(deck, TITLE, "O-RAN\nOverview").placeholders[1].text = "For newcomers"
    body = slide(deck, BULLETS, "Parts").placeholders[1].text_frame
    body.text = "near-RT RIC"
    below = body.add_paragraph()
    below.text, below.level = "# xApps", 1
    slide(deck, BLANK)
    deck.core_properties.author = "An Author"
    deck.save(str(tmp_path / "x.pptx"))
    found = convert(tmp_path / "x.pptx")
    assert found.title == "O-RAN Overview"
    assert found.meta["author"] == "An Author"
    assert found.text == (
        "## Slide 1: O-RAN Overview\n\nFor newcomers\n\n## Slide 2: Parts\n\n- near-RT RIC\n  - # xApps\n\n## Slide 3\n"
    )
    assert [found.text[at : at + 10] for at in found.pages] == ["## Slide 1", "## Slide 2", "## Slide 3"]


def test_reading_order_groups_notes_and_hidden_slides(tmp_path: Path) -> None:
    deck = new()
    made = slide(deck, TITLE_ONLY, "Order")
    for words, left, top in (("third", 1, 6), ("second", 5, 3), ("first", 1, 3.1)):
        box(made.shapes, words, left, top)
    group = made.shapes.add_group_shape()
    box(group.shapes, "last", 1, 9)
    made.notes_slide.notes_text_frame.text = "Say this.\nAnd that."
    made._element.set("show", "0")
    assert text_of(tmp_path, deck) == (
        "## Slide 1: Order (hidden)\n\nfirst\n\nsecond\n\nthird\n\nlast\n\nNotes: Say this.\nAnd that.\n"
    )


def test_tables_and_charts(tmp_path: Path) -> None:
    deck = new()
    made = slide(deck, TITLE_ONLY, "Figures")
    grid = made.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, words in enumerate(("Band", "UL", "DL", "n77", "1", "2", "", "3", "4|5")):
        grid.cell(at // 3, at % 3).text = words
    grid.cell(1, 0).merge(grid.cell(2, 0))
    make: Any = CategoryChartData
    data = make()
    data.categories = ["Q1", "Q2"]
    data.add_series("DL", (1.5, 2))
    data.add_series("UL", (3, None))
    size = (Inches(1), Inches(5), Inches(3), Inches(2))
    chart = made.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Traffic"
    assert text_of(tmp_path, deck).partition("\n\n")[2] == (
        "| Band | UL | DL |\n| --- | --- | --- |\n| n77 | 1 | 2 |\n| n77 | 3 | 4\\|5 |\n\n"
        "**Chart: Traffic**\n|  | DL | UL |\n| --- | --- | --- |\n| Q1 | 1.5 | 3 |\n| Q2 | 2 |  |\n"
    )


def test_a_long_chart_says_what_is_left_out(tmp_path: Path) -> None:
    deck = new()
    make: Any = CategoryChartData
    data = make()
    data.categories = [f"c{at}" for at in range(520)]
    data.add_series("DL", range(520))
    size = (Inches(1), Inches(1), Inches(3), Inches(2))
    slide(deck, BLANK).shapes.add_chart(XL_CHART_TYPE.LINE, *size, data)
    text = text_of(tmp_path, deck)
    assert "| c499 | 499 |" in text and "c500" not in text
    assert text.endswith("(Left out: the last 20 points of this chart, for its size.)\n")


def test_bad_files_say_why(tmp_path: Path) -> None:
    path = tmp_path / "bad.pptx"
    slide(deck := new(), BLANK)
    deck.save(str(path))
    with pytest.raises(DocumentError, match="holds no text"):
        convert(path)
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(DocumentError, match="damaged or cut off"):
        convert(path)
    path.write_bytes(b"")
    with pytest.raises(DocumentError, match="is empty"):
        convert(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DocumentError, match="not a PowerPoint presentation"):
        convert(path)


def test_a_damaged_slide_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.pptx"
    slide(deck := new(), TITLE, "Words")
    deck.save(str(path))
    with zipfile.ZipFile(path) as archive:
        rest = {name: archive.read(name) for name in archive.namelist()}
    rest["ppt/slides/slide1.xml"] = rest["ppt/slides/slide1.xml"][:500]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in rest.items():
            archive.writestr(name, data)
    with pytest.raises(DocumentError, match="XML is broken"):
        convert(path)


def test_newer_content_and_equations_are_read_once(tmp_path: Path) -> None:
    deck = new()
    made = slide(deck, BLANK)
    box(made.shapes, "The rate is MATH here", 1, 1)
    old = made.shapes[0]._element
    math = (
        "<mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><mc:Choice>"
        "<a14:m xmlns:a14='http://schemas.microsoft.com/office/drawing/2010/main'>"
        "<m:t xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'>R=1/T</m:t></a14:m></mc:Choice>"
        "<mc:Fallback>twice</mc:Fallback></mc:AlternateContent>"
    )
    space = "http://schemas.openxmlformats.org/drawingml/2006/main"
    paragraph = old.find(f".//{{{space}}}p")
    first, last = (f"<a:r xmlns:a='{space}'><a:t>{words}</a:t></a:r>" for words in ("The rate is ", " here"))
    paragraph.clear()
    for piece in (first, math, last):
        paragraph.append(etree.fromstring(piece))
    assert text_of(tmp_path, deck) == "## Slide 1\n\nThe rate is R=1/T here\n"


def test_a_merged_header_and_a_merged_label(tmp_path: Path) -> None:
    deck = new()
    grid = slide(deck, BLANK).shapes.add_table(4, 3, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, words in enumerate(("Band", "Rate", "", "n77", "1", "2", "", "3", "4", "a remark", "", "")):
        grid.cell(at // 3, at % 3).text = words
    for top, left, bottom, right in ((0, 1, 0, 2), (1, 0, 2, 0), (3, 0, 3, 2)):
        grid.cell(top, left).merge(grid.cell(bottom, right))
    assert text_of(tmp_path, deck).partition("\n\n")[2] == (
        "| Band | Rate | Rate |\n| --- | --- | --- |\n| n77 | 1 | 2 |\n| n77 | 3 | 4 |\n| a remark |  |  |\n"
    )


def test_a_part_that_is_missing_is_an_error(tmp_path: Path) -> None:
    slide(deck := new(), TITLE, "Words")
    deck.save(str(tmp_path / "x.pptx"))
    with zipfile.ZipFile(tmp_path / "x.pptx") as old, zipfile.ZipFile(tmp_path / "y.pptx", "w") as made:
        for name in old.namelist():
            if name != "ppt/slides/slide1.xml":
                made.writestr(name, old.read(name))
    with pytest.raises(DocumentError, match="damaged: python-pptx says"):
        convert(tmp_path / "y.pptx")
