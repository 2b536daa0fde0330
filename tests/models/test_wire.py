"""Bytes and fields from endpoints, down to hostile ones."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import SettingsError
from coreagent.messages import Message, ToolCall
from coreagent.models.assembly import Assembly
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.http_errors import parse_retry_after
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.models.sse import MAX_EVENT_BYTES, EventStream, EventTooLongError
from coreagent.models.wire import WireError, read_completion, request_fields
from coreagent.testing.replies import chunk_bodies, completion_body

CARD = ModelCard(name="m", adapter="openai_compatible", model="tiny", max_output_tokens=100)
REQUEST = ChatRequest(messages=(Message.user("q"),))


def events(*pieces: bytes) -> list[bytes]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)] + stream.finish()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\n", [b"a"]),
        (b": ping\n\nevent: x\nid: 1\ndata: a\n\n", [b"a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data: [DONE]", [b"[DONE]"]),
        (b"data:  a\n\n", [b" a"]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_events(raw: bytes, expected: list[bytes]) -> None:
    assert events(raw) == expected


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), max_size=6), st.data())
def test_events_are_the_same_however_they_are_cut(texts: list[str], data: st.DataObject) -> None:
    raw = b"".join(f"data: {text}\r\n\r\n".encode() for text in texts)
    places = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True)]
    assert events(*pieces) == [text.encode() for text in texts]


def test_an_event_without_end_is_refused() -> None:
    stream = EventStream()
    with pytest.raises(EventTooLongError):
        for _ in range(MAX_EVENT_BYTES // 1_000_000 + 1):
            stream.feed(b"x" * 1_000_000)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Mon, 23 Nov 2026 00:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    midnight = 1_795_392_000.0
    assert parse_retry_after(value, now_s=midnight) == seconds


FIELDS = (
    *("choices", "message", "delta", "content", "tool_calls", "function", "name", "arguments", "id", "index", "text"),
    *("usage", "prompt_tokens", "completion_tokens", "logprobs", "logprob", "finish_reason", "error"),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_any_json_is_a_completion_or_a_wire_error(message: Any, usage: Any, logprobs: Any) -> None:
    bodies: list[dict[str, Any]] = [
        {"choices": message, "usage": usage},
        {"choices": [message]},
        {"choices": [{"message": message, "logprobs": logprobs}], "usage": usage},
        {"choices": [{"message": {"content": usage, "tool_calls": message}}]},
    ]
    for body in bodies:
        try:
            completion = read_completion(body, REQUEST, CARD)
        except WireError:
            continue
        assert isinstance(completion, Completion)
        assert completion.usage.total_tokens > 0


@given(st.lists(JSON_VALUES, max_size=4))
def test_any_chunks_are_an_answer_or_a_wire_error(deltas: list[Any]) -> None:
    assembly = Assembly()
    try:
        for delta in deltas:
            assembly.take({"choices": delta})
            assembly.take({"choices": [delta], "usage": delta})
            assembly.take({"choices": [{"delta": delta, "finish_reason": None}]})
            assembly.take({"choices": [{"delta": {"tool_calls": delta}}]})
        completion = assembly.completion(REQUEST, CARD)
    except WireError:
        return
    assert isinstance(completion, Completion)


@given(st.text(st.characters(codec="utf-8")), st.lists(st.text(st.characters(codec="utf-8")), max_size=3))
def test_what_is_streamed_is_what_is_sent_whole(text: str, arguments: list[str]) -> None:
    calls = tuple(ToolCall(f"c{n}", "f", json.dumps({"a": argument})) for n, argument in enumerate(arguments))
    sent = Completion(text=text, model="m", tool_calls=calls, finish_reason="tool_calls" if calls else "stop")
    whole = read_completion(completion_body(sent, "m"), REQUEST, CARD)
    assembly = Assembly()
    pieces = [assembly.take(chunk) for chunk in chunk_bodies(sent, "m")]
    assert "".join(pieces) == whole.text == text
    assert assembly.completion(REQUEST, CARD).tool_calls == whole.tool_calls == calls


def test_endpoints_that_do_not_number_or_name_tool_calls() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call, call]}}]}
    first, second = read_completion(body, REQUEST, CARD).tool_calls
    assert (first.arguments, second.arguments) == ('{"a": 1}', '{"a": 1}')
    assert first.id != second.id
    assembly = Assembly()
    assembly.take({"choices": [{"delta": {"tool_calls": [call]}}]})
    assembly.take({"choices": [{"delta": {"tool_calls": [call]}}]})
    assert [made.arguments for made in assembly.completion(REQUEST, CARD).tool_calls] == ['{"a": 1}', '{"a": 1}']


def test_the_card_bounds_the_request() -> None:
    loud = ChatRequest(messages=REQUEST.messages, max_tokens=10_000, logprobs=True)
    body = request_fields(loud, CARD)
    assert body["max_tokens"] == 100
    assert "logprobs" not in body
    assert "tool_choice" not in body


@pytest.mark.parametrize("base_url", ["", "localhost:8000/v1", "ftp://x/v1", "http://", "http://[::1", "/v1"])
def test_an_address_that_is_none(base_url: str) -> None:
    with pytest.raises(SettingsError, match="base_url"):
        OpenAICompatibleModel(CARD, base_url=base_url)


def test_secrets_have_no_place_in_the_address_and_no_line_break() -> None:
    with pytest.raises(SettingsError) as caught:
        OpenAICompatibleModel(CARD, base_url="http://me:hunter2@x/v1")
    assert "hunter2" not in str(caught.value) + caught.value.mend
    with pytest.raises(SettingsError) as caught:
        OpenAICompatibleModel(CARD, base_url="http://x/v1", api_key="sk-hunter2\n")
    assert "hunter2" not in str(caught.value) + caught.value.mend


def test_a_beginning_is_continued_only_where_the_card_says_so() -> None:
    begun = replace(REQUEST, messages=(*REQUEST.messages, Message.assistant("It is")))
    body = request_fields(begun, replace(CARD, continues=True))
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    assert "continue_final_message" not in request_fields(begun, CARD)
    assert "continue_final_message" not in request_fields(REQUEST, replace(CARD, continues=True))
    called = replace(REQUEST, messages=(*REQUEST.messages, Message.assistant("", (ToolCall("1", "f", "{}"),))))
    assert "continue_final_message" not in request_fields(called, replace(CARD, continues=True))
