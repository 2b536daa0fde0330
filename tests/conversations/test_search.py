"""Everything ever said is found again, whatever is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conversations.making import said

from coreagent.conversations.records import Hit
from coreagent.conversations.store import ConversationStore
from coreagent.conversations.words import excerpt, parse_query


def found(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.excerpt[start:end] for hit in hits for start, end in hit.marks]


def test_all_words_in_any_order_and_the_last_may_go_on(store: ConversationStore) -> None:
    chat = store.new().id
    said(store, chat, "What delays the fronthaul?", "A long fibre delays it.")
    said(store, chat, "What is midhaul?", "Between DU and CU.")
    (hit,) = store.search("FRONTHAUL what")
    assert (hit.conversation, hit.position, hit.where) == (chat, 0, "question")
    assert [word.lower() for word in found((hit,))] == ["what", "fronthaul"]
    assert [hit.position for hit in store.search("midh")] == [1]
    assert store.search("between midh") != ()
    assert store.search("fronthaul midhaul") == ()
    assert [hit.where for hit in store.search("fibre")] == ["answer"]


def test_words_in_quotes_follow_each_other(store: ConversationStore) -> None:
    chat = store.new().id
    said(store, chat, "one two three")
    assert len(store.search('"one two"')) == 1
    assert store.search('"two one"') == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("基站天线倾角是多少", "天线"),
        ("アンテナの傾き", "傾き"),
        ("Zürich 5G", "zurich"),
        ("شبكة الوصول", "شبكة"),
        ("RAN🚀 up", "ran"),
    ],
)
def test_every_script_is_found(store: ConversationStore, text: str, words: str) -> None:
    said(store, store.new().id, text)
    assert len(store.search(words)) == 1


@pytest.mark.parametrize(
    "words",
    ["", " ", '"', '""', "*", "a*b", "NOT", "a OR", "NEAR(", "col:x", "-a", "^a", "'; DROP TABLE turns; --", "\x00",
     "🚀", "{", "(((", "a AND", "\ud800", "x" * 100_000, "w " * 5_000],
)  # fmt: skip
def test_nothing_typed_breaks_the_search(store: ConversationStore, words: str) -> None:
    said(store, store.new().id, "What is A1?")
    assert len(store.search(words)) <= 1
    assert len(store.search("A1")) == 1


def test_a_word_in_colour_is_found_and_marked(store: ConversationStore) -> None:
    said(store, store.new().id, "What is \x1b[1;31mfronthaul\x1b[0m?")
    (hit,) = store.search("fronthaul")
    assert found((hit,)) == ["fronthaul"]
    assert "\x1b" not in hit.excerpt
    assert store.search("31mfront") == ()


def test_in_one_conversation_only_and_no_more_than_asked_for(store: ConversationStore) -> None:
    here, there = store.new().id, store.new().id
    for number in range(3):
        said(store, here, f"fronthaul {number}")
    said(store, there, "fronthaul there")
    assert len(store.search("fronthaul")) == 4
    assert {hit.conversation for hit in store.search("fronthaul", conversation=here)} == {here}
    assert len(store.search("fronthaul", limit=2)) == 2
    assert store.search("fronthaul", limit=0) == ()


def test_what_is_under_way_is_found_by_its_question_and_later_by_its_answer(store: ConversationStore) -> None:
    chat = store.new().id
    turn = store.begin(chat, "What is midhaul?")
    store.note(turn.id, "zorb")
    assert len(store.search("midhaul")) == 1
    assert store.search("zorb") == ()
    store.end(turn.id, "finished", text="zorbulator")
    assert len(store.search("zorb")) == 1
    store.delete(chat)
    assert store.search("midhaul") == ()


@given(st.text(max_size=60), st.text(max_size=300))
def test_marks_lie_in_the_excerpt_and_do_not_overlap(words: str, text: str) -> None:
    made = excerpt(text, parse_query(words))
    last = 0
    for start, end in made.marks:
        assert last <= start < end <= len(made.text)
        last = end
