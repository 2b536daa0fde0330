"""The language between agents and models: messages, tool calls and usage."""

from dataclasses import dataclass
from typing import Literal

Author = Literal["system", "user", "assistant", "tool"]


def sound(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON can bring and nothing can store, joined or as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to run a tool. ``arguments`` is the raw JSON text, not yet validated."""

    id: str
    name: str
    arguments: str

    def __post_init__(self) -> None:
        if not (self.id.isascii() and self.name.isascii() and self.arguments.isascii()):
            for field in ("id", "name", "arguments"):
                object.__setattr__(self, field, sound(getattr(self, field)))


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``tool_call_id`` is set on tool results only; ``tool_calls`` on assistant turns only."""

    author: Author
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    @classmethod
    def system(cls, content: str) -> "Message":
        """Instructions of the application; the only author that is always trusted."""
        return cls("system", content)

    @classmethod
    def user(cls, content: str) -> "Message":
        """The request, with data in sections."""
        return cls("user", content)

    @classmethod
    def assistant(cls, content: str, tool_calls: tuple[ToolCall, ...] = ()) -> "Message":
        """A model's turn."""
        return cls("assistant", content, tool_calls)

    @classmethod
    def tool(cls, content: str, call_id: str) -> "Message":
        """The result of the tool call ``call_id``."""
        return cls("tool", content, (), call_id)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as counted by the endpoint, and calls. Adds up with ``+``."""

    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.calls + other.calls,
        )

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens - other.input_tokens,
            self.output_tokens - other.output_tokens,
            self.calls - other.calls,
        )
