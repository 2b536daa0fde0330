"""Runs that wait, end, or do not exist, seen from the command line."""

import json
import sqlite3
from pathlib import Path

import pytest
from tests.cli.driving import Cli, Endpoint, is_error

from coreagent.testing.replies import UNAUTHORIZED

ASK = ("ask", "What is the A1 interface?")


def test_a_finished_run_is_not_resumed(cli: Cli) -> None:
    cli(*ASK)
    is_error(cli("runs", "resume"), 9, "is finished", "coreagent runs show")


@pytest.mark.parametrize("command", ["show", "resume"])
def test_there_is_no_run_yet(cli: Cli, command: str) -> None:
    result = cli("runs", command)
    assert result.code in (2, 9)
    assert len(result.error_lines) == 2


def test_an_empty_list_is_no_error(cli: Cli) -> None:
    for arguments in (("runs", "list"), ("memory", "list"), ("runs", "prune", "--keep", "0")):
        assert cli(*arguments).code == 0


def test_a_partial_answer_can_be_shown_again(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([UNAUTHORIZED]):
        first = cli(*ASK, "--model", "summarizer=v/m")
    again = cli("runs", "show")
    assert again.code == 0
    assert again.error_lines[0] == first.error_lines[0]
    assert "Found so far" in again.out


def test_pruning_deletes_what_it_says(cli: Cli) -> None:
    cli(*ASK)
    cli(*ASK)
    assert cli("runs", "prune", "--keep", "1").out == "deleted 1 runs\n"
    assert cli("runs", "prune", "--older-than-days", "0").out == "deleted 1 runs\n"


def test_an_approval_of_a_call_that_does_not_wait(cli: Cli, own_home: Path) -> None:
    run_id = json.loads(cli(*ASK, "--json").out)["run_id"]
    with sqlite3.connect(own_home / "runs" / "runs.sqlite") as connection:
        connection.execute("UPDATE runs SET status = 'interrupted'")
    connection.close()
    is_error(cli("runs", "resume", run_id, "--approve", "nope"), 2, "nope")
    is_error(cli("runs", "resume", run_id), 9, "no checkpoint", "ask the question again")


def test_the_beginning_of_an_id_is_enough_if_it_is_unique(cli: Cli) -> None:
    run_id = json.loads(cli(*ASK, "--json").out)["run_id"]
    assert cli("runs", "show", run_id[:-2]).out.startswith(run_id)
    cli(*ASK)
    assert cli("runs", "show", run_id[:4]).code == 2, "both begin so"
