"""Converters of files that are more than plain text, by suffix; each module is imported when its first file comes.

Every module named here has ``convert(path: Path) -> Conversion``, which raises DocumentError with the cause and the
mend. The modules of text formats (OpenAPI, captures) have ``looks_like(text: str) -> bool`` besides: a file for which
it is false is read as plain text.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.documents.document import Conversion

Convert = Callable[[Path], Conversion]
LooksLike = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Converter:
    """A kind of file: ``format`` is its name in the store, ``module`` its file in this folder, without ``.py``.

    ``asks`` is true when the suffix alone does not tell, so that ``looks_like`` decides.
    """

    format: str
    module: str
    asks: bool = False

    def load(self) -> Convert:
        """The module's ``convert``; imports the module and the library behind it."""
        convert: Convert = importlib.import_module(f"{__name__}.{self.module}").convert
        return convert

    def load_looks_like(self) -> LooksLike:
        """The module's ``looks_like``."""
        looks_like: LooksLike = importlib.import_module(f"{__name__}.{self.module}").looks_like
        return looks_like


_DOCX = Converter("docx", "docx.converter")
_PPTX = Converter("pptx", "pptx")
_XLSX = Converter("xlsx", "xlsx")
_HTML = Converter("html", "html.converter")
_OPENAPI = Converter("openapi", "openapi.converter", asks=True)
_CAPTURE = Converter("capture", "capture")

CONVERTERS: Mapping[str, Converter] = {
    ".pdf": Converter("pdf", "pdf.converter"),
    ".docx": _DOCX,
    ".docm": _DOCX,
    ".pptx": _PPTX,
    ".pptm": _PPTX,
    ".xlsx": _XLSX,
    ".xlsm": _XLSX,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".yang": Converter("yang", "yang.converter"),
    ".yaml": _OPENAPI,
    ".yml": _OPENAPI,
    ".json": _OPENAPI,
    ".log": _CAPTURE,
    ".cap": _CAPTURE,
    ".cli": _CAPTURE,
    ".cfg": _CAPTURE,
    ".conf": _CAPTURE,
    ".ini": _CAPTURE,
    ".toml": _CAPTURE,
    ".out": _CAPTURE,
    ".txt": Converter("capture", "capture", asks=True),
}
"""By suffix in lower case. Markdown, reStructuredText and plain text need no converter: see ``documents.reading``."""
