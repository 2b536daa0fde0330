"""What a local endpoint is told to answer, faults included."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coreagent.messages import ToolCall
from coreagent.models.chat import Completion


@dataclass(frozen=True, slots=True)
class HttpError:
    """A refusal with an OpenAI error object."""

    status: int
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing for ``seconds``, then ``reply``."""

    seconds: float
    reply: "Reply" = "late"


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection breaks in the middle: after ``text`` when streaming, inside the body otherwise."""

    text: str = "The first half"


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly this body, with status 200, whether streaming was asked for or not."""

    body: str
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Events:
    """Exactly these server-sent events, then the end of the stream; each is the text after ``data: ``."""

    payloads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """Whatever ``make`` gives for the request body."""

    make: "Callable[[dict[str, Any]], Reply]"


Answer = str | ToolCall | tuple[ToolCall, ...] | Completion
Reply = Answer | HttpError | Stall | Cut | Raw | Events | Computed
"""An answer, or a fault."""

RATE_LIMITED = HttpError(429, "too many requests", {"Retry-After": "2"})
SERVER_ERROR = HttpError(500, "worker died")
UNAUTHORIZED = HttpError(401, "invalid api key")
MALFORMED_JSON = Raw('{"id": "x", "choices": [{"message": ')
HTML = Raw("<!doctype html><html><body>It works!</body></html>", "text/html")
WRONG_ARGUMENTS = ToolCall("call_0", "calculate", '{"expression": ')


def completion_body(answer: str | tuple[ToolCall, ...] | Completion, model: str) -> dict[str, Any]:
    """The JSON of a whole answer. Usage is left out unless ``answer`` is a completion that does not estimate it."""
    text, calls, reason, logprobs = _parts(answer)
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [_call(call) for call in calls]
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": reason}
    if logprobs is not None:
        choice["logprobs"] = {"content": [{"token": "", "logprob": value} for value in logprobs]}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}
    usage = usage_body(answer)
    return body if usage is None else {**body, "usage": usage}


def chunk_bodies(answer: str | tuple[ToolCall, ...] | Completion, model: str) -> list[dict[str, Any]]:
    """The JSON of a streamed answer: a role, words or pieces of tool calls, a finish reason, and usage."""
    text, calls, reason, logprobs = _parts(answer)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in words(text)]
    for index, call in enumerate(calls):
        half = len(call.arguments) // 2
        first = {"index": index, **_call(call)}
        first["function"] = {"name": call.name, "arguments": ""}
        deltas.append({"tool_calls": [first]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in (call.arguments[:half], call.arguments[half:])
        ]
    chunks = [_chunk(model, delta, None) for delta in deltas]
    last = _chunk(model, {}, reason)
    if logprobs is not None:
        last["choices"][0]["logprobs"] = {"content": [{"token": "", "logprob": value} for value in logprobs]}
    chunks.append(last)
    usage = usage_body(answer)
    if usage is not None:
        chunks.append({**_chunk(model, {}, None), "choices": [], "usage": usage})
    return chunks


def words(text: str) -> list[str]:
    """A text in pieces of a few characters, as tokens come."""
    return re.findall(r" *[^ ]+| +", text)


def usage_body(answer: str | tuple[ToolCall, ...] | Completion) -> dict[str, int] | None:
    """Usage in the protocol's words."""
    if not isinstance(answer, Completion) or answer.usage_estimated:
        return None
    usage = answer.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }


def error_body(error: HttpError) -> str:
    """The error object of the protocol."""
    return json.dumps({"error": {"message": error.message, "type": "scripted", "code": None}})


def _parts(
    answer: str | tuple[ToolCall, ...] | Completion,
) -> tuple[str, tuple[ToolCall, ...], str, tuple[float, ...] | None]:
    if isinstance(answer, Completion):
        return answer.text, answer.tool_calls, answer.finish_reason, answer.token_logprobs
    if isinstance(answer, str):
        return answer, (), "stop", None
    return "", answer, "tool_calls", None


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _chunk(model: str, delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }
