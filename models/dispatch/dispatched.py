"""One model behind several endpoints.

Where it stands: ``Retrying(Budgeted(Traced(Dispatched([endpoint, endpoint]))))``. A *try* is one call of
:class:`Dispatched`, which is one pass over the endpoints, and the retries outside count tries as ever. Within a pass a
call moves on only after errors of an endpoint that did no work for it
(:func:`coreagent.models.dispatch.verdicts.may_move`), which a budget books at nothing anyway. Whatever may have been
paid for ends the pass and goes up, so at most one endpoint of a pass costs anything, and the one reservation outside
covers it: each try is booked once, with what it really used, whichever endpoint answered.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from coreagent.errors import ModelError, RateLimitedError
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.dispatch.notices import notice
from coreagent.models.dispatch.places import Place, Places
from coreagent.models.dispatch.verdicts import asked_wait_s, may_move
from coreagent.models.retrying import RETRIED
from coreagent.models.wrapper import closing_stream


class Dispatched:
    """Sends each call to the endpoint with the fewest calls in flight; ties go to the faster, then to the first.

    Only endpoints with room are chosen from, and those that hold the model come before those that must load it.
    Calls beyond the room of all of them wait here, in their order.

    An endpoint whose breaker is open is passed over. When all are open the least bad (fewest failures, then soonest
    probe) is asked all the same: routing has left this model out already if there was another, so refusing would only
    turn a guess into a failure. The exception is an endpoint that asked to be left alone: when all did, the call is
    refused with the shortest wait, which the retries outside obey.

    Like the models inside, it may be used from one event loop after another, not from two at once.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        """Raises ValueError for no endpoint at all, or for endpoints of different models."""
        if not endpoints:
            raise ValueError("a dispatched model needs at least one endpoint")
        names = {endpoint.model.card.name for endpoint in endpoints}
        if len(names) > 1:
            raise ValueError(f"these endpoints serve different models: {', '.join(sorted(names))}")
        self.endpoints = tuple(endpoints)
        self._places = Places(self.endpoints)

    def __repr__(self) -> str:
        return f"Dispatched({self.card.name!r}, {', '.join(endpoint.address for endpoint in self.endpoints)})"

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self.endpoints[0].model.card

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises :class:`coreagent.errors.ModelError` and its children."""
        failures: dict[Endpoint, ModelError] = {}
        while (place := await self._next(failures, streamed=False)) is not None:
            endpoint = place.endpoint
            started = endpoint.now()
            try:
                completion = await endpoint.model.complete(request)
            except BaseException as error:
                self._places.give_back(place, error)
                if not isinstance(error, ModelError) or not may_move(error):
                    raise
                failures[endpoint] = error
            else:
                endpoint.took(endpoint.now() - started, streamed=False)
                self._places.give_back(place)
                return completion
        raise _worth_most(failures)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece, all from one endpoint. Raises as :meth:`complete`."""
        failures: dict[Endpoint, ModelError] = {}
        while (place := await self._next(failures, streamed=True)) is not None:
            endpoint = place.endpoint
            started, passed_on = endpoint.now(), False
            try:
                async with closing_stream(endpoint.model, request) as chunks:
                    async for chunk in chunks:
                        if not passed_on:
                            passed_on = True
                            endpoint.took(endpoint.now() - started, streamed=True)
                        yield chunk
            except BaseException as error:
                # Left by the reader in the middle: the endpoint did its part.
                left = passed_on and isinstance(error, (GeneratorExit, asyncio.CancelledError))
                self._places.give_back(place, None if left else error)
                if passed_on or not isinstance(error, ModelError) or not may_move(error):
                    raise
                failures[endpoint] = error
            else:
                self._places.give_back(place)
                return
        raise _worth_most(failures)

    async def close(self) -> None:
        """Close every endpoint, even if another one fails to."""
        failures: list[Exception] = []
        for endpoint in self.endpoints:
            try:
                await endpoint.model.close()
            except (OSError, RuntimeError) as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("endpoints that could not be closed", failures)

    async def _next(self, failures: dict[Endpoint, ModelError], *, streamed: bool) -> Place | None:
        """A place at the next endpoint to ask, as things stand now; None when the pass is over.

        Raises:
            RateLimitedError: every endpoint asked to be left alone.
        """
        place = await self._places.take(failures, streamed=streamed)
        if not failures:
            return place or self._places.take_at(self._least_bad())
        if place is not None:
            failed, error = next(reversed(failures.items()))
            notice(f"{error} ({failed.address}); trying {place.endpoint.address}")
        return place

    def _least_bad(self) -> Endpoint:
        awake = [endpoint for endpoint in self.endpoints if not endpoint.breaker.resting]
        if awake:
            return min(awake, key=lambda endpoint: (endpoint.breaker.failures, endpoint.breaker.wait_s))
        wait_s = min(endpoint.breaker.wait_s for endpoint in self.endpoints)
        raise RateLimitedError(
            f"every endpoint asked to be left alone; the next call may be made in {wait_s:.0f} s",
            retry_after_s=wait_s,
            model=self.card.name,
            mend="Wait, add an endpoint, or lower max_concurrency of these.",
        )


def _worth_most(failures: dict[Endpoint, ModelError]) -> ModelError:
    """The error that goes up when all failed: one that may pass before one that will not, the shortest wait first."""
    return min(failures.values(), key=lambda error: (not isinstance(error, RETRIED), asked_wait_s(error) or 0.0))
