"""Conversations from the command line."""

import json
from pathlib import Path

from tests.cli.driving import Cli, is_error


def test_a_conversation_from_a_pipe_is_kept_found_and_carried_over(cli: Cli, tmp_path: Path) -> None:
    talk = cli("chat", stdin=b"What is the A1 interface?\nAnd what about E2?\n")
    assert talk.code == 0, talk.err
    assert talk.err == ""
    assert talk.out.count("built-in models, no LLM") == 2
    assert '[1] primer, "A1 interface"' in talk.out

    assert "What is the A1 interface?" in cli("chats", "list").out
    assert "And what about E2?" in cli("chats", "show").out
    assert "What is the A1 interface?" in cli("chats", "search", "A1", "inter").out
    assert cli("chats", "search", "zorbulator").err == "nothing found\n"

    for name in ("talk.md", "talk.html", "talk.jsonl"):
        assert cli("chats", "export", "--output", name).out == f"wrote 2 turns to {name}\n"
    assert Path("talk.md").read_text(encoding="utf-8").startswith("# What is the A1 interface?")
    assert "<script" not in Path("talk.html").read_text(encoding="utf-8")
    assert all(json.loads(line) for line in Path("talk.jsonl").read_text(encoding="utf-8").splitlines())

    other = ("--home", str(tmp_path / "other"))
    assert "2 turns added" in cli(*other, "chats", "import", "talk.jsonl").out
    assert "2 were here already" in cli(*other, "chats", "import", "talk.jsonl").out
    assert "2 turns added" in cli(*other, "chats", "import", "--copy", "talk.jsonl").out
    assert "And what about E2?" in cli(*other, "chats", "show").out


def test_it_goes_on_is_renamed_and_deleted(cli: Cli) -> None:
    assert cli("chat", "What", "is", "A1?").code == 0
    assert cli("chat", "--continue", stdin=b"And E2?\n").code == 0
    assert cli("chats", "rename", "last", "Interfaces").out.endswith("Interfaces\n")
    assert "Interfaces" in cli("chats", "list").out
    assert cli("chats", "delete", "last", "--yes").out.startswith("deleted ")
    is_error(cli("chats", "show"), 2, "unknown conversation 'last'", "coreagent chats list")


def test_a_pipe_with_a_question_that_can_not_be_asked_says_so(cli: Cli) -> None:
    talk = cli("chat", stdin=b"/nonsense\nWhat is A1?\n")
    assert talk.code == 1
    assert "there is no command /nonsense" in talk.err
    assert "A1" in talk.out


def test_what_is_wrong_is_said_in_two_lines(cli: Cli) -> None:
    Path("torn.jsonl").write_text('{"format": "coreagent-conv', encoding="utf-8")
    torn = cli("chats", "import", "torn.jsonl")
    assert torn.code != 0
    assert torn.error_lines[0].startswith("error: torn.jsonl")
    assert cli("chat", "--chat", "zzz").code != 0
    assert cli("chat", "--continue").code != 0
