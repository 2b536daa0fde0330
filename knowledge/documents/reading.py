"""One file becomes text: by what it is called, checked against what it is."""

import hashlib
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from coreagent.errors import DocumentError
from coreagent.knowledge.documents import sniff
from coreagent.knowledge.documents.convert import CONVERTERS, Converter
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion, Grammar
from coreagent.knowledge.documents.zip_check import check_office_file

MAX_FILE_MB = 100
"""The default of ``[knowledge.ingest] max_file_mb``."""
_PLAIN: dict[str, Grammar] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rst",
    ".rest": "rst",
    ".txt": "text",
    ".text": "text",
}
_HINTS = {
    ".doc": "Save it as .docx: soffice --headless --convert-to docx FILE.doc",
    ".odt": "Save it as .docx: soffice --headless --convert-to docx FILE.odt",
    ".rtf": "Save it as .docx: soffice --headless --convert-to docx FILE.rtf",
    ".ppt": "Save it as .pptx: soffice --headless --convert-to pptx FILE.ppt",
    ".odp": "Save it as .pptx: soffice --headless --convert-to pptx FILE.odp",
    ".xls": "Save it as .xlsx: soffice --headless --convert-to xlsx FILE.xls",
    ".ods": "Save it as .xlsx: soffice --headless --convert-to xlsx FILE.ods",
    ".csv": "Save it as .xlsx, or as .txt.",
    ".adoc": "Convert it first: asciidoctor and pandoc make Markdown of it.",
    ".tex": "Convert it first: pandoc FILE.tex -o FILE.md",
    ".epub": "Convert it first: pandoc FILE.epub -o FILE.md",
    ".7z": "Unpack it first: 7z x FILE.7z",
    ".rar": "Unpack it first: unar FILE.rar",
}
_BLOCK_BYTES = 1 << 20
_OFFICE = (".docx", ".pptx", ".xlsx")
_WITH_MACROS = {".docm": ".docx", ".pptm": ".pptx", ".xlsm": ".xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """What a file says, its kind ("pdf", "markdown", ...) and the sha256 of its bytes."""

    conversion: Conversion
    format: str
    sha256: str


def is_readable(path: Path) -> bool:
    """Whether files of this suffix are read."""
    return path.suffix.lower() in _PLAIN or path.suffix.lower() in CONVERTERS


def is_plain(path: Path) -> bool:
    """Whether only parsers of this package touch such a file: Markdown, reStructuredText, plain text."""
    return path.suffix.lower() in _PLAIN


def unsupported(path: Path) -> str:
    """Why a file of this suffix is not read, and how to convert it."""
    kind = path.suffix.lower()
    hint = _HINTS.get(kind, "Convert it to PDF, DOCX, HTML, Markdown or plain text.")
    return f"files of kind {kind or '(no suffix)'} are not read. {hint}"


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, without waiting for anybody to write into a pipe of that name.

    Raises:
        DocumentError: it can not be read, or it is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        file = os.fdopen(handle, "rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise DocumentError("not a regular file", path=str(path), mend="Name a file.")
    return file


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in constant memory.

    Raises:
        DocumentError: it can not be read.
    """
    with open_regular(path) as file:
        try:
            digest = hashlib.sha256()
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
            return digest.hexdigest()
        except OSError as error:
            raise _unreadable(path, error) from error


def read_file(path: Path, *, max_mb: int = MAX_FILE_MB) -> FileText:
    """Read one file, converting it where its kind asks for that.

    A PDF or an Office file under a wrong name is read as what it is, and ``meta["note"]`` says so.

    Raises:
        DocumentError: missing, unsupported, too large, empty, binary, damaged, or changed while it was read.
    """
    if not is_readable(path):
        raise DocumentError("unsupported format", path=str(path), mend=unsupported(path))
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        _check_size(path, size, max_mb)
        suffix = _kind(path)
        true, note = _true_kind(path, file)
        converter = CONVERTERS.get(true or suffix)
        try:
            if converter is None or converter.asks:
                return _from_bytes(path, file.read(max_mb * 1_000_000 + 1), converter)
        except OSError as error:
            raise _unreadable(path, error) from error
        if (true or suffix) in _OFFICE:
            check_office_file(path, file)
    read = _converted(path, converter)
    if note:
        own = read.conversion.meta.get("note", "")
        notes = "; ".join((note, *([own] if isinstance(own, str) else own))).removesuffix("; ")
        read = replace(read, conversion=replace(read.conversion, meta={**read.conversion.meta, "note": notes}))
    return read


def _check_size(path: Path, size: int, max_mb: int) -> None:
    if size == 0:
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    if size > max_mb * 1_000_000:
        raise DocumentError(
            f"{size / 1e6:,.0f} MB is over the limit of {max_mb} MB",
            path=str(path),
            mend="Split it, or raise max_file_mb in [knowledge.ingest] of coreagent.toml.",
        )


def _kind(path: Path) -> str:
    """The suffix in lower case, that of an Office file without macros for one with them."""
    suffix = path.suffix.lower()
    return _WITH_MACROS.get(suffix, suffix)


def _true_kind(path: Path, file: BinaryIO) -> tuple[str, str]:
    """The suffix that the content deserves where it is known to differ, and a note that says so."""
    suffix = _kind(path)
    true = sniff.true_suffix(file)
    head = file.read(sniff.HEAD_BYTES)
    file.seek(0)
    if true == ".doc" and suffix in _OFFICE:
        return "", ""  # the converter tells an encrypted file from an old one
    if true in (".doc", ".zip"):
        what = "an old Office file" if true == ".doc" else "a zip archive"
        raise _not_what_it_says(path, what)
    if true and true != suffix:
        return true, f"a {true[1:].upper()} file in spite of its name"
    if stranger := sniff.stranger(head):
        raise _not_what_it_says(path, stranger)
    if suffix in (".pdf", *_OFFICE) and sniff.is_html(head):
        raise _not_what_it_says(path, "a web page")
    return "", ""


def _not_what_it_says(path: Path, what: str) -> DocumentError:
    mend = "Give it the suffix that it deserves, or leave it out."
    return DocumentError(f"{what}, not {sniff.shown(path)}", path=str(path), mend=mend)


def _from_bytes(path: Path, data: bytes, converter: Converter | None) -> FileText:
    """Plain text; the converter is for text that may be more than that (an OpenAPI file, a capture)."""
    digest = hashlib.sha256(data).hexdigest()
    decoded = decode(data, str(path))
    if not decoded.text.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    if converter is not None and converter.load_looks_like()(decoded.text):
        return _converted(path, converter, digest=digest)
    grammar = _PLAIN.get(path.suffix.lower(), "text")
    meta = {"encoding": decoded.guess} if decoded.guess else {}
    return FileText(conversion=Conversion(text=decoded.text, grammar=grammar, meta=meta), format=grammar, sha256=digest)


def _converted(path: Path, converter: Converter, *, digest: str = "") -> FileText:
    digest = digest or file_digest(path)
    conversion = converter.load()(path)
    # The converter opens the file by itself: the text must be that of the bytes whose hash is kept.
    if file_digest(path) != digest:
        raise DocumentError("it changed while it was read", path=str(path), mend="Add it again.")
    return FileText(conversion=conversion, format=converter.format, sha256=digest)


def _unreadable(path: Path, error: OSError) -> DocumentError:
    cause = f"can not be read: {error.strerror}"
    return DocumentError(cause, path=str(path), mend="Check the path and its permissions.")
