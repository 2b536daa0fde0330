"""What the three office formats share, through the door that all files take."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.reading import read_file

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def _word(path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Words of a letter.")
    document.save(str(path))


def _slides(path: Path) -> None:
    deck = pptx.Presentation()
    made = deck.slides.add_slide(deck.slide_layouts[5])
    assert made.shapes.title is not None
    made.shapes.title.text = "Words of a talk."
    deck.save(str(path))


def _cells(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "Words", "of a sheet."
    book.save(path)


KINDS: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("docx", _word, "officedocument.wordprocessingml.document.main", "ms-word.document.macroEnabled.main"),
    (
        "pptx",
        _slides,
        "officedocument.presentationml.presentation.main",
        "ms-powerpoint.presentation.macroEnabled.main",
    ),
    ("xlsx", _cells, "officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main"),
]


@pytest.mark.parametrize(("kind", "make", "usual", "macros"), KINDS)
def test_files_with_macros_are_read_without_them(
    tmp_path: Path, kind: str, make: Callable[[Path], None], usual: str, macros: str
) -> None:
    make(plain := tmp_path / f"x.{kind}")
    path = tmp_path / f"x.{kind[:-1]}m"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                assert usual.encode() in data
                data = data.replace(f"vnd.openxmlformats-{usual}".encode(), f"vnd.{macros}".encode())
                assert b"macroEnabled" in data
            new.writestr(name, data)
    read = read_file(path)
    assert (read.format, "note" in read.conversion.meta) == (kind, False)
    assert "Words" in read.conversion.text


@pytest.mark.parametrize("suffix", ["docx", "docm", "pptx", "pptm", "xlsx", "xlsm"])
def test_what_is_no_zip_file_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(_OLE + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(DocumentError, match="is encrypted"):
        read_file(path)
    path.write_bytes(_OLE)
    with pytest.raises(DocumentError, match="old binary Office file") as caught:
        read_file(path)
    assert f"save it as .{suffix}" in caught.value.mend
    path.write_bytes(b"no office file at all")
    with pytest.raises(DocumentError, match=r"this is not (a|an) (Word|PowerPoint|Excel)"):
        read_file(path)


@pytest.mark.parametrize(("kind", "make"), [(kind, make) for kind, make, _, _ in KINDS])
def test_a_program_is_no_author(tmp_path: Path, kind: str, make: Callable[[Path], None]) -> None:
    make(path := tmp_path / f"x.{kind}")
    assert "author" not in read_file(path).conversion.meta
