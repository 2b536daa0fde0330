"""The embedding models of any provider that litellm knows."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.models.embedding_wire import read_vectors
from coreagent.models.litellm import ready, release
from coreagent.models.litellm_faults import LiteLLMFaults
from coreagent.models.timeouts import Timeouts
from coreagent.settings import EmbedderSettings


class LiteLLMEmbedding:
    """The calls of a :class:`coreagent.models.remote_embedder.RemoteEmbedder` through litellm.

    ``model`` is litellm's name for it (for example ``voyage/voyage-3``). litellm's own retries are off.
    """

    def __init__(self, settings: EmbedderSettings, *, api_key: str = "") -> None:
        """Loads nothing yet. Without ``api_key`` litellm looks for the provider's usual variable."""
        self._timeout_s = settings.timeout_s
        self._arguments: dict[str, Any] = {
            "model": settings.model,
            "encoding_format": "float",
            "timeout": settings.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
        }
        if settings.dimensions is not None:
            # Else litellm drops it for every model that it does not know to understand it.
            self._arguments |= {"dimensions": settings.dimensions, "allowed_openai_params": ["dimensions"]}
        if api_key:
            self._arguments["api_key"] = api_key
        if settings.base_url:
            self._arguments["api_base"] = settings.base_url
        self._faults = LiteLLMFaults(
            settings.model,
            url=settings.base_url or settings.model,
            api_key=api_key,
            timeouts=Timeouts(connect_s=settings.timeout_s, total_s=settings.timeout_s),
            wanted="vectors",
        )
        self._max_concurrency = settings.max_concurrency
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots = asyncio.Semaphore(settings.max_concurrency)

    async def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the protocol says."""
        litellm = await ready(self)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._slots = loop, asyncio.Semaphore(self._max_concurrency)
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout_s):
                    response = await litellm.aembedding(input=list(texts), **self._arguments)
                return read_vectors(response.model_dump(), len(texts))
            except Exception as error:
                # litellm lets the errors of every provider's SDK through.
                raise self._faults.translated(litellm, error) from error

    async def close(self) -> None:
        """Close litellm's connections with the last of its users. Safe to call twice."""
        await release(self)
