"""A streamed answer, put together chunk by chunk."""

from coreagent.messages import ToolCall, Usage
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.wire import (
    Json,
    WireError,
    arguments_text,
    estimated_usage,
    finish_reason,
    is_list,
    is_object,
    read_logprobs,
    read_usage,
)


class _OpenCall:
    """A tool call whose arguments are still coming."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class Assembly:
    """Takes the chunks of one streamed answer; ``completion`` is the whole of it."""

    __slots__ = ("_calls", "_logprobs", "_reason", "_texts", "_thinks", "_usage")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._calls: dict[int, _OpenCall] = {}
        self._logprobs: list[float] = []
        self._reason: str | None = None
        self._usage: Usage | None = None
        self._thinks = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    @property
    def started(self) -> bool:
        """True from the first token on, be it text, part of a tool call, or thought that is not part of the text."""
        return bool(self._texts or self._calls) or self._thinks

    @property
    def empty(self) -> bool:
        """True when neither a token nor a count of tokens came."""
        return not self.started and self._usage is None

    @property
    def finished(self) -> bool:
        """True when the endpoint gave a finish reason."""
        return self._reason is not None

    def take(self, chunk: Json) -> str:
        """Add one chunk and return the text it brings, often all of it, sometimes none.

        Raises:
            WireError: a chunk of another form.
        """
        usage = chunk.get("usage")
        if usage is not None:
            self._usage = read_usage(usage) or self._usage
        choices = chunk.get("choices")
        if not choices:
            return ""
        try:
            choice = choices[0]
            delta = choice.get("delta")
            reason = choice.get("finish_reason")
            logprobs = choice.get("logprobs")
            if reason is not None:
                self._reason = reason
            if logprobs is not None:
                self._logprobs.extend(read_logprobs(logprobs) or ())
            if not delta:
                return ""
            if calls := delta.get("tool_calls"):
                self._take_calls(calls)
            text = delta.get("content")
            if not text:
                self._thinks = self._thinks or bool(delta.get("reasoning_content") or delta.get("reasoning"))
                return ""
        except (AttributeError, IndexError, KeyError, TypeError):
            raise WireError("a chunk of an unknown form") from None
        if not isinstance(text, str):
            raise WireError(f"content is {type(text).__name__}, not text")
        self._texts.append(text)
        return text

    def _take_calls(self, deltas: object) -> None:
        if not is_list(deltas):
            raise WireError("tool_calls is not a list")
        for delta in deltas:
            if not is_object(delta):
                raise WireError("a tool call that is no object")
            index = delta.get("index")
            if not isinstance(index, int):
                # Some endpoints send each call whole and do not number them.
                index = len(self._calls)
            call = self._calls.setdefault(index, _OpenCall())
            call.id = call.id or str(delta.get("id") or "")
            function = delta.get("function")
            if not is_object(function):
                continue
            call.name = call.name or str(function.get("name") or "")
            arguments = function.get("arguments")
            if arguments:
                call.arguments.append(arguments_text(arguments))

    def completion(self, request: ChatRequest, card: ModelCard) -> Completion:
        """The whole answer.

        Raises:
            WireError: a tool call that never got a name.
        """
        calls: list[ToolCall] = []
        for index, call in sorted(self._calls.items()):
            if not call.name:
                raise WireError("a tool call without a name")
            calls.append(ToolCall(call.id or f"call_{index}", call.name, "".join(call.arguments) or "{}"))
        text = self.text
        return Completion(
            text=text,
            model=card.name,
            tool_calls=tuple(calls),
            finish_reason=finish_reason(self._reason, calls),
            usage=self._usage or estimated_usage(request, text, calls),
            usage_estimated=self._usage is None,
            token_logprobs=tuple(self._logprobs) or None,
        )
