"""Asking: a session and its events."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from coreagent.answer import Citation
from coreagent.conversations.records import Asking
from coreagent.labels import PUBLIC, Label

if TYPE_CHECKING:
    from coreagent.events import Event, PendingCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question and how to ask it.

    ``earlier`` is what was said before in the conversation, oldest first; ``label`` is that of what was said.
    """

    text: str
    asking: Asking = Asking()
    earlier: tuple[str, ...] = ()
    label: Label = PUBLIC


@dataclass(frozen=True, slots=True)
class Timed:
    """An event and when it was heard: Unix time in seconds."""

    at_s: float
    event: "Event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A piece of a document around a citation. The cited text is ``text[start:end]``; empty when nothing is cited.

    ``before`` and ``after`` tell whether the document goes on there; ``offset`` is where ``text`` begins in it.
    """

    citation: Citation
    title: str
    text: str
    start: int
    end: int
    offset: int = 0
    before: bool = False
    after: bool = False


class Chat(Protocol):
    """Runs, as they happen and as they were. Every method may raise CoreAgentError."""

    def ask(self, question: Question) -> AsyncIterator[Timed]:
        """Ask; closing the iterator stops the run."""
        ...

    def resume(self, run_id: str) -> AsyncIterator[Timed]:
        """Go on with a run that waits, failed or was interrupted."""
        ...

    async def pending(self, run_id: str) -> tuple["PendingCall", ...]:
        """Calls of a stopped run that wait for a person."""
        ...

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        """Agree to a call, with other arguments when they are given; ToolArgumentsError when those do not fit."""
        ...

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call."""
        ...

    async def events(self, run_id: str) -> tuple[Timed, ...]:
        """Everything that happened in a run of the past."""
        ...

    async def clause(self, citation: Citation, *, around: int = 4_000) -> Clause:
        """The source of a citation with up to ``around`` characters on each side."""
        ...
