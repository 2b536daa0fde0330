"""The memory panel's view of the system."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One thing remembered: a fact somebody stated, or an episode. ``created_s`` is Unix time in seconds."""

    id: str
    kind: str
    text: str
    label: str
    created_s: float
    run_id: str = ""


class Memory(Protocol):
    """Every method may raise CoreAgentError."""

    async def list(self, words: str = "", *, limit: int = 200) -> tuple[Remembered, ...]:
        """Newest first, or what would be recalled for ``words``."""
        ...

    async def forget(self, item: str) -> None:
        """Delete one."""
        ...

    async def clear(self) -> int:
        """Delete all; gives how many there were."""
        ...
