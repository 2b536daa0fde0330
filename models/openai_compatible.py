"""Any endpoint that speaks the OpenAI chat-completions protocol, called directly over aiohttp.

vLLM, SGLang, Ollama, llama.cpp and most gateways do.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from coreagent.models.assembly import Assembly
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.faults import Faults
from coreagent.models.http_endpoint import HttpEndpoint, encoded, endpoint_url
from coreagent.models.sse import EventStream, EventTooLongError
from coreagent.models.timeouts import DEFAULT_TIMEOUTS, Timeouts
from coreagent.models.wire import Json, WireError, is_object, read_completion, request_fields

_DRAIN_S = 0.2
_WHOLE_TYPES = frozenset({"application/json", "text/html"})


class OpenAICompatibleModel:
    """A model behind ``base_url`` (for example ``http://127.0.0.1:8000/v1``).

    Connections are kept open and reused; at most ``max_concurrency`` calls run at once, more wait their turn. The
    object may be used from one event loop after another (close it before a loop ends), not from two at once.
    """

    def __init__(
        self,
        card: ModelCard,
        *,
        base_url: str,
        api_key: str = "",
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        max_concurrency: int = 64,
    ) -> None:
        """Connects to nothing yet.

        Raises:
            SettingsError: ``base_url`` is no http or https address, or the key can not stand in a header.
        """
        self._card = card
        url = endpoint_url(base_url, "/chat/completions", key=f"models.{card.name}.base_url")
        self._faults = Faults(card.name, url=str(url), api_key=api_key, timeouts=timeouts)
        self._timeouts = timeouts
        self._http = HttpEndpoint(
            url,
            name=card.name,
            faults=self._faults,
            api_key=api_key,
            timeouts=timeouts,
            max_concurrency=max_concurrency,
        )

    def __repr__(self) -> str:
        return f"OpenAICompatibleModel({self._card.name!r}, url={str(self._http.url)!r})"

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self._card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises :class:`coreagent.errors.ModelError` and its children."""
        return await self._http.post(
            request_fields(request, self._card), lambda body: read_completion(_whole(body), request, self._card)
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last item is the whole :class:`Completion`. Raises as :meth:`complete`."""
        fields = request_fields(request, self._card)
        fields["stream"] = True
        fields["stream_options"] = {"include_usage": True}
        data = encoded(fields)
        assembly = Assembly()
        session = await self._http.open()
        async with self._http.slots:
            try:
                deadline = asyncio.get_running_loop().time() + self._timeouts.first_token_s
                async with self._first_token(deadline):
                    response = await session.post(self._http.url, data=data, allow_redirects=False)
                async with response:
                    if response.status != 200 or response.content_type in _WHOLE_TYPES:
                        whole = await self._not_a_stream(response, request)
                        if whole.text:
                            yield TextDelta(whole.text)
                        yield whole
                        return
                    events = EventStream()
                    done = False
                    while not done:
                        if assembly.started:
                            piece = await response.content.readany()
                        else:
                            async with self._first_token(deadline):
                                piece = await response.content.readany()
                        for event in events.feed(piece) if piece else events.finish():
                            if event == b"[DONE]":
                                done = True
                                break
                            if text := assembly.take(self._chunk(event)):
                                yield TextDelta(text)
                        if not piece:
                            break
                    if not done and not assembly.finished:
                        raise self._faults.cut(assembly.text)
                    await _drain(response)
                yield assembly.completion(request, self._card)
            except (aiohttp.ClientError, OSError) as error:
                if isinstance(error, aiohttp.ClientPayloadError) or (
                    assembly.started and not isinstance(error, TimeoutError)
                ):
                    raise self._faults.cut(assembly.text) from error
                raise self._http.broken(error) from error
            except (WireError, EventTooLongError) as error:
                raise self._faults.unreadable(str(error), assembly.text) from error

    async def close(self) -> None:
        """Give connections back. Safe to call twice; a later call opens new ones."""
        await self._http.close()

    @asynccontextmanager
    async def _first_token(self, deadline: float) -> AsyncGenerator[None]:
        """Bound the wait for the first token, and tell that limit from the others."""
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if limit.expired():
                raise self._faults.late_first_token() from error
            raise

    async def _not_a_stream(self, response: aiohttp.ClientResponse, request: ChatRequest) -> Completion:
        """A refusal, or the whole answer of an endpoint that does not stream."""
        body = await self._http.read(response)
        if response.status != 200:
            raise self._http.refused(response, body)
        return self._http.understood(body, response, lambda value: read_completion(_whole(value), request, self._card))

    def _chunk(self, event: bytes) -> Json:
        try:
            fields: Any = json.loads(event)
        except (ValueError, RecursionError) as error:
            raise self._faults.unreadable("a chunk that is not JSON", event.decode(errors="replace")) from error
        if not is_object(fields):
            raise self._faults.unreadable("a chunk that is no JSON object", event.decode(errors="replace"))
        if "error" in fields and (failure := self._faults.reported(fields)):
            raise failure
        return fields


def _whole(value: object) -> Json:
    if not is_object(value):
        raise WireError("the answer is not a whole JSON object")
    return value


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read the end of a finished stream, so that its connection can be used again."""
    if response.content.at_eof():
        return
    try:
        async with asyncio.timeout(_DRAIN_S):
            while await response.content.readany():
                pass
    except (TimeoutError, aiohttp.ClientError):
        response.close()
