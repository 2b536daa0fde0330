"""The seam to every model: one request type, two methods.

Built-in, remote and scripted models stand behind :class:`ChatModel` alike, and behaviour (budget, retry, fallback,
recording, tracing) is added by wrapping one in another.
"""

import string
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from coreagent.messages import Message, ToolCall, Usage, sound
from coreagent.models.card import ModelCard


@dataclass(frozen=True)
class ToolSpec:
    """A tool as a model sees it. ``parameters`` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    @cached_property
    def tokens(self) -> int:
        """Estimated tokens of it all. Kept, as the same tools go into many requests, each estimated more than once."""
        return estimate_tokens(f"{self.name}{self.description}{self.parameters}")


@dataclass(frozen=True)
class ResponseSchema:
    """The form an answer must have: a JSON Schema and its name."""

    name: str
    schema: Mapping[str, Any]

    @cached_property
    def tokens(self) -> int:
        """Estimated tokens of the schema."""
        return estimate_tokens(str(self.schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One call. ``max_tokens`` None means the card's limit; ``temperature`` 0 asks for the most likely answer.

    A last message by the assistant is the beginning of the answer, which a model whose card says so goes on from.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    """``auto``, ``required``, ``none`` or a tool's name."""
    response_schema: ResponseSchema | None = None
    temperature: float = 0.0
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer. ``finish_reason`` is ``stop``, ``length``, ``tool_calls`` or ``content_filter``.

    ``usage`` is always set: when the endpoint sends none it is estimated and ``usage_estimated`` is True.
    ``token_logprobs`` are natural logarithms, one for each output token, when they were asked for and given.
    ``model`` is the model that answered, which a fallback may have changed. ``replayed``: it came from a store of
    earlier answers, so nothing was paid for it. ``cut_by_budget``: the budget left room for a shorter answer only than
    was asked for, and this one ended at that length.
    """

    text: str
    model: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: Usage = Usage(calls=1)
    usage_estimated: bool = False
    token_logprobs: tuple[float, ...] | None = None
    replayed: bool = False
    cut_by_budget: bool = False

    def __post_init__(self) -> None:
        if not self.text.isascii():
            object.__setattr__(self, "text", sound(self.text))


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text of a streamed answer."""

    text: str


Chunk = TextDelta | Completion
"""A stream is any number of :class:`TextDelta`, then exactly one :class:`Completion` that holds the whole answer."""


class ChatModel(Protocol):
    """A language model, or something that stands in for one.

    Both methods raise :class:`coreagent.errors.ModelError` and its children, nothing else, for what goes wrong at the
    endpoint. Cancelling the task or closing the iterator ends the call at the endpoint too.
    """

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        ...

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last item is the whole :class:`Completion`."""
        ...

    async def close(self) -> None:
        """Give connections back. Safe to call twice."""
        ...


_LETTERS = (string.ascii_letters + " ").encode()


def estimate_tokens(text: str) -> int:
    """Tokens of a text where no tokenizer is at hand, for reservations: so it errs on the high side.

    Words take a token for each three letters, digits and punctuation seven for each ten bytes: tables of figures have
    1.4 to 2.5 bytes a token, English prose four and more. Chinese comes out at two tokens a character.
    """
    raw = text.encode(errors="surrogatepass")
    other = len(raw.translate(None, _LETTERS))
    return 1 + (len(raw) - other) // 3 + other * 7 // 10


def estimate_input_tokens(request: ChatRequest) -> int:
    """Upper estimate of a request's tokens: messages, tool calls, tools and schema, with four tokens a message."""
    total = 0
    for message in request.messages:
        total += 4 + estimate_tokens(message.content)
        total += sum(estimate_tokens(call.name + call.arguments) for call in message.tool_calls)
    total += sum(tool.tokens for tool in request.tools)
    if request.response_schema is not None:
        total += request.response_schema.tokens
    return total
