import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents import archives
from coreagent.knowledge.documents.archives import Member, is_archive, unpack

TEXT = b"# A\n\nwords\n"


def zip_bytes(parts: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_bytes(parts: Mapping[str, bytes], mode: str = "w", extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    out = io.BytesIO()
    make: Callable[..., tarfile.TarFile] = tarfile.open
    with make(fileobj=out, mode=mode) as archive:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in extra:
            archive.addfile(info)
    return out.getvalue()


def unpacked(tmp_path: Path, name: str, data: bytes, *, max_mb: int = 100, max_file_mb: int = 50) -> dict[str, Member]:
    path = tmp_path / name
    path.write_bytes(data)
    folder = tmp_path / "out"
    folder.mkdir()
    members = unpack(path, folder, max_mb=max_mb, max_file_mb=max_file_mb)
    # Only what was handed out lies there, under names of our own.
    assert {found.name for found in folder.iterdir()} == {member.path.name for member in members if not member.problem}
    return {member.name: member for member in members}


MAKERS = {
    "a.zip": zip_bytes({"x/a.md": TEXT}),
    "a.tar": tar_bytes({"x/a.md": TEXT}),
    "a.tar.gz": tar_bytes({"x/a.md": TEXT}, "w:gz"),
    "a.TGZ": tar_bytes({"x/a.md": TEXT}, "w:gz"),
    "a.tar.bz2": tar_bytes({"x/a.md": TEXT}, "w:bz2"),
    "a.tar.xz": tar_bytes({"x/a.md": TEXT}, "w:xz"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_members_come_out_with_their_names(tmp_path: Path, name: str) -> None:
    assert is_archive(name)
    members = unpacked(tmp_path, name, MAKERS[name])
    assert list(members) == ["x/a.md"]
    assert members["x/a.md"].path.read_bytes() == TEXT and members["x/a.md"].path.suffix == ".md"


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.md.gz", gzip.compress(TEXT)), ("a.md.bz2", bz2.compress(TEXT)), ("a.md.xz", lzma.compress(TEXT))],
)
def test_one_packed_file_is_an_archive_of_one(tmp_path: Path, name: str, data: bytes) -> None:
    assert unpacked(tmp_path, name, data)["a.md"].path.read_bytes() == TEXT


def test_archives_inside_archives_are_opened_two_deep(tmp_path: Path) -> None:
    third = zip_bytes({"c.md": TEXT})
    second = tar_bytes({"third.zip": third, "b.md": TEXT}, "w:gz")
    first = zip_bytes({"in/second.tar.gz": second, "a.md": TEXT})
    members = unpacked(tmp_path, "top.zip", zip_bytes({"first.zip": first}))
    assert {name for name, member in members.items() if not member.problem} == {
        "first.zip!/a.md",
        "first.zip!/in/second.tar.gz!/b.md",
    }
    deep = members["first.zip!/in/second.tar.gz!/third.zip"]
    assert deep.failed and "more than 2 deep" in deep.problem


@pytest.mark.parametrize("name", ["/etc/a.md", "../a.md", "x/../../a.md", "..\\a.md", "C:/a.md"])
@pytest.mark.parametrize("kind", ["a.zip", "a.tar"])
def test_a_path_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    parts = {name: TEXT, "good.md": TEXT}
    data = zip_bytes(parts) if kind == "a.zip" else tar_bytes(parts)
    members = unpacked(tmp_path, kind, data)
    bad = [member for member in members.values() if member.failed]
    assert [member.problem for member in bad] == ["its path leads out of the archive"]
    assert not members["good.md"].problem


def test_links_devices_and_hidden_members_are_passed_over(tmp_path: Path) -> None:
    odd: list[tarfile.TarInfo] = []
    for name, kind in (("l.md", tarfile.SYMTYPE), ("h.md", tarfile.LNKTYPE), ("d.md", tarfile.CHRTYPE)):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        odd.append(info)
    members = unpacked(tmp_path, "a.tar", tar_bytes({".git/a.md": TEXT, "a.exe": b"MZ"}, extra=tuple(odd)))
    assert {name: member.problem for name, member in members.items() if name.endswith(".md")} == {
        ".git/a.md": "hidden",
        "l.md": "a link or a device",
        "h.md": "a link or a device",
        "d.md": "a link or a device",
    }
    assert "are not read" in members["a.exe"].problem
    assert not any(member.failed for member in members.values())


def test_a_link_in_a_zip_is_passed_over(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert unpacked(tmp_path, "a.zip", out.getvalue())["a.md"].problem == "a link or a device"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_member_of_one_name_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.md", TEXT)
        archive.writestr("a.md", b"another")
    path = tmp_path / "a.zip"
    path.write_bytes(out.getvalue())
    (tmp_path / "out").mkdir()
    first, second = unpack(path, tmp_path / "out", max_mb=1, max_file_mb=1)
    assert first.path.read_bytes() == TEXT and second.failed and "second member" in second.problem


BOMB = b"\x00" * 30_000_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zip_bytes({"a.txt": BOMB})),
        ("a.zip", zip_bytes({"a.txt": BOMB}, method=zipfile.ZIP_LZMA)),
        ("a.tar.gz", tar_bytes({"a.txt": BOMB}, "w:gz")),
        ("a.tar.xz", tar_bytes({"pass-over.exe": BOMB}, "w:xz")),
        ("a.txt.gz", gzip.compress(BOMB)),
        ("a.txt.xz", lzma.compress(BOMB)),
        ("a.zip", zip_bytes({"in.zip": zip_bytes({"a.txt": BOMB})})),
        ("a.zip", zip_bytes({"in.tar.bz2": tar_bytes({"a.txt": BOMB}, "w:bz2")})),
    ],
)
def test_a_bomb_is_refused_with_its_figures(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"an archive bomb: [\d,]+ bytes unpack to [\d,]+ or more"):
        unpacked(tmp_path, name, data)


def test_an_archive_may_unpack_to_so_much_and_no_more(tmp_path: Path) -> None:
    part = bytes(range(256)) * 4_000
    data = zip_bytes({f"{number}.txt": part for number in range(4)}, method=zipfile.ZIP_STORED)
    with pytest.raises(DocumentError, match="unpacks to more than 2 MB") as caught:
        unpacked(tmp_path, "a.zip", data, max_mb=2)
    assert "max_archive_mb" in caught.value.mend


def test_members_that_are_too_large_or_damaged_cost_themselves_only(tmp_path: Path) -> None:
    data = zip_bytes({"big.txt": b"x" * 2_000_000, "bad.txt": b"y" * 50, "good.md": TEXT}, method=zipfile.ZIP_STORED)
    members = unpacked(tmp_path, "a.zip", data.replace(b"y" * 50, b"z" * 50, 1), max_file_mb=1)
    assert "over the limit of 1 MB" in members["big.txt"].problem
    assert "CRC" in members["bad.txt"].problem
    assert not members["good.md"].problem and members["bad.txt"].failed


def test_more_members_than_anybody_packs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(DocumentError, match="more than 3 members"):
        unpacked(tmp_path, "a.zip", zip_bytes({f"{number}.exe": b"" for number in range(4)}))


def encrypted() -> bytes:
    data = bytearray(zip_bytes({"a.md": TEXT}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.zip", encrypted(), "the archive is encrypted"),
        ("a.zip", b"nothing like a zip", "the archive is damaged"),
        ("a.zip", b"", "the archive is damaged"),
        ("a.tar", b"nothing like a tar" * 100, "the archive is damaged"),
        ("a.tar.gz", MAKERS["a.tar.gz"][:60], "the archive is damaged"),
        ("a.tar.gz", b"no gzip", "the archive is damaged"),
        ("a.tar.xz", MAKERS["a.tar.xz"][:60], "the archive is damaged"),
        ("a.md.gz", b"no gzip", "the archive is damaged"),
        ("a.md.bz2", b"no bzip", "the archive is damaged"),
        ("a.md.xz", b"no xz", "the archive is damaged"),
    ],
)
def test_what_can_not_be_unpacked_says_why(tmp_path: Path, name: str, data: bytes, cause: str) -> None:
    with pytest.raises(DocumentError, match=cause) as caught:
        unpacked(tmp_path, name, data)
    assert caught.value.path.endswith(name) and caught.value.mend


def test_a_damaged_inner_archive_costs_itself_only(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(300_000)
    cut = tar_bytes({"early.txt": TEXT, "late.txt": noise}, "w:gz")[:-2_000]
    members = unpacked(tmp_path, "a.zip", zip_bytes({"in.zip": b"broken", "cut.tar.gz": cut, "a.md": TEXT}))
    assert set(members) == {"in.zip", "cut.tar.gz", "a.md"}
    assert "damaged" in members["in.zip"].problem and "damaged" in members["cut.tar.gz"].problem
    assert not members["a.md"].problem


def test_a_missing_archive_is_a_document_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can not be read"):
        unpack(tmp_path / "none.zip", tmp_path, max_mb=1, max_file_mb=1)
