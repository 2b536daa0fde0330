"""A way out for an adviser under test."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion
from coreagent.routing.request import RoutingRequest
from coreagent.testing import ScriptedModel

T = TypeVar("T")


class Ask:
    """Asks one scripted model, and books in its head."""

    def __init__(self, model: ScriptedModel | None = None) -> None:
        self._model = model
        self.usd = 0.0
        self.names: list[str] = []

    async def model(self, name: str, request: ChatRequest) -> Completion:
        assert self._model is not None
        self.names.append(name)
        return await self._model.complete(request)

    async def service(self, name: str, call: Callable[[], Awaitable[T]], *, usd: float = 0.0) -> T:
        self.names.append(name)
        self.usd += usd
        return await call()


def card(name: str, **more: object) -> ModelCard:
    return ModelCard(name=name, adapter="scripted", model=name, **more)  # type: ignore[arg-type]


def request(text: str = "Which interface joins two xApps?", **more: object) -> RoutingRequest:
    return RoutingRequest(subtask="answer", role="summarizer", text=text, **more)  # type: ignore[arg-type]
