"""Handles on open spans. Each is a context manager; ``finish`` adds what is known at the end.

Leaving the block ends the span. An exception that leaves it is recorded by its type, never by its text: error texts
may quote prompts. The same classes serve when telemetry is off; they then hold no span and do nothing.
"""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from coreagent.answer import Answer
from coreagent.secrets import mask
from coreagent.telemetry import attributes
from coreagent.telemetry.attributes import Attributes
from coreagent.telemetry.metrics import DURATION, FIRST_CHUNK, TOKENS, Meter
from coreagent.telemetry.subjects import Card, Reply


class OpenSpan(Protocol):
    """A span of the tracing library."""

    def set(self, values: Attributes) -> None:
        """Add attributes."""
        ...

    def end(self, error_type: str) -> None:
        """End it; a non-empty ``error_type`` marks it as failed."""
        ...


class _Handle:
    """What all handles share."""

    __slots__ = ("_error", "_span")

    def __init__(self, span: OpenSpan | None) -> None:
        self._span = span
        self._error = ""

    def fail(self, error_type: str) -> None:
        """Mark the operation as failed although no exception leaves the block."""
        self._error = error_type

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._span is not None:
            if kind is not None:
                self._error = kind.__name__
            self._closing(self._span)
            self._span.end(self._error)
            self._span = None

    def _closing(self, span: OpenSpan) -> None:
        """Last additions before the span ends."""


class AgentSpan(_Handle):
    """An ``invoke_agent`` span."""

    __slots__ = ("_content",)

    def __init__(self, span: OpenSpan | None = None, *, content: bool = False) -> None:
        super().__init__(span)
        self._content = content

    def finish(self, answer: Answer) -> None:
        """Add status, verdict, usage and cost."""
        if self._span is not None:
            self._span.set(attributes.agent_end(answer, content=self._content))


class ModelSpan(_Handle):
    """A ``chat`` span, with its metrics."""

    __slots__ = ("_card", "_content", "_labels", "_meter", "_started", "first_chunk_s")

    def __init__(
        self,
        span: OpenSpan | None = None,
        *,
        card: Card | None = None,
        meter: Meter | None = None,
        labels: Attributes | None = None,
        content: bool = False,
    ) -> None:
        super().__init__(span)
        self._card = card
        self._meter = meter
        self._labels = labels or {}
        self._content = content
        self._started = 0.0 if span is None else time.perf_counter()
        self.first_chunk_s: float | None = None
        """Seconds from the start to the first chunk; None until :meth:`first_chunk`."""

    def first_chunk(self) -> None:
        """Note that the first chunk of a stream has come; later calls change nothing."""
        if self._span is not None and self.first_chunk_s is None:
            self.first_chunk_s = time.perf_counter() - self._started
            self._span.set({"gen_ai.response.time_to_first_chunk": self.first_chunk_s})

    def finish(self, reply: Reply) -> None:
        """Add usage, cost, finish reason and the model that answered."""
        if self._span is None or self._card is None or self._meter is None:
            return
        self._span.set(attributes.model_end(self._card, reply, content=self._content))
        self._labels["gen_ai.response.model"] = reply.model
        used = reply.usage
        self._meter.record(TOKENS, used.input_tokens, {**self._labels, "gen_ai.token.type": "input"})
        self._meter.record(TOKENS, used.output_tokens, {**self._labels, "gen_ai.token.type": "output"})

    def _closing(self, span: OpenSpan) -> None:
        if self._meter is None:
            return
        if self._error:
            self._labels[attributes.ERROR_TYPE] = self._error
        self._meter.record(DURATION, time.perf_counter() - self._started, self._labels)
        if self.first_chunk_s is not None:
            self._meter.record(FIRST_CHUNK, self.first_chunk_s, self._labels)


class ToolSpan(_Handle):
    """An ``execute_tool`` span."""

    __slots__ = ("_content",)

    def __init__(self, span: OpenSpan | None = None, *, content: bool = False) -> None:
        super().__init__(span)
        self._content = content

    def finish(self, result: str = "", *, replayed: bool = False) -> None:
        """Add the result (only when content is on), and whether an earlier result was used."""
        if self._span is None:
            return
        if replayed:
            self._span.set({"coreagent.tool.replayed": True})
        if self._content:
            self._span.set({"gen_ai.tool.call.result": mask(result)})


class RetrievalSpan(_Handle):
    """A ``retrieval`` span."""

    __slots__ = ()

    def __init__(self, span: OpenSpan | None = None) -> None:
        super().__init__(span)

    def finish(self, documents: Sequence[tuple[str, float]], *, confidence: float | None = None) -> None:
        """Add the ids and scores of what was found."""
        if self._span is not None:
            self._span.set(attributes.retrieval_end(documents, confidence))
