import os
from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents import reading
from coreagent.knowledge.documents.front_matter import split_front_matter
from coreagent.knowledge.documents.reading import decode, walk
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


@pytest.mark.parametrize(
    ("name", "data", "cause", "mend"),
    [
        ("a.md", b" \n\t\n", "empty", "write"),
        ("a.md", b"---\ntitle: x\n---\n \n", "no text", "article"),
        ("a.md", b"\x7fELF\x00\x01\x02\x00", "binary", "Convert"),
        ("a.md", b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 9, "offset 0", "iconv"),
        ("a.txt", "Größe".encode("cp1252"), "0xf6 at offset 2", "iconv"),
        ("a.txt", "plain text here".encode("utf-16-le"), "UTF-16LE", "iconv -f UTF-16LE"),
        ("a.txt", b"\xff\xfea\x00b", "UTF-16", "iconv"),
        ("a.txt", b"ok " + bytes([1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16]) * 4, "binary", "Convert"),
        ("a.pdf", b"%PDF", "unsupported", "pdftotext"),
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


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(reading.MAX_BYTES + 1)
    with pytest.raises(DocumentError, match="over the limit of 50 MB"):
        read_document(path)


def test_a_missing_file_is_a_document_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can not be read"):
        read_document(tmp_path / "none.md")


def test_nul_in_wide_text_is_replaced_because_sqlite_ends_there() -> None:
    assert decode("a\x00b".encode("utf-16"), "x") == "a\ufffdb"


def test_a_walk_is_stable_follows_links_once_and_reports_what_it_leaves_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    for name in ("b/z.md", "a.txt", ".hidden.md", "code.py"):
        (root / name).write_text("x")
    (root / "b" / "loop").symlink_to(root)
    (root / "again.txt").symlink_to(root / "a.txt")
    (root / "dangling.md").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe.md")
    found = {item.name: item.skipped for item in walk([root, tmp_path / "missing.md"])}
    assert [name for name, why in found.items() if not why] == ["a.txt", "b/z.md"]
    assert found[".hidden.md"] == "hidden"
    assert "read already" in found["again.txt"] and "read already" in found["b/loop"]
    assert "Convert it" in found["code.py"]
    assert "can not be read" in found["dangling.md"]
    assert found["pipe.md"] == "not a regular file"
    assert found["missing.md"] == "no such file or folder"
