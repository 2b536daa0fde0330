"""Who shows what happens in a conversation."""

from typing import Protocol

from coreagent.conversations.records import Turn
from coreagent.errors import CoreAgentError
from coreagent.events import PendingCall
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.seams.chat import Timed


class Listener(Protocol):
    """Who shows what happens."""

    def began(self, turn: Turn) -> None:
        """A question was asked, or is taken up again."""
        ...

    def heard(self, turn: Turn, timed: Timed) -> None:
        """Something happened."""
        ...

    def settled(self, turn: Turn) -> None:
        """The turn ended, and is kept."""
        ...

    async def rule(self, turn: Turn, call: PendingCall) -> Ruling | None:
        """A person is asked; None: later."""
        ...

    def refused(self, text: str, error: CoreAgentError) -> None:
        """A question was not asked; its text is to be given back."""
        ...

    def problem(self, error: CoreAgentError) -> None:
        """Something went wrong beside the conversation."""
        ...

    def crashed(self, error: BaseException) -> None:
        """A mistake of ours ended the answer; what was said of it is kept."""
        ...
