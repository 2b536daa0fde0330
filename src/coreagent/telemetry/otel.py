"""The only importer of OpenTelemetry: own providers, never the global ones, and three places to send to.

The context is OpenTelemetry's, so spans of an embedding application are parents of ours and contextvars carry them into
asyncio tasks.
"""

import atexit
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from coreagent.telemetry.attributes import ERROR_TYPE, Attributes
from coreagent.telemetry.lines import LineFile, to_line
from coreagent.telemetry.metrics import DURATION, FIRST_CHUNK, TOKENS, Meter, Metric, Tally

SCOPE = "coreagent"
_SCOPE = InstrumentationScope(SCOPE)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET = Status(StatusCode.UNSET)
_FAILED = Status(StatusCode.ERROR)
SPAN_QUEUE = 8192
FLUSH_MS = 5000.0
CLOSE_S = 3.0

_LOGGER = logging.getLogger("coreagent.telemetry")

# Bucket bounds as the conventions advise.
_SECONDS = [0.01 * 2**step for step in range(14)]
_TOKENS = [float(4**step) for step in range(14)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSpan:
    """A finished span as plain values. Ids are hexadecimal, ``parent_id`` is empty at the root."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: str
    duration_s: float
    error: bool
    attributes: Mapping[str, Any]


class OtelMeter:
    """The metrics as OpenTelemetry histograms."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter(SCOPE)
        self._histograms = {
            name: meter.create_histogram(name, unit=unit, explicit_bucket_boundaries_advisory=bounds)
            for name, unit, bounds in (
                (DURATION, "s", _SECONDS),
                (TOKENS, "{token}", _TOKENS),
                (FIRST_CHUNK, "s", _SECONDS),
            )
        }

    def record(self, name: str, value: float, labels: Attributes) -> None:
        """Add one measurement."""
        self._histograms[name].record(value, labels)


class ParentSpan:
    """An open span that is the parent of what happens meanwhile."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Context] = otel_context.attach(trace.set_span_in_context(span))

    def set(self, values: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes(values)

    def end(self, error_type: str) -> None:
        """End it; a non-empty ``error_type`` marks it as failed."""
        if error_type:
            self._span.set_attribute(ERROR_TYPE, error_type)
            self._span.set_status(_FAILED)
        self._span.end()
        # A span that ends in another task than it began in can not be reset there: that task's context was a copy
        # and dies with it.
        with contextlib.suppress(ValueError):
            self._token.var.reset(self._token)


class LeafSpan:
    """An operation without children: gathered as a dict and handed over as a finished span.

    That skips the copying and locking of a live SDK span, which costs three times as much. It is sampled as its
    parent is.
    """

    __slots__ = ("_attributes", "_kind", "_name", "_parent", "_pipeline", "_started_ns")

    def __init__(self, pipeline: "Pipeline", name: str, attributes: Attributes, kind: SpanKind) -> None:
        self._pipeline = pipeline
        self._name = name
        self._attributes = attributes
        self._kind = kind
        self._parent = trace.get_current_span().get_span_context()
        self._started_ns = time.time_ns()

    def set(self, values: Attributes) -> None:
        """Add attributes."""
        self._attributes.update(values)

    def end(self, error_type: str) -> None:
        """Make and end the span; a non-empty ``error_type`` marks it as failed."""
        if error_type:
            self._attributes[ERROR_TYPE] = error_type
        parent = self._parent if self._parent.is_valid else None
        ids = self._pipeline.tracing.id_generator
        self._pipeline.processor.on_end(
            ReadableSpan(
                name=self._name,
                context=SpanContext(
                    trace_id=parent.trace_id if parent else ids.generate_trace_id(),
                    span_id=ids.generate_span_id(),
                    is_remote=False,
                    trace_flags=parent.trace_flags if parent else _SAMPLED,
                ),
                parent=parent,
                resource=self._pipeline.tracing.resource,
                attributes=self._attributes,
                kind=self._kind,
                status=_FAILED if error_type else _UNSET,
                start_time=self._started_ns,
                end_time=time.time_ns(),
                instrumentation_scope=_SCOPE,
            )
        )


class Pipeline:
    """A provider of spans and a meter with one destination."""

    def __init__(
        self,
        tracing: TracerProvider,
        processor: SpanProcessor,
        meter: Meter,
        *,
        on_close: Callable[[], None],
        spans: Callable[[], Sequence[ReadableSpan]] = tuple,
        metrics: Callable[[], MetricsData | None] = lambda: None,
    ) -> None:
        tracing.add_span_processor(processor)
        self.tracing = tracing
        self.processor = processor
        self.meter = meter
        self._tracer = tracing.get_tracer(SCOPE)
        self._on_close = on_close
        self._spans = spans
        atexit.register(self._close_at_exit)
        self._metrics = metrics

    def parent(self, name: str, attributes: Attributes) -> ParentSpan:
        """Begin a span and make it the current one."""
        return ParentSpan(self._tracer.start_span(name, kind=SpanKind.INTERNAL, attributes=attributes))

    def leaf(self, name: str, attributes: Attributes, *, remote: bool = False) -> LeafSpan:
        """Begin a span that has no children."""
        return LeafSpan(self, name, attributes, SpanKind.CLIENT if remote else SpanKind.INTERNAL)

    def flush(self) -> None:
        """Send what is buffered."""
        self.tracing.force_flush()

    def close(self) -> None:
        """Send everything and stop. A collector that does not answer is given up after ``CLOSE_S`` seconds."""
        atexit.unregister(self._close_at_exit)
        # The exporters retry for longer than anybody waits at the end of a command, and only in threads can they be
        # left behind.
        steps = [threading.Thread(target=step, daemon=True) for step in (self.tracing.shutdown, self._on_close)]
        give_up = time.monotonic() + CLOSE_S
        for step in steps:
            step.start()
        for step in steps:
            step.join(max(0.0, give_up - time.monotonic()))
        if any(step.is_alive() for step in steps):
            _LOGGER.warning("the last traces were not delivered within %g s", CLOSE_S)

    def _close_at_exit(self) -> None:
        # Python starts no thread any more by now, so a collector that does not answer is waited for.
        self.tracing.shutdown()
        self._on_close()

    def finished_spans(self) -> tuple[FinishedSpan, ...]:
        """Spans kept in memory."""
        return tuple(_plain(span) for span in self._spans())

    def collected_metrics(self) -> tuple[Metric, ...]:
        """Metric points kept in memory."""
        data = self._metrics()
        return tuple(_points(data)) if data else ()


def to_file(path: Path) -> Pipeline:
    """Spans, and at the end the metrics, as JSON lines in a local file."""
    file = LineFile(path)
    tally = Tally()
    # Plain resource: the detectors of Resource.create read entry points and cost tens of milliseconds.
    tracing = TracerProvider(sampler=ALWAYS_ON, resource=_resource(), shutdown_on_exit=False)
    processor = BatchSpanProcessor(
        _LineExporter(file), max_queue_size=SPAN_QUEUE, schedule_delay_millis=FLUSH_MS, max_export_batch_size=512
    )
    return Pipeline(tracing, processor, tally, on_close=lambda: tally.write(file))


def to_otlp(*, metrics: bool) -> Pipeline:
    """OTLP over HTTP, configured by the standard variables alone."""
    # Only needed here, and they load an HTTP client.
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    resource = Resource.create(dict(_resource().attributes))
    tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
    processor = BatchSpanProcessor(OTLPSpanExporter())
    if not metrics:
        return Pipeline(tracing, processor, Tally(), on_close=lambda: None)
    metering = MeterProvider(
        [PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource, shutdown_on_exit=False
    )
    return Pipeline(tracing, processor, OtelMeter(metering), on_close=metering.shutdown)


def to_memory() -> Pipeline:
    """Everything kept in memory."""
    memory, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider(sampler=ALWAYS_ON, resource=_resource(), shutdown_on_exit=False)
    metering = MeterProvider([reader], resource=_resource(), shutdown_on_exit=False)
    return Pipeline(
        tracing,
        SimpleSpanProcessor(memory),
        OtelMeter(metering),
        on_close=metering.shutdown,
        spans=memory.get_finished_spans,
        metrics=reader.get_metrics_data,
    )


def _resource() -> Resource:
    return Resource({"service.name": "coreagent", "service.version": version("coreagent")})


class _LineExporter(SpanExporter):
    """One JSON object a line for each span."""

    def __init__(self, file: LineFile) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        written = self._file.write([_line(span) for span in spans])
        return SpanExportResult.SUCCESS if written else SpanExportResult.FAILURE


def _line(span: ReadableSpan) -> str:
    plain = _plain(span)
    return to_line(
        {
            "span": plain.name,
            "trace_id": plain.trace_id,
            "span_id": plain.span_id,
            "parent_id": plain.parent_id,
            "kind": plain.kind,
            "start_unix_ns": span.start_time,
            "duration_s": plain.duration_s,
            "error": plain.error,
            "attributes": dict(plain.attributes),
        }
    )


def _plain(span: ReadableSpan) -> FinishedSpan:
    context, start, end = span.context, span.start_time or 0, span.end_time or 0
    return FinishedSpan(
        name=span.name,
        trace_id=f"{context.trace_id:032x}" if context else "",
        span_id=f"{context.span_id:016x}" if context else "",
        parent_id=f"{span.parent.span_id:016x}" if span.parent else "",
        kind=span.kind.name.lower(),
        duration_s=(end - start) / 1e9,
        error=span.status.status_code is StatusCode.ERROR,
        attributes=span.attributes or {},
    )


def _points(data: MetricsData) -> list[Metric]:
    return [
        Metric(
            name=metric.name,
            unit=metric.unit or "",
            labels=point.attributes or {},
            count=int(getattr(point, "count", 0)),
            total=float(getattr(point, "sum", 0.0)),
        )
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]
