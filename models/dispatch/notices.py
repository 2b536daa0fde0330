"""Who hears that a call was moved to another endpoint: the run it belongs to, though all runs share the model."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Hear = Callable[[str], None]

# Tasks inherit their parent's context, so parallel runs do not hear each other.
_hear: ContextVar[Hear | None] = ContextVar("hear", default=None)


@contextmanager
def hearing(hear: Hear) -> Generator[None]:
    """Inside the block, and in every task started there, ``hear`` gets each notice."""
    token = _hear.set(hear)
    try:
        yield
    finally:
        _hear.reset(token)


def notice(message: str) -> None:
    """Tell whoever listens; nobody need."""
    hear = _hear.get()
    if hear is not None:
        hear(message)
