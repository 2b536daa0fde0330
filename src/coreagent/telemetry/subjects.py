"""What telemetry reads of the things it traces.

Models, tools and retrieval stand above telemetry in the import order, so their records are described here by shape.
"""

from typing import Protocol

from coreagent.messages import Message, ToolCall, Usage

Call = ToolCall


class CallPrice(Protocol):
    """A price for each call."""

    @property
    def known(self) -> bool:
        """False when nobody stated a price."""
        ...

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        """Dollars of one call."""
        ...


class Card(Protocol):
    """A model card."""

    @property
    def name(self) -> str:
        """Name in the settings."""
        ...

    @property
    def adapter(self) -> str:
        """How it is reached."""
        ...

    @property
    def model(self) -> str:
        """Name at the endpoint."""
        ...

    @property
    def placement(self) -> str:
        """device, site or cloud."""
        ...

    @property
    def price(self) -> CallPrice:
        """What a call costs."""
        ...


class Request(Protocol):
    """A chat request."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt."""
        ...

    @property
    def temperature(self) -> float:
        """Sampling temperature."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Output limit of this call."""
        ...

    @property
    def seed(self) -> int | None:
        """Sampling seed."""
        ...

    @property
    def stop(self) -> tuple[str, ...]:
        """Stop sequences."""
        ...

    @property
    def response_schema(self) -> object | None:
        """Form of the answer, None for text."""
        ...


class Reply(Protocol):
    """A completion."""

    @property
    def text(self) -> str:
        """The answer."""
        ...

    @property
    def model(self) -> str:
        """Who answered."""
        ...

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Calls the model wishes."""
        ...

    @property
    def finish_reason(self) -> str:
        """Why it stopped."""
        ...

    @property
    def usage(self) -> Usage:
        """Tokens."""
        ...


class Info(Protocol):
    """A tool."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def description(self) -> str:
        """What it does."""
        ...

    @property
    def effect(self) -> str:
        """read, write or dangerous."""
        ...
