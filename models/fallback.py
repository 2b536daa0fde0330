"""A chain of models: when one fails, the next one answers."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from coreagent.errors import CassetteMissError, ModelError, NoModelError, SchemaMismatchError
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wrapper import closing_stream

OnFallback = Callable[[ModelError, str, str], None]
"""``(error, failed model, next model)``."""

_FINAL = (NoModelError, SchemaMismatchError, CassetteMissError)
"""Errors that another model does not mend, or that must not be hidden."""


def _ignore(error: ModelError, failed: str, following: str) -> None:
    """The callback of who does not ask for one."""


class Fallback:
    """Asks ``models`` in order until one answers; ``Completion.model`` says which one did.

    Who may take over is decided before: every model given here must be cleared for the data.
    """

    def __init__(self, models: Sequence[ChatModel], *, on_fallback: OnFallback = _ignore) -> None:
        """Raises ValueError for no model at all."""
        if not models:
            raise ValueError("a fallback needs at least one model")
        self._models = tuple(models)
        self._on_fallback = on_fallback

    def __repr__(self) -> str:
        return f"Fallback({', '.join(repr(model) for model in self._models)})"

    @property
    def card(self) -> ModelCard:
        """The card of the first choice."""
        return self._models[0].card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer with the first model that can. Raises the last model's error."""
        for model, following in zip(self._models, self._models[1:], strict=False):
            try:
                return _signed(await model.complete(request), model)
            except _FINAL:
                raise
            except ModelError as error:
                self._on_fallback(error, model.card.name, following.card.name)
        last = self._models[-1]
        return _signed(await last.complete(request), last)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; after the first piece of text no other model takes over. Raises as above."""
        followers: tuple[ChatModel | None, ...] = (*self._models[1:], None)
        for model, following in zip(self._models, followers, strict=True):
            passed_on = False
            try:
                async with closing_stream(model, request) as chunks:
                    async for chunk in chunks:
                        passed_on = True
                        yield chunk if isinstance(chunk, TextDelta) else _signed(chunk, model)
                return
            except ModelError as error:
                if passed_on or following is None or isinstance(error, _FINAL):
                    raise
                self._on_fallback(error, model.card.name, following.card.name)

    async def close(self) -> None:
        """Close every model."""
        for model in self._models:
            await model.close()


def _signed(completion: Completion, model: ChatModel) -> Completion:
    return completion if completion.model else replace(completion, model=model.card.name)
