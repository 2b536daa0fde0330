"""Hear an answer while it is written: a wrapper that streams underneath and tells each piece to a listener."""

from collections.abc import AsyncIterator, Callable

from coreagent.errors import ModelProtocolError
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta


class Streaming:
    """``complete`` streams the inner model and passes each text piece to ``on_text``."""

    def __init__(self, inner: ChatModel, on_text: Callable[[str], None]) -> None:
        self._inner = inner
        self._on_text = on_text

    @property
    def card(self) -> ModelCard:
        """The inner model's card."""
        return self._inner.card

    async def complete(self, request: ChatRequest) -> Completion:
        """The whole answer, after every piece of it was told."""
        async for chunk in self._inner.stream(request):
            if isinstance(chunk, TextDelta):
                self._on_text(chunk.text)
            else:
                return chunk
        raise ModelProtocolError("the stream ended without a completion", model=self.card.name)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """As the inner model, telling each piece on the way."""
        async for chunk in self._inner.stream(request):
            if isinstance(chunk, TextDelta):
                self._on_text(chunk.text)
            yield chunk

    async def close(self) -> None:
        """Close the inner model."""
        await self._inner.close()
