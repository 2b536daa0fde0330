"""A conversation in lines, over a fake system and a real store."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tui.fakes import PENDING, FakeEngine, run_of

from coreagent.conversations.store import ConversationStore
from coreagent.errors import ModelUnreachableError, RunError
from coreagent.events import ApprovalNeeded, RunStarted, Token
from coreagent.runs.process import Owner
from coreagent.tui.plain.line_commands import COMMANDS, LineCommands
from coreagent.tui.plain.line_mode import LineMode
from coreagent.tui.plain.lines import Lines


class Terminal:
    """Somebody who types these lines, and what they see."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.told: list[str] = []
        self.engine = FakeEngine()
        self.modes: list[LineMode] = []

    def __call__(self, *typed: str, interactive: bool = False, chat: str = "", question: str = "") -> bool:
        self.said.clear()
        self.told.clear()
        lines = iter(typed)

        def read(prompt: str) -> str:
            line = next(lines, None)
            if line is None:
                raise EOFError
            return line

        mode = LineMode(
            ConversationStore(self.path),
            lambda: self.engine,
            say=self.said.append,
            tell=self.told.append,
            lines=Lines(read),
            interactive=interactive,
        )
        self.modes.append(mode)
        return asyncio.run(mode.run(chat, question))

    @property
    def out(self) -> str:
        return "".join(self.said)

    @property
    def err(self) -> str:
        return "".join(self.told)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "conversations.sqlite")


@pytest.fixture
def kept(terminal: Terminal) -> Iterator[ConversationStore]:
    with ConversationStore(terminal.path) as store:
        yield store


def test_an_answer_is_said_once_with_its_sources_and_its_worth(terminal: Terminal) -> None:
    assert terminal("What is A1?")
    assert terminal.out.count("The A1 interface carries policies") == 1
    assert '[1] primer, "A1 interface" § Policies' in terminal.out
    assert "verified: supported" in terminal.out
    assert "built-in" not in terminal.out
    assert terminal.err == ""
    assert terminal.engine.closed


def test_a_person_sees_steps_and_the_answer_as_it_is_written(terminal: Terminal) -> None:
    assert terminal("What is A1?", interactive=True)
    assert "summarizer -> ollama/qwen3:8b" in terminal.err
    assert terminal.out.count("The A1 interface carries policies") == 1, "streamed, and not said again"


def test_what_a_model_writes_is_shown_and_never_obeyed(terminal: Terminal) -> None:
    terminal.engine.chat.scripts["q"] = run_of("q", text="\x1b[2Jgone\u202e")
    assert terminal("q", interactive=True)
    assert "\\x1b[2Jgone\\u202e" in terminal.out
    assert "\x1b" not in terminal.out + terminal.err


def test_a_conversation_goes_on_where_it_stopped(terminal: Terminal, kept: ConversationStore) -> None:
    assert terminal("What is A1?")
    assert terminal("And E2?", chat="last")
    assert "What is A1? · 1 turns" in terminal.err
    assert [turn.question for turn in kept.turns(kept.get("last").id)] == ["What is A1?", "And E2?"]
    assert terminal.engine.chat.asked[-1].earlier[0].startswith("What is A1?\n\n")


def test_a_failure_is_told_with_its_mend_and_the_rest_is_asked(terminal: Terminal) -> None:
    gone = ModelUnreachableError("no connection", model="v/m", mend="Start it.")
    terminal.engine.chat.scripts["broken"] = [RunStarted("r", "broken"), Token("half an "), gone]
    assert not terminal("broken", "What is A1?")
    assert "error: v/m: no connection Start it." in terminal.err
    assert "half an" in terminal.out
    assert "The A1 interface" in terminal.out


def test_without_a_person_a_call_waits_and_a_later_one_decides(terminal: Terminal) -> None:
    terminal.engine.chat.scripts["tilt"] = [RunStarted("r", "tilt"), ApprovalNeeded("r", PENDING)]
    assert not terminal("tilt")
    assert "set_tilt (write) waits for you: changes the network" in terminal.err
    assert "/continue" in terminal.err
    assert terminal("/continue", "y", chat="last", interactive=True)
    assert terminal.engine.chat.approved == [("call-1", None)]


@pytest.mark.parametrize(
    ("typed", "approved", "denied"),
    [
        (("y",), [("call-1", None)], []),
        (("e", '{"cell":"34"}'), [("call-1", '{"cell":"34"}')], []),
        (("n", "too steep"), [], [("call-1", "too steep")]),
        (("", ""), [], [("call-1", "")]),
        (("l",), [], []),
        ((), [], []),
    ],
)
def test_a_person_decides_and_no_is_the_default(
    terminal: Terminal, typed: tuple[str, ...], approved: list[object], denied: list[object]
) -> None:
    terminal.engine.chat.scripts["tilt"] = [ApprovalNeeded("r", PENDING), *run_of("tilt")]
    terminal("tilt", *typed, interactive=True)
    assert terminal.engine.chat.approved == approved
    assert terminal.engine.chat.denied == denied


def test_what_is_allowed_for_the_session_is_not_asked_again(terminal: Terminal) -> None:
    terminal.engine.chat.scripts["tilt"] = [ApprovalNeeded("r", PENDING), *run_of("tilt")]
    assert terminal("tilt", "s", "tilt", interactive=True)
    assert len(terminal.engine.chat.approved) == 2


def test_every_command_is_done_or_says_what_it_wants(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n", encoding="utf-8")
    out = tmp_path / "talk.jsonl"
    typed = {
        "open": "/open last",
        "search": "/search policies",
        "rename": "/rename Interfaces",
        "export": f"/export jsonl {out}",
        "import": f"/import {out}",
        "source": "/source 1",
        "attach": f"/attach {tmp_path / 'a.md'}",
        "model": "/model summarizer=builtin/summarizer",
        "corpus": "/corpus primer",
        "label": "/label internal",
        "budget": "/budget usd=2",
        "flag": "/flag size=0.5",
    }
    order = [command.name for command in COMMANDS if command.name not in ("quit", "open", "new", "branch", "continue")]
    lines = [typed.get(name, f"/{name}") for name in order]
    terminal("What is A1?", *lines, "/continue", "/branch", "/new", "/open last", "/quit", "never asked")
    assert terminal.err.count("error: ") == 1, terminal.err
    assert "error: this answer is whole" in terminal.err
    for words in ("1 found", "wrote 1 turns", "1 were here already", "1 file attached", "limits: usd=2", "size=0.5"):
        assert words in terminal.err, words
    assert ">>>" in terminal.out
    assert len(terminal.engine.chat.asked) == 2, "asked, and asked again"
    assert set(LineCommands(terminal.modes[0]).commands) == set(COMMANDS)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/serch x", "Did you mean /search?"),
        ("/source 9", "The last answer has 1."),
        ("/budget usd=x", "usd"),
        ("/model summarizer=nope", "nope"),
        ("/open", "which conversation?"),
        ("/open zzz", "zzz"),
        ("/label secret", "secret"),
        ("/import nowhere.jsonl", "nowhere.jsonl"),
    ],
)
def test_a_command_that_makes_no_sense_changes_nothing(terminal: Terminal, typed: str, words: str) -> None:
    assert not terminal("What is A1?", typed, "And E2?")
    assert words in terminal.err
    assert len(terminal.engine.chat.asked) == 2


def test_a_conversation_that_another_app_has_open_is_left_alone(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert terminal("What is A1?")

    def claim(store: ConversationStore, conversation: str) -> Owner:
        return Owner("elsewhere", 7, "1")

    monkeypatch.setattr(ConversationStore, "claim", claim)
    with pytest.raises(RunError, match="open in another app .process 7 on elsewhere."):
        terminal("And E2?", chat="last")
    assert len(terminal.engine.chat.asked) == 1


@pytest.mark.parametrize("typed", ["", "   ", "\t"])
def test_empty_lines_ask_nothing(terminal: Terminal, typed: str, kept: ConversationStore) -> None:
    assert terminal(typed)
    assert kept.list() == ()
    assert terminal.engine.chat.asked == []


def test_a_line_that_was_not_waited_for_is_the_next_one() -> None:
    async def run() -> str | None:
        typed = iter(["first", "second"])

        def read(prompt: str) -> str:
            return next(typed)

        lines = Lines(read)
        waiting = asyncio.ensure_future(lines.next("> "))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        return await lines.next("> ")

    assert asyncio.run(run()) == "first"
