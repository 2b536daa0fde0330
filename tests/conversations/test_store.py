"""Conversations and turns: what comes back, in which order, and what is refused."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conversations.making import ASKING, Clock, answer, said

from coreagent.conversations.records import Asking
from coreagent.conversations.store import ConversationStore
from coreagent.errors import InputError, UnknownNameError


def test_a_turn_comes_back_as_it_was(store: ConversationStore, path: Path) -> None:
    chat = store.new()
    begun = store.begin(chat.id, "What is A1?", asking=ASKING)
    assert (begun.state, begun.position, begun.version, begun.ended_s) == ("running", 0, 0, 0.0)
    assert store.turn(begun.id) == begun
    store.started(begun.id, "run-1")
    ended = store.end(begun.id, "finished", answer=answer())
    with ConversationStore(path) as other:
        (found,) = other.turns(chat.id)
        assert found == ended == other.turn(begun.id)
        assert found == replace(
            begun, state="finished", run_id="run-1", text=answer().text, answer=answer(), ended_s=ended.ended_s
        )
        assert found.ended_s > found.asked_s
        kept = other.get(chat.id)
    assert (kept.title, kept.turns, kept.tokens, kept.usd) == ("What is A1?", 1, 120, 0.25)
    assert kept.updated_s == found.ended_s


def test_an_answer_may_differ_from_the_text_of_its_turn(store: ConversationStore) -> None:
    turn = store.begin(store.new().id, "And then?")
    ended = store.end(turn.id, "finished", answer=answer("", question="In full: and then?"), text="so far")
    assert ended.text == "so far"
    assert ended.answer == answer("", question="In full: and then?")


def test_what_was_said_before_it_was_cut_short_is_kept(store: ConversationStore) -> None:
    turn = store.begin(store.new().id, "Tell me a story")
    store.note(turn.id, "Once upon")
    store.note(turn.id, "Once upon a time")
    assert store.turn(turn.id).text == "Once upon a time"
    ended = store.end(turn.id, "failed", error="the stream was cut", mend="Ask again.")
    assert (ended.state, ended.text, ended.error, ended.mend) == (
        "failed",
        "Once upon a time",
        "the stream was cut",
        "Ask again.",
    )
    store.note(turn.id, "too late")
    assert store.turn(turn.id).text == "Once upon a time"


def test_a_waiting_turn_is_under_way_and_is_taken_up_again(store: ConversationStore) -> None:
    turn = store.begin(store.new().id, "Set the tilt")
    waiting = store.end(turn.id, "waiting", answer=answer("waits", usd=0.1))
    assert (waiting.state, waiting.ended_s, store.list()[0].usd) == ("waiting", 0.0, 0.1)
    store.reopen(turn.id)
    assert store.turn(turn.id).state == "running"
    store.end(turn.id, "finished", answer=answer("done", usd=0.3))
    assert store.turn(turn.id).text == "done"
    assert store.list()[0].usd == pytest.approx(0.3)


def test_versions_stand_beside_each_other(store: ConversationStore) -> None:
    chat = store.new().id
    for question in ("one", "two"):
        said(store, chat, question)
    again = store.begin(chat, "one, put better", position=0)
    assert (again.position, again.version) == (0, 1)
    store.end(again.id, "finished", answer=answer(usd=0.5))
    assert [(turn.position, turn.version, turn.question) for turn in store.turns(chat)] == [
        (0, 0, "one"),
        (0, 1, "one, put better"),
        (1, 0, "two"),
    ]
    kept = store.get(chat)
    assert (kept.turns, kept.usd, kept.title) == (2, 0.5, "one")
    for position in (2, -1):
        with pytest.raises(InputError, match="has no turn"):
            store.begin(chat, "x", position=position)


def test_windows_count_positions_and_bring_all_versions(store: ConversationStore) -> None:
    chat = store.new().id
    for number in range(6):
        said(store, chat, f"q{number}")
    store.begin(chat, "q4 again", position=4)

    def positions(**window: int) -> list[int]:
        return [turn.position for turn in store.turns(chat, **window)]

    assert positions() == [0, 1, 2, 3, 4, 4, 5]
    assert positions(limit=2) == [4, 4, 5]
    assert positions(before=4) == [0, 1, 2, 3]
    assert positions(before=4, limit=2) == [2, 3]
    assert positions(before=99, limit=1) == [5]
    assert positions(after=3) == [4, 4, 5]
    assert positions(after=0, limit=2) == [1, 2]
    assert positions(after=0, before=3) == [1, 2]
    assert positions(after=5) == positions(before=0) == positions(limit=0) == positions(limit=-1) == []
    assert positions(after=-9, limit=1) == [0]


def test_two_thousand_turns_are_read_in_windows(store: ConversationStore) -> None:
    chat = store.new()
    first = store.begin(chat.id, "q0")
    turns = [replace(first, id=f"t{number}", position=number, state="finished") for number in range(1, 2_000)]
    assert store.add((chat, turns)) == ((1_999, 0),)
    assert [turn.position for turn in store.turns(chat.id, limit=50)] == list(range(1_950, 2_000))
    assert [turn.position for turn in store.turns(chat.id, before=1_950, limit=3)] == [1_947, 1_948, 1_949]
    assert store.get(chat.id).turns == 2_000


def test_empty_ones_are_not_listed_and_the_last_used_comes_first(store: ConversationStore) -> None:
    chats = [store.new(title).id for title in ("a", "b", "c", "d")]
    assert store.list() == ()
    with pytest.raises(UnknownNameError):
        store.get("last")
    said(store, chats[0], "q")
    said(store, chats[1], "q")
    store.keep_draft(chats[2], "half a quest")
    said(store, chats[0], "q2")
    assert [chat.id for chat in store.list()] == [chats[0], chats[1], chats[2]]
    assert [chat.id for chat in store.list(1, offset=1)] == [chats[1]]
    assert store.list(0) == ()
    assert store.get("last").id == chats[0]
    assert store.get(chats[2]).draft == "half a quest"
    store.keep_draft(chats[2], "")
    assert len(store.list()) == 2


def test_ids_may_be_shortened(store: ConversationStore, clock: Clock) -> None:
    first = store.new()
    clock.now += 86_400
    second = store.new()
    assert store.get(first.id) == first
    assert store.get(second.id[:9]) == second
    with pytest.raises(InputError, match="several conversations begin with"):
        store.get(first.id[:4])
    for unknown in ("x", "", "%", "last ", "é" * 5000, "a\x00", "\ud800"):
        with pytest.raises(UnknownNameError, match="unknown conversation"):
            store.get(unknown)


def test_what_is_not_there_is_named(store: ConversationStore) -> None:
    of_conversation: tuple[Callable[[], object], ...] = (
        lambda: store.turns("no"),
        lambda: store.begin("no", "q"),
        lambda: store.rename("no", "t"),
        lambda: store.keep_draft("no", "t"),
        lambda: store.delete("no"),
        lambda: store.claim("no"),
        lambda: store.take_over("no"),
        lambda: store.search("q", conversation="no"),
    )
    for call in of_conversation:
        with pytest.raises(UnknownNameError, match="unknown conversation 'no'"):
            call()
    of_turn: tuple[Callable[[], object], ...] = (
        lambda: store.turn("no"),
        lambda: store.started("no", "r"),
        lambda: store.note("no", "t"),
        lambda: store.end("no", "finished"),
        lambda: store.reopen("no"),
        lambda: store.branch("no"),
    )
    for call in of_turn:
        with pytest.raises(UnknownNameError, match="unknown turn 'no'"):
            call()


TO_TEN = "one two three four five six seven eight nine ten"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is A1?", "What is A1?"),
        ("  two\n\n lines\t here ", "two lines here"),
        (f"{TO_TEN} eleven, twelve", f"{TO_TEN} eleven ..."),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("无" * 100, "无" * 57 + " ..."),
        ("password=Zx9Kq2Lm8Rt4", "password=***"),
    ],
)  # fmt: skip
def test_the_first_question_makes_the_title(store: ConversationStore, question: str, title: str) -> None:
    chat = store.new().id
    said(store, chat, question)
    said(store, chat, "another")
    assert store.get(chat).title == title


def test_a_title_that_was_given_stays(store: ConversationStore) -> None:
    chat = store.new("Tuesday").id
    said(store, chat, "What is A1?")
    assert store.get(chat).title == "Tuesday"
    store.rename(chat, "Wednes\nday")
    assert store.get(chat).title == "Wednes day"


def test_deleting_leaves_nothing(store: ConversationStore, path: Path) -> None:
    chat, other = store.new().id, store.new().id
    gone = said(store, chat, "zebra", "unicorn")
    running = store.begin(chat, "zebra crossing")
    store.note(running.id, "said so far")
    said(store, other, "zebra")
    store.delete(chat)
    assert [hit.conversation for hit in store.search("zebra")] == [other]
    assert store.search("unicorn") == ()
    assert [entry.id for entry in store.list()] == [other]
    with pytest.raises(UnknownNameError):
        store.turn(gone)
    with pytest.raises(UnknownNameError, match="unknown turn"):
        store.end(running.id, "finished", text="too late")
    index_is_sound(path)


def test_a_branch_goes_on_alone(store: ConversationStore, path: Path) -> None:
    chat = store.new().id
    said(store, chat, "one")
    store.end(store.begin(chat, "one again", position=0).id, "finished", answer=answer())
    said(store, chat, "two")
    second = store.begin(chat, "two again", position=1)
    store.note(second.id, "half an ans")
    said(store, chat, "three")
    branch = store.branch(second.id)
    assert (branch.title, branch.branched_from, branch.turns, branch.usd) == ("one", second.id, 2, 0.25)
    copies = store.turns(branch.id)
    assert [(turn.position, turn.version, turn.question, turn.state) for turn in copies] == [
        (0, 0, "one", "finished"),
        (0, 1, "one again", "finished"),
        (1, 0, "two again", "stopped"),
    ]
    assert copies[1].answer == answer()
    assert copies[2].text == "half an ans"
    assert not {turn.id for turn in copies} & {turn.id for turn in store.turns(chat)}
    said(store, branch.id, "elsewhere")
    assert store.turn(second.id).state == "running"
    assert store.get(chat).turns == 3
    assert store.branch(second.id, title="A try").title == "A try"
    store.end(second.id, "finished", text="the whole answer")
    index_is_sound(path)


def test_the_history_has_each_question_once(store: ConversationStore) -> None:
    chat = store.new().id
    for question in ("a", "b", "a", "c" * 30_000, "d"):
        said(store, chat, question)
    assert store.questions() == ("d", "a", "b")
    assert store.questions(limit=1) == ("d",)
    assert store.questions(limit=0) == ()


def test_secrets_are_not_stored(store: ConversationStore, path: Path) -> None:
    secret = "Zx9Kq2Lm8Rt4Wv7B"
    chat = store.new(f"token={secret}").id
    store.keep_draft(chat, f"log in with password={secret}")
    turn = store.begin(chat, f"use api_key={secret}", asking=Asking(graph=f"secret={secret}"))
    assert turn.question == "use api_key=***"
    store.note(turn.id, f"token={secret}")
    store.end(turn.id, "failed", answer=answer(f"token={secret}"), error=f"password={secret}", mend=f"token={secret}")
    assert store.turn(turn.id).text == "token=***"
    store.close()
    files = [file.read_bytes() for file in path.parent.iterdir()]
    assert files and not any(secret.encode() in data for data in files)


def test_any_text_is_kept(store: ConversationStore) -> None:
    chat = store.new().id
    for text in ("\x00\x1b[2J\x9b31m", "שלום مرحبا", "👩‍🚀 \u202egnihton", "光纤", "lone \ud800 half"):
        turn = store.begin(chat, text)
        ended = store.end(turn.id, "finished", answer=answer(text, question=text))
        kept = text.replace("\ud800", "?")
        assert (ended.question, ended.text) == (kept, kept)
        assert ended.answer == answer(kept, question=kept)


def test_a_megabyte_is_kept_and_found(store: ConversationStore, path: Path) -> None:
    chat = store.new().id
    question = "word " * 200_000 + "needle"
    said(store, chat, question, "光" * 300_000 + "针")
    assert store.turns(chat)[0].question == question
    assert len(store.search("needle")) == 1
    assert len(store.search("光针")) == 1
    assert len(store.get(chat).title) <= 64
    index_is_sound(path)


def test_an_answer_of_another_version_costs_no_more_than_the_answer(store: ConversationStore, path: Path) -> None:
    chat = store.new().id
    turn = store.begin(chat, "q", asking=ASKING)
    store.end(turn.id, "finished", answer=answer())
    other = store.begin(chat, "q2")
    store.end(other.id, "finished", answer=answer())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE turns SET answer = '{\"run_id\": 5}', asking = '[]' WHERE position = 0")
        connection.execute("UPDATE turns SET answer = json_set(answer, '$.invented', 1) WHERE position = 1")
    connection.close()
    first, second = store.turns(chat)
    assert (first.answer, first.asking, first.text) == (None, Asking(), answer().text)
    assert second.answer is not None and second.answer.citations == answer().citations


def test_amounts_that_can_not_be_added_are_left_out(store: ConversationStore) -> None:
    chat = store.new().id
    for usd in (float("nan"), float("inf"), 0.5):
        store.end(store.begin(chat, "q").id, "finished", answer=answer(usd=usd))
    assert store.get(chat).usd == 0.5


def test_threads_share_a_store(store: ConversationStore) -> None:
    chat = store.new().id

    def ask(name: int) -> None:
        for number in range(10):
            said(store, chat, f"q {name} {number}")
            store.search("q")

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [turn.position for turn in store.turns(chat)] == list(range(40))
    assert len(store.questions()) == 40


def test_closing_may_be_repeated(store: ConversationStore) -> None:
    said(store, store.new().id, "q")
    store.close()
    store.close()
    assert len(store.list()) == 1


def index_is_sound(path: Path) -> None:
    """Every word of the index stands where the rows say."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, words, instance)")
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    indexed = {row[0] for row in connection.execute("SELECT DISTINCT doc FROM places")}
    rows = {row[0] for row in connection.execute("SELECT number FROM turns")}
    connection.close()
    assert indexed <= rows
