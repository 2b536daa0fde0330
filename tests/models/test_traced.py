"""The tracing wrapper: spans of whole, streamed, failed and abandoned calls."""

from collections.abc import AsyncIterator, Iterator

import pytest

from coreagent.decision import Decision
from coreagent.errors import RateLimitedError, StreamCutError
from coreagent.messages import Message, Usage
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.traced import Traced
from coreagent.telemetry import Telemetry

REQUEST = ChatRequest(messages=(Message.user("hello"),))
COMPLETION = Completion(text="ab", model="small", usage=Usage(3, 2, 1))
DECISION = Decision(subtask="s", role="planner", policy="fixed", model="m", candidates=(), reason="fixed")


class Model:
    """Says "ab", or fails with ``error`` after the first piece."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = False
        self.ended = False

    @property
    def card(self) -> ModelCard:
        return ModelCard(name="m", adapter="openai_compatible", model="small")

    async def complete(self, request: ChatRequest) -> Completion:
        if self.error:
            raise self.error
        return COMPLETION

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        try:
            yield TextDelta("a")
            if self.error:
                raise self.error
            yield TextDelta("b")
            yield COMPLETION
        finally:
            self.ended = True

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    with Telemetry.in_memory() as opened:
        yield opened


async def test_a_call_is_a_span_with_its_decision(telemetry: Telemetry) -> None:
    model = Traced(Model(), telemetry, decision=DECISION)
    assert await model.complete(REQUEST) == COMPLETION
    (span,) = telemetry.spans()
    assert (span.name, span.error) == ("chat small", False)
    assert span.attributes["gen_ai.usage.output_tokens"] == 2
    assert span.attributes["coreagent.decision.policy"] == "fixed"


async def test_a_stream_passes_unchanged_and_its_first_piece_is_timed(telemetry: Telemetry) -> None:
    chunks = [chunk async for chunk in Traced(Model(), telemetry).stream(REQUEST)]
    assert chunks == [TextDelta("a"), TextDelta("b"), COMPLETION]
    (span,) = telemetry.spans()
    assert span.attributes["gen_ai.request.stream"] is True
    assert span.attributes["gen_ai.response.time_to_first_chunk"] <= span.duration_s + 0.01
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)


async def test_errors_are_recorded_by_type_and_go_on(telemetry: Telemetry) -> None:
    with pytest.raises(RateLimitedError):
        await Traced(Model(RateLimitedError("slow down")), telemetry).complete(REQUEST)
    with pytest.raises(StreamCutError):
        async for _ in Traced(Model(StreamCutError("cut")), telemetry).stream(REQUEST):
            pass
    assert [(span.error, span.attributes["error.type"]) for span in telemetry.spans()] == [
        (True, "RateLimitedError"),
        (True, "StreamCutError"),
    ]


async def test_an_abandoned_stream_ends_its_span_and_the_call(telemetry: Telemetry) -> None:
    model = Model()
    stream = Traced(model, telemetry).stream(REQUEST)
    assert await anext(stream) == TextDelta("a")
    await stream.aclose()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  (a generator)
    assert model.ended
    (span,) = telemetry.spans()
    assert span.attributes["error.type"] == "GeneratorExit"


async def test_it_is_transparent_when_telemetry_is_off() -> None:
    inner = Model()
    model = Traced(inner, Telemetry.off())
    assert await model.complete(REQUEST) == COMPLETION
    assert [chunk async for chunk in model.stream(REQUEST)][-1] == COMPLETION
    assert model.card == inner.card
    await model.close()
    assert inner.closed
