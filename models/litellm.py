"""Any provider that litellm knows. The only importer of litellm, which is loaded at the first call.

Loading takes seconds and reads the environment, so two variables are set before it: without
``LITELLM_LOCAL_MODEL_COST_MAP`` the import fetches a price list from the network, and without
``LITELLM_MODE=PRODUCTION`` it loads a ``.env`` file from the working folder into this process.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from coreagent.models.assembly import Assembly
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.litellm_faults import LiteLLMFaults
from coreagent.models.timeouts import DEFAULT_TIMEOUTS, Timeouts
from coreagent.models.wire import WireError, read_completion, request_fields


@cache
def load() -> Any:
    """The litellm module, with everything off that phones, prints or retries."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    import litellm  # noqa: PLC0415  (takes seconds: only who uses it pays)

    module: Any = litellm
    module.suppress_debug_info = True
    module.num_retries = 0
    # Embedding calls take a max_retries of 0 for none given.
    module.DEFAULT_MAX_RETRIES = 0
    module.drop_params = True
    return module


_in_use: set[object] = set()
"""Who has called and is not closed; the connections are litellm's, not theirs."""


async def ready(user: object) -> Any:
    """The module for a ``user`` that is about to call, and gives it back with :func:`release`."""
    _in_use.add(user)
    # In a thread: the first import takes seconds, and other calls go on meanwhile.
    return await asyncio.to_thread(load) if load.cache_info().currsize == 0 else load()


async def release(user: object) -> None:
    """Close litellm's connections, which all its users share, with the last of them. Safe to call twice."""
    if user in _in_use:
        _in_use.remove(user)
        if not _in_use:
            litellm = load()
            await litellm.close_litellm_async_clients()
            # Its cache would hand the closed clients out again.
            litellm.in_memory_llm_clients_cache.flush_cache()


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
        self._faults = LiteLLMFaults(card.name, url=base_url or card.model, api_key=api_key, timeouts=timeouts)
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
        litellm = await ready(self)
        async with self._slots_of_loop():
            try:
                async with asyncio.timeout(self._timeouts.total_s):
                    response = await litellm.acompletion(**self._arguments(request))
                return read_completion(response.model_dump(), request, self._card)
            except Exception as error:
                # litellm lets the errors of every provider's SDK through.
                raise self._faults.translated(litellm, error) from error

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last item is the whole :class:`Completion`. Raises as :meth:`complete`."""
        litellm = await ready(self)
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
                    raise self._faults.cut(assembly)
                if assembly.empty:
                    # litellm passes over chunks that it can not read, down to a web page.
                    raise WireError("an empty answer, or none of this protocol")
                yield assembly.completion(request, self._card)
            except Exception as error:
                early = limit.expired() and not assembly.started and first_by < all_by
                raise self._faults.translated(litellm, error, assembly=assembly, early=early) from error
            finally:
                if response is not None:
                    await response.aclose()

    async def close(self) -> None:
        """Close litellm's connections with the last of its users. Safe to call twice."""
        await release(self)

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
