"""Archives unpacked into a folder, within limits; nothing that they say of paths, links or sizes is believed."""

import bz2
import gzip
import hashlib
import lzma
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.reading import is_readable, open_regular, unsupported
from coreagent.knowledge.documents.zip_check import bomb, is_bomb

SEPARATOR = "!/"
"""Stands in a document's path between an archive and its member."""
MAX_MEMBERS = 100_000
MAX_DEPTH = 2
"""Archives inside an archive: how many levels of them are opened."""
_BLOCK_BYTES = 1 << 20
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_SINGLES = (".gz", ".bz2", ".xz")
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive: ``name`` inside it (``inner.zip!/a.md`` when nested), ``path`` where it was unpacked.

    ``problem`` says why it was left out instead, and ``failed`` whether that is an error: hidden members, links and
    kinds that are not read are none.
    """

    name: str
    path: Path = Path()
    sha256: str = ""
    problem: str = ""
    failed: bool = False


class _LimitError(DocumentError):
    """The whole archive is refused, whichever inner one went over the limit."""


@dataclass(slots=True, kw_only=True)
class _Unpacking:
    """What is done so far; one for an archive with all archives inside it."""

    shown: str
    folder: Path
    max_file_bytes: int
    max_bytes: int
    used: int = 0
    count: int = 0
    members: list[Member] = field(default_factory=list[Member])
    names: set[str] = field(default_factory=set[str])

    def begin(self) -> None:
        self.count += 1
        if self.count > MAX_MEMBERS:
            raise _LimitError(
                f"more than {MAX_MEMBERS:,} members", path=self.shown, mend="Unpack it, and add folders of it."
            )

    def leave_out(self, name: str, problem: str, *, failed: bool) -> None:
        self.members.append(Member(name=name, problem=problem, failed=failed))

    def spend(self, count: int) -> None:
        self.used += count
        if self.used > self.max_bytes:
            raise _LimitError(
                f"unpacks to more than {self.max_bytes / 1e6:,.0f} MB",
                path=self.shown,
                mend="Unpack it, or raise max_archive_mb in [knowledge.ingest] of coreagent.toml.",
            )

    def copy(self, source: IO[bytes], name: str, *, packed: int, limit: int) -> tuple[Path, str] | None:
        """Where it lies now and its sha256; None when it is larger than ``limit`` bytes."""
        target = self.folder / f"{self.count:06}{PurePosixPath(name).suffix.lower()}"
        try:
            with target.open("wb") as out:
                digest = self._pour(source, out, name, packed=packed, limit=limit)
        except BaseException:
            target.unlink()
            raise
        if not digest:
            target.unlink()
            return None
        return target, digest

    def _pour(self, source: IO[bytes], out: IO[bytes], name: str, *, packed: int, limit: int) -> str:
        """The sha256 of what was copied; empty when it is larger than ``limit``."""
        digest, size = hashlib.sha256(), 0
        while block := source.read(_BLOCK_BYTES):
            size += len(block)
            self.spend(len(block))
            if packed and is_bomb(size, packed):
                raise _bomb(self.shown, unpacked=size, packed=packed, member=name)
            if size > limit:
                return ""
            digest.update(block)
            out.write(block)
        return digest.hexdigest()

    def take_back(self, kept: int) -> None:
        """Forget all members but the first ``kept``."""
        for member in self.members[kept:]:
            if not member.problem:
                member.path.unlink()
        del self.members[kept:]


def _bomb(shown: str, *, unpacked: int, packed: int, member: str) -> _LimitError:
    found = bomb(shown, unpacked=unpacked, packed=packed, member=member)
    return _LimitError(found.message.removeprefix(f"{shown}: "), path=shown, mend=found.mend)


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked; ``.gz``, ``.bz2`` and ``.xz`` without ``.tar`` hold one file."""
    return name.lower().endswith((".zip", *_TARS, *_SINGLES))


def unpack(path: Path, folder: Path, *, max_mb: int, max_file_mb: int) -> tuple[Member, ...]:
    """Unpack all members that can be read into ``folder``, under names of our own.

    ``max_mb`` bounds everything that comes out, inner archives included; larger single files are left out.

    Raises:
        DocumentError: not an archive, damaged, encrypted, or over a limit. ``folder`` may hold a part of it then.
    """
    open_regular(path).close()
    work = _Unpacking(
        shown=str(path), folder=folder, max_file_bytes=max_file_mb * 1_000_000, max_bytes=max_mb * 1_000_000
    )
    _unpack(path, path.name, work, prefix="", depth=0)
    return tuple(work.members)


def _unpack(path: Path, name: str, work: _Unpacking, *, prefix: str, depth: int) -> None:
    kind = name.lower()
    try:
        if kind.endswith(".zip"):
            _unzip(path, work, prefix=prefix, depth=depth)
        elif kind.endswith(_TARS):
            _untar(path, work, prefix=prefix, depth=depth)
        else:
            _unpack_single(path, name, work, prefix=prefix, depth=depth)
    except DocumentError:
        raise
    except _DAMAGED as error:
        cause = str(error) or type(error).__name__
        raise DocumentError(f"the archive is damaged: {cause}", path=work.shown, mend="Fetch it again.") from error


def _unzip(path: Path, work: _Unpacking, *, prefix: str, depth: int) -> None:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            work.begin()
            kind = stat.S_IFMT(info.external_attr >> 16)
            odd = "a link or a device" if kind and kind != stat.S_IFREG else ""
            if not _is_taken(info.filename, work, prefix=prefix, depth=depth, odd=odd):
                continue
            if info.flag_bits & 1:
                raise DocumentError(
                    "the archive is encrypted", path=work.shown, mend="Unpack it with its password; add the folder."
                )
            if is_bomb(info.file_size, info.compress_size):
                raise _bomb(work.shown, unpacked=info.file_size, packed=info.compress_size, member=info.filename)
            try:
                with archive.open(info) as source:
                    _keep(source, info.filename, work, packed=info.compress_size, prefix=prefix, depth=depth)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError) as error:
                work.leave_out(prefix + info.filename, f"damaged: {error}", failed=True)


def _untar(path: Path, work: _Unpacking, *, prefix: str, depth: int) -> None:
    packed = path.stat().st_size
    with _opened(path, path.name) as plain:
        # As a stream: a tar has no list of contents, and seeking back in a packed one unpacks it again.
        source = cast("IO[bytes]", _Counted(plain, work, packed=packed))
        with tarfile.open(fileobj=source, mode="r|") as archive:
            for info in archive:
                if info.isdir():
                    continue
                work.begin()
                odd = "" if info.isreg() else "a link or a device"
                if not _is_taken(info.name, work, prefix=prefix, depth=depth, odd=odd):
                    continue
                content = archive.extractfile(info)
                if content is not None:
                    _keep(content, info.name, work, packed=0, prefix=prefix, depth=depth)


def _unpack_single(path: Path, name: str, work: _Unpacking, *, prefix: str, depth: int) -> None:
    inner = name.rsplit(".", 1)[0]
    work.begin()
    if _is_taken(inner, work, prefix=prefix, depth=depth, odd=""):
        with _opened(path, name) as source:
            _keep(source, inner, work, packed=path.stat().st_size, prefix=prefix, depth=depth)


def _opened(path: Path, name: str) -> IO[bytes]:
    kind = name.lower()
    if kind.endswith((".gz", ".tgz")):
        return cast("IO[bytes]", gzip.open(path))
    if kind.endswith((".bz2", ".tbz2")):
        return cast("IO[bytes]", bz2.open(path))
    if kind.endswith((".xz", ".txz")):
        return cast("IO[bytes]", lzma.open(path))
    return path.open("rb")


class _Counted:
    """A stream that spends what is read of it, so that members which are passed over count too."""

    def __init__(self, source: IO[bytes], work: _Unpacking, *, packed: int) -> None:
        self._source, self._work, self._packed, self._read = source, work, packed, 0

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._read += len(block)
        if is_bomb(self._read, self._packed):
            raise _bomb(self._work.shown, unpacked=self._read, packed=self._packed, member="all of it")
        if self._read > self._work.max_bytes:
            self._work.spend(self._work.max_bytes + 1)
        return block


def _is_taken(name: str, work: _Unpacking, *, prefix: str, depth: int, odd: str) -> bool:
    """Whether a member is unpacked; one that is not is noted with its reason."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        work.leave_out(prefix + name, "its path leads out of the archive", failed=True)
    elif any(part.startswith(".") or part == "__MACOSX" for part in parts):
        work.leave_out(prefix + name, "hidden", failed=False)
    elif odd:
        work.leave_out(prefix + name, odd, failed=False)
    elif prefix + name in work.names:
        work.leave_out(prefix + name, "a second member of that name", failed=True)
    elif is_archive(name) and depth >= MAX_DEPTH:
        work.leave_out(prefix + name, f"an archive more than {MAX_DEPTH} deep. Unpack it first.", failed=True)
    elif not is_archive(name) and not is_readable(Path(name)):
        work.leave_out(prefix + name, unsupported(Path(name)), failed=False)
    else:
        work.names.add(prefix + name)
        return True
    return False


def _keep(source: IO[bytes], name: str, work: _Unpacking, *, packed: int, prefix: str, depth: int) -> None:
    inner = is_archive(name)
    copied = work.copy(source, name, packed=packed, limit=work.max_bytes if inner else work.max_file_bytes)
    if copied is None:
        mend = "Split it, or raise max_file_mb in [knowledge.ingest] of coreagent.toml."
        work.leave_out(prefix + name, f"over the limit of {work.max_file_bytes / 1e6:,.0f} MB. {mend}", failed=True)
        return
    path, digest = copied
    if not inner:
        work.members.append(Member(name=prefix + name, path=path, sha256=digest))
        return
    kept = len(work.members)
    try:
        _unpack(path, PurePosixPath(name).name, work, prefix=f"{prefix}{name}{SEPARATOR}", depth=depth + 1)
    except _LimitError:
        raise
    except DocumentError as error:
        # Whole or not at all, like an archive that stands by itself.
        work.take_back(kept)
        problem = f"{error.message.removeprefix(f'{error.path}: ')}. {error.mend}"
        work.leave_out(prefix + name, problem, failed=True)
    finally:
        path.unlink()
