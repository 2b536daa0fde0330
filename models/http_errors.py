"""What an HTTP status of a model endpoint means in our error tree."""

import email.utils
import time

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelProtocolError,
    ModelRequestError,
    ModelServerError,
    RateLimitedError,
)


def parse_retry_after(value: str | None, *, now_s: float | None = None) -> float | None:
    """Seconds to wait from a Retry-After header: a number, or an HTTP date (RFC 9110, section 10.2.3).

    None for a missing or unreadable header; a date in the past gives 0. ``now_s`` is the Unix time.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - (time.time() if now_s is None else now_s)
        except (ValueError, OverflowError):
            return None
    if seconds != seconds or seconds == float("inf"):
        return None
    return max(0.0, seconds)


def error_from_status(status: int, message: str, *, model: str, url: str, retry_after: str | None = None) -> ModelError:
    """The error for a status that is not 200; ``message`` is what the endpoint said, ``url`` what was called."""
    said = f": {message}" if message else ""
    if status in (401, 403):
        return ModelAuthError(
            f"{url} refused the key (HTTP {status}){said}",
            model=model,
            mend="Check api_key_env of this model and the variable it names.",
        )
    if status == 429:
        wait_s = parse_retry_after(retry_after)
        wish = "" if wait_s is None else f"; it asks to wait {wait_s:.0f} s"
        return RateLimitedError(
            f"rate limited (HTTP 429){said}{wish}",
            retry_after_s=wait_s,
            model=model,
            mend="Wait, or lower max_concurrency of this model.",
        )
    if status >= 500:
        return ModelServerError(
            f"the endpoint failed (HTTP {status}){said}",
            status=status,
            retry_after_s=parse_retry_after(retry_after),
            model=model,
            mend=f"Look at the log of the server behind {url}.",
        )
    if status >= 400:
        return ModelRequestError(
            f"the endpoint refused the request (HTTP {status}){said}",
            status=status,
            model=model,
            mend=_request_mend(status, url),
        )
    return ModelProtocolError(
        f"{url} answered HTTP {status}{said}", raw=message, model=model, mend="Check base_url of this model."
    )


def _request_mend(status: int, url: str) -> str:
    if status == 404:
        return f"Check model and base_url: {url} was called, and base_url usually ends in /v1."
    if status == 413:
        return "Send less text, or state the true context_tokens of this model."
    return "Run: coreagent models check"
