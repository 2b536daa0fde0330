"""What is sent to models, as events for those who ask for them."""

from typing import Any

import pytest
from tests.graphs.scripts import call, plan, verdict

from coreagent import CoreAgent, Event, ModelCard, ModelFinished, Prompted, Sensitivity, tool
from coreagent.errors import ModelServerError
from coreagent.events import event_from_json, event_to_json
from coreagent.graphs import prompting
from coreagent.graphs.prompting import Prompting, readable
from coreagent.messages import Message, ToolCall
from coreagent.models.card import Price
from coreagent.models.chat import ChatRequest, ResponseSchema, TextDelta, ToolSpec
from coreagent.settings import parse_settings
from coreagent.testing import ScriptedModel

SETTINGS = parse_settings({"agent": {"memory": False}, "builtin": False})


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


def models(**more: Any) -> dict[Any, Any]:
    return {
        "planner": ScriptedModel([plan({"id": "s1", "tool": "double"})]),
        "caller": ScriptedModel([call("double", number=21)]),
        "summarizer": ScriptedModel(["It is 42 [1]."]),
        "verifier": ScriptedModel([verdict()]),
        **more,
    }


def card(name: str, usd: float) -> ModelCard:
    return ModelCard(
        name=name,
        adapter="scripted",
        model=name,
        context_tokens=100_000,
        clearance=Sensitivity.CONFIDENTIAL,
        price=Price(usd, usd),
    )


async def heard(script: dict[Any, Any], question: str = "Double 21", **options: Any) -> list[Event]:
    async with CoreAgent(models=script, tools=[double], settings=SETTINGS) as agent:
        events = [event async for event in agent.stream(question, **options)]
        stored = [entry.event for entry in agent.system.store.events("last")]
    assert [event for event in stored if isinstance(event, Prompted)] == prompts(events)
    return events


def prompts(events: list[Event]) -> list[Prompted]:
    return [event for event in events if isinstance(event, Prompted)]


async def test_each_call_is_told_right_before_it_when_asked_for() -> None:
    events = await heard(models(), "Double 21, password=hunter22222", prompts=True)
    told = prompts(events)
    assert [event.role for event in told] == ["planner", "caller", "summarizer", "verifier"]
    assert [event.subtask for event in told] == ["plan", "s1", "answer", "verdict"]
    kinds = [type(event).__name__ for event in events]
    assert all(kinds[at - 1] == "Routed" for at, kind in enumerate(kinds) if kind == "Prompted")
    assert told[0].prompt.startswith("--- system ---\nYou are the planner")
    assert "--- user ---\n<question>\nDouble 21, password=***\n</question>" in told[0].prompt
    assert told[0].prompt.endswith("--- form of the answer ---\nJSON schema plan")
    assert "--- tools ---\n" in told[1].prompt and "double" in told[1].prompt
    assert not any("hunter22222" in event.prompt for event in told)
    assert event_from_json(event_to_json(told[0])) == told[0]


async def test_nothing_is_told_unasked() -> None:
    assert prompts(await heard(models())) == []


async def test_each_model_that_is_tried_has_its_own() -> None:
    down = ScriptedModel([ModelServerError("overloaded", status=503, model="down")], card=card("down", 0))
    spare = ScriptedModel(["It is 42 [1]."], card=card("spare", 1))
    events = await heard(models(summarizer=[down, spare]), prompts=True)
    writers = [event for event in prompts(events) if event.role == "summarizer"]
    assert [event.model for event in writers] == ["down", "spare"]
    assert writers[0].prompt == writers[1].prompt


async def test_a_second_question_about_the_form_is_told_with_what_was_wrong() -> None:
    script = models(summarizer=ScriptedModel(["It is 42.", "It is 42 [1]."]))
    events = await heard(script, prompts=True)
    first, second = (event.prompt for event in prompts(events) if event.role == "summarizer")
    assert second.startswith(first)
    assert "--- assistant ---\nIt is 42.\n\n--- user ---\nThat answer can not be used" in second
    assert sum(isinstance(event, ModelFinished) for event in events) == 4


async def test_a_retry_of_the_same_prompt_is_not_told_again_and_streams_are_told_too() -> None:
    told: list[Event] = []
    script = ScriptedModel([ModelServerError("overloaded", status=503), "one", "two words"])
    model = Prompting(script, subtask="s1", role="caller", emit=told.append)
    request = ChatRequest(messages=(Message.user("hello"),))
    with pytest.raises(ModelServerError):
        await model.complete(request)
    assert (await model.complete(request)).text == "one"
    assert told == [Prompted("s1", "caller", "scripted", "--- user ---\nhello")]
    other = ChatRequest(messages=(Message.user("bye"),))
    pieces = [chunk.text async for chunk in model.stream(other) if isinstance(chunk, TextDelta)]
    assert "".join(pieces) == "two words"
    assert told[1:] == [Prompted("s1", "caller", "scripted", "--- user ---\nbye")]


def test_tool_calls_and_their_results_stand_under_their_authors() -> None:
    request = ChatRequest(
        messages=(
            Message.assistant("", (ToolCall("c1", "double", '{"number": 1}'),)),
            Message.tool("2", "c1"),
        ),
        tools=(ToolSpec("double", "Double.", {}), ToolSpec("half", "Halve.", {})),
        response_schema=ResponseSchema("plan", {}),
    )
    assert readable(request) == (
        '--- assistant ---\nwants double {"number": 1}\n\n--- tool (result of c1) ---\n2\n\n'
        "--- tools ---\ndouble, half\n\n--- form of the answer ---\nJSON schema plan"
    )


def test_a_long_prompt_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompting, "PROMPT_CHARS", 40)
    # The cut would go through the secret, and half of it would be known for none.
    text = readable(ChatRequest(messages=(Message.user("x" * 10 + " password=" + "hunter2" * 3 + " and" * 500),)))
    assert text.endswith(" more characters)") and "... (cut: " in text
    assert "hunter" not in text
