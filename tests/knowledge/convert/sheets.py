"""PDF files for tests, drawn line by line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it ships no types

from coreagent.knowledge.documents.convert.pdf.converter import convert
from coreagent.knowledge.documents.document import Conversion

HEIGHT, WIDTH = 842.0, 595.0
BODY, HEAD, BOLD, CODE = "Times-Roman", "Helvetica", "Helvetica-Bold", "Courier"
SENTENCE = "The network function registers its profile with the repository and keeps it up to date there."


class Sheets:
    """Pages drawn line by line; ``y`` is the distance of the next baseline from the top."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.canvas: Any = Canvas(str(path), pagesize=(WIDTH, HEIGHT), **options)
        self.y = 72.0

    def put(self, text: str, *, x: float = 60, y: float = 0, font: str = BODY, size: float = 10) -> "Sheets":
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, HEIGHT - (y or self.y), text)
        if not y:
            self.y += 1.2 * size
        return self

    def lines(self, *texts: str, x: float = 60, font: str = BODY, size: float = 10) -> "Sheets":
        for text in texts:
            self.put(text, x=x, font=font, size=size)
        self.y += 8
        return self

    def heading(self, number: str, title: str, size: float = 14) -> "Sheets":
        self.y += 8
        if number:
            self.put(number, y=self.y, font=HEAD, size=size)
        self.put(title, x=120 if number else 60, font=HEAD, size=size)
        self.y += 6
        return self

    def table(self, rows: Sequence[Sequence[str]], *, ruled: bool = True, left: float = 60) -> "Sheets":
        wide, high = 120, 16
        top = self.y
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                self.put(text, x=left + 4 + column * wide, y=top + number * high + 11)
        if ruled:
            columns = [left + column * wide for column in range(len(rows[0]) + 1)]
            self.canvas.grid(columns, [HEIGHT - top - number * high for number in range(len(rows) + 1)])
        self.y = top + len(rows) * high + 24
        return self

    def rules(self, *heights: float, left: float = 60, right: float = 400) -> "Sheets":
        """Horizontal lines at these distances from the top."""
        for y in heights:
            self.canvas.line(left, HEIGHT - y, right, HEIGHT - y)
        return self

    def column(self, *texts: str, x: float, y: float, leading: float = 12) -> "Sheets":
        """Lines below each other from ``y`` on; the next line stands below them or below what is there already."""
        for number, text in enumerate(texts):
            self.put(text, x=x, y=y + number * leading)
        self.y = max(self.y, y + len(texts) * leading + 8)
        return self

    def next(self) -> "Sheets":
        self.canvas.showPage()
        self.y = 72.0
        return self

    def read(self) -> Conversion:
        self.canvas.save()
        return convert(self.path)
