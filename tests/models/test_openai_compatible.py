"""What the contract does not ask of every adapter: connections, limits, other events loops, odd endpoints."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from coreagent.errors import ModelProtocolError, ModelTimeoutError, StreamCutError
from coreagent.messages import Message
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion, TextDelta
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.models.sse import MAX_EVENT_BYTES
from coreagent.models.timeouts import Timeouts
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import HTML, Computed, Events, HttpError, Raw, Reply, Stall

CARD = ModelCard(name="m", adapter="openai_compatible", model="tiny")
REQUEST = ChatRequest(messages=(Message.user("q"),))
WORD = '{"choices": [{"delta": {"content": "word"}, "finish_reason": null}]}'
END = '{"choices": [{"delta": {}, "finish_reason": "stop"}]}'


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncGenerator[str]:
    """The base URL of a server that leaves nothing open behind it."""
    ended: list[asyncio.Event] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.Event())
        this = ended[-1]
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
            this.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        for event in ended:
            await event.wait()


class CountingServer:
    """Counts connections; answers everything with one canned reply."""

    def __init__(self, body: bytes) -> None:
        self.connections = 0
        self._body = body

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(self._body)
        except asyncio.IncompleteReadError:
            return


def canned(kind: str, payload: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        kind.encode(),
        len(payload),
        payload,
    )


@pytest.mark.parametrize("streaming", [False, True])
async def test_one_connection_serves_call_after_call(streaming: bool) -> None:
    events = f"data: {WORD}\n\ndata: {END}\n\ndata: [DONE]\n\n".encode()
    whole = b'{"choices": [{"message": {"content": "word"}}]}'
    handler = CountingServer(canned("text/event-stream", events) if streaming else canned("application/json", whole))
    async with listening(handler) as base_url:
        model = OpenAICompatibleModel(CARD, base_url=base_url)
        for _ in range(5):
            if streaming:
                assert [chunk async for chunk in model.stream(REQUEST)][0] == TextDelta("word")
            else:
                assert (await model.complete(REQUEST)).text == "word"
        await model.close()
    assert handler.connections == 1


async def test_no_more_calls_at_once_than_allowed_and_waiting_is_no_timeout() -> None:
    running = most = 0

    def busy(_: dict[str, Any]) -> Reply:
        nonlocal running, most
        running += 1
        most = max(most, running)

        def done(_: dict[str, Any]) -> Reply:
            nonlocal running
            running -= 1
            return "ok"

        return Stall(0.1, Computed(done))

    async with OpenAIServer([Computed(busy)] * 12) as server:
        model = OpenAICompatibleModel(
            CARD, base_url=server.base_url, max_concurrency=2, timeouts=Timeouts(connect_s=0.5, total_s=0.5)
        )
        # The last of them waits for 0.5 s before its turn, as long as its own time limit.
        await asyncio.gather(*(model.complete(REQUEST) for _ in range(12)))
        await model.close()
    assert most == 2


def test_one_event_loop_after_another() -> None:
    async def once(model: OpenAICompatibleModel, port: int) -> None:
        async with OpenAIServer(["one", "two"], port=port):
            texts = await asyncio.gather(model.complete(REQUEST), model.complete(REQUEST))
            assert {completion.text for completion in texts} == {"one", "two"}
            await model.close()

    async def free_port() -> int:
        async with OpenAIServer([]) as server:
            return int(server.base_url.split(":")[2].split("/")[0])

    port = asyncio.run(free_port())
    model = OpenAICompatibleModel(CARD, base_url=f"http://127.0.0.1:{port}/v1", max_concurrency=1)
    asyncio.run(once(model, port))
    asyncio.run(once(model, port))


async def stream(reply: Reply) -> list[TextDelta | Completion]:
    async with OpenAIServer([reply]) as server:
        model = OpenAICompatibleModel(CARD, base_url=server.base_url)
        try:
            return [chunk async for chunk in model.stream(REQUEST)]
        finally:
            await model.close()


async def test_an_endpoint_that_does_not_stream_still_answers() -> None:
    chunks = await stream(Raw('{"choices": [{"message": {"content": "all at once"}}]}'))
    assert chunks[0] == TextDelta("all at once")
    assert isinstance(chunks[1], Completion)


async def test_a_finish_reason_ends_a_stream_without_a_done_mark() -> None:
    last = (await stream(Events((WORD, END))))[-1]
    assert isinstance(last, Completion)
    assert last.text == "word"


@pytest.mark.parametrize("payloads", [(WORD,), (WORD, WORD), ()])
async def test_a_stream_that_just_stops_was_cut(payloads: tuple[str, ...]) -> None:
    with pytest.raises(StreamCutError) as caught:
        await stream(Events(payloads))
    assert caught.value.partial == "word" * len(payloads)


@pytest.mark.parametrize(
    "payload", ["{", "[1]", "null", "hello", '{"choices": 3}', '{"choices": [{"delta": {"content": 3}}]}', "[" * 10_000]
)
async def test_chunks_that_are_none(payload: str) -> None:
    with pytest.raises(ModelProtocolError):
        await stream(Events((WORD, payload, END)))


async def test_a_chunk_without_end_is_refused() -> None:
    with pytest.raises(ModelProtocolError, match="one event of more than"):
        await stream(Events(("x" * (2 * MAX_EVENT_BYTES),)))


async def test_a_web_page_names_the_likely_cause() -> None:
    async with OpenAIServer([HTML]) as server:
        model = OpenAICompatibleModel(CARD, base_url=server.base_url)
        with pytest.raises(ModelProtocolError, match="web page") as caught:
            await model.complete(REQUEST)
        assert "/v1" in caught.value.mend
        assert "It works!" in caught.value.raw
        await model.close()


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    async with OpenAIServer([HttpError(307, "moved", {"Location": "http://127.0.0.1:9/steal"})]) as server:
        model = OpenAICompatibleModel(CARD, base_url=server.base_url, api_key="sk-0123456789abcdef")
        with pytest.raises(ModelProtocolError, match="HTTP 307"):
            await model.complete(REQUEST)
        await model.close()


async def test_a_stream_that_stalls_after_its_first_token_runs_into_the_total_limit() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        writer.write(f"data: {WORD}\n\n".encode())
        await reader.read()

    heard: list[object] = []
    async with listening(half) as base_url:
        limits = Timeouts(first_token_s=0.5, total_s=0.8)
        model = OpenAICompatibleModel(CARD, base_url=base_url, timeouts=limits)
        with pytest.raises(ModelTimeoutError, match="complete answer"):
            async for chunk in model.stream(REQUEST):
                heard.append(chunk)
        await model.close()
    assert heard == [TextDelta("word")]


async def test_thought_counts_as_a_first_token_but_is_no_text() -> None:
    thought = '{"choices": [{"delta": {"reasoning_content": "hm"}}]}'

    async def thinks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(f"data: {thought}\n\n".encode())
        await asyncio.sleep(0.6)
        writer.write(f"data: {WORD}\n\ndata: [DONE]\n\n".encode())

    async with listening(thinks) as base_url:
        model = OpenAICompatibleModel(CARD, base_url=base_url, timeouts=Timeouts(first_token_s=0.4))
        first, last = [chunk async for chunk in model.stream(REQUEST)]
        await model.close()
    assert first == TextDelta("word")
    assert isinstance(last, Completion)
    assert last.text == "word"


async def test_a_connection_reset_in_mid_stream_is_a_cut_with_what_came() -> None:
    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        writer.write(f"data: {WORD}\n\n".encode())
        await asyncio.sleep(0.05)
        linger_zero = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)

    async with listening(resets) as base_url:
        model = OpenAICompatibleModel(CARD, base_url=base_url)
        with pytest.raises(StreamCutError) as caught:
            async for _ in model.stream(REQUEST):
                pass
        await model.close()
    assert caught.value.partial == "word"


async def test_a_question_of_a_megabyte_goes_through() -> None:
    async with OpenAIServer(["ok"]) as server:
        model = OpenAICompatibleModel(CARD, base_url=server.base_url)
        question = "基站 x" * 100_000
        assert (await model.complete(ChatRequest(messages=(Message.user(question),)))).text == "ok"
        assert server.requests[0].body["messages"][0]["content"] == question
        await model.close()


async def test_half_a_character_is_sent_and_counted() -> None:
    async with OpenAIServer(["ok"]) as server:
        model = OpenAICompatibleModel(CARD, base_url=server.base_url)
        completion = await model.complete(ChatRequest(messages=(Message.user("\udcff"),)))
        assert completion.usage.input_tokens > 0
        await model.close()
