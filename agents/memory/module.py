"""The seam to memory, and the memory that keeps nothing."""

from dataclasses import dataclass
from typing import Literal, Protocol

from coreagent.answer import Answer
from coreagent.labels import Label

MemoryKind = Literal["fact", "episode"]
"""fact: something a person told us to remember. episode: a question that was answered, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryItem:
    """One thing remembered. ``created_s`` is Unix time in seconds; ``score`` in 0..1 is set by recall only."""

    id: str
    kind: MemoryKind
    text: str
    created_s: float
    label: Label
    run_id: str = ""
    domain: str = ""
    score: float = 0.0


class MemoryModule(Protocol):
    """Long-term memory of a core-agent."""

    async def recall(self, question: str, *, label: Label, limit: int = 4) -> tuple[MemoryItem, ...]:
        """Items that bear on the question, best first; none more sensitive than ``label``, what the run may see."""
        ...

    async def remember(self, question: str, answer: Answer, *, domain: str = "") -> tuple[MemoryItem, ...]:
        """Keep what the rules say is worth it, and return that."""
        ...


class NoMemory:
    """Remembers nothing."""

    async def recall(self, question: str, *, label: Label, limit: int = 4) -> tuple[MemoryItem, ...]:
        """Nothing."""
        return ()

    async def remember(self, question: str, answer: Answer, *, domain: str = "") -> tuple[MemoryItem, ...]:
        """Nothing is kept."""
        return ()
