"""Checksums over Chroma's index files: whether they are still what was written last, and written to the end."""

import json
import zlib
from pathlib import Path

SEAL = "seal.json"
_WRITTEN = "index_metadata.pickle"
"""Beside the files of an index that was written. A small one is not, and whoever opens it makes its files anew."""


def is_sealed(folder: Path) -> bool:
    """Whether the index files are those that were sealed.

    Raises:
        OSError: the folder or a file can not be read.
    """
    try:
        sealed: object = json.loads((folder / SEAL).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return False
    return sealed == _checksums(folder)


def seal(folder: Path) -> None:
    """Note the files as they are.

    Raises:
        OSError: the folder can not be written.
    """
    (folder / SEAL).write_text(json.dumps(_checksums(folder)), encoding="ascii")


def break_seal(folder: Path) -> None:
    """Say that the files are about to change.

    Raises:
        OSError: the folder can not be written.
    """
    (folder / SEAL).unlink(missing_ok=True)


def _checksums(folder: Path) -> dict[str, int]:
    files = sorted(path for written in folder.glob(f"*/{_WRITTEN}") for path in written.parent.iterdir())
    return {path.relative_to(folder).as_posix(): _checksum(path) for path in files}


def _checksum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            value = zlib.crc32(part, value)
    return value
