"""Files become text: found below folders and decoded, or an error that says how to mend the file."""

import codecs
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.document import Conversion, Grammar

MAX_BYTES = 50_000_000
_FORMATS: dict[str, Grammar] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rst",
    ".rest": "rst",
    ".txt": "text",
    ".text": "text",
}
_CONVERSIONS = {
    ".pdf": "Convert it first: pdftotext -layout FILE.pdf FILE.txt",
    ".docx": "Convert it first: pandoc FILE.docx -t gfm -o FILE.md",
    ".doc": "Save it as .docx, then: pandoc FILE.docx -t gfm -o FILE.md",
    ".odt": "Convert it first: pandoc FILE.odt -t gfm -o FILE.md",
    ".html": "Convert it first: pandoc FILE.html -t gfm -o FILE.md",
    ".htm": "Convert it first: pandoc FILE.htm -t gfm -o FILE.md",
    ".adoc": "Convert it first: asciidoctor and pandoc make Markdown of it.",
}
# UTF-32 before UTF-16: its little-endian mark starts with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Found:
    """One file that a walk came across; ``skipped`` is the reason why it will not be read, or empty."""

    path: Path
    name: str
    skipped: str = ""


def walk(paths: Sequence[Path]) -> Iterator[Found]:
    """Files below the paths in a stable order; links are followed, each file and folder is visited once.

    A path that was named outright and does not exist is reported as skipped too.
    """
    seen: set[str] = set()
    for path in paths:
        if path.is_dir():
            yield from _walk_folder(path, path, seen)
        else:
            yield _found_file(path, path.name, seen, named=True)


def _walk_folder(folder: Path, root: Path, seen: set[str]) -> Iterator[Found]:
    name = folder.relative_to(root).as_posix()
    real = os.path.realpath(folder)
    if real in seen:
        yield Found(folder, name, "a link to a folder that was read already")
        return
    seen.add(real)
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        yield Found(folder, name, f"the folder can not be read: {error.strerror}")
        return
    for entry in entries:
        path = folder / entry
        below = path.relative_to(root).as_posix()
        if entry.startswith("."):
            yield Found(path, below, "hidden")
        elif path.is_dir():
            yield from _walk_folder(path, root, seen)
        else:
            yield _found_file(path, below, seen, named=False)


def _found_file(path: Path, name: str, seen: set[str], *, named: bool) -> Found:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return Found(path, name, "no such file or folder" if named else f"can not be read: {error.strerror}")
    if not stat.S_ISREG(mode):
        return Found(path, name, "not a regular file")
    if path.suffix.lower() not in _FORMATS:
        return Found(path, name, _unsupported(path))
    real = os.path.realpath(path)
    if real in seen:
        return Found(path, name, "a link to a file that was read already")
    seen.add(real)
    return Found(path, name)


def _unsupported(path: Path) -> str:
    kind = path.suffix.lower()
    known = ", ".join(_FORMATS)
    hint = _CONVERSIONS.get(kind, "Convert it to Markdown, reStructuredText or plain text.")
    return f"files of kind {kind or '(no suffix)'} are not read (known: {known}). {hint}"


def read_file(path: Path) -> tuple[Conversion, str]:
    """The file's text, and the sha256 of its bytes.

    Raises:
        DocumentError: missing, unsupported, larger than 50 MB, empty, binary, or in an encoding that is not Unicode.
    """
    grammar = _FORMATS.get(path.suffix.lower())
    if grammar is None:
        raise DocumentError("unsupported format", path=str(path), mend=_unsupported(path))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(
                f"{size / 1e6:.0f} MB is over the limit of {MAX_BYTES / 1e6:.0f} MB",
                path=str(path),
                mend="Split it into smaller files, for example one for each chapter.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"can not be read: {error.strerror}", path=str(path), mend="Check the path and its permissions."
        ) from error
    text = decode(data, str(path))
    if not text.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    return Conversion(text=text, grammar=grammar), hashlib.sha256(data).hexdigest()


def storable(name: str) -> str:
    """A file name that is not valid Unicode can not be stored as text: its odd bytes are spelled out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def decode(data: bytes, path: str) -> str:
    r"""Text of UTF-8, or of UTF-16 or UTF-32 with a byte-order mark; line ends become ``\n``.

    Raises:
        DocumentError: binary data, or another encoding; says which byte, and the command that converts.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\x00" in data:
        raise _binary_or_wide(data, path)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        value = data[error.start] if error.start < len(data) else 0
        raise DocumentError(
            f"not {encoding.upper()}: byte 0x{value:02x} at offset {error.start} ({error.reason})",
            path=path,
            mend=f"Convert it: iconv -f WINDOWS-1252 -t UTF-8 {path!r} > converted, or name its true encoding.",
        ) from error
    controls = len(_CONTROL.findall(text[:65_536]))
    if controls > 8 and controls > len(text[:65_536]) // 50:
        raise DocumentError("this is binary data, not text", path=path, mend="Convert it to text first.")
    # SQLite ends a text at NUL, and a chunk's span must mean the same everywhere.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def _binary_or_wide(data: bytes, path: str) -> DocumentError:
    head = data[:4096]
    for offset, name in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        half = head[offset::2]
        other = head[1 - offset :: 2]
        if half and half.count(0) > 0.7 * len(half) and other.count(0) < 0.1 * len(other):
            return DocumentError(
                f"this looks like {name} without a byte-order mark",
                path=path,
                mend=f"Convert it: iconv -f {name} -t UTF-8 {path!r} > converted",
            )
    return DocumentError("this is binary data, not text", path=path, mend="Convert it to text first.")
