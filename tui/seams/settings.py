"""The settings panel's view of the system."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """The file and its text; ``exists`` is False for one that is only made when it is saved."""

    path: str
    text: str
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a text: ``line`` from 1, 0 when unknown."""

    message: str
    mend: str = ""
    line: int = 0


class SettingsDesk(Protocol):
    """Every method may raise CoreAgentError."""

    async def read(self) -> SettingsFile:
        """The file in use, or the one that would be made."""
        ...

    async def check(self, text: str) -> Problem | None:
        """What is wrong with a text, without saving it."""
        ...

    async def save(self, text: str, *, before: str) -> None:
        """Write the text if it is right and the file still reads ``before``, and use it from the next question on."""
        ...
