"""The places of several endpoints, and the queue for them."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from coreagent.models.dispatch.breaker import Ticket
from coreagent.models.dispatch.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Place:
    """A call's place at an endpoint, and the ticket of its breaker."""

    endpoint: Endpoint
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call in the queue, and the endpoints that are of no use to it any more."""

    turn: asyncio.Future[Place | None]
    tried: Collection[Endpoint]
    streamed: bool


class Places:
    """Gives each call the best endpoint with room; when all are full, first come, first served.

    Calls wait here rather than at an endpoint, so that the first free place is theirs wherever it is. Whoever waits
    does so for a call that is under way at an endpoint worth asking, so no clock is needed to wake them.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = tuple(endpoints)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: deque[_Waiting] = deque()

    async def take(self, tried: Collection[Endpoint] = (), *, streamed: bool) -> Place | None:
        """A place at an endpoint that is none of ``tried``; None when no breaker of the others admits a call."""
        queue = self._queue_here()
        if not queue:
            free = self._free(tried)
            if free is None:
                return None
            if free:
                return self._best(free, streamed=streamed)
        entry = _Waiting(asyncio.get_running_loop().create_future(), tried, streamed)
        queue.append(entry)
        self._serve()
        try:
            return await entry.turn
        except asyncio.CancelledError as error:
            if entry.turn.done() and not entry.turn.cancelled() and (place := entry.turn.result()) is not None:
                # The place was given in the moment of cancelling; it goes to the next one.
                self.give_back(place, error)
            raise

    def take_at(self, endpoint: Endpoint) -> Place:
        """A place at this endpoint, though its breaker is open or it is full."""
        endpoint.in_flight += 1
        return Place(endpoint, endpoint.breaker.enter())

    def give_back(self, place: Place, error: BaseException | None = None) -> None:
        """The call is over: with an answer, or with ``error``."""
        place.endpoint.in_flight -= 1
        place.endpoint.breaker.left(place.ticket, error)
        if self._queue:
            self._serve()

    def _queue_here(self) -> deque[_Waiting]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Whoever waited in a loop that ended was cancelled with it.
            self._loop, self._queue = loop, deque()
        return self._queue

    def _free(self, tried: Collection[Endpoint]) -> list[Endpoint] | None:
        """The endpoints with room; empty when those worth asking are full, None when there are none of these."""
        open_ones = [entry for entry in self._endpoints if entry not in tried and entry.breaker.admits]
        return [entry for entry in open_ones if entry.in_flight < entry.most] if open_ones else None

    def _best(self, free: Sequence[Endpoint], *, streamed: bool) -> Place:
        if len(free) == 1:
            return self.take_at(free[0])
        return self.take_at(min(free, key=lambda endpoint: endpoint.rank(streamed=streamed)))

    def _serve(self) -> None:
        """Give out what is free, to those in the queue who can use it."""
        kept: deque[_Waiting] = deque()
        while self._queue:
            if self._free(()) == []:
                break
            entry = self._queue.popleft()
            if entry.turn.done():
                continue
            free = self._free(entry.tried)
            if free is None:
                entry.turn.set_result(None)
            elif free:
                entry.turn.set_result(self._best(free, streamed=entry.streamed))
            else:
                kept.append(entry)
        self._queue.extendleft(reversed(kept))
