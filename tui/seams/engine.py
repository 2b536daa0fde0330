"""The whole system as the app sees it."""

from dataclasses import dataclass
from typing import Protocol

from coreagent.budget import UNLIMITED, Budget
from coreagent.tui.seams.chat import Chat
from coreagent.tui.seams.corpora import Corpora
from coreagent.tui.seams.memory import Memory
from coreagent.tui.seams.models import Models
from coreagent.tui.seams.settings import SettingsDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the app shows of a system at a glance.

    ``models`` by role are those that can play it, ``corpora`` all names. ``builtin_only``: no language model is
    configured. ``budget`` is that of the settings for one run, ``graph`` their graph; ``flags`` are the names of
    routing's objectives.
    """

    version: str
    home: str
    builtin_only: bool
    models: dict[str, tuple[str, ...]]
    corpora: tuple[str, ...]
    flags: tuple[str, ...] = ()
    budget: Budget = UNLIMITED
    graph: str = "core"


class Engine(Protocol):
    """Everything behind the app. It does its work elsewhere: awaiting it never holds up the screen."""

    @property
    def chat(self) -> Chat:
        """Runs."""
        ...

    @property
    def models(self) -> Models:
        """Models."""
        ...

    @property
    def corpora(self) -> Corpora:
        """Corpora."""
        ...

    @property
    def memory(self) -> Memory:
        """Long-term memory."""
        ...

    @property
    def settings(self) -> SettingsDesk:
        """The settings file."""
        ...

    async def facts(self) -> Facts:
        """As they are now."""
        ...

    async def close(self) -> None:
        """Stop what runs and give everything back."""
        ...
