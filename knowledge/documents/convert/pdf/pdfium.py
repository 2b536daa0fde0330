"""PDFium through pypdfium2, which knows no Python types: the one file that imports it."""

from typing import Any

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pypdfium2.raw  # type: ignore[import-untyped] # it ships no types

raw: Any = pypdfium2.raw
"""PDFium's own functions (``fpdfview.h``, ``fpdf_text.h``, ``fpdf_edit.h``)."""
PdfDocument: Any = pypdfium2.PdfDocument
PdfiumError: type[Exception] = pypdfium2.PdfiumError
