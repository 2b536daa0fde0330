"""PowerPoint presentations as Markdown: a heading for each slide, its texts in reading order, tables, charts, notes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from coreagent.knowledge.documents.convert.markup import Element
from coreagent.knowledge.documents.convert.ooxml import Package, R, no_text, open_package
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
_SAME_ROW_EMU = 300_000
"""Shapes whose tops differ by less (a third of an inch) stand beside each other; 914,400 EMU are an inch."""
_MAX_POINTS = 500
"""Points of a chart that are written out; the text says how many are not."""
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "ftr", "dt", "hdr", "sldImg")

Place = tuple[int, int]
"""Left and top in EMU."""
Places = Mapping[tuple[str, str], Place]
"""Where a layout puts its placeholders, by type and index."""


@dataclass(frozen=True, slots=True)
class _Slide:
    part: str
    relations: Mapping[str, str]
    places: Places


def convert(path: Path) -> Conversion:
    """The presentation as Markdown; ``pages`` are where its slides begin.

    Raises:
        DocumentError: not a PPTX, damaged, encrypted, in the old binary format, or without any text.
    """
    with open_package(path, "ppt") as package:
        title, meta = package.properties()
        slides = [_read_slide(package, part, number) for number, part in enumerate(_slide_parts(package), 1)]
    if not any(words for _, words, _ in slides):
        raise no_text(path)
    starts = accumulate((len(written) + 2 for _, _, written in slides), initial=0)
    text = document(written for _, _, written in slides)
    title = title or next((name for name, _, _ in slides if name), "")
    return Conversion(text=text, grammar="markdown", title=title, meta=meta, pages=tuple(starts)[:-1])


def _slide_parts(package: Package) -> Iterator[str]:
    """The slides in the order of the presentation."""
    relations = package.relations(package.main)
    for element in package.root(package.main).iterfind(f"{P}sldIdLst/{P}sldId"):
        relation = relations.get(element.get(f"{R}id", ""))
        if relation is not None and package.has(relation.part):
            yield relation.part


def _read_slide(package: Package, part: str, number: int) -> tuple[str, bool, str]:
    """The slide's title, whether it holds any words, and its Markdown."""
    root = package.root(part)
    relations = {key: relation.part for key, relation in package.relations(part).items()}
    slide = _Slide(part, relations, _places(package, part))
    tree = root.find(f"{P}cSld/{P}spTree")
    shapes = list(_in_order(tree, slide.places)) if tree is not None else []
    titled = next((shape for shape in shapes if _placeholder(shape)[0] in _TITLES), None)
    title = " ".join(one_line(line) for line, _ in _lines(titled)) if titled is not None else ""
    blocks = [block for shape in shapes if shape is not titled for block in _shape(package, shape, slide)]
    notes = _notes(package, part)
    if notes:
        blocks.append(f"Notes: {notes}")
    name = f"Slide {number}" + (f": {title}" if title else "") + (" (hidden)" if root.get("show") == "0" else "")
    blocks = [block for block in blocks if block.strip()]
    return title, bool(title or blocks), "\n\n".join([heading(2, name), *blocks])


def _places(package: Package, part: str) -> dict[tuple[str, str], Place]:
    layout = package.related(part, "slideLayout")
    if not layout:
        return {}
    found: dict[tuple[str, str], Place] = {}
    for shape in package.root(layout).iter(f"{P}sp"):
        place = _own_place(shape)
        if place is not None:
            found[_placeholder(shape)] = place
    return found


def _in_order(tree: Element, places: Places) -> Iterator[Element]:
    """Shapes from the top, those in one row from the left; the shapes of a group stay together."""
    shapes: list[tuple[Place, Element]] = []
    for child in tree:
        # The same content twice, for newer and for older programs.
        content = child.find("{*}Choice") if str(child.tag).endswith("}AlternateContent") else None
        for shape in content if content is not None else (child,):
            if shape.tag in (f"{P}sp", f"{P}graphicFrame", f"{P}grpSp", f"{P}pic", f"{P}cxnSp"):
                shapes.append((_own_place(shape) or places.get(_placeholder(shape), (0, 0)), shape))
    for shape in _by_rows(shapes):
        if shape.tag == f"{P}grpSp":
            yield from _in_order(shape, places)
        else:
            yield shape


def _by_rows(shapes: list[tuple[Place, Element]]) -> Iterator[Element]:
    shapes.sort(key=lambda one: one[0][1])
    row: list[tuple[Place, Element]] = []
    for one in shapes:
        if row and one[0][1] - row[0][0][1] > _SAME_ROW_EMU:
            yield from (shape for _, shape in sorted(row, key=lambda held: held[0][0]))
            row = []
        row.append(one)
    yield from (shape for _, shape in sorted(row, key=lambda held: held[0][0]))


def _own_place(shape: Element) -> Place | None:
    offset = next(
        (found for name in ("spPr", "grpSpPr") if (found := shape.find(f"{P}{name}/{A}xfrm/{A}off")) is not None), None
    )
    offset = offset if offset is not None else shape.find(f"{P}xfrm/{A}off")
    if offset is None:
        return None
    try:
        return int(offset.get("x", "0")), int(offset.get("y", "0"))
    except ValueError:
        return None


def _placeholder(shape: Element) -> tuple[str, str]:
    """Type and index of a placeholder; two empty strings for any other shape."""
    found = next(shape.iterfind(f"*/{P}nvPr/{P}ph"), None)
    return ("", "") if found is None else (found.get("type", "body"), found.get("idx", "0"))


def _shape(package: Package, shape: Element, slide: _Slide) -> Iterator[str]:
    kind, _ = _placeholder(shape)
    if kind in _FURNITURE:
        return
    if shape.tag == f"{P}sp":
        yield _listed(_lines(shape), bulleted=bool(kind) and kind != "subTitle")
    elif shape.tag == f"{P}graphicFrame":
        for grid in shape.iter(f"{A}tbl"):
            yield _table(grid)
        for mark in shape.iter(f"{C}chart"):
            part = slide.relations.get(mark.get(f"{R}id", ""), "")
            yield _chart(package.root(part)) if package.has(part) else ""
        for mark in shape.iter("{*}relIds"):
            part = slide.relations.get(mark.get(f"{R}dm", ""), "")
            yield _diagram(package.root(part)) if package.has(part) else ""
    elif shape.tag == f"{P}pic":
        described = shape.find(f"{P}nvPicPr/{P}cNvPr")
        words = one_line(clean(described.get("descr", ""))) if described is not None else ""
        made_up = words.lower().endswith((".png", ".jpg", ".jpeg", ".emf", ".gif", ".svg", "automatically generated"))
        if " " in words and not made_up:
            yield f"[Picture: {words}]"


def _lines(shape: Element) -> list[tuple[str, int]]:
    """Paragraphs of a shape or a cell with their level; -1 for one that has its bullet switched off."""
    found: list[tuple[str, int]] = []
    body = shape if shape.tag == f"{A}tc" else shape.find(f"{P}txBody")
    for element in body.iter(f"{A}p") if body is not None else ():
        text = clean(_text(element)).strip()
        properties = element.find(f"{A}pPr")
        level = 0
        if properties is not None:
            level = -1 if properties.find(f"{A}buNone") is not None else _number(properties.get("lvl"))
        if text:
            found.append((text, level))
    return found


def _text(element: Element) -> str:
    pieces: list[str] = []
    for child in element:
        if child.tag == f"{A}r" or (child.tag == f"{A}fld" and child.get("type") != "slidenum"):
            pieces.append(child.findtext(f"{A}t") or "")
        elif child.tag == f"{A}br":
            pieces.append("\n")
        elif str(child.tag).endswith(("}AlternateContent", "}m")):
            pieces.extend(text.text or "" for text in child.iter("{*}t"))
    return "".join(pieces)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0


def _listed(lines: Iterable[tuple[str, int]], *, bulleted: bool) -> str:
    """Bullets by level where the shape is one of the layout's lists, or where a line is indented; else paragraphs."""
    held = list(lines)
    bulleted = (bulleted and len(held) > 1) or any(level > 0 for _, level in held)
    if not bulleted:
        return "\n\n".join(paragraph(text) for text, _ in held)
    return "\n".join(
        f"{'  ' * max(level, 0)}- {one_line(text)}" if level >= 0 else paragraph(text) for text, level in held
    )


def _table(grid: Element) -> str:
    rows: list[list[str]] = []
    for line in grid.iterchildren(f"{A}tr"):
        cells: list[str] = []
        for column, one in enumerate(line.iterchildren(f"{A}tc")):
            if one.get("vMerge") in ("1", "true") and rows and column < len(rows[-1]):
                cells.append(_again(rows[-1][column]))
            elif one.get("hMerge") in ("1", "true") and cells and not rows:
                cells.append(_again(cells[-1]))
            else:
                cells.append("\n".join(text for text, _ in _lines(one)))
        rows.append(cells)
    return table(rows)


def _again(text: str) -> str:
    return text if len(text) <= REPEATED_CHARACTERS else ""


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
    return {_number(point.get("idx")): point.findtext(f"{C}v") or "" for point in points}


def _diagram(root: Element) -> str:
    """The words of a SmartArt drawing, in its own order."""
    points = (clean("".join(text.text or "" for text in one.iter(f"{A}t"))) for one in root.iter("{*}pt"))
    return "\n".join(f"- {one_line(text)}" for text in points if text.strip())


def _notes(package: Package, part: str) -> str:
    notes = package.related(part, "notesSlide")
    if not notes:
        return ""
    shapes = package.root(notes).iter(f"{P}sp")
    texts = (text for shape in shapes if _placeholder(shape)[0] == "body" for text, _ in _lines(shape))
    return paragraph("\n".join(texts))
