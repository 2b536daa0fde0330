"""The files below some paths, in a stable order, each once; what is left out is named with its reason."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.documents.archives import is_archive
from coreagent.knowledge.documents.reading import is_readable, unsupported


@dataclass(frozen=True, slots=True)
class Found:
    """One file that a walk came across; ``skipped`` is the reason why it will not be read, or empty.

    ``failed`` is true when that reason is an error: a path that was named and can not be read, or a file that breaks
    off; hidden files, links and unsupported kinds inside a folder are none. ``size`` is in bytes.
    """

    path: Path
    name: str
    skipped: str = ""
    failed: bool = False
    size: int = 0


def walk(paths: Sequence[Path]) -> Iterator[Found]:
    """Files below the paths in a stable order; links are followed, each file and folder is visited once.

    A path that was named outright and does not exist is reported as skipped too.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            yield from _walk_folder(path, path, seen)
        else:
            yield _found_file(path, path.name, seen, named=True)


def _walk_folder(top: Path, root: Path, seen: set[str]) -> Iterator[Found]:
    # A stack, not recursion: a hostile tree can be deeper than Python's.
    pending = [top]
    while pending:
        path = pending.pop()
        name = path.relative_to(root).as_posix()
        if path != top and path.name.startswith("."):
            yield Found(path, name, "hidden")
            continue
        if not os.path.isdir(path):
            yield _found_file(path, name, seen, named=False)
            continue
        real = os.path.realpath(path)
        if real in seen:
            yield Found(path, name, "a link to a folder that was read already")
            continue
        seen.add(real)
        try:
            entries = sorted(os.listdir(path), reverse=True)
        except OSError as error:
            yield Found(path, name, f"the folder can not be read: {error.strerror}", failed=True)
            continue
        pending += [path / entry for entry in entries]


def _found_file(path: Path, name: str, seen: set[str], *, named: bool) -> Found:
    try:
        status = path.stat()
    except OSError as error:
        cause = "no such file or folder" if named else f"can not be read: {error.strerror}"
        return Found(path, name, cause, failed=True)
    if not stat.S_ISREG(status.st_mode):
        return Found(path, name, "not a regular file", failed=named)
    if not is_readable(path) and not is_archive(path.name):
        return Found(path, name, unsupported(path), failed=named)
    real = os.path.realpath(path)
    if real in seen:
        return Found(path, name, "a link to a file that was read already")
    seen.add(real)
    return Found(path, name, size=status.st_size)
