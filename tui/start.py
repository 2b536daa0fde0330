"""What the app is started with: plain values, so that tests and the command line build the same app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coreagent.appearance import Appearance

if TYPE_CHECKING:
    from coreagent.conversations.store import ConversationStore
    from coreagent.tui.seams.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How the app begins.

    ``open_store`` and ``open_engine`` are called after the first paint and return at once; what takes long the engine
    does elsewhere. ``conversation`` is an id, the beginning of one, ``last``, or empty for a new one; ``question`` is
    asked at once.
    """

    open_store: Callable[[], "ConversationStore"]
    open_engine: Callable[[], "Engine"]
    appearance: Appearance = field(default_factory=Appearance)
    conversation: str = ""
    question: str = ""
