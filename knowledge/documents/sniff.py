"""What a file really is, by its first bytes, whatever its name says."""

import zipfile
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 4_096

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture"),
    (b"\n\r\r\n", "a packet capture"),
    (b"OggS", "a recording"),
    (b"RIFF", "a picture or a recording"),
)
# Two letters may begin a text too: these count only where a NUL follows.
_SHORT_MAGIC = ((b"MZ", "a program"), (b"BM", "a BMP image"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE = (("word/", ".docx"), ("ppt/", ".pptx"), ("xl/", ".xlsx"))


def true_suffix(file: BinaryIO) -> str:
    """``.pdf``, ``.docx``, ``.pptx``, ``.xlsx``, ``.zip`` or ``.doc`` (any old or encrypted Office file), else empty.

    The file is left at its beginning.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if b"%PDF-" in head[:1_024]:
        return ".pdf"
    if head.startswith(_OLE):
        return ".doc"
    if head.startswith(_ZIP):
        found = _of_zip(file)
        file.seek(0)
        return found
    return ""


def _of_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ".zip"
    if "[Content_Types].xml" not in names:
        return ".zip"
    return next((suffix for folder, suffix in _OFFICE if any(name.startswith(folder) for name in names)), ".zip")


def stranger(head: bytes) -> str:
    """What a file is that holds no text at all ("a PNG image"); empty for anything else."""
    named = next((words for magic, words in _MAGIC if head.startswith(magic)), "")
    if not named and b"\x00" in head:
        named = next((words for magic, words in _SHORT_MAGIC if head.startswith(magic)), "")
    return named


def is_html(head: bytes) -> bool:
    """Whether this begins as a web page does, as a failed download often is one."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    return start.startswith((b"<!doctype html", b"<html"))


def shown(path: Path) -> str:
    """What the name promises: "Markdown" for ``.md``."""
    suffix = path.suffix.lower()
    return {".md": "Markdown", ".markdown": "Markdown", ".rst": "reStructuredText", ".txt": "plain text"}.get(
        suffix, suffix.removeprefix(".").upper() or "text"
    )
