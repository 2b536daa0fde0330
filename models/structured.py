"""Answers with a form: read, and asked for once more when they do not fit."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from coreagent.errors import SchemaMismatchError
from coreagent.messages import Message, Usage
from coreagent.models.chat import ChatModel, ChatRequest, Completion

T = TypeVar("T")

_FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MAX_QUOTED = 4_000


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What was read, and the one or two completions it took."""

    value: T
    completions: tuple[Completion, ...]

    @property
    def usage(self) -> Usage:
        """Usage of all completions together."""
        return sum((completion.usage for completion in self.completions), Usage())


async def ask(model: ChatModel, request: ChatRequest, read: Callable[[Completion], T]) -> Asked[T]:
    """Ask, and read the answer with ``read``, which raises ValueError for output that does not fit.

    Output that does not fit is sent back once, with the error quoted.

    Raises:
        SchemaMismatchError: the second answer does not fit either; it carries the raw text and the problem.
        ModelError: as the model raises; BudgetExceededError as its budget does.
    """
    first = await model.complete(request)
    try:
        return Asked(read(first), (first,))
    except ValueError as error:
        problem = _problem(error, first)
    second = await model.complete(_again(request, first, problem))
    try:
        return Asked(read(second), (first, second))
    except ValueError as error:
        raise SchemaMismatchError(
            _problem(error, second),
            raw=_raw(second),
            model=second.model or model.card.name,
            mend="Use a model that keeps to a JSON schema, or raise its max_output_tokens if the text is cut.",
        ) from error


def json_reader(adapter: TypeAdapter[T]) -> Callable[[Completion], T]:
    """A reader for :func:`ask`: the JSON of an answer, validated as by :func:`read_json`."""
    return lambda completion: read_json(completion.text, adapter)


def read_json(text: str, adapter: TypeAdapter[T]) -> T:
    """The JSON of a text, validated.

    A ``<think>`` block before it, a code fence around it, and words on both sides of an object are taken off; models
    add all three unasked.

    Raises:
        ValueError: no JSON, or JSON that does not fit; the first faults are named with their places.
    """
    plain = _THOUGHT.sub("", text, count=1).strip()
    fenced = _FENCED.search(plain)
    if fenced is not None and not plain.startswith(("{", "[")):
        plain = fenced[1].strip()
    if not plain:
        raise ValueError("the answer holds no text")
    start, end = plain.find("{"), plain.rfind("}")
    if not plain.startswith(("{", "[")) and 0 <= start < end:
        plain = plain[start : end + 1]
    try:
        return adapter.validate_json(plain)
    except ValidationError as error:
        nothing = "the answer holds no JSON object: " if "{" not in plain and "[" not in plain else ""
        raise ValueError(nothing + _in_words(error)) from error


def _in_words(error: ValidationError) -> str:
    """The first few faults, each with its place."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'the whole'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]
    more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    return "; ".join(faults[:5]) + more


def _problem(error: ValueError, completion: Completion) -> str:
    cut = " (the answer was cut off at its token limit)" if completion.finish_reason == "length" else ""
    return f"{str(error)[:_MAX_QUOTED]}{cut}"


def _again(request: ChatRequest, answer: Completion, problem: str) -> ChatRequest:
    said = Message.assistant(_raw(answer)[:_MAX_QUOTED])
    told = Message.user(
        f"That answer can not be used: {problem}\n"
        "Answer again. Keep to the form that was asked for, and write nothing else."
    )
    return replace(request, messages=(*request.messages, said, told))


def _raw(completion: Completion) -> str:
    calls = "".join(f"{call.name}({call.arguments})" for call in completion.tool_calls)
    return completion.text + calls
