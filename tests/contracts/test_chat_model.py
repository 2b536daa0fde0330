"""One contract for every chat model: the double, the direct client and litellm, the last two over a real socket."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelProtocolError,
    ModelRequestError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
    StreamCutError,
)
from coreagent.messages import Message, ToolCall, Usage
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Completion, ResponseSchema, TextDelta, ToolSpec
from coreagent.models.litellm import LiteLLMModel
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.models.timeouts import DEFAULT_TIMEOUTS, Timeouts
from coreagent.models.wrapper import closing_stream
from coreagent.testing import ScriptedModel
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import (
    HTML,
    MALFORMED_JSON,
    RATE_LIMITED,
    SERVER_ERROR,
    UNAUTHORIZED,
    WRONG_ARGUMENTS,
    Answer,
    Computed,
    Cut,
    Events,
    HttpError,
    Raw,
    Reply,
    Stall,
)

# litellm reads fields that its version of pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211")

Kind = Literal["scripted", "openai_compatible", "litellm"]
KINDS: tuple[Kind, ...] = ("scripted", "openai_compatible", "litellm")
WIRED: tuple[Kind, ...] = ("openai_compatible", "litellm")
KEY = "sk-very-secret-0123456789"
REQUEST = ChatRequest(messages=(Message.system("Be brief."), Message.user("What is A1?")))
TOOL = ToolSpec("calculate", "Evaluate.", {"type": "object", "properties": {"expression": {"type": "string"}}})
CALL = ToolCall("call_7", "calculate", '{"expression": "1 + 1"}')


@dataclass
class Made:
    model: ChatModel
    server: OpenAIServer | None


def adapter(kind: Kind, base_url: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> ChatModel:
    if kind == "litellm":
        card = ModelCard(name="m", adapter="litellm", model="openai/tiny", logprobs=True)
        return LiteLLMModel(card, base_url=base_url, api_key=KEY, timeouts=timeouts)
    card = ModelCard(name="m", adapter="openai_compatible", model="tiny", logprobs=True)
    return OpenAICompatibleModel(card, base_url=base_url, api_key=KEY, timeouts=timeouts)


@asynccontextmanager
async def made(kind: Kind, replies: Sequence[Reply], timeouts: Timeouts = DEFAULT_TIMEOUTS) -> AsyncGenerator[Made]:
    if kind == "scripted":
        steps = [reply for reply in replies if isinstance(reply, (str, ToolCall, tuple, Completion))]
        card = ModelCard(name="m", adapter="scripted", model="m")
        yield Made(ScriptedModel(steps, card=card), None)
        return
    async with OpenAIServer(replies) as server:
        model = adapter(kind, server.base_url, timeouts)
        try:
            yield Made(model, server)
        finally:
            await model.close()


async def collect(model: ChatModel, request: ChatRequest = REQUEST) -> tuple[str, Completion]:
    """Text of the pieces, and the one completion at the end."""
    pieces = [chunk async for chunk in model.stream(request)]
    *texts, last = pieces
    assert isinstance(last, Completion)
    assert all(isinstance(piece, TextDelta) and piece.text for piece in texts)
    return "".join(piece.text for piece in texts if isinstance(piece, TextDelta)), last


async def stream_fails(model: ChatModel) -> None:
    async for _ in model.stream(REQUEST):
        pass


FULL = Completion(text="A1 links the RICs.", model="m", usage=Usage(11, 7, 1))


@pytest.mark.parametrize("kind", KINDS)
async def test_text_with_the_usage_that_the_endpoint_counted(kind: Kind) -> None:
    async with made(kind, [FULL, FULL]) as made_:
        whole = await made_.model.complete(REQUEST)
        text, streamed = await collect(made_.model)
    assert whole == FULL
    assert text == FULL.text
    assert streamed == FULL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["a", "über 3 dB: 基站\n\nline", "<b>&amp;\t{}</b>", "data: [DONE]\n\ndata: x"])
async def test_any_text_comes_through(kind: Kind, text: str) -> None:
    async with made(kind, [text, text]) as made_:
        assert (await made_.model.complete(REQUEST)).text == text
        streamed, completion = await collect(made_.model)
    assert streamed == completion.text == text


@pytest.mark.parametrize("kind", KINDS)
async def test_usage_is_never_zero_when_the_endpoint_does_not_count(kind: Kind) -> None:
    async with made(kind, ["words and words", "words and words"]) as made_:
        whole = await made_.model.complete(REQUEST)
        _, streamed = await collect(made_.model)
    for completion in (whole, streamed):
        assert completion.usage.input_tokens > 0
        assert completion.usage.output_tokens > 0
        assert completion.usage.calls == 1
    assert whole.usage_estimated


@pytest.mark.parametrize("kind", KINDS)
async def test_tool_calls(kind: Kind) -> None:
    two: tuple[ToolCall, ...] = (CALL, ToolCall("call_8", "calculate", "{}"))
    async with made(kind, [CALL, two, CALL, two]) as made_:
        request = replace(REQUEST, tools=(TOOL,))
        one = await made_.model.complete(request)
        both = await made_.model.complete(request)
        _, one_streamed = await collect(made_.model, request)
        _, both_streamed = await collect(made_.model, request)
    assert one.tool_calls == one_streamed.tool_calls == (CALL,)
    assert both.tool_calls == both_streamed.tool_calls == two
    assert one.finish_reason == one_streamed.finish_reason == "tool_calls"


@pytest.mark.parametrize("kind", KINDS)
async def test_broken_tool_arguments_are_passed_on_as_they_are(kind: Kind) -> None:
    async with made(kind, [WRONG_ARGUMENTS, WRONG_ARGUMENTS]) as made_:
        whole = await made_.model.complete(replace(REQUEST, tools=(TOOL,)))
        _, streamed = await collect(made_.model, replace(REQUEST, tools=(TOOL,)))
    assert whole.tool_calls == streamed.tool_calls == (WRONG_ARGUMENTS,)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cut_off_answer_says_so(kind: Kind) -> None:
    cut = replace(FULL, finish_reason="length")
    async with made(kind, [cut, cut]) as made_:
        assert (await made_.model.complete(REQUEST)).finish_reason == "length"
        assert (await collect(made_.model))[1].finish_reason == "length"


@pytest.mark.parametrize("kind", KINDS)
async def test_log_probabilities(kind: Kind) -> None:
    scored = replace(FULL, token_logprobs=(-0.5, -1.25))
    request = replace(REQUEST, logprobs=True)
    async with made(kind, [scored, scored]) as made_:
        assert (await made_.model.complete(request)).token_logprobs == (-0.5, -1.25)
        assert (await collect(made_.model, request))[1].token_logprobs == (-0.5, -1.25)


@pytest.mark.parametrize("kind", KINDS)
async def test_many_calls_at_once_get_an_answer_each(kind: Kind) -> None:
    answers: list[Answer] = [f"answer {number}" for number in range(20)]
    async with made(kind, answers) as made_:
        completions = await asyncio.gather(*(made_.model.complete(REQUEST) for _ in answers))
    assert sorted(completion.text for completion in completions) == sorted(str(answer) for answer in answers)


@pytest.mark.parametrize("kind", KINDS)
async def test_close_twice_and_go_on(kind: Kind) -> None:
    async with made(kind, ["one", "two"]) as made_:
        await made_.model.complete(REQUEST)
        await made_.model.close()
        await made_.model.close()
        assert (await made_.model.complete(REQUEST)).text == "two"


@pytest.mark.parametrize("kind", WIRED)
async def test_the_whole_request_goes_out(kind: Kind) -> None:
    request = ChatRequest(
        messages=(Message.user("q"), Message.assistant("", (CALL,)), Message.tool("2", CALL.id)),
        tools=(TOOL,),
        tool_choice="calculate",
        response_schema=ResponseSchema("answer", {"type": "object", "additionalProperties": False}),
        temperature=0.3,
        max_tokens=99,
        seed=7,
        stop=("END",),
    )
    async with made(kind, ["ok"]) as made_:
        await made_.model.complete(request)
        assert made_.server is not None
        (received,) = made_.server.requests
    body = received.body
    assert body["model"] == "tiny"
    assert body["max_tokens"] == 99
    assert body["temperature"] == 0.3
    assert body["seed"] == 7
    assert body["stop"] == ["END"]
    assert body["tools"][0]["function"]["name"] == "calculate"
    assert body["tool_choice"]["function"]["name"] == "calculate"
    assert body["response_format"]["json_schema"]["name"] == "answer"
    assert body["messages"][1]["tool_calls"][0]["id"] == body["messages"][2]["tool_call_id"] == CALL.id
    assert received.headers["authorization"] == f"Bearer {KEY}"


Fault = tuple[Reply, type[ModelError]]
FAULTS: list[Fault] = [
    (RATE_LIMITED, RateLimitedError),
    (SERVER_ERROR, ModelServerError),
    (HttpError(503), ModelServerError),
    (UNAUTHORIZED, ModelAuthError),
    (HttpError(403), ModelAuthError),
    (HttpError(400, "no such field"), ModelRequestError),
    (HttpError(404, "no such model"), ModelRequestError),
    (HttpError(413), ModelRequestError),
    (MALFORMED_JSON, ModelProtocolError),
    (HTML, ModelProtocolError),
    (Raw("{}"), ModelProtocolError),
    (Raw("[]"), ModelProtocolError),
]


@pytest.mark.parametrize("kind", WIRED)
@pytest.mark.parametrize(("reply", "expected"), FAULTS, ids=lambda value: getattr(value, "__name__", str(value)[:40]))
async def test_each_fault_has_its_error(kind: Kind, reply: Reply, expected: type[ModelError]) -> None:
    async with made(kind, [reply, reply]) as made_:
        with pytest.raises(expected) as whole:
            await made_.model.complete(REQUEST)
        with pytest.raises(expected):
            await stream_fails(made_.model)
        assert made_.server is not None
        # One request for each call: nothing below retries.
        made_.server.assert_done()
    assert whole.value.model == "m"
    assert whole.value.mend
    if isinstance(whole.value, RateLimitedError):
        assert whole.value.retry_after_s == 2.0


@pytest.mark.parametrize("kind", WIRED)
async def test_a_cut_stream_carries_what_came(kind: Kind) -> None:
    async with made(kind, [Cut("The first half"), Cut("The first half")]) as made_:
        with pytest.raises(StreamCutError) as caught:
            await stream_fails(made_.model)
        assert caught.value.partial == "The first half"
        with pytest.raises(ModelUnreachableError):
            await made_.model.complete(REQUEST)


@pytest.mark.parametrize("kind", WIRED)
async def test_a_failure_reported_inside_a_stream(kind: Kind) -> None:
    oom = '{"error": {"message": "out of memory", "code": 500}}'
    async with made(kind, [Events((oom,))]) as made_:
        with pytest.raises(ModelServerError, match="out of memory"):
            await stream_fails(made_.model)


@pytest.mark.parametrize("kind", WIRED)
async def test_a_stalled_endpoint_runs_out_of_time(kind: Kind) -> None:
    async with made(kind, [Stall(30)], Timeouts(total_s=0.2)) as made_:
        with pytest.raises(ModelTimeoutError, match="complete answer within 0.2 s"):
            await made_.model.complete(REQUEST)
    async with made(kind, [Stall(30)], Timeouts(first_token_s=0.2)) as made_:
        with pytest.raises(ModelTimeoutError, match="first token within 0.2 s"):
            await stream_fails(made_.model)


@pytest.mark.parametrize("kind", WIRED)
async def test_nobody_listens(kind: Kind) -> None:
    async with OpenAIServer([]) as server:
        base_url = server.base_url
    model = adapter(kind, base_url)
    calls: list[Callable[[], Awaitable[object]]] = [lambda: model.complete(REQUEST), lambda: stream_fails(model)]
    for call in calls:
        with pytest.raises(ModelUnreachableError) as caught:
            await call()
        assert caught.value.mend
    await model.close()


@pytest.mark.parametrize("kind", WIRED)
async def test_the_key_is_never_shown(kind: Kind) -> None:
    echo = HttpError(401, f"Incorrect API key provided: {KEY}")
    async with made(kind, [echo, echo]) as made_:
        assert KEY not in repr(made_.model)
        with pytest.raises(ModelAuthError) as caught:
            await made_.model.complete(REQUEST)
        assert KEY not in str(caught.value) + caught.value.mend + repr(caught.value.__dict__)
        with pytest.raises(ModelAuthError) as caught:
            await stream_fails(made_.model)
        assert KEY not in str(caught.value) + caught.value.mend + repr(caught.value.__dict__)


@pytest.mark.parametrize("kind", WIRED)
async def test_a_cancelled_call_leaves_the_model_usable(kind: Kind) -> None:
    arrived = asyncio.Event()

    def stall(_: dict[str, Any]) -> Reply:
        arrived.set()
        return Stall(30)

    async with made(kind, [Computed(stall), "after"]) as made_:
        task = asyncio.create_task(made_.model.complete(REQUEST))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await made_.model.complete(REQUEST)).text == "after"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_may_be_left_half_way(kind: Kind) -> None:
    async with made(kind, ["many words in a row", "after"]) as made_:
        async with closing_stream(made_.model, REQUEST) as stream:
            assert isinstance(await anext(stream), TextDelta)
        assert (await made_.model.complete(REQUEST)).text == "after"
