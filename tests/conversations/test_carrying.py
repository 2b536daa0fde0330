"""Conversations go out to files and come back as they were."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conversations.making import ASKING, answer, said

from coreagent.conversations.export import export_text, html, jsonl, markdown, write_export
from coreagent.conversations.importing import MAX_LINE_BYTES, import_into, read_jsonl
from coreagent.conversations.records import Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import InputError, RunError

NEWER = re.compile(r'("version": ?)1')
HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/p.png) \x1b[2J | `a` [1]\n```\nopen fence"


@pytest.fixture
def talk(store: ConversationStore) -> str:
    chat = store.new().id
    turn = store.begin(chat, "What is A1?", asking=ASKING)
    store.end(turn.id, "finished", answer=answer(), text=answer().text)
    again = store.begin(chat, "What is A1?", position=0)
    store.end(again.id, "failed", text="half", error="no connection", mend="Start it.")
    said(store, chat, HOSTILE, HOSTILE)
    said(store, chat, "天线 שלום 🚀", "倾角")
    return chat


def written(store: ConversationStore, chat: str, path: Path) -> Path:
    write_export(path, "jsonl", store.get(chat), store.turns(chat))
    return path


def plain(turns: tuple[Turn, ...]) -> list[Turn]:
    return [replace(turn, id="", conversation="") for turn in turns]


def test_what_is_exported_comes_back_equal(store: ConversationStore, talk: str, tmp_path: Path) -> None:
    file = written(store, talk, tmp_path / "talk.jsonl")
    with ConversationStore(tmp_path / "other.sqlite") as other:
        (taken,) = import_into(other, file)
        assert (taken.added, taken.known) == (4, 0)
        assert other.turns(talk) == store.turns(talk)
        assert other.get(talk).title == store.get(talk).title
        (taken,) = import_into(other, file)
        assert (taken.added, taken.known) == (0, 4)
        (copy,) = import_into(other, file, as_copy=True)
        assert copy.conversation.id != talk
        assert plain(other.turns(copy.conversation.id)) == plain(store.turns(talk))
        assert len(other.search("天线")) == 2


def test_pages_and_markdown_hold_text_and_obey_nothing(store: ConversationStore, talk: str) -> None:
    page, text = (make(store.get(talk), store.turns(talk)) for make in (html, markdown))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page + text
    assert "\n<script" not in text
    for words in ("What is A1?", "no connection", "Start it.", "天线", "v/m"):
        assert words in page, words
    assert text.count("## ") >= 4
    assert export_text("jsonl", store.get(talk), store.turns(talk)) == jsonl(store.get(talk), store.turns(talk))


Spoil = Callable[[list[str]], list[str]]
SPOILT: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda lines: [], "ends too early"),
    "no head": (lambda lines: lines[1:], "begins with a line about its format"),
    "short": (lambda lines: lines[:-1], "turns? (is|are) missing"),
    "newer": (lambda lines: [NEWER.sub(r"\g<1>99", lines[0]), *lines[1:]], "version|newer"),
    "torn": (lambda lines: [*lines[:-1], lines[-1][:40]], ":6: "),
    "no object": (lambda lines: [*lines[:2], "[1, 2]", *lines[3:]], ":3: "),
    "no such state": (lambda lines: [*lines[:2], lines[2].replace('"finished"', '"flying"'), *lines[3:]], ":3: "),
    "twice": (lambda lines: [*lines[:2], lines[2], lines[2], *lines[4:]], ":4: "),
}


@pytest.mark.parametrize(("spoil", "words"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_wrong_changes_nothing(
    store: ConversationStore, talk: str, tmp_path: Path, spoil: Spoil, words: str
) -> None:
    file = written(store, talk, tmp_path / "talk.jsonl")
    file.write_text("\n".join(spoil(file.read_text(encoding="utf-8").splitlines())), encoding="utf-8")
    with ConversationStore(tmp_path / "other.sqlite") as other:
        with pytest.raises(InputError, match=words):
            import_into(other, file)
        assert other.list() == ()


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.jsonl"
    with file.open("wb") as writing:
        writing.truncate(MAX_LINE_BYTES + 10)
    with pytest.raises(InputError, match="longer than 64 MB"):
        read_jsonl(file)


def test_a_file_that_can_not_be_written_leaves_the_old_one(store: ConversationStore, talk: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can not be written") as raised:
        write_export(tmp_path / "none" / "talk.md", "markdown", store.get(talk), store.turns(talk))
    assert raised.value.mend
    old = tmp_path / "talk.md"
    old.write_text("old", encoding="utf-8")
    write_export(old, "markdown", store.get(talk), store.turns(talk))
    assert old.read_text(encoding="utf-8").startswith("# What is A1?")
    assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".tmp"] == []


def test_every_line_is_json_and_the_first_names_the_format(store: ConversationStore, talk: str, tmp_path: Path) -> None:
    lines = written(store, talk, tmp_path / "talk.jsonl").read_text(encoding="utf-8").splitlines()
    assert "format" in json.loads(lines[0])
    assert len([json.loads(line) for line in lines]) == 6
