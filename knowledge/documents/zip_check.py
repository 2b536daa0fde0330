"""Whether a zip file is a bomb: its declared sizes first, then what it really unpacks to. Nothing is written."""

import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from coreagent.errors import DocumentError

MAX_RATIO = 250
RATIO_FROM_BYTES = 10_000_000
"""Below this a ratio says nothing: a small file of blanks packs as well as a bomb."""
MAX_OFFICE_BYTES = 1_000_000_000
MAX_OFFICE_MEMBERS = 20_000
_BLOCK_BYTES = 1 << 20


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether so many bytes out of so few can only be meant to fill a disk."""
    return unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * max(packed, 1)


def bomb(path: str, *, unpacked: int, packed: int, member: str) -> DocumentError:
    """The refusal, with its figures."""
    return DocumentError(
        f"an archive bomb: {packed:,} bytes unpack to {unpacked:,} or more ({member!r})",
        path=path,
        mend="Do not open it. If you trust it, unpack it and add the folder.",
    )


def check_office_file(path: Path, file: BinaryIO) -> None:
    """Refuse a DOCX, PPTX or XLSX that would fill the memory, before any converter sees it.

    What is no zip file passes: it can be no bomb, and the converter says what it is (encrypted, for example).

    Raises:
        DocumentError: a bomb, or damaged.
    """
    if file.read(2) != b"PK":
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_OFFICE_MEMBERS:
                raise DocumentError(
                    f"{len(members):,} parts in one Office file", path=str(path), mend="Save it again in Office."
                )
            declared = 0
            for member in members:
                declared += member.file_size
                _check(path, member, member.file_size, declared)
            actual = 0
            for member in members:
                actual += _measured(path, archive, member, before=actual)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise DocumentError(f"the file is damaged: {error}", path=str(path), mend="Save it again in Office.") from error
    except OSError as error:
        raise DocumentError(f"can not be read: {error}", path=str(path), mend="Check the file.") from error


def _measured(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, before: int) -> int:
    size = 0
    with archive.open(member) as source:
        while block := source.read(_BLOCK_BYTES):
            size += len(block)
            _check(path, member, size, before + size)
    return size


def _check(path: Path, member: zipfile.ZipInfo, size: int, total: int) -> None:
    if is_bomb(size, member.compress_size):
        raise bomb(str(path), unpacked=size, packed=member.compress_size, member=member.filename)
    if total > MAX_OFFICE_BYTES:
        raise bomb(str(path), unpacked=total, packed=path.stat().st_size, member="all of it")
