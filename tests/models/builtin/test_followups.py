"""Questions that lean on the one before."""

import json

import pytest
from tests.models.builtin.test_planner_and_caller import TOOLS, plan

from coreagent.agents.planner import Planner, PlannerTask
from coreagent.models.builtin import BuiltinPlanner
from coreagent.models.builtin.followups import MAX_WORDS, asked_before, carried, leans
from coreagent.models.embedding import Embedder
from coreagent.sections import EARLIER, Section

TYPE_3 = "What does C-plane section type 3 describe?"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And what about section type 1?", True),
        ("What about the E2 interface?", True),
        ("It is used where?", True),
        ("Those of type 5", True),
        ("Which of them are optional?", True),
        ("Why?", True),
        ("Tell me more", True),
        ("Which layers are there?", True),
        ("How many layers does it have?", True),
        ("What is an xApp?", False),
        ("What is O1?", False),
        ("Which node terminates the F1 interface?", False),
        ("What is the near-RT RIC and what does it do?", False),
        ("How does the AMF select the SMF when it has several?", False),
    ],
)
def test_what_leans(question: str, expected: bool) -> None:
    assert leans(question) is expected


@pytest.mark.parametrize(
    ("question", "before", "words"),
    [
        ("And what about section type 1?", [TYPE_3], "C-plane"),
        ("Why?", [TYPE_3], "C-plane section type 3"),
        # Follow-ups are gone back over, up to the question that they lean on.
        ("And the reserved bits?", ["What is BGP?", TYPE_3, "And type 1?"], "type 1 C-plane section"),
        ("What is an xApp?", [TYPE_3], ""),
        ("Why?", [], ""),
    ],
)
def test_what_is_carried(question: str, before: list[str], words: str) -> None:
    assert carried(question, before) == words


def test_only_so_many_words_are_carried() -> None:
    assert len(carried("Why?", [" ".join(f"alpha{number}" for number in range(50))]).split()) == MAX_WORDS


def test_only_turns_of_the_conversation_count_and_of_them_the_questions() -> None:
    memory = [Section("memory", f"{EARLIER}{TYPE_3}\n\nPRACH."), Section("memory", "Cell 33 is urban.")]
    assert asked_before(memory) == (TYPE_3,)


async def planned(embedder: Embedder, question: str, *memory: str) -> list[tuple[str, str]]:
    request = Planner().request(PlannerTask(question=question, tools=TOOLS, memory=memory))
    text = (await BuiltinPlanner(embedder).complete(request)).text
    return [(task["tool"], task["instruction"]) for task in json.loads(text)["subtasks"]]


async def test_the_search_names_the_topic_and_only_the_search(embedder: Embedder) -> None:
    said = f"{EARLIER}{TYPE_3}\n\nPRACH."
    assert await planned(embedder, "And what about section type 1?", said) == [
        ("search_docs", "And what about section type 1 (C-plane)")
    ]
    order = "And compute the peak data rate of a 100 MHz carrier at 30 kHz"
    assert await planned(embedder, order, said) == [("peak_rate", order)]
    choice = "And which one?\nA. red\nB. blue"
    assert await planned(embedder, choice, said) == await planned(embedder, choice)


@pytest.mark.parametrize("question", ["And what about section type 1?", "Which node terminates the F1 interface?"])
async def test_without_earlier_turns_a_plan_is_what_it_was(embedder: Embedder, question: str) -> None:
    alone = [(task.tool, task.instruction) for task in (await plan(embedder, question)).subtasks]
    assert alone == [("search_docs", question)]
    assert await planned(embedder, question, "Cell 33 is urban.") == alone


async def test_a_question_with_a_topic_of_its_own_is_left_alone(embedder: Embedder) -> None:
    question = "Which node terminates the F1 interface?"
    assert await planned(embedder, question, f"{EARLIER}{TYPE_3}") == await planned(embedder, question)
