"""Several processes, killed ones, full disks, and files of other versions."""

import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from tests.conversations.making import child, finished, said

from coreagent.conversations.store import ConversationStore
from coreagent.errors import RunError

HOLD = """
import sys, pathlib
from coreagent.conversations.store import ConversationStore
store = ConversationStore(pathlib.Path(sys.argv[1]))
print(store.claim(sys.argv[2]), flush=True)
print("took over" if len(sys.argv) > 3 and store.take_over(sys.argv[2]) is None else "", flush=True)
sys.stdin.read()
"""
TALK = """
import sys, pathlib
from coreagent.conversations.store import ConversationStore
store = ConversationStore(pathlib.Path(sys.argv[1]))
for number in range(100_000):
    turn = store.begin(sys.argv[2], f"question {number}")
    store.note(turn.id, "half an answer")
    store.end(turn.id, "finished", text=f"answer {number}")
    print(number, flush=True)
"""


def test_one_process_holds_a_conversation_until_it_is_killed(store: ConversationStore, path: Path) -> None:
    chat = store.new().id
    other = child(HOLD, path, chat)
    assert other.stdout is not None
    assert other.stdout.readline() == "None\n"
    owner = store.claim(chat)
    assert owner is not None
    assert owner.pid == other.pid
    assert not store.holds(chat)
    other.kill()
    other.communicate()
    assert store.claim(chat) is None
    assert store.holds(chat)


def test_who_is_displaced_finds_out(store: ConversationStore, path: Path) -> None:
    chat = store.new().id
    assert store.claim(chat) is None
    other = child(HOLD, path, chat, "take")
    assert other.stdout is not None
    assert other.stdout.readline() != "None\n"
    assert other.stdout.readline() == "took over\n"
    assert not store.holds(chat)
    store.release(chat)
    other.kill()
    other.communicate()
    store.take_over(chat)
    assert store.holds(chat)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by signal")
@pytest.mark.parametrize("after", [1, 7, 23])
def test_every_turn_that_ended_outlives_a_killed_process(store: ConversationStore, path: Path, after: int) -> None:
    chat = store.new().id
    writer = child(TALK, path, chat)
    assert writer.stdout is not None
    for _ in range(after):
        writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    told = after + len(writer.stdout.read().splitlines())
    writer.communicate()
    turns = store.turns(chat)
    assert [turn.position for turn in turns] == list(range(len(turns)))
    ended = [turn for turn in turns if turn.state == "finished"]
    assert len(ended) >= told
    assert all(turn.text == f"answer {turn.position}" for turn in ended)
    assert len(turns) - len(ended) <= 1
    assert all(turn.state in ("finished", "stopped") for turn in turns)


def test_a_file_of_a_newer_version_is_not_touched(path: Path) -> None:
    with ConversationStore(path) as store:
        said(store, store.new().id, "What is A1?")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with ConversationStore(path) as store, pytest.raises(RunError, match="newer") as raised:
        store.list()
    assert raised.value.mend
    assert path.read_bytes() == before


def test_a_full_disk_loses_nothing_that_was_kept(store: ConversationStore) -> None:
    chat = store.new().id
    said(store, chat, "What is A1?")
    connection = store._connection  # pyright: ignore[reportPrivateUsage]  # there is no other way to fill the disk
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RunError, match="full") as raised:
        for _ in range(100):
            store.begin(chat, "x" * 100_000)
    assert raised.value.mend
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.turns(chat)[0].question == "What is A1?"
    said(store, chat, "And E2?")
    assert store.turns(chat)[-1].question == "And E2?"


def test_two_processes_write_at_once(store: ConversationStore, path: Path) -> None:
    code = TALK.replace("100_000", "20")
    chats = [store.new().id for _ in range(2)]
    writers = [child(code, path, chat) for chat in chats]
    for writer in writers:
        finished(writer)
    assert [len(store.turns(chat)) for chat in chats] == [20, 20]
