"""PowerPoint presentations as Markdown: a heading for each slide, its texts in reading order, tables, charts, notes.

python-pptx opens the file and knows slides, shapes, places, tables and notes. What it does not show is read from its
elements: content that is there twice for newer and older programs, equations, the points of a chart (it has no x values
and believes the number of points that a file claims), SmartArt.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide
from pptx.table import Table
from pptx.text.text import TextFrame

from coreagent.knowledge.documents.convert.markup import Element, read_xml
from coreagent.knowledge.documents.convert.ooxml import R, no_text, open_package, reading_with
from coreagent.knowledge.documents.convert.tables import (
    REPEATED_CHARACTERS,
    clean,
    document,
    heading,
    one_line,
    paragraph,
    table,
)
from coreagent.knowledge.documents.document import Conversion

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A14 = "{http://schemas.microsoft.com/office/drawing/2010/main}"
_SAME_ROW_EMU = 300_000
"""Shapes whose tops differ by less (a third of an inch) stand beside each other; 914,400 EMU are an inch."""
_MAX_POINTS = 500
"""Points of a chart that are written out; the text says how many are not."""
_FURNITURE = (
    *(PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER),
    PP_PLACEHOLDER.SLIDE_IMAGE,
)


def convert(path: Path) -> Conversion:
    """The presentation as Markdown; ``pages`` are where its slides begin.

    Raises:
        DocumentError: not a PPTX, damaged, encrypted, in the old binary format, or without any text.
    """
    with open_package(path, "ppt") as package, reading_with("python-pptx", package, PythonPptxError):
        title, meta = package.properties()
        with path.open("rb") as file:
            slides = [_read_slide(slide, number) for number, slide in enumerate(Presentation(file).slides, 1)]
    if not any(words for _, words, _ in slides):
        raise no_text(path)
    starts = accumulate((len(written) + 2 for _, _, written in slides), initial=0)
    text = document(written for _, _, written in slides)
    title = title or next((name for name, _, _ in slides if name), "")
    return Conversion(text=text, grammar="markdown", title=title, meta=meta, pages=tuple(starts)[:-1])


def _read_slide(slide: Slide, number: int) -> tuple[str, bool, str]:
    """The slide's title, whether it holds any words, and its Markdown."""
    root: Element = slide.element
    _simplify(root)
    titled = slide.shapes.title
    title = " ".join(one_line(line) for line, _ in _lines(titled.text_frame)) if titled is not None else ""
    blocks = [block for shape in _in_order(slide.shapes) if shape != titled for block in _shape(shape)]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    said = paragraph("\n".join(text for text, _ in _lines(notes))) if notes is not None else ""
    if said:
        blocks.append(f"Notes: {said}")
    name = f"Slide {number}" + (f": {title}" if title else "") + (" (hidden)" if root.get("show") == "0" else "")
    blocks = [block for block in blocks if block.strip()]
    return title, bool(title or blocks), "\n\n".join([heading(2, name), *blocks])


def _simplify(root: Element) -> None:
    """Of content that is there twice the newer one is left, and of equations their characters."""
    for twice in list(root.iter(f"{_MC}AlternateContent")):
        parent, chosen = twice.getparent(), twice.find(f"{_MC}Choice")
        if parent is not None:
            at = parent.index(twice)
            parent[at : at + 1] = list(chosen) if chosen is not None else []
    for equation in list(root.iter(f"{_A14}m")):
        parent = equation.getparent()
        if parent is not None:
            words = "".join(text.text or "" for text in equation.iter("{*}t"))
            run = root.makeelement(f"{A}r", {})
            run.append(root.makeelement(f"{A}t", {}))
            run[0].text = words
            parent.replace(equation, run)


def _in_order(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """Shapes from the top, those in one row from the left; the shapes of a group stay together."""
    row: list[BaseShape] = []
    rows = [row]
    for shape in sorted(shapes, key=_top):
        if row and _top(shape) - _top(row[0]) > _SAME_ROW_EMU:
            row = []
            rows.append(row)
        row.append(shape)
    for shape in (shape for row in rows for shape in sorted(row, key=_left)):
        if isinstance(shape, GroupShape):
            yield from _in_order(shape.shapes)
        else:
            yield shape


def _top(shape: BaseShape) -> int:
    return shape.top or 0


def _left(shape: BaseShape) -> int:
    return shape.left or 0


def _shape(shape: BaseShape) -> Iterator[str]:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _FURNITURE:
        return
    root: Any = shape.element
    frame = getattr(shape, "text_frame", None) if shape.has_text_frame else None
    if isinstance(frame, TextFrame):
        yield _listed(_lines(frame), bulleted=shape.is_placeholder and kind != PP_PLACEHOLDER.SUBTITLE)
    elif isinstance(shape, GraphicFrame):
        if shape.has_table:
            yield _table(shape.table)
        elif shape.has_chart:
            yield _chart(shape.chart.element)
        for mark in root.iter("{*}relIds"):
            yield _diagram(read_xml(BytesIO(shape.part.related_part(mark.get(f"{R}dm", "")).blob)))
    elif root.tag == f"{P}pic":
        words = one_line(clean(root.find(f"{P}nvPicPr/{P}cNvPr").get("descr", "")))
        made_up = words.lower().endswith((".png", ".jpg", ".jpeg", ".emf", ".gif", ".svg", "automatically generated"))
        if " " in words and not made_up:
            yield f"[Picture: {words}]"


def _lines(frame: TextFrame) -> list[tuple[str, int]]:
    """Paragraphs of a shape or a cell with their level; -1 for one that has its bullet switched off."""
    found: list[tuple[str, int]] = []
    for one in frame.paragraphs:
        text = clean(one.text.replace("\v", "\n")).strip()
        # The library does not tell of bullets.
        element: Element = one._p  # pyright: ignore[reportPrivateUsage] - as the comment above says
        bare = element.find(f"{A}pPr/{A}buNone") is not None
        if text:
            found.append((text, -1 if bare else one.level))
    return found


def _listed(lines: Iterable[tuple[str, int]], *, bulleted: bool) -> str:
    """Bullets by level where the shape is one of the layout's lists, or where a line is indented; else paragraphs."""
    held = list(lines)
    bulleted = (bulleted and len(held) > 1) or any(level > 0 for _, level in held)
    if not bulleted:
        return "\n\n".join(paragraph(text) for text, _ in held)
    return "\n".join(
        f"{'  ' * max(level, 0)}- {one_line(text)}" if level >= 0 else paragraph(text) for text, level in held
    )


def _table(grid: Table) -> str:
    width, height = max(len(grid.columns), 1), len(grid.rows)
    rows: list[list[str]] = [[] for _ in range(height)]
    again: dict[tuple[int, int], str] = {}
    for number, cell in enumerate(grid.iter_cells()):
        at, column = divmod(number, width)
        text = "\n".join(words for words, _ in _lines(cell.text_frame))
        if cell.is_spanned:
            text = again.get((at, column), "")
        elif cell.is_merge_origin and len(text) <= REPEATED_CHARACTERS:
            # A row label belongs to each of its rows, and a header to each of its columns.
            again |= {(at + below, column): text for below in range(1, min(cell.span_height, height))}
            if at == 0:
                again |= {(0, column + beside): text for beside in range(1, min(cell.span_width, width))}
        rows[at].append(text)
    return table(rows)


def _chart(root: Element) -> str:
    """A chart as a table of its categories and series, as the file remembers them."""
    title = root.find(f"{C}chart/{C}title")
    words = " ".join(text.text or "" for text in title.iter(f"{A}t")) if title is not None else ""
    columns: list[dict[int, str]] = []
    names: list[str] = []
    categories: dict[int, str] = {}
    for series in root.iter(f"{C}ser"):
        names.append(
            one_line(" ".join(v.text or "" for v in series.iterfind(f"{C}tx//{C}v"))) or f"Series {len(names) + 1}"
        )
        categories |= _points(series, "cat") or _points(series, "xVal")
        columns.append(_points(series, "val") or _points(series, "yVal"))
    rows = [["", *names]]
    points = sorted(set(categories).union(*columns))
    for at in points[:_MAX_POINTS]:
        rows.append([categories.get(at, str(at + 1)), *(column.get(at, "") for column in columns)])
    caption = clean(f"Chart: {words}" if words else "Chart")
    text = table([[clean(text) for text in line] for line in rows], caption=caption) if names else ""
    more = len(points) - _MAX_POINTS
    return f"{text}\n\n(Left out: the last {more:,} points of this chart, for its size.)" if more > 0 else text


def _points(series: Element, name: str) -> dict[int, str]:
    source = series.find(f"{C}{name}")
    points = source.iter(f"{C}pt") if source is not None else ()
    return {int(point.get("idx", "0")): point.findtext(f"{C}v") or "" for point in points}


def _diagram(root: Element) -> str:
    """The words of a SmartArt drawing, in its own order."""
    points = (clean("".join(text.text or "" for text in one.iter(f"{A}t"))) for one in root.iter("{*}pt"))
    return "\n".join(f"- {one_line(text)}" for text in points if text.strip())
