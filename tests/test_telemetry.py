"""Telemetry: names by the conventions, parentage, what is kept private, and where it goes."""

import asyncio
import http.server
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace

from coreagent.answer import Answer, Verdict
from coreagent.decision import Candidate, Decision
from coreagent.messages import Message, ToolCall, Usage
from coreagent.models.card import UNKNOWN_PRICE, ModelCard, Price
from coreagent.models.chat import ChatRequest, Completion
from coreagent.settings import TelemetrySettings
from coreagent.telemetry import Telemetry
from coreagent.telemetry.lines import LineFile

CARD = ModelCard(name="site/qwen", adapter="openai_compatible", model="qwen", price=Price(1.0, 2.0), placement="site")
BUILTIN = ModelCard(name="builtin/caller", adapter="builtin", model="caller")
REQUEST = ChatRequest(messages=(Message.system("Be brief."), Message.user("password=hunter2hunter2")), max_tokens=9)
COMPLETION = Completion(text="secret thoughts", model="qwen-7b", usage=Usage(1_000, 500, 1))
CALL = ToolCall("call-1", "subnet", '{"network": "10.0.0.0/8", "api_key": "abcdefgh"}')
DECISION = Decision(
    subtask="s1",
    role="caller",
    policy="cheapest",
    model="site/qwen",
    candidates=(
        Candidate(model="site/qwen", quality=0.7, cost_usd=0.01),
        Candidate(model="x", excluded="no tools"),
    ),
    reason="cheapest that meets 0.6",
    threshold=0.6,
    fallbacks=("x",),
    escalated_from="builtin/caller",
)


@dataclass(frozen=True)
class Info:
    name: str = "subnet"
    description: str = "Splits networks."
    effect: str = "read"


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    with Telemetry.in_memory() as opened:
        yield opened


def one_run(telemetry: Telemetry) -> None:
    with telemetry.agent_span("run-1", conversation_id="talk-1", question="What is A1?") as agent:
        with telemetry.model_span(CARD, REQUEST, DECISION) as model:
            model.finish(COMPLETION)
        with telemetry.tool_span(Info(), CALL) as tool:
            with telemetry.retrieval_span("private query", ["primer"]) as retrieval:
                retrieval.finish([("primer/a1", 0.9)], confidence=0.8)
            tool.finish("10.0.0.0/9")
        agent.finish(
            Answer(
                run_id="run-1",
                question="q",
                text="the answer",
                verdict=Verdict("supported", 0.9),
                usage=Usage(1_000, 500, 1),
                cost_usd=0.002,
            )
        )


def test_spans_follow_the_conventions(telemetry: Telemetry) -> None:
    one_run(telemetry)
    spans = {span.name: span for span in telemetry.spans()}
    assert set(spans) == {"invoke_agent core-agent", "chat qwen", "execute_tool subnet", "retrieval primer"}
    agent, chat = spans["invoke_agent core-agent"], spans["chat qwen"]
    tool, retrieval = spans["execute_tool subnet"], spans["retrieval primer"]
    assert agent.parent_id == ""
    assert chat.parent_id == tool.parent_id == agent.span_id
    assert retrieval.parent_id == tool.span_id
    assert {span.trace_id for span in spans.values()} == {agent.trace_id}
    assert (chat.kind, tool.kind) == ("client", "internal")
    assert not any(span.error for span in spans.values())
    assert agent.attributes == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "core-agent",
        "gen_ai.conversation.id": "talk-1",
        "gen_ai.usage.input_tokens": 1_000,
        "gen_ai.usage.output_tokens": 500,
        "coreagent.run_id": "run-1",
        "coreagent.status": "complete",
        "coreagent.verdict": "supported",
        "coreagent.verdict.score": 0.9,
        "coreagent.cost_usd": 0.002,
    }
    assert tool.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "subnet",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.description": "Splits networks.",
        "gen_ai.tool.call.id": "call-1",
        "coreagent.tool.effect": "read",
    }
    assert retrieval.attributes["gen_ai.data_source.id"] == "primer"
    assert json.loads(retrieval.attributes["gen_ai.retrieval.documents"]) == [{"id": "primer/a1", "score": 0.9}]


def test_a_chat_span_tells_request_reply_cost_and_decision(telemetry: Telemetry) -> None:
    with telemetry.model_span(CARD, REQUEST, DECISION) as span:
        span.finish(COMPLETION)
    attributes = dict(telemetry.spans()[0].attributes)
    candidates = json.loads(attributes.pop("coreagent.decision.candidates"))
    assert [(each["model"], each["quality"], each["excluded"]) for each in candidates] == [
        ("site/qwen", 0.7, ""),
        ("x", None, "no tools"),
    ]
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "qwen",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.output.type": "text",
        "gen_ai.response.model": "qwen-7b",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 1_000,
        "gen_ai.usage.output_tokens": 500,
        "coreagent.model": "site/qwen",
        "coreagent.placement": "site",
        "coreagent.cost_usd": pytest.approx(0.002),
        "coreagent.decision.subtask": "s1",
        "coreagent.decision.role": "caller",
        "coreagent.decision.policy": "cheapest",
        "coreagent.decision.model": "site/qwen",
        "coreagent.decision.reason": "cheapest that meets 0.6",
        "coreagent.decision.threshold": 0.6,
        "coreagent.decision.fallbacks": ("x",),
        "coreagent.decision.escalated_from": "builtin/caller",
    }


@pytest.mark.parametrize(
    ("adapter", "model", "provider"),
    [
        ("builtin", "caller", "coreagent"),
        ("openai_compatible", "qwen", "openai"),
        ("litellm", "anthropic/claude", "anthropic"),
        ("litellm", "bedrock/nova", "aws.bedrock"),
        ("litellm", "gpt-5", "openai"),
    ],
)
def test_providers_have_their_well_known_names(telemetry: Telemetry, adapter: Any, model: str, provider: str) -> None:
    card = ModelCard(name="m", adapter=adapter, model=model, price=UNKNOWN_PRICE)
    with telemetry.model_span(card, REQUEST) as span:
        span.finish(COMPLETION)
    found = telemetry.spans()[0]
    assert found.attributes["gen_ai.provider.name"] == provider
    assert found.kind == ("internal" if adapter == "builtin" else "client")
    assert "coreagent.cost_usd" not in found.attributes, "an unknown price is not zero"


def test_metrics_of_model_calls(telemetry: Telemetry) -> None:
    with telemetry.model_span(CARD, REQUEST, stream=True) as span:
        span.first_chunk()
        span.first_chunk()
        span.finish(COMPLETION)
    with pytest.raises(TimeoutError), telemetry.model_span(CARD, REQUEST):
        raise TimeoutError("the prompt was: hunter2")
    metrics = telemetry.metrics()
    counts = {(metric.name, metric.labels.get("gen_ai.token.type", "")): metric for metric in metrics}
    tokens = "gen_ai.client.token.usage"
    assert (counts[tokens, "input"].count, counts[tokens, "input"].total) == (1, 1_000)
    assert (counts[tokens, "output"].total, counts[tokens, "output"].unit) == (500, "{token}")
    assert counts["gen_ai.client.operation.time_to_first_chunk", ""].count == 1
    durations = [metric for metric in metrics if metric.name == "gen_ai.client.operation.duration"]
    assert sorted(metric.labels.get("error.type", "") for metric in durations) == ["", "TimeoutError"]
    streamed = telemetry.spans()[0].attributes
    assert streamed["gen_ai.request.stream"] is True
    assert 0 <= streamed["gen_ai.response.time_to_first_chunk"] < 60


def test_errors_are_recorded_by_type_alone(telemetry: Telemetry) -> None:
    with pytest.raises(ValueError, match="private"), telemetry.agent_span("r"):
        raise ValueError("private words")
    with telemetry.tool_span(Info(), CALL) as span:
        span.fail("ToolTimeoutError")
    agent, tool = telemetry.spans()
    assert (agent.error, agent.attributes["error.type"]) == (True, "ValueError")
    assert (tool.error, tool.attributes["error.type"]) == (True, "ToolTimeoutError")
    assert "private" not in repr(telemetry.spans())


def test_content_is_off_by_default() -> None:
    with Telemetry.in_memory() as telemetry:
        one_run(telemetry)
        shown = repr(telemetry.spans())
    for private in ("What is A1", "Be brief", "hunter2", "secret thoughts", "10.0.0.0", "private query", "the answer"):
        assert private not in shown


def test_content_is_recorded_when_wanted_and_masked() -> None:
    with Telemetry.in_memory(content=True) as telemetry:
        one_run(telemetry)
        spans = {span.name: span.attributes for span in telemetry.spans()}
    prompt = json.loads(spans["chat qwen"]["gen_ai.input.messages"])
    assert prompt[0] == {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}
    assert prompt[1]["parts"][0]["content"] == "password=***"
    reply = json.loads(spans["chat qwen"]["gen_ai.output.messages"])
    assert reply[0]["finish_reason"] == "stop"
    arguments = json.loads(spans["execute_tool subnet"]["gen_ai.tool.call.arguments"])
    assert arguments == {"network": "10.0.0.0/8", "api_key": "***"}
    assert spans["execute_tool subnet"]["gen_ai.tool.call.result"] == "10.0.0.0/9"
    assert spans["retrieval primer"]["gen_ai.retrieval.query.text"] == "private query"
    assert "What is A1?" in spans["invoke_agent core-agent"]["gen_ai.input.messages"]


async def test_parents_are_kept_apart_across_tasks(telemetry: Telemetry) -> None:
    async def run(name: str) -> None:
        with telemetry.agent_span(name, name=name):
            await asyncio.gather(*(call() for _ in range(3)))

    async def call() -> None:
        await asyncio.sleep(0)
        with telemetry.model_span(CARD, REQUEST) as span:
            await asyncio.sleep(0)
            span.finish(COMPLETION)

    await asyncio.gather(run("a"), run("b"))
    spans = telemetry.spans()
    for name in ("a", "b"):
        agent = next(span for span in spans if span.name == f"invoke_agent {name}")
        assert sum(span.parent_id == agent.span_id for span in spans) == 3
    with telemetry.retrieval_span("q"):
        pass
    assert telemetry.spans()[-1].parent_id == "", "nothing is left behind as a parent"


async def test_a_span_may_end_in_another_task(telemetry: Telemetry) -> None:
    span = telemetry.agent_span("r")

    async def end() -> None:
        span.__exit__(None, None, None)

    await asyncio.create_task(end())
    assert len(telemetry.spans()) == 1


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_default_is_a_private_local_file(tmp_path: Path) -> None:
    path = tmp_path / "telemetry" / "spans.jsonl"
    for _ in range(2):
        with Telemetry.create(TelemetrySettings(), otlp=False, path=path) as telemetry:
            one_run(telemetry)
    found = lines(path)
    spans = [line for line in found if "span" in line]
    metrics = [line for line in found if "metric" in line]
    assert len(spans) == 8
    chat, agent = spans[0], spans[3]
    assert chat["span"] == "chat qwen"
    assert chat["parent_id"] == agent["span_id"]
    assert chat["attributes"]["coreagent.decision.reason"] == "cheapest that meets 0.6"
    assert chat["start_unix_ns"] > 1_700_000_000 * 10**9
    assert {(line["metric"], line["sum"]) for line in metrics} >= {("gen_ai.client.token.usage", 1_000)}
    assert path.stat().st_mode & 0o077 == 0


def test_flush_writes_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with Telemetry.create(TelemetrySettings(), otlp=False, path=path) as telemetry:
        one_run(telemetry)
        telemetry.flush()
        assert len(lines(path)) == 4


def test_off_means_nothing_at_all(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    disabled = Telemetry.create(TelemetrySettings(enabled=False), otlp=True, path=path)
    closed = Telemetry.create(TelemetrySettings(), otlp=False, path=path)
    closed.close()
    closed.close()
    for telemetry in (Telemetry.off(), disabled, closed):
        assert not telemetry.enabled
        one_run(telemetry)
        with telemetry.model_span(BUILTIN, REQUEST) as span:
            span.first_chunk()
        telemetry.flush()
        telemetry.close()
        assert (telemetry.spans(), telemetry.metrics()) == ((), ())
    assert not path.exists()


def test_nothing_leaves_the_machine_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    # The variable alone does not switch the export on; wiring decides, from the settings.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    path = tmp_path / "spans.jsonl"
    with Telemetry.create(TelemetrySettings(), otlp=False, path=path) as telemetry:
        one_run(telemetry)
    assert len([line for line in lines(path) if "span" in line]) == 4


def test_importing_and_switching_off_load_no_opentelemetry() -> None:
    code = (
        "import sys; from coreagent.telemetry import Telemetry; t = Telemetry.off()\n"
        "with t.retrieval_span('q'): pass\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_global_provider_is_left_alone(telemetry: Telemetry) -> None:
    before = trace.get_tracer_provider()
    one_run(telemetry)
    assert trace.get_tracer_provider() is before


def test_a_file_that_can_not_be_written_warns_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("")
    with (
        caplog.at_level(logging.WARNING),
        Telemetry.create(TelemetrySettings(), otlp=False, path=tmp_path / "taken" / "x") as telemetry,
    ):
        for _ in range(3):
            one_run(telemetry)
            telemetry.flush()
    assert [record.name for record in caplog.records] == ["coreagent.telemetry"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    file = LineFile(Path("/dev/full"))
    assert not file.write(["{}"])
    assert not file.write(["{}"])
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text


def test_the_file_is_rotated_and_one_old_one_kept(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    file = LineFile(path, max_bytes=100)
    for number in range(10):
        assert file.write([f"{number}" * 39])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["spans.jsonl", "spans.jsonl.1"]
    assert path.read_text().splitlines() == ["8" * 39, "9" * 39]
    assert (tmp_path / "spans.jsonl.1").read_text().splitlines() == ["6" * 39, "7" * 39]
    assert file.write(["x" * 500]), "a line above the limit is written all the same"


class _Collector(http.server.BaseHTTPRequestHandler):
    seen: list[str] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(f"{self.path} {b'invoke_agent' in body or b'gen_ai.client' in body}")
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_otlp_goes_where_the_standard_variables_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _Collector.seen.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), _Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        path = tmp_path / "spans.jsonl"
        with Telemetry.create(TelemetrySettings(), otlp=True, path=path) as telemetry:
            one_run(telemetry)
        with Telemetry.create(TelemetrySettings(), otlp=True, path=path, otlp_metrics=False) as telemetry:
            one_run(telemetry)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert sorted(_Collector.seen) == ["/v1/metrics True", "/v1/traces True", "/v1/traces True"]
    assert not path.exists()


STALLED = """
import os, socket, sys
from pathlib import Path
from coreagent.settings import TelemetrySettings
from coreagent.telemetry import Telemetry
from coreagent.telemetry import otel
otel.CLOSE_S = 0.2
silent = socket.create_server(("127.0.0.1", 0))
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
telemetry = Telemetry.create(TelemetrySettings(), otlp=True, path=Path("unused"))
with telemetry.retrieval_span("q"):
    pass
print("closing", flush=True)
telemetry.close()
print("closed", flush=True)
"""


def test_a_collector_that_does_not_answer_is_given_up() -> None:
    # The exporter itself would wait ten seconds for each try; the limit here is far from both.
    done = subprocess.run([sys.executable, "-c", STALLED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["closing", "closed"]
    assert "not delivered within 0.2 s" in done.stderr


UNCLOSED = """
import sys
from pathlib import Path
from coreagent.settings import TelemetrySettings
from coreagent.telemetry import Telemetry
telemetry = Telemetry.create(TelemetrySettings(), otlp=False, path=Path(sys.argv[1]))
with telemetry.retrieval_span("q"):
    pass
"""


def test_spans_are_written_at_exit_without_a_close(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    subprocess.run([sys.executable, "-c", UNCLOSED, str(path)], check=True, timeout=60)
    assert [line["span"] for line in lines(path)] == ["retrieval"]
