import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pptx
import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents import reading
from coreagent.knowledge.documents.convert import CONVERTERS
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.front_matter import split_front_matter
from coreagent.knowledge.documents.walk import walk
from coreagent.knowledge.ingest.prepare import read_document


def made(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_front_matter_gives_title_aliases_and_where_the_body_starts(tmp_path: Path) -> None:
    text = '---\ntitle: "A1: the interface"\naliases: [A1, "A1, AP"]\nsources:\n  - one\n  - "two"\n---\n# Body\n'
    document = read_document(made(tmp_path, "a.md", text.encode()))
    assert document.title == "A1: the interface"
    assert document.aliases == ("A1", "A1, AP")
    assert document.meta["sources"] == ("one", "two")
    assert document.text[document.body_start :] == "# Body\n"


@pytest.mark.parametrize("text", ["---\nno end", "no block", "--- \n\ntext\n\n---x", ""])
def test_text_without_a_front_matter_block_is_all_body(text: str) -> None:
    assert split_front_matter(text) == ({}, 0)


def test_strange_front_matter_costs_only_its_keys() -> None:
    meta, start = split_front_matter("---\n? odd\n- item\ntitle: T\n{[\n---\nBody")
    assert meta == {"title": "T"} and start == len("---\n? odd\n- item\ntitle: T\n{[\n---\n")


def test_an_unknown_label_in_the_front_matter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="secret"):
        read_document(made(tmp_path, "a.md", b"---\nlabel: secret\n---\ntext"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    document = read_document(made(tmp_path, "a.txt", "Größe\r\nzwei\rdrei".encode(encoding)))
    assert document.text == "Größe\nzwei\ndrei"


def test_the_title_is_front_matter_then_heading_then_name(tmp_path: Path) -> None:
    assert read_document(made(tmp_path, "a.md", b"# Head\n\ntext")).title == "Head"
    assert read_document(made(tmp_path, "b.txt", b"text")).title == "b"


def test_a_workbook_is_not_called_like_its_first_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Counter", "Limit"])
    book.worksheets[0].append(["HbMissed", 3])
    book.save(tmp_path / "thresholds.xlsx")
    assert read_document(tmp_path / "thresholds.xlsx").title == "thresholds"
    book.properties.title = "Thresholds of the RU-7"
    book.save(tmp_path / "thresholds.xlsx")
    assert read_document(tmp_path / "thresholds.xlsx").title == "Thresholds of the RU-7"


def test_slides_are_not_called_like_the_number_of_the_first(tmp_path: Path) -> None:
    deck: Any = pptx.Presentation()
    deck.core_properties.title = ""
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, 914_400, 914_400).text_frame.text = "Check the fibre first."
    deck.save(str(tmp_path / "training.pptx"))
    assert read_document(tmp_path / "training.pptx").title == "training"


@pytest.mark.parametrize(
    ("name", "data", "cause", "mend"),
    [
        ("a.md", b"", "empty", "write"),
        ("a.md", b" \n\t\n", "empty", "write"),
        ("a.md", b"---\ntitle: x\n---\n \n", "no text", "article"),
        ("a.md", b"\x7fELF\x00\x01\x02\x00", "a program, not Markdown", "suffix"),
        ("a.md", b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 9, "a PNG image, not Markdown", "suffix"),
        ("a.txt", b"MZ\x90\x00\x03\x00", "a program, not plain text", "suffix"),
        ("a.rst", b"\x1f\x8b\x08\x00", "a gzip archive, not reStructuredText", "suffix"),
        ("a.md", b"PK\x03\x04" + b"\x00" * 26, "a zip archive, not Markdown", "suffix"),
        ("a.md", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, not Markdown", "suffix"),
        ("a.pdf", b"<!DOCTYPE html><html>404", "a web page, not PDF", "suffix"),
        ("a.docx", b"  <html><body>Log in</body></html>", "a web page, not DOCX", "suffix"),
        ("a.txt", b"\xff\xfea\x00b", "damaged UTF-16", "UTF-8"),
        ("a.txt", b"ok " + bytes([1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16]) * 4, "binary", "Convert"),
        ("a.txt", bytes(range(256)) * 4, "binary", "Convert"),
        ("a.txt", b"\x80\x00\x01\xff" * 64, "binary", "Convert"),
        ("a.doc", b"text", "unsupported", "docx"),
        ("a.xls", b"text", "unsupported", "xlsx"),
        ("a", b"text", "unsupported", "no suffix"),
    ],
)
def test_what_can_not_be_read_says_why_and_how_to_mend_it(
    tmp_path: Path, name: str, data: bytes, cause: str, mend: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(made(tmp_path, name, data))
    assert cause in str(caught.value)
    assert mend in caught.value.mend
    assert caught.value.path.endswith(name)


LEGACY = {
    "cp1252": "Größe, Höhe und Breite der Zelle müssen für jede Antenne geprüft werden. Änderungen: später. " * 4,
    "gb18030": "无线接入网由基站和终端组成，核心网负责会话管理和移动性管理。切片由切片标识区分。" * 4,
    "shift_jis": "無線アクセスネットワークは基地局と端末で構成される。コアネットワークはセッションを管理する。" * 4,
    "cp1251": "Сеть радиодоступа состоит из базовых станций и терминалов. Ядро сети управляет сеансами связи. " * 4,
}


@pytest.mark.parametrize("encoding", LEGACY)
def test_a_legacy_encoding_is_guessed_and_the_guess_is_noted(tmp_path: Path, encoding: str) -> None:
    document = read_document(made(tmp_path, "a.txt", LEGACY[encoding].encode(encoding)))
    assert document.text == LEGACY[encoding]
    assert document.meta["encoding"] == f"{encoding} (guessed)"


def test_wide_text_without_its_mark_is_read(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        document = read_document(made(tmp_path, "a.txt", "plain text here".encode(encoding)))
        assert document.text == "plain text here" and document.meta["encoding"] == f"{encoding} (guessed)"


def test_a_few_damaged_bytes_do_not_cost_a_file_its_encoding(tmp_path: Path) -> None:
    data = ("Übertragung über Höhe. " * 9).encode() + b"cut \xc3" + b"\nend"
    document = read_document(made(tmp_path, "a.txt", data))
    assert document.text.startswith("Übertragung") and document.text.endswith("cut \ufffd\nend")
    assert document.meta["encoding"] == "utf-8 with 1 damaged characters"


def test_a_huge_file_is_refused_unread_and_names_the_setting(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(DocumentError, match="200 MB is over the limit of 100 MB") as caught:
        read_document(path)
    assert "max_file_mb in [knowledge.ingest]" in caught.value.mend


def test_a_pipe_that_took_the_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(DocumentError, match="not a regular file"):
        read_document(tmp_path / "pipe.md")


class Told(NamedTuple):
    """A converter of the test, in place of a real one."""

    format: str
    convert: Callable[[Path], Conversion]
    asks: bool = False

    def load(self) -> Callable[[Path], Conversion]:
        return self.convert


def use_converter(monkeypatch: pytest.MonkeyPatch, suffix: str, convert: Callable[[Path], Conversion]) -> None:
    told = {**CONVERTERS, suffix: Told(suffix[1:], convert)}
    monkeypatch.setattr(reading, "CONVERTERS", told)


def test_a_pdf_under_another_name_is_read_as_one_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_converter(monkeypatch, ".pdf", lambda path: Conversion(text="# From PDF\n\ntext", grammar="markdown"))
    document = read_document(made(tmp_path, "a.txt", b"%PDF-1.7 ..."))
    assert (document.format, document.title) == ("pdf", "From PDF")
    assert document.meta["note"] == "a PDF file in spite of its name"


def test_what_a_converter_finds_wrong_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Conversion:
        raise DocumentError("holds no text", path=str(path), mend="Recognise it first.")

    use_converter(monkeypatch, ".pdf", refuse)
    with pytest.raises(DocumentError, match="holds no text"):
        read_document(made(tmp_path, "a.pdf", b"%PDF-1.7"))


def test_a_file_that_changes_while_it_is_converted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overwrite(path: Path) -> Conversion:
        path.write_bytes(b"%PDF-1.7 another")
        return Conversion(text="old", grammar="text")

    use_converter(monkeypatch, ".pdf", overwrite)
    with pytest.raises(DocumentError, match="changed while it was read"):
        read_document(made(tmp_path, "a.pdf", b"%PDF-1.7"))


def test_what_no_database_can_hold_is_replaced_and_moves_no_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Conversion(text="a\x00b\ud800c", grammar="text", title="T\x00", meta={"k": ("v\udfff",)})
    use_converter(monkeypatch, ".pdf", lambda path: odd)
    document = read_document(made(tmp_path, "a.pdf", b"%PDF-1.7"))
    assert (document.text, document.title, document.meta["k"]) == ("a\ufffdb\ufffdc", "T\ufffd", ("v\ufffd",))


@pytest.mark.parametrize("suffix", CONVERTERS)
def test_every_kind_of_file_has_its_converter(suffix: str) -> None:
    converter = CONVERTERS[suffix]
    assert callable(converter.load())
    if converter.asks:
        assert not converter.load_looks_like()("plain words, and nothing else")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.yaml", "key: value\nother: 5\n", "text"),
        ("a.json", '{"key": "value"}', "text"),
        ("a.yaml", "openapi: 3.0.0\ninfo:\n  title: NRF\n  version: '1.2'\npaths: {}\n", "openapi"),
        ("a.txt", "plain words, and nothing else", "text"),
        ("a.html", "<html><body><h1>Title</h1><p>words</p></body></html>", "html"),
        ("a.log", "2024-01-01 00:00:00 link down\n", "capture"),
    ],
)
def test_text_is_what_it_looks_like(tmp_path: Path, name: str, text: str, kind: str) -> None:
    assert read_document(made(tmp_path, name, text.encode())).format == kind


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = made(tmp_path, "a.md", b"text")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DocumentError, match="can not be read: Permission denied"):
        read_document(path)


def zipped(tmp_path: Path, name: str, parts: dict[str, bytes]) -> Path:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


def test_an_office_file_that_is_a_bomb_never_reaches_its_converter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(path: Path) -> Conversion:
        raise AssertionError(path)

    use_converter(monkeypatch, ".docx", never)
    bomb = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b" " * 20_000_000}
    path = zipped(tmp_path, "a.docx", bomb)
    with pytest.raises(DocumentError, match="an archive bomb: .* bytes unpack to 20,000,000 or more"):
        read_document(path)
    # The same with sizes that lie: only what really comes out counts.
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rindex(mark) + offset
        data[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DocumentError, match="bomb|damaged"):
        read_document(path)


def test_a_missing_file_is_a_document_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can not be read"):
        read_document(tmp_path / "none.md")


def test_nul_in_wide_text_is_replaced_because_sqlite_ends_there() -> None:
    assert decode("a\x00b".encode("utf-16"), "x").text == "a\ufffdb"


def test_a_walk_is_stable_follows_links_once_and_reports_what_it_leaves_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    for name in ("b/z.md", "a.txt", ".hidden.md", "code.py"):
        (root / name).write_text("x")
    (root / "b" / "loop").symlink_to(root)
    (root / "again.txt").symlink_to(root / "a.txt")
    (root / "dangling.md").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe.md")
    walked = list(walk([root, tmp_path / "missing.md"]))
    found = {item.name: item.skipped for item in walked}
    assert [name for name, why in found.items() if not why] == ["a.txt", "b/z.md"]
    assert found[".hidden.md"] == "hidden"
    assert "read already" in found["again.txt"] and "read already" in found["b/loop"]
    assert "Convert it" in found["code.py"]
    # What a folder holds besides documents is no error; what was named is.
    assert {item.name for item in walked if item.failed} == {"dangling.md", "missing.md"}
    named = {item.name: item.failed for item in walk([root / "code.py", root / "pipe.md"])}
    assert named == {"code.py": True, "pipe.md": True}
    assert "can not be read" in found["dangling.md"]
    assert found["pipe.md"] == "not a regular file"
    assert found["missing.md"] == "no such file or folder"
