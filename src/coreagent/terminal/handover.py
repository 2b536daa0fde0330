"""Items from one event loop to another, in order, a whole batch for one wake-up."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

_BREATH = 256
"""Items that a consumer may be given without letting its loop do anything else."""


class Handover(Generic[T]):
    """One producer in one loop, one consumer in another. The consumer's loop is woken once for all that is there."""

    def __init__(self, consumer: asyncio.AbstractEventLoop) -> None:
        self._consumer = consumer
        self._producer: asyncio.AbstractEventLoop | None = None
        self._items: deque[T] = deque()
        self._woken = False
        self._ready = asyncio.Event()
        self._go = asyncio.Event()
        self._given = 0
        self._taken_to = 0.0
        self._over = False
        self._error: BaseException | None = None
        self.ended = False
        """The producer is done, as the consumer's loop knows it."""

    def put(self, item: T) -> None:
        """The producer's: hand one over."""
        self._given += 1
        self._items.append(item)
        if not self._woken:
            self._woken = True
            self._tell()

    async def taken(self) -> None:
        """The producer's: wait until the consumer has come back for more than was put so far."""
        self._producer = asyncio.get_running_loop()
        while self._taken_to < self._given:
            await self._go.wait()
            self._go.clear()

    def end(self, error: BaseException | None) -> None:
        """The producer's: nothing more comes; the consumer is raised ``error``. The first word counts."""
        if not self._over:
            self._error, self._over = error, True
            self._tell()

    async def wait_for_end(self) -> None:
        """The consumer's: wait until the producer is done, whatever it still gives."""
        while not self.ended:
            await self._ready.wait()
            self._ready.clear()

    async def __aiter__(self) -> AsyncGenerator[T]:
        """The consumer's: everything in order, then the end or its error."""
        number = 0
        while True:
            # The end is looked at first: what was put before it is then in the queue.
            over = self._over
            while self._items:
                number += 1
                yield self._items.popleft()
                self._come_back(number)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            if over:
                self.ended = True
                if self._error is not None:
                    raise self._error
                return
            await self._ready.wait()
            self._ready.clear()

    def _come_back(self, number: float = math.inf) -> None:
        self._taken_to = number
        if self._producer is not None and not self._items:
            with suppress(RuntimeError):
                self._producer.call_soon_threadsafe(self._go.set)

    def _tell(self) -> None:
        # A consumer whose loop is gone needs no word any more.
        with suppress(RuntimeError):
            self._consumer.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        # Before the queue is emptied: what is put from now on wakes anew.
        self._woken = False
        self.ended = self._over
        self._ready.set()
