"""Office Open XML packages (DOCX, PPTX, XLSX): their parts as XML, read safely; pictures and other media never.

A package is a ZIP of XML parts that name each other through relationships (ECMA-376 part 2, "Open Packaging
Conventions"). Entities are never resolved, nothing is fetched, and nesting beyond 256 elements is an error.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.markup import Element, iterate_xml, read_xml
from coreagent.knowledge.documents.convert.tables import clean, one_line
from coreagent.knowledge.documents.front_matter import Meta

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAMES = (
    *(b"wordprocessingml/main", b"spreadsheetml/main", b"presentationml/main", b"drawingml/main"),
    *(b"officeDocument/relationships", b"officeDocument/math", b"drawingml/chart", b"drawingml/diagram"),
)
_HEAD_BYTES = 65_536
_KINDS = {"word": "a Word document", "ppt": "a PowerPoint presentation", "xl": "an Excel workbook"}
_PLACEHOLDER_TITLES = (
    "powerpoint presentation",
    "presentation title",
    "document title",
    "untitled",
    "title",
    "3gpp ts ab.cde",
)
_COMPLAINTS: tuple[type[Exception], ...] = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""The office libraries look parts and attributes up without asking whether they are there, and raise what comes."""
_PROGRAMS = ("openpyxl", "python-docx", "python-pptx", "xlsxwriter", "apache poi", "unknown")
"""Authors that are none."""
_DC = "{http://purl.org/dc/elements/1.1/}"
_CORE = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
"""Namespace of the ids by which elements name other parts."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind`` is the last segment of the relationship's type ("slide", "notesSlide"), ``part`` a part's name."""

    kind: str
    part: str


class Package:
    """One open package. ``main`` is the name of its main part."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self.name = str(archive.filename)
        found = next((r.part for r in self._relations("") if r.kind == "officeDocument"), "")
        if found not in self._names or not found.startswith(f"{folder}/"):
            other = next((words for name, words in _KINDS.items() if found.startswith(f"{name}/")), "")
            raise _NotThisKindError(f"it is {other}" if other else "it is a ZIP archive without a main document")
        self.main = found
        with archive.open(found) as stream:
            self.is_strict = _STRICT in stream.read(_HEAD_BYTES)

    def _relations(self, part: str) -> Iterator[Relation]:
        """What ``part`` points to inside the package; the package's own for an empty name."""
        folder, name = posixpath.split(part)
        file = posixpath.join(folder, "_rels", f"{name}.rels")
        if file not in self._names:
            return
        for element in self.root(file).iterchildren("{*}Relationship"):
            if element.get("TargetMode") == "External":
                continue
            target = element.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            yield Relation(element.get("Type", "").rpartition("/")[2], path)

    def related(self, part: str, kind: str) -> str:
        """The first part of this kind that ``part`` points to and the package holds, or an empty string."""
        parts = (relation.part for relation in self._relations(part) if relation.kind == kind)
        return next((name for name in parts if name in self._names), "")

    def root(self, part: str) -> Element:
        """The part as a tree."""
        with self._open(part) as stream:
            return read_xml(stream)

    def elements(self, part: str, tags: Sequence[str]) -> Iterator[Element]:
        """Elements with these tags as they end, while the part is still being read; release those that are done."""
        with self._open(part) as stream:
            yield from iterate_xml(stream, tags)

    @contextmanager
    def _open(self, part: str) -> Generator["_Transitional"]:
        if part not in self._names:
            raise zipfile.BadZipFile(f"it has no {part}")
        with self._archive.open(part) as stream:
            yield _Transitional(stream)

    def properties(self) -> tuple[str, Meta]:
        """The title (empty for one that a program made up), and author, subject and keywords where they are given."""
        part = self.related("", "core-properties")
        if not part:
            return "", {}
        root = self.root(part)
        values = {
            "title": root.findtext(f"{_DC}title"),
            "author": root.findtext(f"{_DC}creator"),
            "subject": root.findtext(f"{_DC}subject"),
            "keywords": root.findtext(f"{_CORE}keywords"),
        }
        meta: dict[str, str | tuple[str, ...]] = {
            key: one_line(clean(value)) for key, value in values.items() if value and value.strip()
        }
        if meta.get("author") in _PROGRAMS:
            del meta["author"]
        title = str(meta.pop("title", ""))
        made_up = title.lower() in _PLACEHOLDER_TITLES or title.lower().startswith(
            ("microsoft word - ", "microsoft power")
        )
        return "" if made_up else title, meta


class _Transitional:
    """A part whose first bytes name the usual namespaces, also where the file was saved as "Strict Open XML"."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._begun = stream, False

    def read(self, n: int = -1, /) -> bytes:
        if self._begun:
            return self._stream.read(n)
        self._begun = True
        head = self._stream.read(_HEAD_BYTES)
        if _STRICT in head:
            for name in _STRICT_NAMES:
                folder, _, rest = name.partition(b"/")
                usual = b"http://schemas.openxmlformats.org/" + folder + b"/2006/" + rest
                head = head.replace(_STRICT + name, usual)
        return head


class _NotThisKindError(Exception):
    """A package of another kind."""


@contextmanager
def open_package(path: Path, folder: str) -> Generator[Package]:
    """The package at ``path``; ``folder`` ("word", "ppt", "xl") is where its kind keeps the main part.

    Raises:
        DocumentError: empty, cut off, encrypted, an old binary format, another kind of file, or broken XML, whether
            found on opening or while its parts are read.
    """
    name, kind = str(path), _KINDS[folder]
    again = "Save or download it again."
    try:
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            if not head:
                raise DocumentError("the file is empty", path=name, mend=again)
            if head == _OLE:
                raise _legacy(path, encrypted=_ENCRYPTED in file.read())
            if not head.startswith(b"PK"):
                raise DocumentError(f"this is not {kind}", path=name, mend="Check what it is and name it accordingly.")
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                yield Package(archive, folder)
    except _NotThisKindError as error:
        raise DocumentError(f"this is not {kind}: {error}", path=name, mend="Give it its true suffix.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DocumentError(f"damaged or cut off ({error})", path=name, mend=again) from error
    except RuntimeError as error:
        if "password" not in str(error):
            raise
        raise _encrypted(path) from error
    except SyntaxError as error:  # lxml's own and that of the standard library
        mend = "Open it in an office program and save it again."
        raise DocumentError(f"damaged: its XML is broken ({error.msg})", path=name, mend=mend) from error
    except OSError as error:
        mend = "Check the path and its permissions."
        raise DocumentError(f"can not be read: {error.strerror or error}", path=name, mend=mend) from error


@contextmanager
def reading_with(library: str, package: Package, *errors: type[Exception]) -> Generator[None]:
    """While a library reads the package: its complaints, ``errors`` included, as ours.

    Raises:
        DocumentError: the library can not read the file.
    """
    if package.is_strict:
        mend = "Save it in an office program as an ordinary file of its kind, or with LibreOffice."
        raise DocumentError('it was saved as "Strict Open XML"', path=package.name, mend=mend)
    try:
        yield
    except (*_COMPLAINTS, *errors) as error:
        cause = one_line(str(error))[:200]
        mend = "Open it in an office program and save it again."
        raise DocumentError(f"damaged: {library} says {cause!r}", path=package.name, mend=mend) from error


def no_text(path: Path) -> DocumentError:
    """The error for a file that is in order but holds no words."""
    return DocumentError(
        "holds no text", path=str(path), mend="If it shows pictures of text, recognise the text first."
    )


def _encrypted(path: Path) -> DocumentError:
    return DocumentError("is encrypted", path=str(path), mend="Save it without a password.")


def _legacy(path: Path, *, encrypted: bool) -> DocumentError:
    if encrypted:
        return _encrypted(path)
    kinds = (".docx", ".pptx", ".xlsx", ".docm", ".pptm", ".xlsm")
    new = path.suffix.lower() if path.suffix.lower() in kinds else ".docx, .pptx or .xlsx"
    mend = f"Open it in an office program and save it as {new}."
    return DocumentError("this is an old binary Office file (97-2003)", path=str(path), mend=mend)
