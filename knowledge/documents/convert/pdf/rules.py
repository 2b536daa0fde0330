"""The ruling lines of a page: straight strokes, and filled shapes that are as thin as one."""

import ctypes
from collections.abc import Iterator
from typing import Any

from coreagent.knowledge.documents.convert.pdf.page import Rule, turned
from coreagent.knowledge.documents.convert.pdf.pdfium import raw

_MAX_PATHS = 20_000
"""Drawn shapes of one page that are looked at for ruling lines."""
_THIN = 2.5
"""Points. A filled shape no wider than this is a line."""


def rules_of(page: Any, turn: int, corner: tuple[float, float]) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Ruling lines across and down the page as it is read."""
    across: list[Rule] = []
    down: list[Rule] = []
    for number, shape in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH,), max_depth=3)):
        if number >= _MAX_PATHS:
            break
        for x0, y0, x1, y1 in _strokes(shape.raw):
            ax, ay = turned(x0, y0, turn, corner)
            bx, by = turned(x1, y1, turn, corner)
            wide, high = abs(bx - ax), abs(by - ay)
            if high <= _THIN < wide:
                across.append(Rule((ay + by) / 2, min(ax, bx), max(ax, bx)))
            elif wide <= _THIN < high:
                down.append(Rule((ax + bx) / 2, min(ay, by), max(ay, by)))
    return tuple(across), tuple(down)


def _strokes(shape: Any) -> Iterator[tuple[float, float, float, float]]:
    """The straight strokes of one path; a thin filled shape is one stroke along its middle."""
    count = raw.FPDFPath_CountSegments(shape)
    if not 2 <= count <= 4_000:
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(shape, fill, stroke)
    if not fill.value and not stroke.value:
        return
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(shape, matrix)
    rings: list[list[tuple[float, float]]] = []
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(shape, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_BEZIERTO:
            return
        px, py = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, px, py)
        point = (
            matrix.a * px.value + matrix.c * py.value + matrix.e,
            matrix.b * px.value + matrix.d * py.value + matrix.f,
        )
        if kind == raw.FPDF_SEGMENT_MOVETO or not rings:
            rings.append([])
        rings[-1].append(point)
        if raw.FPDFPathSegment_GetClose(segment):
            rings[-1].append(rings[-1][0])
    for ring in rings:
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        if min(wide, high) <= _THIN < max(wide, high):
            middle_x, middle_y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
            if wide >= high:
                yield min(xs), middle_y, max(xs), middle_y
            else:
                yield middle_x, min(ys), middle_x, max(ys)
        elif stroke.value:
            for (ax, ay), (bx, by) in zip(ring, ring[1:], strict=False):
                yield ax, ay, bx, by
