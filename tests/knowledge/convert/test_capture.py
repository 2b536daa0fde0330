from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.capture import convert, looks_like
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.prompts import prompt_of


def read(tmp_path: Path, data: bytes) -> Conversion:
    path = tmp_path / "made.log"
    path.write_bytes(data)
    return convert(path)


def test_a_capture_keeps_its_text_and_names_its_device(tmp_path: Path) -> None:
    source = (
        "router1#show ip bgp summary\r\nBGP router identifier 10.0.0.1\r\n\r\nNeighbor  V  AS\r\nrouter1#show clock\r\n"
    )
    found = read(tmp_path, source.encode())
    assert found.grammar == "log"
    assert found.text == source.replace("\r\n", "\n")
    assert found.title == "router1: made"
    assert [prompt_of(line) for line in found.text.split("\n") if prompt_of(line)] == [
        "show ip bgp summary",
        "show clock",
    ]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (b"\x1b[32mup\x1b[0m", "up"),
        (b"show versoin\x08\x08\x08ion", "show version"),
        (b"sh\x1b[3D\x1b[Kshow", "show"),
        (b"10%\r50%\r100%", "100%"),
        (b"\x1b]0;title of the window\x07text", "text"),
        (
            b" --More-- " + b"\x08" * 10 + b" " * 10 + b"\x08" * 10 + b"Neighbor",
            "Neighbor",
        ),
        (b"  ---- More ----\x1b[16D                \x1b[16DVlan 10", "Vlan 10"),
        (b"---(more 35%)---\r                \r  indented", "  indented"),
        (b"--More--", ""),
        (b" --More--  Gi0/1 is up", "Gi0/1 is up"),
        (b"Press any key to continue (Q to quit)", ""),
        (b"\x1b[999999999Cfar", None),
        ("价格 \x1b[1m字\x1b[0m".encode(), "价格 字"),
    ],
)
def test_what_the_terminal_showed(tmp_path: Path, typed: bytes, shown: str | None) -> None:
    lines = read(tmp_path, b"first line\n" + typed + b"\nlast line\n").text.split("\n")
    assert (lines[0], lines[2]) == ("first line", "last line")
    if shown is not None:
        assert lines[1] == shown
    assert not set(lines[1]) & set("\x1b\x08\r\x00")
    assert len(lines[1]) <= 10_010


def test_a_capture_full_of_backspaces_is_no_binary_data(tmp_path: Path) -> None:
    page = b"line of the output\r\n --More-- " + b"\x08" * 10 + b" " * 10 + b"\x08" * 10
    assert read(tmp_path, page * 200).text.count("line of the output") == 200


def test_old_line_ends_and_utf_16(tmp_path: Path) -> None:
    assert read(tmp_path, b"one\rtwo\rthree").text == "one\ntwo\nthree"
    assert (
        read(tmp_path, "router1#show \x1b[1mclock\x1b[0m\r\nnoon".encode("utf-16")).text == "router1#show clock\nnoon"
    )


@pytest.mark.parametrize(
    "text",
    [
        "hello\nrouter1#show version\nCisco IOS XE\n",
        "2026-01-05T10:11:12Z amf[12]: registered\n2026-01-05 10:11:13,123 amf[12]: deregistered\n",
        "$ kubectl get pods\nNAME READY\n",
        "Jan  5 10:11:12 host kernel: eth0: link up\nJan  5 10:11:13 host kernel: eth0: link down\n",
        "<189>1 2026-01-05T10:11:12Z r1 app - - - text\n<189>1 2026-01-05T10:11:13Z r1 app - - - text\n",
        "*Jan  5 10:11:12.345: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down\n",
        "[10:11:12] start\n[10:11:13] stop\n",
    ],
)
def test_captures_and_logs_are_told(text: str) -> None:
    assert looks_like(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A paragraph of prose.\n\nAnother one, at 10:11:12 or so.\n",
        "5.3.1 General\n\nText # not a prompt\n",
        "a\n" * 500,
    ],
)
def test_prose_is_no_capture(text: str) -> None:
    assert not looks_like(text)


@pytest.mark.parametrize("data", [b"", b"\x1b[0m\x1b[K\r\n", b"\x00\x01\x02\x03" * 1_000])
def test_nothing_or_binary_data_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, data)
    assert caught.value.mend


def test_hostile_lines_take_time_in_proportion_to_their_length(tmp_path: Path) -> None:
    for unit in (
        b"\x1b]",
        b"\x1bP",
        b"\x1b[",
        b"\x08",
        b"ab\r",
        b"x\x1b[2K",
        b"\x1b[9999C\x08",
        b"--more",
        b"\x1b[99C\x1b[K",
    ):
        data = b"start" + unit * (400_000 // len(unit)) + b"\nend\n"
        assert read(tmp_path, data).text.endswith("\nend\n")
