from collections.abc import AsyncIterator

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
from coreagent.messages import Message
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.retrying import Retrying
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import ManualClock, ScriptedModel

REQUEST = ChatRequest(messages=(Message.user("q"),))
MAY_PASS: list[ModelError] = [
    ModelUnreachableError("down"),
    ModelTimeoutError("connection", 1),
    RateLimitedError("slow down"),
    ModelServerError("broken", status=503),
    StreamCutError("cut"),
]
NEVER: list[ModelError] = [
    ModelAuthError("no"),
    ModelRequestError("bad", status=400),
    ModelProtocolError("html"),
]


async def pieces(model: Retrying) -> list[Chunk]:
    return [chunk async for chunk in model.stream(REQUEST)]


@pytest.mark.parametrize("error", MAY_PASS, ids=lambda error: type(error).__name__)
async def test_what_may_pass_is_tried_again(error: ModelError) -> None:
    clock = ManualClock()
    seen: list[tuple[ModelError, int, float]] = []
    model = Retrying(
        ScriptedModel([error, error, "ok", error, "ok then"]),
        sleep=clock.sleep,
        on_retry=lambda error, attempt, wait_s: seen.append((error, attempt, wait_s)),
    )
    assert (await model.complete(REQUEST)).text == "ok"
    last = (await pieces(model))[-1]
    assert isinstance(last, Completion)
    assert last.text == "ok then"
    assert [(event[0], event[1]) for event in seen] == [(error, 1), (error, 2), (error, 1)]
    assert [event[2] for event in seen] == clock.slept
    assert 0.5 <= clock.slept[0] <= 1.0 <= clock.slept[1] <= 1.5


@pytest.mark.parametrize("error", NEVER, ids=lambda error: type(error).__name__)
async def test_what_fails_the_same_way_again_is_not(error: ModelError) -> None:
    inner = ScriptedModel([error, error])
    clock = ManualClock()
    with pytest.raises(type(error)):
        await Retrying(inner, sleep=clock.sleep).complete(REQUEST)
    with pytest.raises(type(error)):
        await pieces(Retrying(inner, sleep=clock.sleep))
    assert clock.slept == []
    inner.assert_done()


async def test_the_last_error_goes_up_when_the_tries_are_used_up() -> None:
    inner = ScriptedModel([ModelServerError(f"try {n}", status=500) for n in range(3)])
    with pytest.raises(ModelServerError, match="try 2"):
        await Retrying(inner, max_attempts=3, sleep=ManualClock().sleep).complete(REQUEST)
    inner.assert_done()


async def test_retry_after_is_obeyed() -> None:
    clock = ManualClock()
    inner = ScriptedModel([RateLimitedError("wait", retry_after_s=17.0), "ok"])
    await Retrying(inner, sleep=clock.sleep).complete(REQUEST)
    assert clock.slept == [17.0]


async def test_a_wait_beyond_reason_goes_up_at_once() -> None:
    clock = ManualClock()
    inner = ScriptedModel([RateLimitedError("tomorrow", retry_after_s=86_400)])
    with pytest.raises(RateLimitedError):
        await Retrying(inner, max_wait_s=60, sleep=clock.sleep).complete(REQUEST)
    assert clock.slept == []


class CutsOffOnce(WrappedModel):
    """Breaks after one piece; would go well the second time."""

    tries = 0

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        self.tries += 1
        yield TextDelta("half")
        if self.tries == 1:
            raise StreamCutError("cut", partial="half")
        yield Completion(text="half and half", model="m")


async def test_a_stream_is_not_repeated_after_a_piece_was_passed_on() -> None:
    inner = CutsOffOnce(ScriptedModel([]))
    heard: list[Chunk] = []
    with pytest.raises(StreamCutError):
        async for chunk in Retrying(inner, sleep=ManualClock().sleep).stream(REQUEST):
            heard.append(chunk)
    assert heard == [TextDelta("half")]
    assert inner.tries == 1


async def test_a_stream_may_be_left_half_way() -> None:
    stream = Retrying(ScriptedModel(["a b c"]), sleep=ManualClock().sleep).stream(REQUEST)
    assert await anext(stream) == TextDelta("a")
    await stream.aclose()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  (a generator)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
