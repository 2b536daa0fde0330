"""A tool of the user's own that changes something, from the command line: it waits, and a later command decides."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.driving import Cli, Result, is_error

TOOLS = '''
from pathlib import Path
from coreagent import ToolContext, tool

@tool(effect="write")
def set_tilt(cell: str, degrees: float, context: ToolContext) -> str:
    """Set the electrical tilt of a cell's antenna.

    Args:
        cell: name of the cell.
        degrees: electrical tilt in degrees.
    """
    with Path(__file__).with_name("changes.log").open("a") as file:
        file.write(f"{cell} {degrees} {context.idempotency_key[:8]}\\n")
    return f"The tilt of cell {cell} is now {degrees:g} degrees."
'''
REQUEST = "Set the tilt of cell 33 to 4 degrees"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(TOOLS, encoding="utf-8")
    path = tmp_path / "site.toml"
    path.write_text('[agent]\ntools = ["mine.py:set_tilt"]\n', encoding="utf-8")
    return path


def waiting_call(result: Result) -> str:
    found = re.search(r"--approve (\S+)", result.err)
    assert found, result.err
    return found[1]


def changes(config: Path) -> list[str]:
    log = config.with_name("changes.log")
    return [line.rsplit(" ", 1)[0] for line in log.read_text().splitlines()] if log.exists() else []


def test_a_write_waits_and_is_done_when_approved(cli: Cli, config: Path) -> None:
    asked = cli("--config", str(config), "ask", REQUEST)
    assert asked.code == 10
    assert changes(config) == []
    assert "waiting" in cli("--config", str(config), "runs", "list").out

    done = cli("--config", str(config), "runs", "resume", "last", "--approve", waiting_call(asked))
    assert done.code == 0, done.err
    assert "The tilt of cell 33 is now 4 degrees" in done.out
    assert changes(config) == ["33 4.0"]


def test_a_write_that_is_denied_is_not_done_and_the_reason_is_heard(cli: Cli, config: Path) -> None:
    asked = cli("--config", str(config), "ask", REQUEST)
    denied = cli(
        "--config", str(config), "runs", "resume", "--deny", waiting_call(asked), "--reason", "not in busy hour"
    )
    # Asked once: the next plan proposes the same call, and the no still holds.
    assert denied.code == 0
    assert changes(config) == []
    events = [json.loads(line) for line in cli("runs", "show", "--json").out.splitlines()]
    given = next(event for event in events if event["event"] == "ApprovalGiven")
    assert (given["approved"], given["reason"]) == (False, "not in busy hour")
    assert any(event["event"] == "Feedback" and event["source"] == "human" for event in events)


def test_a_resumed_run_without_a_decision_still_waits(cli: Cli, config: Path) -> None:
    cli("--config", str(config), "ask", REQUEST)
    assert cli("--config", str(config), "runs", "resume").code == 10
    assert changes(config) == []


def test_tools_of_a_settings_file_that_was_only_found_are_not_run(cli: Cli, config: Path) -> None:
    found = Path("coreagent.toml")
    found.write_text(config.read_text().replace("mine.py", str(config.with_name("mine.py"))), encoding="utf-8")
    is_error(cli("ask", REQUEST), 3, "must be chosen by name", "--config coreagent.toml")
