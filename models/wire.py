"""The chat-completions protocol: our request to its JSON, its JSON to our completion.

Written by hand because this is the hot path: no model validation library runs for a call. Everything that comes from
the endpoint is checked where it is read, and :class:`WireError` says what does not fit.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from coreagent.messages import Message, ToolCall, Usage
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion, estimate_input_tokens, estimate_tokens

Json = dict[str, Any]

_FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter"})


class WireError(ValueError):
    """JSON that is not a chat completion."""


def is_object(value: object) -> TypeGuard[Json]:
    """True for a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """True for a JSON list."""
    return isinstance(value, list)


def output_limit(request: ChatRequest, card: ModelCard) -> int:
    """Tokens the answer may have: the request's limit, never above the card's."""
    if request.max_tokens is None:
        return card.max_output_tokens
    return min(request.max_tokens, card.max_output_tokens)


def request_fields(request: ChatRequest, card: ModelCard) -> Json:
    """The request body as JSON values, without ``stream``. What the card rules out is left away."""
    body: Json = {
        "model": card.model,
        "messages": [_message(message) for message in request.messages],
        "temperature": request.temperature,
        "max_tokens": output_limit(request, card),
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
            }
            for t in request.tools
        ]
        choice = request.tool_choice
        body["tool_choice"] = (
            choice if choice in ("auto", "required", "none") else {"type": "function", "function": {"name": choice}}
        )
    wanted = request.response_schema
    if wanted is not None and card.json_schema:
        form: Json = {"name": wanted.name, "schema": wanted.schema}
        if wanted.schema.get("additionalProperties") is False:
            # Strict mode is only defined for closed objects; endpoints refuse it for open ones.
            form["strict"] = True
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    last = request.messages[-1] if request.messages else None
    if card.continues and last is not None and last.author == "assistant" and not last.tool_calls:
        # The beginning of the answer: only what comes after it is to be written.
        body["add_generation_prompt"], body["continue_final_message"] = False, True
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.logprobs and card.logprobs:
        body["logprobs"] = True
    return body


def _message(message: Message) -> Json:
    entry: Json = {"role": message.author, "content": message.content}
    if message.tool_calls:
        entry["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.author == "tool":
        entry["tool_call_id"] = message.tool_call_id
    return entry


def read_completion(body: Json, request: ChatRequest, card: ModelCard) -> Completion:
    """A whole answer from its JSON object.

    Raises:
        WireError: no choice, no message, or a field of the wrong type.
    """
    choice = first_choice(body)
    if choice is None:
        raise WireError("no choices in the answer")
    message = choice.get("message")
    if not is_object(message):
        raise WireError("the choice holds no message")
    text = _content(message.get("content"))
    listed = message.get("tool_calls")
    calls = _tool_calls(listed) if listed else ()
    usage = read_usage(body.get("usage"))
    return Completion(
        text=text,
        model=card.name,
        tool_calls=calls,
        finish_reason=finish_reason(choice.get("finish_reason"), calls),
        usage=usage or estimated_usage(request, text, calls),
        usage_estimated=usage is None,
        token_logprobs=read_logprobs(choice.get("logprobs")),
    )


def first_choice(body: Json) -> Json | None:
    """The first choice, or None when there is none.

    Raises:
        WireError: ``choices`` is not a list of objects.
    """
    choices = body.get("choices")
    if not choices:
        return None
    first: object = choices[0] if is_list(choices) else None
    if not is_object(first):
        raise WireError("choices is not a list of objects")
    return first


def finish_reason(value: object, calls: Sequence[ToolCall]) -> str:
    """One of our four reasons. A forced tool call is reported as ``stop`` by some endpoints."""
    if calls and value != "length":
        return "tool_calls"
    return value if isinstance(value, str) and value in _FINISH_REASONS else "stop"


def read_usage(value: object) -> Usage | None:
    """Usage as counted by the endpoint; None when it is missing or makes no sense."""
    if not is_object(value):
        return None
    sent, written = value.get("prompt_tokens"), value.get("completion_tokens")
    if not isinstance(sent, int) or not isinstance(written, int) or sent < 0 or written < 0:
        return None
    if sent + written == 0:
        # No prompt is empty: this stands for "not counted", and must not be booked as free.
        return None
    return Usage(sent, written, 1)


def estimated_usage(request: ChatRequest, text: str, calls: Sequence[ToolCall]) -> Usage:
    """Usage for an endpoint that does not count."""
    written = text + "".join(call.name + call.arguments for call in calls)
    return Usage(estimate_input_tokens(request), estimate_tokens(written), 1)


def read_logprobs(value: object) -> tuple[float, ...] | None:
    """Natural log-probabilities of the output tokens, or None when there are none."""
    entries = value.get("content") if is_object(value) else None
    if not is_list(entries):
        return None
    try:
        return tuple(float(entry["logprob"]) for entry in entries)
    except (KeyError, TypeError, ValueError):
        raise WireError("logprobs of an unknown form") from None


def _content(value: object) -> str:
    """Text of a message: a string, nothing, or a list of text parts."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if is_list(value):
        return "".join(str(part.get("text") or "") for part in value if is_object(part))
    raise WireError(f"content is {type(value).__name__}, not text")


def _tool_calls(listed: object) -> tuple[ToolCall, ...]:
    if not is_list(listed):
        raise WireError("tool_calls is not a list")
    calls: list[ToolCall] = []
    for index, entry in enumerate(listed):
        function = entry.get("function") if is_object(entry) else None
        name = function.get("name") if is_object(function) else None
        if not is_object(entry) or not is_object(function) or not isinstance(name, str) or not name:
            raise WireError("a tool call without a name")
        identity = str(entry.get("id") or f"call_{index}")
        calls.append(ToolCall(identity, name, arguments_text(function.get("arguments"))))
    return tuple(calls)


def arguments_text(value: object) -> str:
    """Tool arguments as JSON text; some endpoints send the object itself. Nothing becomes ``{}``."""
    if isinstance(value, str):
        return value or "{}"
    return "{}" if value is None else json.dumps(value)


def error_of(body: Mapping[str, Any]) -> tuple[str, int | None] | None:
    """Message and status of an error object, as endpoints write them; None when there is no error."""
    error = body.get("error")
    if error is None:
        message = body.get("message") if body.get("object") == "error" else body.get("detail")
        return (_short(message), None) if message else None
    if is_object(error):
        code = error.get("code")
        status = code if isinstance(code, int) and not isinstance(code, bool) else None
        return _short(error.get("message") or error), status
    return _short(error), None


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = " ".join(text.split())
    return text if len(text) <= 500 else text[:500] + " ..."
