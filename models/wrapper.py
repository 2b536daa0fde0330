"""The base of everything that adds behaviour to a model."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion


class WrappedModel:
    """A model that passes everything on to ``inner``. Subclasses override what they change."""

    def __init__(self, inner: ChatModel) -> None:
        self.inner = inner

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inner!r})"

    @property
    def card(self) -> ModelCard:
        """The card of the model inside."""
        return self.inner.card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises what the model inside raises."""
        return await self.inner.complete(request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises what the model inside raises."""
        async with closing_stream(self.inner, request) as chunks:
            async for chunk in chunks:
                yield chunk

    async def close(self) -> None:
        """Close the model inside."""
        await self.inner.close()


@asynccontextmanager
async def closing_stream(model: ChatModel, request: ChatRequest) -> AsyncGenerator[AsyncIterator[Chunk]]:
    """A model's stream whose call ends with the ``async with`` block, however the block is left.

    Without it a generator that is left half-way keeps its connection until it is collected.
    """
    chunks = model.stream(request)
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
