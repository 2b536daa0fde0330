"""What is printed: JSON that is JSON, lines that fit, nothing that a locale or an encoding can break."""

import io
import json
import re
import sys
from collections.abc import Iterator

import pytest
from tests.cli.driving import Cli, Endpoint

from coreagent.cli import render
from coreagent.cli.app import run
from coreagent.cli.live import LiveAnswer
from coreagent.cli.text import printable
from coreagent.events import Token

QUESTION = "What is the A1 interface?"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    render.console.cache_clear()
    yield
    render.console.cache_clear()


@pytest.mark.parametrize("flags", [[], ["--stream"], ["--explain"], ["--budget-tokens", "10"]])
def test_json_is_one_object_and_nothing_else(cli: Cli, flags: list[str]) -> None:
    result = cli("ask", QUESTION, "--json", *flags)
    answer = json.loads(result.out)
    assert answer["question"] == QUESTION
    assert answer["run_id"]
    assert cli("runs", "show", answer["run_id"]).code == 0


def test_json_of_an_error_is_nothing(cli: Cli) -> None:
    result = cli("ask", "", "--json")
    assert (result.code, result.out) == (2, "")


def test_events_are_json_lines(cli: Cli) -> None:
    cli("ask", QUESTION)
    lines = [json.loads(line) for line in cli("runs", "show", "last", "--json").out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_an_encoding_that_lacks_characters_stops_nothing(cli: Cli, encoding: str) -> None:
    question = "Übertragung – was ist das? 中文"
    for arguments in (
        ("ask", question),
        ("ask", question, "--stream", "--explain"),
        ("runs", "show"),
        ("runs", "list"),
    ):
        result = cli(*arguments, encoding=encoding)
        assert result.code == 0
    assert "\\u4e2d" in cli("ask", question, encoding=encoding).out
    assert json.loads(cli("ask", question, "--json", encoding=encoding).out)["question"] == question
    assert cli("ask", "x", "--corpus", "中", encoding=encoding).code == 2


@pytest.mark.usefixtures("narrow")
def test_an_answer_fits_80_columns(cli: Cli) -> None:
    for arguments in (
        ("ask", QUESTION),
        ("ask", QUESTION, "--stream"),
        ("ask", QUESTION, "--explain"),
        ("runs", "show", "last"),
        ("runs", "list"),
        ("models", "list"),
        ("corpus", "list"),
        ("memory", "list"),
    ):
        result = cli(*arguments)
        assert result.code == 0
        assert max(map(len, re.sub("\x1b\\[[0-9;]*m", "", result.out).splitlines())) <= 80, arguments


@pytest.mark.usefixtures("narrow")
def test_tables_cut_no_name(cli: Cli) -> None:
    long = "a-provider-with-a-long-name/a-model-with-a-long-name-70b-instruct"
    run_id = json.loads(cli("ask", QUESTION, "--json").out)["run_id"]
    assert run_id in cli("runs", "list").out
    assert "builtin/summarizer" in cli("ask", QUESTION, "--explain").out
    cli("models", "add", long, "--base-url", "http://127.0.0.1:9/v1", "--no-check")
    assert long in cli("models", "list").out


def test_streaming_prints_the_answer_once(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint(["It carries policies [1]."]):
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--stream", "--model", "verifier=builtin/verifier")
    assert result.out.count("It carries policies [1].") == 1
    assert '[1] primer, "A1 interface"' in result.out
    assert "summarizer -> v/m" in result.err


class _Pieces(io.StringIO):
    """Standard output that remembers what was there at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def flush(self) -> None:
        if not self.closed:
            self.seen.append(self.getvalue())


def test_streaming_prints_as_the_words_come(monkeypatch: pytest.MonkeyPatch) -> None:
    out = _Pieces()
    monkeypatch.setattr(sys, "stdout", out)
    live = LiveAnswer()
    shown: list[str] = []
    for text in ("The A1 inter", "face ", "carries pol", "icies."):
        live.take(Token(text, 0))
        shown.append(out.seen[-1])
    live.end()
    assert shown == ["The A1 ", "The A1 interface", "The A1 interface carries ", "The A1 interface carries "]
    assert out.getvalue() == "The A1 interface carries policies.\n"
    assert live.text == "The A1 interface carries policies."


@pytest.mark.usefixtures("narrow")
def test_streaming_wraps_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    live = LiveAnswer()
    words = [f"word{number} " for number in range(60)]
    for word in words:
        live.take(Token(word[:3], 0))
        live.take(Token(word[3:], 0))
    live.end()
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).split() == [word.strip() for word in words]


def test_a_second_draft_begins_on_its_own_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    live = LiveAnswer()
    live.take(Token("First", 0))
    live.take(Token("Second", 1))
    live.end()
    printed = capsys.readouterr()
    assert printed.out == "First\nSecond\n"
    assert "written again" in printed.err
    assert live.text == "Second"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb", r"a\x0db"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("half \ud83d", r"half \ud83d"),
        ("a\u202eb", r"a\u202eb"),
        ("Übertragung 中文 😀", "Übertragung 中文 😀"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_standard_streams_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    try:
        assert run(["corpus", "list"]) == 0
        assert run(["ask", "-"]) == 2
    finally:
        for name in ("stdin", "stdout", "stderr"):
            getattr(sys, name).close()
