"""One HTTP address that takes JSON: connections, limits, and errors of our tree. Shared by all direct clients.

Imports aiohttp, as only its users and the test server do.
"""

import asyncio
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from coreagent.errors import ModelError, SettingsError
from coreagent.models.faults import Faults
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import Json, WireError, is_list, is_object

MAX_BODY_BYTES = 32_000_000
"""A longer answer is refused, unless its reader allows more."""

_LARGE_BODY_BYTES = 1_000_000
_encode = json.JSONEncoder(separators=(",", ":")).encode
T = TypeVar("T")


class HttpEndpoint:
    """Connections to one address, kept open and reused; at most ``max_concurrency`` calls run at once.

    The object may be used from one event loop after another (close it before a loop ends), not from two at once.
    """

    def __init__(
        self,
        url: URL,
        *,
        name: str,
        faults: Faults,
        api_key: str,
        timeouts: Timeouts,
        max_concurrency: int,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        """Connects to nothing yet. ``name`` is who is called, for messages.

        Raises:
            SettingsError: the key can not stand in a header.
        """
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable():
                raise SettingsError(
                    f"the key of model {name!r} holds characters that no key has",
                    mend="Look for a line break or a quotation mark in the environment variable.",
                )
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._faults = faults
        self._timeouts = timeouts
        self._max_concurrency = max_concurrency
        self._max_body_bytes = max_body_bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(max_concurrency)

    @property
    def url(self) -> URL:
        """What is called."""
        return self._url

    @property
    def slots(self) -> asyncio.Semaphore:
        """To be held during a call; of the loop that :meth:`open` was last called in."""
        return self._slots

    async def post(self, fields: Json, read: Callable[[Any], T]) -> T:
        """Send a JSON object, and give what ``read`` makes of the JSON object or list that comes back.

        ``read`` raises :class:`WireError` for what is not its protocol.

        Raises:
            ModelError: no connection, no answer in time, a refusal, or an answer that is not the protocol.
        """
        data = encoded(fields)
        session = await self.open()
        async with self._slots:
            try:
                async with session.post(self._url, data=data, allow_redirects=False) as response:
                    body = await self.read(response)
                    if response.status != 200:
                        raise self.refused(response, body)
                    return self.understood(body, response, read)
            except (aiohttp.ClientError, OSError) as error:
                raise self.broken(error) from error

    async def open(self) -> aiohttp.ClientSession:
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

    async def close(self) -> None:
        """Give connections back. Safe to call twice; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body, when it is not too long.

        Raises:
            ModelProtocolError: it is.
        """
        if response.content_length is not None and response.content_length <= self._max_body_bytes:
            return await response.read()
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            size += len(piece)
            if size > self._max_body_bytes:
                raise self._faults.unreadable(f"an answer of more than {self._max_body_bytes:,} bytes", "")
            pieces.append(piece)
        return b"".join(pieces)

    def understood(self, body: bytes, response: aiohttp.ClientResponse, read: Callable[[Any], T]) -> T:
        """What ``read`` makes of a body; raises as :meth:`post`."""
        try:
            value: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._faults.no_json(body, content_type=response.content_type) from error
        if not is_object(value) and not is_list(value):
            raise self._faults.no_json(body, content_type=response.content_type)
        try:
            if is_object(value) and "error" in value and (failure := self._faults.reported(value)):
                raise failure
            return read(value)
        except WireError as error:
            raise self._faults.unreadable(str(error), body[:2_000].decode(errors="replace")) from error

    def refused(self, response: aiohttp.ClientResponse, body: bytes) -> ModelError:
        """A status that is not 200."""
        return self._faults.refused(response.status, body, retry_after=response.headers.get("Retry-After"))

    def broken(self, error: Exception) -> ModelError:
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
        return self._faults.broken_connection(
            cause or type(error).__name__, received=isinstance(error, aiohttp.ClientPayloadError)
        )


def encoded(fields: Json) -> bytes | BytesIO:
    """A request body."""
    data = _encode(fields).encode()
    # aiohttp sends bytes in one go, which would hold everything else up for a large question.
    return data if len(data) < _LARGE_BODY_BYTES else BytesIO(data)


def endpoint_url(base_url: str, path: str, *, key: str) -> URL:
    """The address of ``path`` below ``base_url``; ``key`` names the setting in errors.

    Raises:
        SettingsError: ``base_url`` is no http or https address, or holds a password.
    """
    try:
        url = URL(base_url.rstrip("/") + path)
        usable = url.scheme in ("http", "https") and bool(url.host)
    except ValueError:
        usable = False
        url = URL()
    if url.user or url.password:
        raise SettingsError(
            "base_url holds a user name or password",
            key=key,
            mend="Name the environment variable that holds the key with api_key_env instead.",
        )
    if not usable:
        raise SettingsError(
            f"{base_url!r} is not an address of the form http://host:port/v1",
            key=key,
            mend='For example: base_url = "http://127.0.0.1:8000/v1"',
        )
    return url
