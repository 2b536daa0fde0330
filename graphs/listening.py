"""How events leave a node: straight to whoever drives the run, or into LangGraph's custom stream.

A session hears events as they happen, without the stream's own cost (about an eighth of a run's time). A graph that is
a node of somebody else's has no session, so there the events go into the custom stream like those of any other node.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

from langgraph.runtime import Runtime

from coreagent.events import Event

Emit = Callable[[Event], None]

# Tasks inherit their parent's context, so each run's nodes find the listener of their own session.
_listener: ContextVar[Emit | None] = ContextVar("listener", default=None)


@contextmanager
def listening(emit: Emit) -> Generator[None]:
    """Inside the block, and in every task started there, events go to ``emit``."""
    token = _listener.set(emit)
    try:
        yield
    finally:
        _listener.reset(token)


def emitter(runtime: Runtime[None]) -> Emit:
    """Where this node's events go."""
    return _listener.get() or runtime.stream_writer
