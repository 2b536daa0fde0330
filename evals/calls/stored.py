"""A model whose answers are kept, and given again without asking."""

import asyncio
from collections.abc import AsyncIterator

from coreagent.errors import CassetteMissError
from coreagent.evals.calls.answers import Answers
from coreagent.evals.calls.request_key import key_of
from coreagent.evals.calls.scope import current_salt, last_key
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wrapper import WrappedModel, closing_stream


class Stored(WrappedModel):
    """Looks each request up in ``store`` first, and keeps what the model inside answers.

    Two equal requests at once are asked once: the second waits, and asks itself only when the first one failed.
    """

    def __init__(
        self,
        inner: ChatModel,
        store: Answers,
        *,
        run: str,
        endpoint: str = "",
        replay_only: bool = False,
        fresh: bool = False,
    ) -> None:
        """``run`` is who pays for what is asked; ``endpoint`` is where, and part of every key.

        With ``replay_only`` nothing is ever asked; with ``fresh`` everything is, and its answers are kept for others.
        """
        super().__init__(inner)
        self._store = store
        self._run = run
        self._endpoint = endpoint
        self._replay_only = replay_only
        self._fresh = fresh

    async def complete(self, request: ChatRequest) -> Completion:
        """The stored answer with ``replayed`` set, or a new one.

        Raises:
            CassetteMissError: there is none, and nothing may be asked.
            RunError: the store can not be read or written.
            ModelError: as the model inside.
        """
        key = self._key(request)
        found = await self._found(key)
        if found is not None:
            return found
        flight = self._take_off(key)
        try:
            completion = await self.inner.complete(request)
            await self._keep(key, completion)
        finally:
            self._land(key, flight)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """The same piece by piece: a stored answer in one piece, a new one as it comes. Raises as :meth:`complete`."""
        key = self._key(request)
        found = await self._found(key)
        if found is not None:
            if found.text:
                yield TextDelta(found.text)
            yield found
            return
        flight = self._take_off(key)
        try:
            async with closing_stream(self.inner, request) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, Completion):
                        await self._keep(key, chunk)
                    yield chunk
        finally:
            self._land(key, flight)

    def _key(self, request: ChatRequest) -> str:
        key = key_of(request, self.card, endpoint=self._endpoint, salt=current_salt())
        last_key.set(key)
        return key

    async def _found(self, key: str) -> Completion | None:
        if self._fresh:
            return None
        flights, found = self._store.flights, None
        while True:
            while (flight := flights.get(key)) is not None:
                if flight.get_loop() is not asyncio.get_running_loop():
                    # Of a loop that ended in the middle of a call.
                    del flights[key]
                    break
                # Waiting must not cancel what others wait for too.
                await asyncio.shield(flight)
            found = await self._store.find(key)
            # Another may have set off while a distant store was looked up.
            if found is not None or key not in flights:
                break
        if found is None and self._replay_only:
            raise CassetteMissError(
                "this request was never answered before, and nothing may be asked",
                model=self.card.name,
                mend="Run it without replay, or name the store that holds the answers.",
            )
        return found

    def _take_off(self, key: str) -> asyncio.Future[None]:
        flight: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._store.flights[key] = flight
        return flight

    def _land(self, key: str, flight: asyncio.Future[None]) -> None:
        if self._store.flights.get(key) is flight:
            del self._store.flights[key]
        if not flight.done():
            flight.set_result(None)

    async def _keep(self, key: str, completion: Completion) -> None:
        if completion.replayed:
            return
        usage = completion.usage
        usd = self.card.price.cost_usd(usage.input_tokens, usage.output_tokens)
        await self._store.keep(key, completion, run=self._run, usd=usd)
