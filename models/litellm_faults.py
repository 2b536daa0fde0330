"""What litellm raises, as errors of our tree."""

import json
from collections.abc import Iterator
from typing import Any

from coreagent.errors import (
    ModelError,
    ModelProtocolError,
    ModelTimeoutError,
    ModelUnreachableError,
    StreamCutError,
)
from coreagent.models.assembly import Assembly
from coreagent.models.http_errors import error_from_status
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import WireError


class LiteLLMFaults:
    """Makes the errors of one model at ``url``. ``api_key`` is only known to be masked; ``wanted`` is the answer."""

    def __init__(
        self, name: str, *, url: str, api_key: str, timeouts: Timeouts, wanted: str = "a chat completion"
    ) -> None:
        self._name, self._url, self._api_key = name, url, api_key
        self._timeouts, self._wanted = timeouts, wanted

    def translated(
        self, litellm: Any, error: Exception, *, assembly: Assembly | None = None, early: bool = False
    ) -> ModelError:
        """An error in our words. ``assembly`` is given for streams, ``early`` when the first token was late."""
        name = self._name
        if isinstance(error, ModelError):
            return error
        if isinstance(error, WireError):
            return self._unreadable(str(error))
        causes = tuple(_causes(error))
        for cause in causes:
            if isinstance(cause, ImportError):
                return ModelError(
                    f"litellm lacks a package for this call: {cause}",
                    model=name,
                    mend='Install it beside coreagent, or choose adapter = "openai_compatible".',
                )
        httpx = litellm.exceptions.httpx
        if isinstance(error, (TimeoutError, litellm.Timeout)):
            return self._late(early=early, connecting=_has(causes, httpx.ConnectTimeout))
        for cause in causes:
            if isinstance(cause, httpx.HTTPStatusError):
                answer: Any = getattr(cause, "response", None)
                return self._of_status(answer.status_code, error, answer.headers.get("retry-after"))
        if assembly is not None and (assembly.started or isinstance(error, litellm.exceptions.MidStreamFallbackError)):
            if _has(causes, httpx.TransportError) or assembly.started:
                return self.cut(assembly)
            return self._of_status(500, error, None)
        if _has(causes, (httpx.TransportError, litellm.exceptions.openai.APIConnectionError, ConnectionError)):
            return ModelUnreachableError(
                f"no connection, or it broke before an answer: {self._words(error)}",
                model=name,
                mend="Start the server, or correct base_url of this model.",
            )
        if _has(causes, json.JSONDecodeError) or all(type(c).__module__.startswith("litellm") for c in causes):
            status = getattr(error, "status_code", None)
            if isinstance(status, int) and status < 500:
                return self._of_status(status, error, None)
            return self._unreadable(self._words(error))
        refusals = litellm.exceptions.openai.APIStatusError
        refused = any(isinstance(c, refusals) and not type(c).__module__.startswith("litellm") for c in causes)
        if not refused and _has(causes, (AttributeError, KeyError, TypeError, ValueError)):
            # An answer with 200 that neither the provider's SDK nor litellm could read.
            return self._unreadable(self._words(error))
        status = getattr(error, "status_code", None)
        return self._of_status(status if isinstance(status, int) and status >= 400 else 500, error, None)

    def _of_status(self, status: int, error: Exception, retry_after: str | None) -> ModelError:
        url = self._url
        words = self._words(error)
        return error_from_status(status, words, model=self._name, url=url, retry_after=retry_after)

    def _late(self, *, early: bool, connecting: bool) -> ModelTimeoutError:
        limits = self._timeouts
        phase, limit_s = (
            ("connection", limits.connect_s)
            if connecting
            else ("first token", limits.first_token_s)
            if early
            else ("complete answer", limits.total_s)
        )
        return ModelTimeoutError(
            phase,
            limit_s,
            model=self._name,
            mend="Raise the timeouts of this model, or look at the load of its server.",
        )

    def _unreadable(self, problem: str) -> ModelProtocolError:
        return ModelProtocolError(
            f"not {self._wanted}: {problem}",
            model=self._name,
            mend="Check model and base_url; base_url usually ends in /v1.",
        )

    def _words(self, error: Exception) -> str:
        text = " ".join(str(error).split())[:500] or type(error).__name__
        return text.replace(self._api_key, "***") if self._api_key else text

    def cut(self, assembly: Assembly) -> StreamCutError:
        """A stream that ended before the answer."""
        return StreamCutError(
            "the stream ended before the answer did",
            partial=assembly.text,
            model=self._name,
            mend="Ask again; if it happens often, look at the log of the server.",
        )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, nearest first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _has(causes: tuple[BaseException, ...], kinds: Any) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)
