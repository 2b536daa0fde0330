import asyncio

import pytest

from coreagent.agents.summarizer import Draft, Summarizer, SummarizerTask
from coreagent.answer import Citation, Evidence
from coreagent.models.builtin import BuiltinSummarizer
from coreagent.models.builtin.addresses import addresses_in
from coreagent.models.builtin.comparisons import Comparison, comparison_in
from coreagent.models.builtin.expressions import expression_in
from coreagent.models.builtin.markers import is_empty_handed
from coreagent.models.builtin.queries import asks_meaning
from coreagent.models.embedding import Embedder


def passage(text: str, title: str = "Gizmo") -> Evidence:
    return Evidence(id=text[:30], text=text, citation=Citation(corpus="docs", document=title), score=0.8)


async def write(embedder: Embedder, question: str, *evidence: Evidence) -> Draft:
    task = SummarizerTask(question=question, evidence=evidence)
    return Summarizer().read(task, await BuiltinSummarizer(embedder).complete(Summarizer().request(task)))


@pytest.mark.parametrize(
    "text", ["Is 10.1.2.0/23 in use?", "On 2024-05-01 it fell", "Version 1.2.3-4", "fe80::1/64 up?"]
)
def test_pieces_of_addresses_versions_and_dates_are_no_arithmetic(text: str) -> None:
    assert expression_in(text) == ""


def test_masks_become_prefixes() -> None:
    assert addresses_in("10.0.0.0 255.255.0.0 and 192.0.2.9 with the mask 255.255.255.240") == [
        "10.0.0.0/16",
        "192.0.2.9/28",
    ]
    assert addresses_in("at 12:30:45 from 00:1b:44:11:3a:b7 to 2001:db8::1") == ["2001:db8::1"]


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between a gizmo and the widget?", ("gizmo", "widget")),
        ("How does ABX differ from QRY?", ("ABX", "QRY")),
        ("trunk versus access", ("trunk", "access")),
        ("In what way do type A and type B boxes differ?", ("type A", "type B boxes")),
    ],
)
def test_the_sides_of_a_comparison(question: str, sides: tuple[str, str]) -> None:
    assert comparison_in(question) == Comparison(*sides)


@pytest.mark.parametrize("question", ["What lies between the hub and the spoke?", "Compare it.", "Which is faster?"])
def test_other_questions_compare_nothing(question: str) -> None:
    assert comparison_in(question) is None


async def test_a_comparison_says_what_each_side_is(embedder: Embedder) -> None:
    draft = await write(
        embedder,
        "What is the difference between a gizmo and a widget?",
        passage("The cable connects the gizmo with the widget."),
        passage("A gizmo is a box with wheels. It is heavy."),
        passage("A widget is a lamp without wheels. It is light.", "Widget"),
    )
    assert "A gizmo is a box with wheels [2]." in draft.text
    assert "A widget is a lamp without wheels [3]." in draft.text


async def test_a_table_with_both_sides_sets_them_against_each_other(embedder: Embedder) -> None:
    table = "| Question | Gizmo | Widget |\n|---|---|---|\n| Weight | 3 kg | 5 kg |"
    draft = await write(embedder, "How do gizmo and widget differ?", passage(table))
    assert "Gizmo: 3 kg; Widget: 5 kg" in draft.text


async def test_a_rule_is_found_by_what_stands_before_it(embedder: Embedder) -> None:
    text = (
        "Gizmos greet each other every second. A group of gizmos elects a leader. "
        "The election prefers the highest rank and then the highest serial."
    )
    draft = await write(embedder, "How do gizmos elect a leader?", passage(text))
    assert "highest rank" in draft.text
    assert "greet" not in draft.text


async def test_acronym_and_full_form_are_one(embedder: Embedder) -> None:
    text = "A giant pulse (GP) is loud.\n\nA GP lasts 7 s in summer. A small pulse lasts 9 s in winter."
    draft = await write(embedder, "How long does a giant pulse last in summer?", passage(text))
    assert draft.text.startswith("A GP lasts 7 s in summer")


@pytest.mark.parametrize("text", ["No entry for 'x'.", "The dictionary has no entry for 'x'.", "Nothing was found."])
def test_a_look_up_may_come_back_empty(text: str) -> None:
    assert is_empty_handed(text)
    assert not is_empty_handed("X stands for nothing else than exchange.")


def test_questions_for_a_meaning() -> None:
    assert asks_meaning("What does GZP stand for?")
    assert asks_meaning("Meaning of the abbreviation GZP?")
    assert asks_meaning("What does guard period mean?")
    assert not asks_meaning("What does GZP carry?")


@pytest.mark.parametrize("text", ["a", "1.", "(", "10.0.0.0 with the mask of ", "a vs b ", "Rb Rb (RB) ", "a:"])
async def test_long_hostile_texts_end(embedder: Embedder, text: str) -> None:
    whole = text * (200_000 // len(text))
    async with asyncio.timeout(60):
        assert (await write(embedder, whole, passage(whole))).text
