"""Which models failed a moment ago, so that the next call does not wait for the same dead endpoint again."""

import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.dispatch.breaker import Breaker, Patience
from coreagent.models.wrapper import WrappedModel, closing_stream

MODEL = Patience(failures=1, cooldown_s=30.0, most_s=300.0)
"""For a whole model: what fails here failed after all retries, at each of its endpoints."""


@dataclass(slots=True)
class Health:
    """Shared by all runs of a process: a circuit breaker for each model, for routing to look at.

    Routing leaves a model out while its breaker is open, and lets one call find out after that. It only advises: a
    model that is the only one for a call is asked whatever its breaker says.
    """

    patience: Patience = MODEL
    now: Callable[[], float] = time.monotonic
    _breakers: dict[str, Breaker] = field(default_factory=dict[str, Breaker])

    def breaker(self, model: str) -> Breaker:
        """The breaker of a model."""
        if model not in self._breakers:
            self._breakers[model] = Breaker(self.patience, now=self.now)
        return self._breakers[model]

    def watched(self, model: ChatModel) -> "Watched":
        """``model``, whose every call is noted here. Put it outside of the retries."""
        return Watched(model, self.breaker(model.card.name))

    def avoided(self) -> frozenset[str]:
        """Models that should not be called now."""
        return frozenset(name for name, breaker in self._breakers.items() if not breaker.admits)

    def why_avoided(self) -> dict[str, str]:
        """The same, each with the reason in words and when it is tried next."""
        return {name: _why(breaker) for name, breaker in self._breakers.items() if not breaker.admits}


class Watched(WrappedModel):
    """Tells a breaker how each call ended."""

    def __init__(self, inner: ChatModel, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises what the model inside raises."""
        ticket = self._breaker.enter()
        try:
            completion = await self.inner.complete(request)
        except BaseException as error:
            self._breaker.left(ticket, error)
            raise
        self._breaker.left(ticket)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises what the model inside raises."""
        ticket = self._breaker.enter()
        try:
            async with closing_stream(self.inner, request) as chunks:
                async for chunk in chunks:
                    yield chunk
        except BaseException as error:
            self._breaker.left(ticket, error)
            raise
        self._breaker.left(ticket)


def _why(breaker: Breaker) -> str:
    if breaker.probing:
        return "its endpoint failed a moment ago; one call is finding out whether it is back"
    asked = " and asked to be left alone" if breaker.resting else ""
    return f"its endpoint failed a moment ago{asked}; next try in {math.ceil(breaker.wait_s)} s"
