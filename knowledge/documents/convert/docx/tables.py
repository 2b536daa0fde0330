"""Tables of Word as rows of text: merged cells spread out, tables in cells flattened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.docx.numbering import integer_of
from coreagent.knowledge.documents.convert.docx.styles import W, is_on, value
from coreagent.knowledge.documents.convert.markup import Element
from coreagent.knowledge.documents.convert.tables import REPEATED_CHARACTERS

MAX_SPAN = 63
"""Columns of a table in Word."""
_WRAPPERS = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))

ReadParagraph = Callable[[Element], str]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells' words; the first ``headers`` rows name the columns."""

    rows: tuple[tuple[str, ...], ...]
    headers: int


def children(element: Element, tag: str) -> Iterator[Element]:
    """Children with this tag (w:tr, w:tc), also those inside content controls."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from children(child, tag)


def blocks(element: Element) -> Iterator[Element]:
    """Paragraphs and tables straight below a cell or another container."""
    for child in element:
        if child.tag in (f"{W}p", f"{W}tbl"):
            yield child
        elif child.tag in _WRAPPERS:
            yield from blocks(child)


def only_cell(table: Element) -> Element | None:
    """The cell of a table that is no more than a frame around text, else None."""
    rows = children(table, f"{W}tr")
    first = next(rows, None)
    if first is None or next(rows, None) is not None:
        return None
    cells = list(children(first, f"{W}tc"))
    return cells[0] if len(cells) == 1 else None


def read_grid(table: Element, read: ReadParagraph) -> Grid:
    """The table's rows, deleted ones left out; every cell's words are read by ``read``, once and in order."""
    rows: list[tuple[str, ...]] = []
    headers = 0
    above: dict[int, str] = {}
    for line in children(table, f"{W}tr"):
        properties = line.find(f"{W}trPr")
        if properties is not None and properties.find(f"{W}del") is not None:
            continue
        mark = properties.find(f"{W}tblHeader") if properties is not None else None
        header = mark is not None and is_on(mark.get(f"{W}val"), True)
        top = (header and headers == len(rows)) or not rows
        rows.append(_row(line, read, above, top=top))
        headers += top and (header or not headers)
    return Grid(tuple(rows), max(headers, 1))


def _row(line: Element, read: ReadParagraph, above: dict[int, str], *, top: bool) -> tuple[str, ...]:
    before = line.find(f"{W}trPr/{W}gridBefore")
    cells = [""] * min(integer_of(value(before)), MAX_SPAN) if before is not None else []
    for one in children(line, f"{W}tc"):
        properties = one.find(f"{W}tcPr")
        span, merge = 1, None
        if properties is not None:
            span = min(max(integer_of(value(properties.find(f"{W}gridSpan"))), 1), MAX_SPAN)
            merge = properties.find(f"{W}vMerge")
        text, column = _words(one, read), len(cells)
        if merge is not None and value(merge) != "restart":
            text = text or above.get(column, "")
        else:
            above[column] = text if merge is not None and len(text) <= REPEATED_CHARACTERS else ""
        # A header over several columns belongs to each; a remark over the whole row is said once.
        repeated = text if top and len(text) <= REPEATED_CHARACTERS else ""
        cells += [text] + [repeated] * (span - 1)
    return tuple(cells)


def _words(one: Element, read: ReadParagraph) -> str:
    parts: list[str] = []
    for block in blocks(one):
        if block.tag == f"{W}p":
            parts.append(read(block))
        else:
            inner = read_grid(block, read)
            parts += [" / ".join(text.replace("\n", " ") for text in cells if text) for cells in inner.rows]
    return "\n".join(part for part in parts if part.strip())
