"""What a conversation is made of."""

from dataclasses import dataclass, field
from typing import Literal

from coreagent.answer import Answer
from coreagent.budget import UNLIMITED, Budget

TurnState = Literal["running", "waiting", "finished", "stopped", "failed"]
"""waiting: a person must approve a call. stopped: by a person, or its process died; what was said by then is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a question was asked, so that it can be asked again: corpora, pinned models by role, flags, budget, label."""

    corpora: tuple[str, ...] = ()
    models: dict[str, str] = field(default_factory=dict[str, str])
    flags: dict[str, float] = field(default_factory=dict[str, float])
    budget: Budget = UNLIMITED
    graph: str = ""


AS_SET = Asking()
"""As the settings have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what became of it.

    ``position`` counts from 0 in its conversation; turns of one position are versions of the answer to one question,
    ``version`` 0 the first. ``text`` is the answer, or what was said of it before it was cut short. ``asked_s`` and
    ``ended_s`` are Unix times in seconds, ``ended_s`` 0 while it is under way. ``error`` and ``mend`` say what went
    wrong and how to go on.
    """

    id: str
    conversation: str
    position: int
    question: str
    state: TurnState
    version: int = 0
    asking: Asking = AS_SET
    run_id: str = ""
    text: str = ""
    answer: Answer | None = None
    error: str = ""
    mend: str = ""
    asked_s: float = 0.0
    ended_s: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens that the answer took, input and output."""
        return self.answer.usage.total_tokens if self.answer else 0

    @property
    def usd(self) -> float:
        """Dollars that it took."""
        return self.answer.cost_usd if self.answer else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation. ``draft`` is what was typed and not sent. Times are Unix times in seconds.

    ``turns`` counts positions, ``tokens`` and ``usd`` add up all versions. ``branched_from`` is the id of the turn that
    it was branched from, or empty.
    """

    id: str
    title: str
    created_s: float
    updated_s: float
    turns: int = 0
    tokens: int = 0
    usd: float = 0.0
    draft: str = ""
    branched_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A turn that holds the words. ``excerpt`` has each word that was found at ``marks``, spans of characters in it."""

    turn: str
    conversation: str
    title: str
    position: int
    version: int
    where: Literal["question", "answer"]
    excerpt: str
    marks: tuple[tuple[int, int], ...]
    asked_s: float
