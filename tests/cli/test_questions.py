"""Questions that are none: empty, huge, binary, and intents of the wrong form."""

import json
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error

MEGABYTE = 1_000_000


@pytest.mark.parametrize("question", [[], [""], ["  \n\t "], ["", " "]])
def test_an_empty_question(cli: Cli, question: list[str]) -> None:
    is_error(cli("ask", *question), 2, "the question is empty", "coreagent ask")


@pytest.mark.parametrize("stdin", [b"", b" \n", b"\xef\xbb\xbf"])
def test_empty_standard_input(cli: Cli, stdin: bytes) -> None:
    is_error(cli("ask", "-", stdin=stdin), 2, "the question is empty")


def test_a_megabyte_is_refused_wherever_it_comes_from(cli: Cli) -> None:
    Path("intent.json").write_text(json.dumps({"goal": "x" * MEGABYTE}), encoding="utf-8")
    for result in (
        cli("ask", "x" * MEGABYTE),
        cli("ask", "-", stdin=b"x" * MEGABYTE),
        cli("ask", "--intent", "intent.json"),
    ):
        is_error(result, 2, "0,000", "coreagent corpus add")


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"caf\xe9", bytes(range(128, 256))])
def test_standard_input_that_is_not_utf8(cli: Cli, raw: bytes) -> None:
    is_error(cli("ask", "-", stdin=raw), 2, "not UTF-8", "iconv")


def test_an_argument_that_is_not_utf8(cli: Cli) -> None:
    is_error(cli("ask", "caf\udce9"), 2, "not valid UTF-8", "iconv")
    is_error(cli("ask", "half \ud83d"), 2, "not valid UTF-8", "iconv")


def test_an_argument_that_a_locale_without_utf8_took_apart_is_put_together(cli: Cli) -> None:
    bytes_as_surrogates = "Übertragung 5G".encode().decode("ascii", "surrogateescape")
    result = cli("ask", bytes_as_surrogates, "--json")
    assert result.code == 0
    assert json.loads(result.out)["question"] == "Übertragung 5G"


def test_nul_bytes(cli: Cli) -> None:
    is_error(cli("ask", "-", stdin=b"a\x00b"), 2, "NUL")


def test_a_question_that_looks_like_an_option(cli: Cli) -> None:
    is_error(cli("ask", "-110 dBm: is that weak?"), 2, "no such option", "coreagent ask --help")
    assert cli("ask", "--", "-110 dBm: is that weak?").code == 0


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "Invalid JSON"),
        ("not json", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ("[1]", "must be an object"),
        ("{}", "at goal: Field required"),
        ('{"goal": ""}', "the question is empty"),
        ('{"goal": 7}', "at goal: must be a valid string"),
        ('{"goal": "x", "budget": 1}', "at budget: unknown key"),
        ('{"goal": "x", "constraints": {"budget_usd": -1}}', "at constraints.budget_usd: must be greater"),
        ('{"goal": "x", "constraints": {"budget_usd": NaN}}', "constraints.budget_usd"),
        ('{"goal": "x", "constraints": {"privacy": "secret"}}', "must be 'public', 'internal' or 'confidential'"),
        ('{"goal": "\\ud83d"}', "Invalid JSON"),
    ],
)
def test_a_wrong_intent_file(cli: Cli, text: str, cause: str) -> None:
    Path("intent.json").write_text(text, encoding="utf-8")
    is_error(cli("ask", "--intent", "intent.json"), 2, cause)


def test_an_intent_file_that_is_not_there_or_no_file(cli: Cli, tmp_path: Path) -> None:
    is_error(cli("ask", "--intent", "nope.json"), 2, "nope.json can not be read", "--intent")
    is_error(cli("ask", "--intent", str(tmp_path)), 2, "Is a directory")
    is_error(cli("ask", "--intent", ""), 2, "empty")


def test_a_question_and_an_intent(cli: Cli) -> None:
    is_error(cli("ask", "x", "--intent", "intent.json"), 2, "both given")


@pytest.mark.parametrize("amount", ["nan", "inf", "-1", "much"])
def test_a_budget_that_limits_nothing(cli: Cli, amount: str) -> None:
    is_error(cli("ask", "What is A1?", "--budget-usd", amount), 2, "--budget-usd")
    is_error(cli("ask", "What is A1?", "--budget-seconds", amount), 2, "--budget-seconds")
