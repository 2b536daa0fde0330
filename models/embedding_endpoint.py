"""Any endpoint with the OpenAI embeddings protocol (``POST base_url/embeddings``), called directly.

vLLM, text-embeddings-inference, Ollama, llama.cpp, OpenAI and most gateways have it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coreagent.models.embedding_wire import read_vectors
from coreagent.models.faults import Faults
from coreagent.models.http_endpoint import HttpEndpoint, endpoint_url
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import Json
from coreagent.settings import EmbedderSettings

_MAX_BODY_BYTES = 512_000_000
"""2,048 vectors of 8,192 numbers, as JSON, are about 350 MB."""


class EndpointEmbedding:
    """The calls of a :class:`coreagent.models.remote_embedder.RemoteEmbedder` to such an endpoint."""

    def __init__(self, settings: EmbedderSettings, *, api_key: str = "") -> None:
        """Connects to nothing yet.

        Raises:
            SettingsError: ``base_url`` is no http or https address, or the key can not stand in a header.
        """
        url = endpoint_url(settings.base_url, "/embeddings", key="knowledge.embedder.base_url")
        timeouts = Timeouts(connect_s=min(Timeouts().connect_s, settings.timeout_s), total_s=settings.timeout_s)
        faults = Faults(
            settings.model,
            url=str(url),
            api_key=api_key,
            timeouts=timeouts,
            protocol="OpenAI embeddings protocol",
            wanted="vectors",
            when_slow="Raise timeout_s or lower batch_size in [knowledge.embedder].",
        )
        # The encoding is not asked for: many gateways refuse the word, and all of them know the default.
        self._fields: Json = {"model": settings.model}
        if settings.dimensions is not None:
            self._fields["dimensions"] = settings.dimensions
        self._http = HttpEndpoint(
            url,
            name=settings.model,
            faults=faults,
            api_key=api_key,
            timeouts=timeouts,
            max_concurrency=settings.max_concurrency,
            max_body_bytes=_MAX_BODY_BYTES,
        )

    async def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the protocol says."""
        return await self._http.post(
            {**self._fields, "input": list(texts)}, lambda body: read_vectors(body, len(texts))
        )

    async def close(self) -> None:
        """Give connections back. Safe to call twice; a later call opens new ones."""
        await self._http.close()
