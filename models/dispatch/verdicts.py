"""What the end of a call tells of the endpoint it went to."""

from typing import Literal

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelRequestError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
    StreamCutError,
)

Verdict = Literal["up", "down", "unknown"]

_DOWN = (
    ModelUnreachableError,
    ModelTimeoutError,
    ModelAuthError,
    ModelServerError,
    RateLimitedError,
    StreamCutError,
)
_NOT_FOUND = 404


def verdict(error: BaseException) -> Verdict:
    """``down`` for an error of the endpoint, ``up`` for one of the request, which a working endpoint sent back.

    A cancelled call, an exceeded budget and an answer that could not be read say nothing.
    """
    if isinstance(error, ModelRequestError):
        # A wrong address, or a server that does not hold the model: the next request fails there too.
        return "down" if error.status == _NOT_FOUND else "up"
    return "down" if isinstance(error, _DOWN) else "unknown"


def may_move(error: ModelError) -> bool:
    """True when the endpoint is at fault and did no work for this call, so that another one may be asked for it.

    These are the errors that :class:`coreagent.models.budgeted.Budgeted` books at nothing: whoever counts the calls
    outside therefore misses none that was paid for.
    """
    if isinstance(error, ModelTimeoutError):
        return error.phase == "connection"
    if isinstance(error, ModelUnreachableError):
        return not error.received
    return verdict(error) == "down" and not isinstance(error, StreamCutError)


def asked_wait_s(error: BaseException) -> float | None:
    """Seconds that the endpoint asked to be left alone (Retry-After), or None."""
    return error.retry_after_s if isinstance(error, (RateLimitedError, ModelServerError)) else None
