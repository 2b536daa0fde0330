import asyncio
from collections.abc import AsyncIterator

import pytest

from coreagent.errors import ModelError, ModelRequestError, ModelUnreachableError, RateLimitedError
from coreagent.messages import Message
from coreagent.models.chat import ChatRequest, Chunk, Completion
from coreagent.models.dispatch.health import Health
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import ManualClock, ScriptedModel

REQUEST = ChatRequest(messages=(Message.user("q"),))
DOWN = ModelUnreachableError("refused")


def fails(health: Health, model: str, error: ModelError = DOWN) -> None:
    breaker = health.breaker(model)
    breaker.left(breaker.enter(), error)


def test_a_model_is_avoided_for_a_while_after_its_endpoint_failed() -> None:
    clock = ManualClock()
    health = Health(now=clock.now)
    fails(health, "a")
    fails(health, "b", ModelRequestError("wrong request", status=400))
    assert health.avoided() == frozenset({"a"})
    clock.advance(29.5)
    assert health.why_avoided() == {"a": "its endpoint failed a moment ago; next try in 1 s"}
    clock.advance(1)
    assert health.avoided() == frozenset()


def test_failing_again_while_avoided_prolongs_nothing_and_failing_the_probe_does() -> None:
    clock = ManualClock()
    health = Health(now=clock.now)
    fails(health, "a")
    fails(health, "a")
    assert health.breaker("a").wait_s == 30
    clock.advance(30)
    fails(health, "a")
    assert health.breaker("a").wait_s == 60


async def test_one_call_finds_out_while_the_others_go_elsewhere() -> None:
    clock = ManualClock()
    health = Health(now=clock.now)
    back = asyncio.Event()

    class Slow(WrappedModel):
        async def complete(self, request: ChatRequest) -> Completion:
            await back.wait()
            return await super().complete(request)

    model = health.watched(Slow(ScriptedModel(["here again"])))
    fails(health, "scripted")
    clock.advance(30)
    assert health.avoided() == frozenset()
    probe = asyncio.create_task(model.complete(REQUEST))
    await asyncio.sleep(0)
    assert health.why_avoided() == {
        "scripted": "its endpoint failed a moment ago; one call is finding out whether it is back"
    }
    back.set()
    await probe
    assert health.avoided() == frozenset()


async def test_a_wish_to_be_left_alone_is_told_as_that() -> None:
    clock = ManualClock()
    health = Health(now=clock.now)
    model = health.watched(ScriptedModel([RateLimitedError("slow down", retry_after_s=12)]))
    with pytest.raises(RateLimitedError):
        await model.complete(REQUEST)
    assert health.why_avoided() == {
        "scripted": "its endpoint failed a moment ago and asked to be left alone; next try in 12 s"
    }


async def test_streams_are_watched_too_and_a_reader_who_leaves_blames_nobody() -> None:
    health = Health(now=ManualClock().now)
    failing = health.watched(ScriptedModel([DOWN]))
    with pytest.raises(ModelUnreachableError):
        _ = [chunk async for chunk in failing.stream(REQUEST)]
    assert health.avoided() == frozenset({"scripted"})
    health = Health(now=ManualClock().now)
    stream: AsyncIterator[Chunk] = health.watched(ScriptedModel(["one two three"])).stream(REQUEST)
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  (a generator)
    assert health.avoided() == frozenset()
