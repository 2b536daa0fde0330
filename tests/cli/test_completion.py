"""Completion scripts, and what they call."""

import contextlib
import io
import shutil
import subprocess

import pytest
from tests.cli.driving import Cli

from coreagent.cli.app import run

SHELLS = {"bash": "bash", "zsh": "zsh", "fish": "fish"}


def completed(monkeypatch: pytest.MonkeyPatch, shell: str, words: str) -> list[str]:
    monkeypatch.setenv("_COREAGENT_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", words.split()[-1] if shell == "fish" else str(len(words.split()) - 1))
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="utf-8") as out:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as stopped:
            run([])
        out.flush()
        assert stopped.value.code == 0
        return raw.getvalue().decode().splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("coreagent as", ["plain,ask"]),
        ("coreagent corpus a", ["plain,add", "plain,audit"]),
        ("coreagent ask --budget-u", ["plain,--budget-usd"]),
        ("coreagent ask --graph to", ["plain,tool_use"]),
        ("coreagent nonsense x", []),
    ],
)
def test_bash(monkeypatch: pytest.MonkeyPatch, words: str, offered: list[str]) -> None:
    assert [line for line in completed(monkeypatch, "bash", words) if line] == offered


def test_zsh_and_fish_show_what_a_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "zsh", "coreagent ru") == ["plain", "runs", "List, show, resume and prune runs."]
    assert completed(monkeypatch, "fish", "coreagent ru") == ["plain,runs\tList, show, resume and prune runs."]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_that_the_shell_can_read(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).out
    assert "coreagent" in script
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    assert subprocess.run([found, "-n"], input=script, text=True, check=False, capture_output=True).stderr == ""
