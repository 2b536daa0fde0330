"""A model whose every call is noted in the running trial."""

import time
from collections.abc import AsyncIterator, Callable

from coreagent.evals.calls.scope import current_scope, last_key
from coreagent.evals.system import CallRecord
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.playing import role_played
from coreagent.models.wrapper import WrappedModel, closing_stream


class Accounted(WrappedModel):
    """Adds a :class:`CallRecord` to the running trial for each call, be it answered, failed or cancelled.

    Put it above the store of answers, so that replayed answers are noted too. Outside of a trial nothing is noted.
    """

    def __init__(self, inner: ChatModel, role: str = "", *, now: Callable[[], float] = time.perf_counter) -> None:
        """``role`` stands for calls that no role makes, as of a bare model."""
        super().__init__(inner)
        self._role = role
        self._now = now

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece, and note it. Raises what the model inside raises."""
        last_key.set("")
        started = self._now()
        try:
            completion = await self.inner.complete(request)
        except BaseException as error:
            self._note(started, error=error)
            raise
        self._note(started, completion)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece, and note it. Raises what the model inside raises."""
        last_key.set("")
        started = self._now()
        whole: Completion | None = None
        cause: BaseException | None = None
        try:
            async with closing_stream(self.inner, request) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, Completion):
                        whole = chunk
                    yield chunk
        except BaseException as error:
            cause = error
            raise
        finally:
            self._note(started, whole, error=None if whole else cause)

    def _note(
        self, started: float, completion: Completion | None = None, *, error: BaseException | None = None
    ) -> None:
        scope = current_scope()
        if scope is None:
            return
        usage = completion.usage if completion else None
        sent, written = (usage.input_tokens, usage.output_tokens) if usage else (0, 0)
        scope.calls.append(
            CallRecord(
                role=role_played() or self._role,
                model=completion.model if completion else self.card.name,
                input_tokens=sent,
                output_tokens=written,
                usd=self.card.price.cost_usd(sent, written),
                seconds=round(self._now() - started, 6),
                error=type(error).__name__ if error else "",
                replayed=completion.replayed if completion else False,
                request=last_key.get(),
                wh=self.card.spent_wh(sent, written),
            )
        )
