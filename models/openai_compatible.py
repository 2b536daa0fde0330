"""Any endpoint that speaks the OpenAI chat-completions protocol, called directly over aiohttp.

vLLM, SGLang, Ollama, llama.cpp and most gateways do. The only importer of aiohttp beside the test server.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
from yarl import URL

from coreagent.errors import ModelError, SettingsError
from coreagent.models.assembly import Assembly
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.faults import Faults
from coreagent.models.sse import EventStream, EventTooLongError
from coreagent.models.timeouts import DEFAULT_TIMEOUTS, Timeouts
from coreagent.models.wire import Json, WireError, is_object, read_completion, request_fields

MAX_BODY_BYTES = 32_000_000
"""A longer answer is refused."""

_DRAIN_S = 0.2
_LARGE_BODY_BYTES = 1_000_000
_WHOLE_TYPES = frozenset({"application/json", "text/html"})
_encode = json.JSONEncoder(separators=(",", ":")).encode


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
        self._url = _chat_url(base_url, model=card.name)
        self._shown_url = str(self._url)
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable():
                raise SettingsError(
                    f"the key of model {card.name!r} holds characters that no key has",
                    mend="Look for a line break or a quotation mark in the environment variable.",
                )
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._faults = Faults(card.name, url=self._shown_url, api_key=api_key, timeouts=timeouts)
        self._timeouts = timeouts
        self._max_concurrency = max_concurrency
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(max_concurrency)

    def __repr__(self) -> str:
        return f"OpenAICompatibleModel({self._card.name!r}, url={self._shown_url!r})"

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self._card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises :class:`coreagent.errors.ModelError` and its children."""
        data = _body(request_fields(request, self._card))
        session = await self._open()
        async with self._slots:
            try:
                async with session.post(self._url, data=data, allow_redirects=False) as response:
                    body = await self._read(response)
                    if response.status != 200:
                        raise self._refused(response, body)
                    return self._completion(body, response, request)
            except (aiohttp.ClientError, OSError) as error:
                raise self._broken(error) from error

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last item is the whole :class:`Completion`. Raises as :meth:`complete`."""
        fields = request_fields(request, self._card)
        fields["stream"] = True
        fields["stream_options"] = {"include_usage": True}
        data = _body(fields)
        assembly = Assembly()
        session = await self._open()
        async with self._slots:
            try:
                deadline = asyncio.get_running_loop().time() + self._timeouts.first_token_s
                async with self._first_token(deadline):
                    response = await session.post(self._url, data=data, allow_redirects=False)
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
                raise self._broken(error) from error
            except (WireError, EventTooLongError) as error:
                raise self._faults.unreadable(str(error), assembly.text) from error

    async def close(self) -> None:
        """Give connections back. Safe to call twice; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self) -> aiohttp.ClientSession:
        """The session of the running loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            left, self._session = self._session, None
            self._loop, self._slots = loop, asyncio.Semaphore(self._max_concurrency)
            if left is not None:
                # Its loop is gone, and its sockets with it; closing only marks it closed.
                await left.close()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._max_concurrency),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=self._timeouts.total_s, connect=self._timeouts.connect_s),
            )
        return self._session

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

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.content_length is not None and response.content_length <= MAX_BODY_BYTES:
            return await response.read()
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise self._faults.unreadable(f"an answer of more than {MAX_BODY_BYTES:,} bytes", "")
            pieces.append(piece)
        return b"".join(pieces)

    def _completion(self, body: bytes, response: aiohttp.ClientResponse, request: ChatRequest) -> Completion:
        try:
            fields: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._faults.no_json(body, content_type=response.content_type) from error
        if not is_object(fields):
            raise self._faults.no_json(body, content_type=response.content_type)
        try:
            if "error" in fields and (failure := self._faults.reported(fields)):
                raise failure
            return read_completion(fields, request, self._card)
        except WireError as error:
            raise self._faults.unreadable(str(error), body.decode(errors="replace")) from error

    async def _not_a_stream(self, response: aiohttp.ClientResponse, request: ChatRequest) -> Completion:
        """A refusal, or the whole answer of an endpoint that does not stream."""
        body = await self._read(response)
        if response.status != 200:
            raise self._refused(response, body)
        return self._completion(body, response, request)

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

    def _refused(self, response: aiohttp.ClientResponse, body: bytes) -> ModelError:
        return self._faults.refused(response.status, body, retry_after=response.headers.get("Retry-After"))

    def _broken(self, error: Exception) -> ModelError:
        """A network error in our words."""
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return self._faults.late_connection()
        if isinstance(error, TimeoutError):
            return self._faults.late_answer()
        if isinstance(error, aiohttp.ClientResponseError):
            return self._faults.unreadable(f"not an HTTP answer: {error.message}", "")
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if isinstance(error, aiohttp.ClientConnectorError):
            return self._faults.no_connection(cause)
        return self._faults.broken_connection(cause or type(error).__name__)


def _body(fields: Json) -> bytes | BytesIO:
    data = _encode(fields).encode()
    # aiohttp sends bytes in one go, which would hold everything else up for a large question.
    return data if len(data) < _LARGE_BODY_BYTES else BytesIO(data)


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


def _chat_url(base_url: str, *, model: str) -> URL:
    try:
        url = URL(base_url.rstrip("/") + "/chat/completions")
        usable = url.scheme in ("http", "https") and bool(url.host)
    except ValueError:
        usable = False
        url = URL()
    if url.user or url.password:
        raise SettingsError(
            "base_url holds a user name or password",
            key=f"models.{model}.base_url",
            mend="Name the environment variable that holds the key with api_key_env instead.",
        )
    if not usable:
        raise SettingsError(
            f"{base_url!r} is not an address of the form http://host:port/v1",
            key=f"models.{model}.base_url",
            mend='For example: base_url = "http://127.0.0.1:8000/v1"',
        )
    return url
