"""Endpoints that fail: the cause and the mend on standard error, what was found on standard output, exit code 4."""

import json

import pytest
from tests.cli.driving import Cli, Endpoint

from coreagent.messages import ToolCall
from coreagent.testing.replies import (
    HTML,
    MALFORMED_JSON,
    SERVER_ERROR,
    UNAUTHORIZED,
    WRONG_ARGUMENTS,
    Cut,
    HttpError,
    Raw,
    Reply,
    Stall,
)

QUESTION = "What is the A1 interface?"
ONCE = "max_attempts = 1"


@pytest.mark.parametrize(
    ("reply", "extra", "cause", "mend"),
    [
        (UNAUTHORIZED, "", "401", "api_key_env"),
        (HttpError(429, "slow down", {"Retry-After": "3600"}), "", "asks to wait 3600 s", "Wait"),
        (SERVER_ERROR, ONCE, "500", "log of the server"),
        (HTML, "", "web page (HTML)", "base_url"),
        (MALFORMED_JSON, "", "not a whole JSON object", "protocol"),
        (Raw("[]"), "", "JSON", "protocol"),
        (Raw('{"choices": []}'), "", "no choices", "protocol"),
        (Cut(), ONCE, "broke before the answer was whole", "Ask again"),
        (Stall(5), f"{ONCE}\ntotal_timeout_s = 0.2", "within 0.2 s", "total_timeout_s"),
        (HttpError(404, "no such model"), "", "404", ""),
    ],
)
def test_a_summarizer_that_fails(cli: Cli, endpoint: Endpoint, reply: Reply, extra: str, cause: str, mend: str) -> None:
    with endpoint([reply], extra=extra):
        result = cli("ask", QUESTION, "--model", "summarizer=v/m")
    assert result.code == 4
    assert result.error_lines[0].startswith("stopped at step 3: v/m: ")
    assert result.error_lines[0].endswith(". Partial answer below.")
    assert cause in result.error_lines[0]
    assert mend in result.error_lines[1]
    assert "Found so far" in result.out, "what was found is not lost"
    assert '[1] primer, "A1 interface"' in result.out


def test_retry_after_is_waited_for_and_a_500_tried_again(cli: Cli, endpoint: Endpoint) -> None:
    late = HttpError(429, "slow down", {"Retry-After": "0.1"})
    with endpoint([late, "It carries policies [1]."], extra="max_attempts = 2") as server:
        assert cli("ask", QUESTION, "--model", "summarizer=v/m").code == 0
        server.assert_done()


def test_no_endpoint_at_all(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([], extra=ONCE):
        pass
    result = cli("ask", QUESTION, "--model", "summarizer=v/m")
    assert result.code == 4
    assert "no connection to http://127.0.0.1" in result.error_lines[0]
    assert "Start the server" in result.error_lines[1]


def test_a_stream_that_is_cut_shows_what_came_and_then_what_was_found(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([Cut("The first half")]):
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--stream")
    assert result.code == 4
    assert result.out.startswith("The first half\n")
    assert "Found so far" in result.out
    assert "ended before the answer did. Partial answer below." in result.err


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (ToolCall("c", "no_such_tool", "{}"), "there is no tool 'no_such_tool'"),
        (WRONG_ARGUMENTS, "not valid JSON"),
        (ToolCall("c", "search_corpus", '{"question": 3}'), "'query' is missing"),
        (ToolCall("c", "\x1b[31m", "{}"), r"\x1b[31m"),
    ],
)
def test_a_caller_that_calls_what_is_not_there(cli: Cli, endpoint: Endpoint, reply: Reply, cause: str) -> None:
    with endpoint([reply, reply], role="caller") as server:
        result = cli("ask", QUESTION, "--model", "caller=v/m")
        server.assert_done()
    assert result.code == 4
    assert cause in result.error_lines[0]
    assert "\x1b" not in result.out + result.err


def test_a_planner_that_writes_no_plan_is_done_without(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint(["no plan"] * 4, role="planner"):
        result = cli("ask", QUESTION, "--model", "planner=v/m", "--stream")
    assert result.code == 0
    assert "no usable plan" in result.err


def test_a_verifier_that_answers_nonsense_leaves_the_answer_unverified(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint(["<html>", "<html>"], role="verifier"):
        result = cli("ask", QUESTION, "--model", "verifier=v/m")
    assert result.code == 4
    assert "The A1 interface is" in result.out
    assert "not verified" in result.out


def test_json_stays_json_when_the_endpoint_fails(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([UNAUTHORIZED]):
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--json", "--stream", "--explain")
    answer = json.loads(result.out)
    assert (result.code, answer["status"], answer["error"]) == (4, "partial", "ModelAuthError")
    assert "api_key_env" in answer["mend"]
    assert len(result.error_lines) == 2


def test_half_a_surrogate_pair_from_a_model_breaks_nothing(cli: Cli, endpoint: Endpoint) -> None:
    half = Raw('{"choices": [{"message": {"content": "A smile \\ud83d [1]."}, "finish_reason": "stop"}]}')
    with endpoint([half] * 3):
        assert "A smile \ufffd [1]." in cli("ask", QUESTION, "--model", "summarizer=v/m").out
    with endpoint([half] * 3):
        assert "A smile" in json.loads(cli("ask", QUESTION, "--model", "summarizer=v/m", "--json").out)["text"]
    assert cli("runs", "show").code == 0
    assert cli("memory", "list").code == 0


def test_a_model_without_a_price_is_not_used_under_a_dollar_limit(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([]) as server:
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--budget-usd", "1")
        server.assert_done()
    assert result.code == 4
    assert "price" in result.err


def test_an_exhausted_budget_gives_the_partial_answer(cli: Cli, endpoint: Endpoint) -> None:
    price = "price = {input_usd_per_mtok = 1000, output_usd_per_mtok = 1000}"
    with endpoint([], extra=price) as server:
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--budget-usd", "0.001")
        server.assert_done()
    assert result.code == 5
    assert result.error_lines[0].startswith("stopped before step 3: ")
    assert "Found so far" in result.out

    tokens = cli("ask", QUESTION, "--budget-tokens", "10")
    assert tokens.code == 5
    assert "predicted at" in tokens.error_lines[0]
    assert "10 tokens is left in the run budget. Partial answer below." in tokens.error_lines[0]
    assert "Raise the tokens limit" in tokens.error_lines[1]

    seconds = cli("ask", QUESTION, "--budget-seconds", "0.000001")
    assert seconds.code == 5
    assert "the time of the run is up" in seconds.error_lines[0]
