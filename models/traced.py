"""A model whose every call is a ``chat`` span."""

from collections.abc import AsyncGenerator, AsyncIterator

from coreagent.decision import Decision
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wrapper import WrappedModel
from coreagent.telemetry import Telemetry


class Traced(WrappedModel):
    """Opens a span for each call, with the routing decision that led to it.

    Usage, cost and the time to the first chunk are added; an error is recorded by its type and goes on to the caller.
    """

    def __init__(self, inner: ChatModel, telemetry: Telemetry, *, decision: Decision | None = None) -> None:
        super().__init__(inner)
        self._telemetry = telemetry
        self._decision = decision

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece, inside a span. Raises what the model inside raises."""
        with self._telemetry.model_span(self.card, request, self._decision) as span:
            completion = await self.inner.complete(request)
            span.finish(completion)
            return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece, inside a span. Raises what the model inside raises."""
        chunks = self.inner.stream(request)
        with self._telemetry.model_span(self.card, request, self._decision, stream=True) as span:
            try:
                async for chunk in chunks:
                    if isinstance(chunk, TextDelta):
                        span.first_chunk()
                    else:
                        span.finish(chunk)
                    yield chunk
            finally:
                # Leaving half-way must end the call at the endpoint now, not when it is collected.
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()
