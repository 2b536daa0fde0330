import pytest
from pydantic import BaseModel, TypeAdapter

from coreagent.errors import ModelServerError, SchemaMismatchError
from coreagent.messages import Message, ToolCall
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.structured import ask, json_reader, read_json
from coreagent.testing import ScriptedModel


class Finding(BaseModel):
    cause: str
    score: float


READ = json_reader(TypeAdapter(Finding))
REQUEST = ChatRequest(messages=(Message.user("Why?"),))
GOOD = '{"cause": "tilt", "score": 0.5}'


def completion(text: str) -> Completion:
    return Completion(text=text, model="m")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n  {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"Here it is:\n```json\n{GOOD}\n```\nI hope it helps.",
        f'<think>maybe {{"cause": 1}}?</think>\n{GOOD}',
        f"```JSON\n{GOOD}\n```",
    ],
)
def test_fences_and_thoughts_are_taken_off(text: str) -> None:
    assert READ(completion(text)) == Finding(cause="tilt", score=0.5)


def test_backticks_inside_the_json_are_left_alone() -> None:
    code = '{"cause": "```sh\\nreboot\\n```", "score": 1}'
    assert READ(completion(code)).cause == "```sh\nreboot\n```"


@pytest.mark.parametrize("text", ["", "   ", "no json", '{"cause": 1', "[]", "null", "```json\n```", "[" * 100_000])
def test_anything_else_is_a_value_error_in_short_words(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        READ(completion(text))
    assert len(str(caught.value)) < 400
    assert "errors.pydantic.dev" not in str(caught.value)


async def test_an_answer_that_fits_is_asked_for_once() -> None:
    asked = await ask(ScriptedModel([GOOD]), REQUEST, READ)
    assert asked.value.cause == "tilt"
    assert asked.usage.calls == 1


async def test_one_that_does_not_is_sent_back_with_the_error_quoted() -> None:
    model = ScriptedModel(['{"cause": "tilt"}', GOOD])
    asked = await ask(model, REQUEST, READ)
    assert asked.value.score == 0.5
    assert asked.usage.calls == 2
    assert asked.usage == asked.completions[0].usage + asked.completions[1].usage
    question, said, told = model.calls[1].messages
    assert question == REQUEST.messages[0]
    assert said == Message.assistant('{"cause": "tilt"}')
    assert "score: Field required" in told.content
    model.assert_done()


async def test_after_the_second_one_it_fails_with_the_raw_text() -> None:
    model = ScriptedModel(["no", "still no"])
    with pytest.raises(SchemaMismatchError) as caught:
        await ask(model, REQUEST, READ)
    assert caught.value.raw == "still no"
    assert "Invalid JSON" in caught.value.problem
    model.assert_done()


async def test_an_answer_cut_by_its_limit_says_so() -> None:
    cut = Completion(text='{"cause": "ti', model="m", finish_reason="length")
    with pytest.raises(SchemaMismatchError, match="cut off at its token limit"):
        await ask(ScriptedModel([cut, cut]), REQUEST, READ)


async def test_a_tool_call_where_text_was_wanted_is_quoted_as_text() -> None:
    model = ScriptedModel([ToolCall("c", "f", '{"a": 1}'), GOOD])
    await ask(model, REQUEST, READ)
    assert model.calls[1].messages[1] == Message.assistant('f({"a": 1})')


async def test_a_failing_model_is_not_asked_again_here() -> None:
    model = ScriptedModel([ModelServerError("down", status=500)])
    with pytest.raises(ModelServerError):
        await ask(model, REQUEST, READ)


def test_a_thought_with_braces_and_words_around_the_object_are_taken_off() -> None:
    text = '<think>{"cause": "rain"} perhaps</think>Here it is: {"cause": "tilt", "score": 0.5} Done.'
    assert read_json(text, TypeAdapter(Finding)) == Finding(cause="tilt", score=0.5)
