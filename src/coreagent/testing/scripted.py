"""A model that plays a script."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from coreagent.errors import CoreAgentError, ModelServerError, SettingsError
from coreagent.labels import Sensitivity
from coreagent.messages import ToolCall
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wire import estimated_usage, is_list

Answer = str | ToolCall | tuple[ToolCall, ...] | Completion
Step = Answer | Exception | Callable[[ChatRequest], Answer]
"""Text, tool calls, a whole completion, an error to raise, or a function that gives one of the first three."""

SCRIPTED_CARD = ModelCard(
    name="scripted",
    adapter="scripted",
    model="scripted",
    context_tokens=128_000,
    clearance=Sensitivity.CONFIDENTIAL,
    family="scripted",
)


class UnexpectedModelCall(CoreAgentError, AssertionError):
    """A call past the end of the script. No :class:`ModelError`, so that no fallback hides it."""


class UnconsumedSteps(CoreAgentError, AssertionError):
    """A script that was not played to its end."""


class ScriptedModel:
    """Answers with ``steps``, one for each call, in the order of the calls.

    Usage is the estimate of :func:`estimated_usage` unless a step is a whole :class:`Completion`, so cost is the
    same each time.
    """

    def __init__(self, steps: Iterable[Step], *, card: ModelCard | None = None) -> None:
        self._card = card or SCRIPTED_CARD
        self._steps = tuple(steps)
        self._calls: list[ChatRequest] = []

    @classmethod
    def from_file(cls, card: ModelCard) -> "ScriptedModel":
        """The model of a card whose ``model`` is the path of a JSON list of steps (``adapter = "scripted"``).

        A step is text, ``{"tool_calls": [{"name": ..., "arguments": {...}}]}`` or ``{"error": "..."}``.

        Raises:
            SettingsError: the file can not be read or is no such list.
        """
        try:
            listed: Any = json.loads(Path(card.model).read_text(encoding="utf-8"))
            if not is_list(listed):
                raise ValueError("not a list")
            return cls([_step(entry, number) for number, entry in enumerate(listed)], card=card)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"not a script: {error}",
                path=card.model,
                mend='A script is a JSON list such as ["an answer", {"error": "overloaded"}].',
            ) from error

    @property
    def card(self) -> ModelCard:
        """What is known of the model."""
        return self._card

    @property
    def calls(self) -> tuple[ChatRequest, ...]:
        """The requests so far."""
        return tuple(self._calls)

    def assert_done(self) -> None:
        """Raise :class:`UnconsumedSteps` when steps are left."""
        if left := len(self._steps) - len(self._calls):
            raise UnconsumedSteps(f"{left} of {len(self._steps)} steps of {self._card.name!r} were never asked for")

    async def complete(self, request: ChatRequest) -> Completion:
        """The next step. Raises the step when it is an error, :class:`UnexpectedModelCall` when none is left."""
        number = len(self._calls)
        if number >= len(self._steps):
            raise UnexpectedModelCall(
                f"call {number + 1} of {self._card.name!r}, whose script has {len(self._steps)} steps;"
                f" the last message was {request.messages[-1].content[:200] if request.messages else ''!r}"
            )
        self._calls.append(request)
        step = self._steps[number]
        if isinstance(step, Exception):
            raise step
        return self._completion(step(request) if callable(step) else step, request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """The next step word by word, then whole."""
        completion = await self.complete(request)
        for word in re.findall(r"\s*\S+|\s+", completion.text):
            yield TextDelta(word)
        yield completion

    async def close(self) -> None:
        """Nothing to give back."""

    def _completion(self, answer: Answer, request: ChatRequest) -> Completion:
        if isinstance(answer, Completion):
            return answer
        calls = (answer,) if isinstance(answer, ToolCall) else answer if isinstance(answer, tuple) else ()
        text = answer if isinstance(answer, str) else ""
        return Completion(
            text=text,
            model=self._card.name,
            tool_calls=calls,
            finish_reason="tool_calls" if calls else "stop",
            usage=estimated_usage(request, text, calls),
            usage_estimated=True,
        )


def _step(entry: Any, number: int) -> Step:
    if isinstance(entry, str):
        return entry
    if "error" in entry:
        return ModelServerError(str(entry["error"]), status=500)
    return tuple(
        ToolCall(f"call_{number}_{index}", call["name"], json.dumps(call.get("arguments", {})))
        for index, call in enumerate(entry["tool_calls"])
    )
