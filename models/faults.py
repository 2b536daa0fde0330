"""What an endpoint did wrong, as errors of our tree. Shared words for one endpoint; secrets are masked here."""

import json
from typing import Any

from coreagent.errors import (
    ModelError,
    ModelProtocolError,
    ModelTimeoutError,
    ModelUnreachableError,
    StreamCutError,
)
from coreagent.models.http_errors import error_from_status
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import Json, error_of, is_object

_AGAIN = "Ask again; if it happens often, look at the log of the server or the proxy before it."


class Faults:
    """Makes the errors of one model at ``url``. ``api_key`` is only known to be masked.

    ``protocol`` and ``wanted`` name what the endpoint is to speak and to answer with; ``when_slow`` says how to mend an
    answer that takes too long.
    """

    def __init__(
        self,
        model: str,
        *,
        url: str,
        api_key: str,
        timeouts: Timeouts,
        protocol: str = "OpenAI chat-completions protocol",
        wanted: str = "a chat completion",
        when_slow: str = "Raise total_timeout_s of this model, or lower max_output_tokens.",
    ) -> None:
        self._model = model
        self._protocol, self._wanted, self._when_slow = protocol, wanted, when_slow
        self._url = url
        self._api_key = api_key
        self._timeouts = timeouts

    def refused(self, status: int, body: bytes, *, retry_after: str | None) -> ModelError:
        """A status that is not 200."""
        text = body.decode(errors="replace")
        message = ""
        try:
            fields: Any = json.loads(text)
            message = (error_of(fields) or ("", None))[0] if is_object(fields) else ""
        except (ValueError, RecursionError):
            message = "" if _is_html(text) else " ".join(text.split())[:300]
        return error_from_status(
            status, self._masked(message), model=self._model, url=self._url, retry_after=retry_after
        )

    def reported(self, fields: Json) -> ModelError | None:
        """The failure that an endpoint reports in a body after it has begun with 200; None when there is none."""
        found = error_of(fields) if fields.get("error") is not None else None
        if found is None:
            return None
        message, status = found
        known = status if status is not None and status >= 400 else 500
        return error_from_status(known, self._masked(message), model=self._model, url=self._url)

    def no_json(self, body: bytes, *, content_type: str) -> ModelProtocolError:
        """An answer that is not a JSON object."""
        text = body.decode(errors="replace")
        if "html" in content_type or _is_html(text):
            return ModelProtocolError(
                f"{self._url} answered with a web page (HTML), not with {self._wanted}",
                raw=self._masked(text),
                model=self._model,
                mend="Check base_url of this model; it probably lacks /v1.",
            )
        return self.unreadable("the answer is not a whole JSON object" if body else "the answer is empty", text)

    def unreadable(self, problem: str, raw: str) -> ModelProtocolError:
        """Something that is not the protocol."""
        return ModelProtocolError(
            f"{self._url}: {problem}",
            raw=self._masked(raw),
            model=self._model,
            mend=f"Check that the endpoint speaks the {self._protocol}.",
        )

    def cut(self, partial: str) -> StreamCutError:
        """A stream that ended before the answer."""
        return StreamCutError(
            f"the stream of {self._url} ended before the answer did",
            partial=partial,
            model=self._model,
            mend=_AGAIN,
        )

    def late_connection(self) -> ModelTimeoutError:
        """The connection took too long."""
        return ModelTimeoutError(
            "connection",
            self._timeouts.connect_s,
            model=self._model,
            mend=f"Check that {self._url} is reachable from here.",
        )

    def late_first_token(self) -> ModelTimeoutError:
        """The first token took too long."""
        return ModelTimeoutError(
            "first token",
            self._timeouts.first_token_s,
            model=self._model,
            mend="Raise first_token_timeout_s of this model, or look at the load of its server.",
        )

    def late_answer(self) -> ModelTimeoutError:
        """The whole answer took too long."""
        return ModelTimeoutError(
            "complete answer",
            self._timeouts.total_s,
            model=self._model,
            mend=self._when_slow,
        )

    def no_connection(self, cause: str) -> ModelUnreachableError:
        """Nobody took the call."""
        return ModelUnreachableError(
            f"no connection to {self._url}: {self._masked(cause)}",
            model=self._model,
            mend="Start the server, or correct base_url of this model.",
        )

    def broken_connection(self, cause: str, *, received: bool) -> ModelUnreachableError:
        """The call was taken and then dropped; ``received``: when a part of the answer had come."""
        return ModelUnreachableError(
            f"the connection to {self._url} broke before the answer was whole: {self._masked(cause)}",
            received=received,
            model=self._model,
            mend=_AGAIN,
        )

    def _masked(self, text: str) -> str:
        """An endpoint may quote the key it was sent."""
        return text.replace(self._api_key, "***") if self._api_key else text


def _is_html(text: str) -> bool:
    return "<html" in text[:500].lower()
