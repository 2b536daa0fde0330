"""A model under another card: one object may play several roles, each with its own name and limits."""

from collections.abc import AsyncIterator
from dataclasses import replace

from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.wrapper import WrappedModel, closing_stream


class Renamed(WrappedModel):
    """``inner`` as ``card`` describes it; completions are signed with the card's name."""

    def __init__(self, inner: ChatModel, card: ModelCard) -> None:
        super().__init__(inner)
        self._card = card

    @property
    def card(self) -> ModelCard:
        """The other card."""
        return self._card

    async def complete(self, request: ChatRequest) -> Completion:
        """As the inner model."""
        return replace(await self.inner.complete(request), model=self._card.name)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """As the inner model."""
        async with closing_stream(self.inner, request) as chunks:
            async for chunk in chunks:
                yield replace(chunk, model=self._card.name) if isinstance(chunk, Completion) else chunk
