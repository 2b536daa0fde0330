"""The seam of guards."""

from typing import Protocol, runtime_checkable


class Guard(Protocol):
    """Judges a prompt before any model sees it. Synchronous, a few milliseconds, never the network."""

    def risk(self, text: str) -> float:
        """The chance in 0..1 that the text means harm: an attack on the system or a request for something harmful."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A guard that can say what it saw."""

    def why(self, text: str) -> tuple[str, ...]:
        """What speaks for harm, in a few words each, the weightiest first; empty when nothing does."""
        ...
