"""A model at one address, whose calls tell whether its server holds it."""

from collections.abc import AsyncIterator

from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.dispatch.residency import Residency
from coreagent.models.wrapper import WrappedModel, closing_stream


class Resident(WrappedModel):
    """Tells ``residency`` of each call to ``address``. Put it right above the endpoint."""

    def __init__(self, inner: ChatModel, residency: Residency, *, address: str) -> None:
        super().__init__(inner)
        self._residency = residency
        self._address = address.rstrip("/")

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises what the model inside raises."""
        name = self.card.name
        self._residency.begin(name, self._address)
        try:
            completion = await self.inner.complete(request)
        except BaseException as error:
            self._residency.end(name, self._address, error)
            raise
        self._residency.end(name, self._address)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises what the model inside raises."""
        name = self.card.name
        self._residency.begin(name, self._address)
        try:
            async with closing_stream(self.inner, request) as chunks:
                async for chunk in chunks:
                    self._residency.loaded(name, self._address)
                    yield chunk
        except BaseException as error:
            self._residency.end(name, self._address, error)
            raise
        self._residency.end(name, self._address)
