"""A thread with an event loop of its own: what is awaited there never holds up the loop that waits for it.

Python runs one thread at a time. Who shares a process with :class:`EngineThread` sets
:data:`SWITCH_INTERVAL_S`, or a thread that imports or reckons keeps the other one waiting.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from coreagent.errors import RunError
from coreagent.terminal.handover import Handover

T = TypeVar("T")

SWITCH_INTERVAL_S = 0.001
"""For ``sys.setswitchinterval``. With Python's 5 ms a screen waits for its turn up to 5 ms at each of many turns."""
STOPPED_WITHIN_S = 0.15
"""How long who closes a stream waits for it to have ended. What takes longer ends behind its back."""
_WORKERS = 8
_LOGGER = logging.getLogger("coreagent.terminal")


class EngineThread:
    """Runs coroutines for other loops. It starts with the first call.

    It is a daemon: what is stuck in it does not keep the process from ending.
    """

    def __init__(self, name: str = "coreagent-engine", *, prepare: Callable[[], None] | None = None) -> None:
        """``prepare`` is the first thing that is done in the thread, once: imports that take long."""
        self._name, self._prepare = name, prepare
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._futures: set[Future[Any]] = set()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"{name}-worker")

    @property
    def closed(self) -> bool:
        """True when it takes no more work."""
        return self._closed

    async def call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Await ``work()`` in the thread. Cancelling the caller cancels it there, and goes on at once.

        Raises:
            RunError: the engine is closed, before or meanwhile, or the work tried to end the program.
            Exception: whatever the work raises, as it is.
        """
        try:
            return await asyncio.wrap_future(self._submit(work))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._closed and task is not None and not task.cancelling():
                raise closed_error() from None
            raise

    async def stream(
        self,
        events: Callable[[], AsyncIterator[T]],
        *,
        waits: Callable[[T], bool] | None = None,
    ) -> AsyncGenerator[T]:
        """What ``events()`` gives in the thread, in order, nothing lost; many at once where they come fast.

        Where ``waits`` is true of one, the next is not asked for before the consumer comes back for it. Closing the
        generator cancels the iteration and returns within :data:`STOPPED_WITHIN_S`, even where the thread is stuck in
        a call that can not be cancelled: the iteration then ends behind its back, when that call returns.

        Raises as :meth:`call`.
        """
        handed: Handover[T] = Handover(asyncio.get_running_loop())
        pump = self._submit(partial(_pump, events, handed, waits))
        # A thread that is stuck never gets to say that it ended.
        pump.add_done_callback(lambda _: handed.end(closed_error()) if self._closed else None)
        try:
            async for item in handed:
                yield item
        finally:
            if not handed.ended:
                pump.cancel()
                with suppress(TimeoutError):
                    async with asyncio.timeout(STOPPED_WITHIN_S):
                        await handed.wait_for_end()

    def close(self, *, within_s: float = 2.0) -> None:
        """Cancel everything that runs and end the thread, waiting no longer than ``within_s``. Safe to call twice.

        A thread that is stuck in a call which can not be cancelled is left behind.
        """
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.stop)
            thread.join(within_s)
        self._workers.shutdown(wait=False, cancel_futures=True)
        for future in tuple(self._futures):
            future.cancel()

    def _submit(self, work: Callable[[], Coroutine[Any, Any, T]]) -> "Future[T]":
        loop, coroutine = self._running(), _kept_in(work)
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        except RuntimeError as error:
            coroutine.close()
            raise closed_error() from error
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise closed_error()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(self._workers)
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        if self._prepare is not None:
            loop.call_soon(self._prepare)
        while not self._closed:
            try:
                loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                # A tool that calls sys.exit ends its own call, not the engine.
                _LOGGER.warning("something in the engine tried to end the program: %r", error)
        try:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def closed_error() -> RunError:
    """For who asks an engine that is closed."""
    return RunError("the engine is closed", mend="Start coreagent chat again: the conversation is kept.")


async def _kept_in(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What would end the program stays an error of this call."""
    try:
        return await work()
    except (SystemExit, KeyboardInterrupt) as error:
        raise RunError(f"something tried to end the program: {error!r}", mend="Look at your own tools.") from error


async def _pump(events: Callable[[], AsyncIterator[T]], handed: Handover[T], waits: Callable[[T], bool] | None) -> None:
    """Hand over everything, then the end, whatever it is."""
    ending: BaseException | None = None
    iterator: AsyncIterator[T] | None = None
    try:
        iterator = events()
        async for item in iterator:
            handed.put(item)
            if waits is not None and waits(item):
                await handed.taken()
    except asyncio.CancelledError:
        # Whoever closed the stream does not look; all others hear why it ended.
        ending = closed_error()
        raise
    except (SystemExit, KeyboardInterrupt) as error:
        ending = RunError(f"something tried to end the program: {error!r}", mend="Look at your own tools.")
    except Exception as error:  # noqa: BLE001  (it is raised where the events are consumed)
        ending = error
    finally:
        try:
            if isinstance(iterator, AsyncGenerator):
                await iterator.aclose()
        finally:
            handed.end(ending)
