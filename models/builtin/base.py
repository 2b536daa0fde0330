"""What the four built-in models share: the protocol around one function from request to answer.

Built-in models are rules and statistics. They see what any model sees, the messages and tools of a request, and know
the tasks by the tagged sections in them.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from coreagent import sections
from coreagent.messages import ToolCall, Usage
from coreagent.models.card import ModelCard
from coreagent.models.chat import (
    ChatRequest,
    Chunk,
    Completion,
    TextDelta,
    estimate_input_tokens,
    estimate_tokens,
)
from coreagent.models.embedding import Embedder
from coreagent.plans import RoleName

_PIECE = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+")


class BuiltinModel(ABC):
    """Deterministic: the same request gives the same completion."""

    role: RoleName

    def __init__(self, embedder: Embedder, *, card: ModelCard | None = None) -> None:
        """``card`` defaults to a free one named ``builtin/<role>``."""
        self._embedder = embedder
        self._card = card or ModelCard(
            name=f"builtin/{self.role}", adapter="builtin", model=self.role, roles=(self.role,)
        )

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self._card

    @abstractmethod
    def answer(self, request: ChatRequest) -> tuple[str, tuple[ToolCall, ...]]:
        """Text and tool calls for a request."""

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece; never raises for any content of the messages."""
        text, calls = self.answer(request)
        written = text + "".join(call.name + call.arguments for call in calls)
        return Completion(
            text=text,
            model=self._card.name,
            tool_calls=calls,
            finish_reason="tool_calls" if calls else "stop",
            usage=Usage(estimate_input_tokens(request), estimate_tokens(written), 1),
            usage_estimated=True,
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """The same answer word by word."""
        completion = await self.complete(request)
        for piece in _PIECE.findall(completion.text):
            yield TextDelta(piece)
        yield completion

    async def close(self) -> None:
        """Nothing is held, so nothing is given back."""
        return


def user_sections(request: ChatRequest) -> tuple[sections.Section, ...]:
    """The sections of the first user message: what comes after it is a re-ask about the form."""
    for message in request.messages:
        if message.author == "user":
            return sections.parse(message.content)
    return ()


def under_strict_rules(request: ChatRequest) -> bool:
    """True when the application, in its system message, put the call under the rules for unsafe requests."""
    return any(
        named(sections.parse(message.content), "conduct") for message in request.messages if message.author == "system"
    )


def named(found: tuple[sections.Section, ...], name: str) -> tuple[sections.Section, ...]:
    """All sections of one name, in order."""
    return tuple(section for section in found if section.name == name)
