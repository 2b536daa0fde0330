"""An event loop in a thread of its own, for clients whose callers are threads."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from coreagent.errors import ModelUnreachableError

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for other threads; the loop starts with the first of them. Safe for threads.

    ``release`` is awaited in the loop before it ends, to give connections back. The thread never keeps a process alive.
    """

    def __init__(self, name: str, release: Callable[[], Awaitable[None]]) -> None:
        """``name`` is who is called, for messages. Starts nothing yet."""
        self._name, self._release = name, release
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None

    def run(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the coroutine gives; the caller waits. When the caller is interrupted, the coroutine is cancelled.

        Raises:
            ModelUnreachableError: the loop was closed meanwhile.
        """
        with self._lock:
            if self._running is None:
                self._running = self._start()
            future = asyncio.run_coroutine_threadsafe(call(), self._running[0])
        try:
            return future.result()
        except CancelledError as error:
            raise ModelUnreachableError(
                "closed in the middle of a call", model=self._name, mend="Wait for the calls before closing."
            ) from error
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what runs, give connections back, end the thread. Safe to call twice; a later call starts anew."""
        with self._lock:
            if self._running is not None:
                loop, thread = self._running
                self._running = None
                loop.call_soon_threadsafe(loop.stop)
                thread.join()

    def _start(self) -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._serve, args=(loop,), name=f"calls to {self._name}", daemon=True)
        thread.start()
        return loop, thread

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(self._end())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._release()
