"""The one telemetry object, built by wiring. OpenTelemetry is loaded at the first span, and never when it is off."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from coreagent.decision import Decision
from coreagent.settings import TelemetrySettings
from coreagent.telemetry import attributes
from coreagent.telemetry.attributes import Attributes
from coreagent.telemetry.handles import AgentSpan, ModelSpan, RetrievalSpan, ToolSpan
from coreagent.telemetry.metrics import Metric
from coreagent.telemetry.subjects import Call, Card, Info, Request

if TYPE_CHECKING:
    from coreagent.telemetry.otel import FinishedSpan, Pipeline

_Target = Literal["file", "otlp", "memory"]


class Telemetry:
    """Opens spans for the four kinds of operation. Build it with :meth:`off`, :meth:`create` or :meth:`in_memory`."""

    def __init__(self, target: _Target | None, *, content: bool, path: Path | None, otlp_metrics: bool) -> None:
        self._target: _Target | None = target
        self._content = content
        self._path = path
        self._otlp_metrics = otlp_metrics
        self._pipeline: Pipeline | None = None
        self._lock = threading.Lock()

    @classmethod
    def off(cls) -> Self:
        """Telemetry that does nothing."""
        return cls(None, content=False, path=None, otlp_metrics=False)

    @classmethod
    def create(cls, settings: TelemetrySettings, *, otlp: bool, path: Path, otlp_metrics: bool | None = None) -> Self:
        """Telemetry as the settings say.

        Args:
            settings: the ``[telemetry]`` table.
            otlp: export spans by OTLP over HTTP to where the standard variables point, instead of to the file.
            path: the local JSONL file.
            otlp_metrics: export metrics by OTLP too; as ``otlp`` when not given.
        """
        if not settings.enabled:
            return cls.off()
        wanted = otlp if otlp_metrics is None else otlp_metrics
        return cls("otlp" if otlp else "file", content=settings.content, path=path, otlp_metrics=wanted)

    @classmethod
    def in_memory(cls, *, content: bool = False) -> Self:
        """Telemetry that keeps everything for :meth:`spans` and :meth:`metrics`; for tests."""
        return cls("memory", content=content, path=None, otlp_metrics=False)

    @property
    def enabled(self) -> bool:
        """False when it is off or closed."""
        return self._target is not None

    def agent_span(
        self, run_id: str, *, name: str = "core-agent", conversation_id: str = "", question: str = ""
    ) -> AgentSpan:
        """An ``invoke_agent`` span; spans opened inside the block are its children, across tasks too."""
        if self._target is None:
            return AgentSpan()
        start = attributes.agent_start(run_id, name, conversation_id, question, content=self._content)
        span = self._open().parent(f"invoke_agent {name}", start)
        return AgentSpan(span, content=self._content)

    def model_span(
        self, card: Card, request: Request, decision: Decision | None = None, *, stream: bool = False
    ) -> ModelSpan:
        """A ``chat`` span. It is a leaf, so an abandoned stream can not leave it open as anybody's parent."""
        if self._target is None:
            return ModelSpan()
        start = attributes.model_start(card, request, stream=stream, content=self._content)
        if decision is not None:
            start.update(attributes.decision(decision))
        pipeline = self._open()
        labels: Attributes = {
            attributes.OPERATION: "chat",
            attributes.PROVIDER: start[attributes.PROVIDER],
            "gen_ai.request.model": card.model,
        }
        span = pipeline.leaf(f"chat {card.model}", start, remote=not attributes.in_process(card))
        return ModelSpan(span, card=card, meter=pipeline.meter, labels=labels, content=self._content)

    def tool_span(self, info: Info, call: Call) -> ToolSpan:
        """An ``execute_tool`` span; spans opened inside the block are its children."""
        if self._target is None:
            return ToolSpan()
        start = attributes.tool_start(info, call, content=self._content)
        span = self._open().parent(f"execute_tool {info.name}", start)
        return ToolSpan(span, content=self._content)

    def retrieval_span(self, query: str, corpora: Sequence[str] = ()) -> RetrievalSpan:
        """A ``retrieval`` span."""
        if self._target is None:
            return RetrievalSpan()
        start = attributes.retrieval_start(query, corpora, content=self._content)
        name = f"retrieval {corpora[0]}" if len(corpora) == 1 else "retrieval"
        return RetrievalSpan(self._open().leaf(name, start))

    def spans(self) -> "tuple[FinishedSpan, ...]":
        """Finished spans in order of their ends; only for :meth:`in_memory`."""
        return self._open().finished_spans() if self._target == "memory" else ()

    def metrics(self) -> "tuple[Metric, ...]":
        """Metric points so far; only for :meth:`in_memory`."""
        return self._open().collected_metrics() if self._target == "memory" else ()

    def flush(self) -> None:
        """Write out what is buffered."""
        if self._pipeline is not None:
            self._pipeline.flush()

    def close(self) -> None:
        """Write out everything and stop; spans opened later do nothing. Safe to call twice."""
        with self._lock:
            pipeline, self._pipeline, self._target = self._pipeline, None, None
        if pipeline is not None:
            pipeline.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> "Pipeline":
        pipeline = self._pipeline
        if pipeline is not None:
            return pipeline
        with self._lock:
            if self._pipeline is None:
                # Late: the tracing library costs start-up time that a run without spans need not pay.
                from coreagent.telemetry import otel  # noqa: PLC0415

                if self._target == "otlp":
                    self._pipeline = otel.to_otlp(metrics=self._otlp_metrics)
                elif self._path is not None:
                    self._pipeline = otel.to_file(self._path)
                else:
                    self._pipeline = otel.to_memory()
            return self._pipeline
