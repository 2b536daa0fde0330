"""Hear an answer while it is written: a wrapper that streams underneath and tells each piece to a listener."""

from collections.abc import AsyncIterator, Callable

from coreagent.errors import ModelProtocolError
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wrapper import WrappedModel, closing_stream


class Streaming(WrappedModel):
    """``complete`` streams the inner model and passes each text piece to ``on_text``."""

    def __init__(self, inner: ChatModel, on_text: Callable[[str], None]) -> None:
        super().__init__(inner)
        self._on_text = on_text

    async def complete(self, request: ChatRequest) -> Completion:
        """The whole answer, after every piece of it was told."""
        async with closing_stream(self, request) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Completion):
                    return chunk
        raise ModelProtocolError("the stream ended without a completion", model=self.card.name)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """As the inner model, telling each piece on the way."""
        async with closing_stream(self.inner, request) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, TextDelta):
                    self._on_text(chunk.text)
                yield chunk
