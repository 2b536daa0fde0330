"""A local endpoint that speaks the OpenAI chat, embedding and common re-ranking protocols and can fail on command.

``python -m coreagent.testing.openai_server --port 8000`` serves echoes and hashed vectors, for trying things out and
for benchmarks.
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from coreagent.messages import ToolCall
from coreagent.testing.replies import (
    Computed,
    Cut,
    Events,
    HttpError,
    Raw,
    Reply,
    Stall,
    chunk_bodies,
    completion_body,
    error_body,
)
from coreagent.testing.vectors import embeddings_body, rerank_body


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived. ``headers`` have lower-case names."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class OpenAIServer:
    """``async with OpenAIServer(["first answer", RATE_LIMITED]) as server: ... server.base_url``.

    Replies are used in order; a request past the last one gets HTTP 500 and is seen by :meth:`assert_done`. Without
    replies the last message is echoed. Embedding and re-ranking requests use the same replies, where any text stands
    for the ordinary answer; another answer is a :class:`Raw`. Listens on the loopback interface only.
    """

    def __init__(self, replies: Iterable[Reply] | None = None, *, port: int = 0) -> None:
        """``port`` 0 takes a free one."""
        self._replies = None if replies is None else tuple(replies)
        self._port = port
        self._received: list[Received] = []
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What a model's ``base_url`` is to be."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def requests(self) -> tuple[Received, ...]:
        """The requests so far."""
        return tuple(self._received)

    def assert_done(self) -> None:
        """Raise AssertionError unless exactly as many requests came as there are replies."""
        if self._replies is not None and len(self._received) != len(self._replies):
            raise AssertionError(f"{len(self._received)} requests came for {len(self._replies)} replies")

    async def __aenter__(self) -> "OpenAIServer":
        app = web.Application(client_max_size=64_000_000)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_post("/v1/rerank", self._rerank)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "echo", "object": "model"}]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        if self._replies is None:
            return await _answer(request, body, str(body["messages"][-1].get("content") or ""))
        return await _answer(request, body, self._reply(request, body))

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        return await _answer(request, body, self._reply(request, body), ordinary=embeddings_body)

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        return await _answer(request, body, self._reply(request, body), ordinary=rerank_body)

    def _reply(self, request: web.Request, body: dict[str, Any]) -> Reply:
        """The next reply; the ordinary answer without a script."""
        if self._replies is None:
            return ""
        number = len(self._received)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._received.append(Received(request.path, headers, body))
        if number >= len(self._replies):
            return HttpError(500, "the script of this server is over")
        return self._replies[number]


async def _answer(
    request: web.Request,
    body: dict[str, Any],
    reply: Reply,
    *,
    ordinary: Callable[[dict[str, Any]], Any] | None = None,
) -> web.StreamResponse:
    while isinstance(reply, (Stall, Computed)):
        if isinstance(reply, Stall):
            await asyncio.sleep(reply.seconds)
            reply = reply.reply
        else:
            reply = reply.make(body)
    if isinstance(reply, Raw):
        return web.Response(text=reply.body, content_type=reply.content_type)
    if isinstance(reply, HttpError):
        return web.Response(
            status=reply.status,
            text=error_body(reply),
            headers=dict(reply.headers),
            content_type="application/json",
        )
    if ordinary is not None and not isinstance(reply, Events):
        data = json.dumps(ordinary(body)).encode()
        if isinstance(reply, Cut):
            return await _send_half(request, data)
        return web.Response(body=data, content_type="application/json")
    streaming = bool(body.get("stream"))
    model = str(body.get("model", ""))
    if isinstance(reply, Events):
        return await _send_events(request, list(reply.payloads), cut=False)
    if isinstance(reply, Cut):
        if streaming:
            chunks = chunk_bodies(reply.text, model)[:-1]
            return await _send_events(request, [json.dumps(chunk) for chunk in chunks], cut=True)
        return await _send_half(request, json.dumps(completion_body(reply.text, model)).encode())
    answer = (reply,) if isinstance(reply, ToolCall) else reply
    if streaming:
        payloads = [json.dumps(chunk) for chunk in chunk_bodies(answer, model)]
        return await _send_events(request, [*payloads, "[DONE]"], cut=False)
    return web.Response(body=json.dumps(completion_body(answer, model)).encode(), content_type="application/json")


async def _send_events(request: web.Request, payloads: list[str], *, cut: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for payload in payloads:
        await response.write(f"data: {payload}\n\n".encode())
    if cut:
        await _break_off(request)
    else:
        await response.write_eof()
    return response


async def _send_half(request: web.Request, body: bytes) -> web.StreamResponse:
    """Promise the whole body, send half of it."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await _break_off(request)
    return response


async def _break_off(request: web.Request) -> None:
    # What was written must leave before the connection is torn down.
    await asyncio.sleep(0.02)
    if request.transport is not None:
        request.transport.abort()


async def _serve(port: int) -> None:
    async with OpenAIServer(port=port) as server:
        print(server.base_url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve echoes until interrupted."""
    parser = argparse.ArgumentParser(description="A local endpoint that echoes the last message.")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one; the address is printed")
    try:
        asyncio.run(_serve(parser.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
