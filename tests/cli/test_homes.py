"""A home folder that can not be made or written, is damaged, or belongs to a newer version."""

import sqlite3
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error

from coreagent.agents.memory import LongTermMemory
from coreagent.errors import RunError
from coreagent.runs import RunStore

ASK = ("ask", "What is the A1 interface?")
FILES = {
    "knowledge/corpora.sqlite3": (("corpus", "list"), 8),
    "runs/runs.sqlite": (("runs", "list"), 9),
    "memory.sqlite": (("memory", "list"), 9),
}


@pytest.fixture
def used_home(cli: Cli, own_home: Path) -> Path:
    Path("a.md").write_text("# A\n\nThe zorbulator carries zorb frames.\n", encoding="utf-8")
    assert cli("corpus", "add", "a.md", "--name", "x").code == 0
    assert cli(*ASK).code == 0
    return own_home


def test_a_home_that_can_not_be_made(cli: Cli) -> None:
    Path("file").write_text("", encoding="utf-8")
    Path("a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    home = ("--home", "file/home")
    is_error(cli(*home, *ASK), 9, "Not a directory", "COREAGENT_HOME")
    is_error(cli(*home, "runs", "list"), 9, "Not a directory", "COREAGENT_HOME")
    is_error(cli(*home, "memory", "list"), 9, "Not a directory", "COREAGENT_HOME")
    is_error(cli(*home, "corpus", "add", "a.md", "--name", "x"), 8, "Not a directory", "COREAGENT_HOME")
    assert cli(*home, "corpus", "search", "A1 policies").code == 0, "the primer can be read without a home"
    doctor = cli(*home, "doctor", "--no-endpoints")
    assert doctor.code == 1
    assert "FAIL  home" in doctor.out


@pytest.mark.parametrize("file", FILES)
def test_a_home_of_a_newer_version(cli: Cli, used_home: Path, file: str) -> None:
    with sqlite3.connect(used_home / file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    command, code = FILES[file]
    is_error(cli(*command), code, "newer", "COREAGENT_HOME")
    is_error(cli(*ASK), code, "newer", "COREAGENT_HOME")


@pytest.mark.parametrize("file", [*FILES, "runs/checkpoints.sqlite"])
def test_a_damaged_home(cli: Cli, used_home: Path, file: str) -> None:
    for stale in used_home.rglob("*.sqlite*-*"):
        stale.unlink()
    (used_home / file).write_bytes(b"garbage" * 1000)
    code = 8 if file.startswith("knowledge") else 9
    is_error(cli(*ASK), code, "not a database", "ove")
    Path(used_home / file).unlink()
    assert cli(*ASK).code == 0, "it is made anew"


def test_a_full_disk_does_not_take_the_answer_away(cli: Cli, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise RunError("database or disk is full")

    monkeypatch.setattr(LongTermMemory, "remember", full)
    result = cli(*ASK, "--stream")
    assert result.code == 0
    assert "The A1 interface is" in result.out
    assert "not remembered: database or disk is full" in result.err


def test_a_run_that_can_not_be_stored_still_gives_its_answer(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RunError("database or disk is full", mend="Free disk space.")

    monkeypatch.setattr(RunStore, "finish", full)
    result = cli(*ASK)
    assert result.code == 9
    assert "The A1 interface is" in result.out
    assert result.error_lines == ["error: database or disk is full", "  Free disk space."]
