"""Any provider that litellm knows. The only importer of litellm, which is loaded at the first call.

Loading takes seconds and reads the environment, so two variables are set before it: without
``LITELLM_LOCAL_MODEL_COST_MAP`` the import fetches a price list from the network, and without
``LITELLM_MODE=PRODUCTION`` it loads a ``.env`` file from the working folder into this process.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

from coreagent.errors import (
    ModelError,
    ModelProtocolError,
    ModelTimeoutError,
    ModelUnreachableError,
    StreamCutError,
)
from coreagent.models.assembly import Assembly
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.http_errors import error_from_status
from coreagent.models.timeouts import DEFAULT_TIMEOUTS, Timeouts
from coreagent.models.wire import WireError, read_completion, request_fields


@cache
def _load() -> Any:
    """The litellm module, with everything off that phones, prints or retries."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    import litellm  # noqa: PLC0415  (takes seconds: only who uses it pays)

    litellm.suppress_debug_info = True
    litellm.num_retries = 0
    litellm.drop_params = True
    return litellm


_in_use: "set[LiteLLMModel]" = set()
"""Models that have called and are not closed; the connections are litellm's, not theirs."""


class LiteLLMModel:
    """A model of any provider, under litellm's name for it (``card.model``, for example ``anthropic/claude-...``).

    litellm's own retries are off; :class:`coreagent.models.retrying.Retrying` is the only retry layer. At most
    ``max_concurrency`` calls run at once.
    """

    def __init__(
        self,
        card: ModelCard,
        *,
        api_key: str = "",
        base_url: str = "",
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        max_concurrency: int = 64,
    ) -> None:
        """Loads nothing yet. Without ``api_key`` litellm looks for the provider's usual variable."""
        self._card = card
        self._api_key = api_key
        self._base_url = base_url
        self._timeouts = timeouts
        self._max_concurrency = max_concurrency
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots = asyncio.Semaphore(max_concurrency)

    def __repr__(self) -> str:
        return f"LiteLLMModel({self._card.name!r}, model={self._card.model!r})"

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self._card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises :class:`coreagent.errors.ModelError` and its children."""
        litellm = await self._ready()
        async with self._slots_of_loop():
            try:
                async with asyncio.timeout(self._timeouts.total_s):
                    response = await litellm.acompletion(**self._arguments(request))
                return read_completion(response.model_dump(), request, self._card)
            except Exception as error:
                # litellm lets the errors of every provider's SDK through.
                raise self._translated(litellm, error) from error

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last item is the whole :class:`Completion`. Raises as :meth:`complete`."""
        litellm = await self._ready()
        assembly = Assembly()
        loop = asyncio.get_running_loop()
        async with self._slots_of_loop():
            first_by = loop.time() + self._timeouts.first_token_s
            all_by = loop.time() + self._timeouts.total_s
            limit = asyncio.timeout_at(min(first_by, all_by))
            response: Any = None
            try:
                async with limit:
                    response = await litellm.acompletion(
                        **self._arguments(request), stream=True, stream_options={"include_usage": True}
                    )
                while True:
                    limit = asyncio.timeout_at(all_by if assembly.started else min(first_by, all_by))
                    async with limit:
                        chunk = await anext(response, None)
                    if chunk is None:
                        break
                    if text := assembly.take(chunk.model_dump()):
                        yield TextDelta(text)
                if not assembly.finished:
                    raise self._cut(assembly)
                if assembly.empty:
                    # litellm passes over chunks that it can not read, down to a web page.
                    raise WireError("an empty answer, or none of this protocol")
                yield assembly.completion(request, self._card)
            except Exception as error:
                early = limit.expired() and not assembly.started and first_by < all_by
                raise self._translated(litellm, error, assembly=assembly, early=early) from error
            finally:
                if response is not None:
                    await response.aclose()

    async def close(self) -> None:
        """Close litellm's connections, which all its models share, with the last of them. Safe to call twice."""
        if self in _in_use:
            _in_use.remove(self)
            if not _in_use:
                litellm = _load()
                await litellm.close_litellm_async_clients()
                # Its cache would hand the closed clients out again.
                litellm.in_memory_llm_clients_cache.flush_cache()

    async def _ready(self) -> Any:
        _in_use.add(self)
        # In a thread: the first import takes seconds, and other calls go on meanwhile.
        return await asyncio.to_thread(_load) if _load.cache_info().currsize == 0 else _load()

    def _slots_of_loop(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._slots = loop, asyncio.Semaphore(self._max_concurrency)
        return self._slots

    def _arguments(self, request: ChatRequest) -> dict[str, Any]:
        arguments = {
            **request_fields(request, self._card),
            "timeout": self._timeouts.total_s,
            "num_retries": 0,
            "max_retries": 0,
        }
        if request.tools:
            # Else litellm looks whether a tool belongs to its gateway, with a package that it does not require.
            arguments["_skip_mcp_handler"] = True
        if self._api_key:
            arguments["api_key"] = self._api_key
        if self._base_url:
            arguments["base_url"] = self._base_url
        return arguments

    def _translated(
        self, litellm: Any, error: Exception, *, assembly: Assembly | None = None, early: bool = False
    ) -> ModelError:
        """An error in our words. ``assembly`` is given for streams, ``early`` when the first token was late."""
        name = self._card.name
        if isinstance(error, ModelError):
            return error
        if isinstance(error, WireError):
            return self._unreadable(str(error))
        causes = tuple(_causes(error))
        for cause in causes:
            if isinstance(cause, ImportError):
                return ModelError(
                    f"litellm lacks a package for this call: {cause}",
                    model=name,
                    mend='Install it beside coreagent, or choose adapter = "openai_compatible".',
                )
        httpx = litellm.exceptions.httpx
        if isinstance(error, (TimeoutError, litellm.Timeout)):
            return self._late(early=early, connecting=_has(causes, httpx.ConnectTimeout))
        for cause in causes:
            if isinstance(cause, httpx.HTTPStatusError):
                answer: Any = getattr(cause, "response", None)
                return self._of_status(answer.status_code, error, answer.headers.get("retry-after"))
        if assembly is not None and (assembly.started or isinstance(error, litellm.exceptions.MidStreamFallbackError)):
            if _has(causes, httpx.TransportError) or assembly.started:
                return self._cut(assembly)
            return self._of_status(500, error, None)
        if _has(causes, (httpx.TransportError, litellm.exceptions.openai.APIConnectionError, ConnectionError)):
            return ModelUnreachableError(
                f"no connection, or it broke before an answer: {self._words(error)}",
                model=name,
                mend="Start the server, or correct base_url of this model.",
            )
        if _has(causes, json.JSONDecodeError) or all(type(c).__module__.startswith("litellm") for c in causes):
            status = getattr(error, "status_code", None)
            if isinstance(status, int) and status < 500:
                return self._of_status(status, error, None)
            return self._unreadable(self._words(error))
        status = getattr(error, "status_code", None)
        return self._of_status(status if isinstance(status, int) and status >= 400 else 500, error, None)

    def _of_status(self, status: int, error: Exception, retry_after: str | None) -> ModelError:
        url = self._base_url or self._card.model
        words = self._words(error)
        return error_from_status(status, words, model=self._card.name, url=url, retry_after=retry_after)

    def _late(self, *, early: bool, connecting: bool) -> ModelTimeoutError:
        limits = self._timeouts
        phase, limit_s = (
            ("connection", limits.connect_s)
            if connecting
            else ("first token", limits.first_token_s)
            if early
            else ("complete answer", limits.total_s)
        )
        return ModelTimeoutError(
            phase,
            limit_s,
            model=self._card.name,
            mend="Raise the timeouts of this model, or look at the load of its server.",
        )

    def _unreadable(self, problem: str) -> ModelProtocolError:
        return ModelProtocolError(
            f"not a chat completion: {problem}",
            model=self._card.name,
            mend="Check model and base_url; base_url usually ends in /v1.",
        )

    def _words(self, error: Exception) -> str:
        text = " ".join(str(error).split())[:500] or type(error).__name__
        return text.replace(self._api_key, "***") if self._api_key else text

    def _cut(self, assembly: Assembly) -> StreamCutError:
        return StreamCutError(
            "the stream ended before the answer did",
            partial=assembly.text,
            model=self._card.name,
            mend="Ask again; if it happens often, look at the log of the server.",
        )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, nearest first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _has(causes: tuple[BaseException, ...], kinds: Any) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)
