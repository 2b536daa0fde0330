"""A function called without holding up the event loop, whichever way it is written."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any


async def awaited(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """What the function gives: a coroutine function runs here, a plain one in a thread.

    Cancelling ends the first; a plain function goes on in its thread, and its result is dropped.

    Raises:
        Exception: whatever the function raises.
    """
    if inspect.iscoroutinefunction(function):
        return await function(**arguments)
    value = await asyncio.to_thread(function, **arguments)
    return await value if inspect.isawaitable(value) else value
