"""Every error this package raises on purpose.

::

    CoreAgentError                    exit 1
      UsageError                      exit 2   the request itself is wrong
        UnknownNameError                       a role, model, tool, corpus, run ... that does not exist
        InputError                             an empty, oversized or undecodable input
      SettingsError                   exit 3   coreagent.toml is wrong
      ModelError                      exit 4   a model could not do its work
        ModelUnreachableError                  no connection, or it broke before an answer
        ModelTimeoutError                      connect, first token or total time ran out
        ModelAuthError                         401 or 403
        RateLimitedError                       429
        ModelServerError                       5xx
        ModelRequestError                      any other 4xx: the request will never succeed as it is
        ModelProtocolError                     an answer that is not the protocol (HTML, broken JSON)
        StreamCutError                         a stream that ended before its end
        SchemaMismatchError                    output that does not fit its schema, after one repair
        CassetteMissError                      a replayed request that was never recorded
        NoModelError                           routing left no candidate
      BudgetExceededError             exit 5   the next call does not fit the budget
      ToolError                       exit 6   a tool could not do its work
        ToolArgumentsError                     arguments that do not fit the tool's schema
        ToolTimeoutError                       a tool that did not return in time
        ToolFailedError                        a tool that raised
      SecurityError                   exit 7   refused by policy
        ClearanceError                         data may not go where it was sent
        ActionDeniedError                      a call that policy or a person denied
      KnowledgeError                  exit 8   a corpus could not be read or written
        EmbedderMismatchError                  an index made by another embedder
        DocumentError                          a file that cannot become a document
      RunError                        exit 9   the run store or a checkpoint

Errors carry fields, have no side effects, and say what to do: ``str(error)`` is the cause, ``error.mend`` the way on.
"""

import difflib
from collections.abc import Iterable, Mapping

MAX_LISTED = 12
"""Names that a message lists before it only counts them."""


class CoreAgentError(Exception):
    """Root of the tree. ``mend`` says how to go on; it may be empty."""

    exit_code = 1

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the fields when an error crosses a process or a checkpoint."""
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(cls: type[CoreAgentError], args: tuple[object, ...], fields: dict[str, object]) -> CoreAgentError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(fields)
    return error


class UsageError(CoreAgentError):
    """The request itself is wrong."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that does not exist; the nearest known one is offered."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, mend: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.6)
        hint = f" (did you mean {near[0]}?)" if near else ""
        more = len(self.known) - MAX_LISTED
        listed = ", ".join(self.known[:MAX_LISTED]) or "none"
        listed += f" and {more} more" if more > 0 else ""
        super().__init__(f"unknown {kind} {name!r}{hint}", mend=mend or f"Known: {listed}.")


class InputError(UsageError):
    """An empty, oversized or undecodable input."""


class SettingsError(CoreAgentError):
    """``coreagent.toml`` is wrong: ``path``, ``line`` (1-based, 0 when unknown) and ``key`` say where."""

    exit_code = 3

    def __init__(self, message: str, *, path: str = "", line: int = 0, key: str = "", mend: str = "") -> None:
        self.path, self.line, self.key = path, line, key
        where = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        subject = f"{key}: " if key else ""
        super().__init__(f"{where}{subject}{message}", mend=mend)


class ModelError(CoreAgentError):
    """A model could not do its work. ``model`` is the name in the settings."""

    exit_code = 4

    def __init__(self, message: str, *, model: str = "", mend: str = "") -> None:
        self.model = model
        super().__init__(f"{model}: {message}" if model else message, mend=mend)


class ModelUnreachableError(ModelError):
    """No connection, or it broke before an answer. Worth a retry.

    ``received``: a part of the answer had come, so the endpoint did work for it.
    """

    def __init__(self, message: str, *, received: bool = False, model: str = "", mend: str = "") -> None:
        self.received = received
        super().__init__(message, model=model, mend=mend)


class ModelTimeoutError(ModelError):
    """Connect, first token or total time ran out. ``phase`` says which; ``limit_s`` is in seconds."""

    def __init__(self, phase: str, limit_s: float, *, model: str = "", mend: str = "") -> None:
        self.phase, self.limit_s = phase, limit_s
        super().__init__(f"no {phase} within {limit_s:g} s", model=model, mend=mend)


class ModelAuthError(ModelError):
    """401 or 403. Never retried."""


class RateLimitedError(ModelError):
    """429. ``retry_after_s`` is the server's wish in seconds, or None."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, model: str = "", mend: str = "") -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, model=model, mend=mend)


class ModelServerError(ModelError):
    """5xx. ``status`` is the HTTP status; ``retry_after_s`` as for a rate limit."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retry_after_s: float | None = None,
        model: str = "",
        mend: str = "",
    ) -> None:
        self.status, self.retry_after_s = status, retry_after_s
        super().__init__(message, model=model, mend=mend)


class ModelRequestError(ModelError):
    """Any other 4xx: the request will never succeed as it is. ``status`` is the HTTP status."""

    def __init__(self, message: str, *, status: int, model: str = "", mend: str = "") -> None:
        self.status = status
        super().__init__(message, model=model, mend=mend)


class ModelProtocolError(ModelError):
    """An answer that is not the protocol: HTML, broken JSON, missing fields. ``raw`` is its beginning."""

    def __init__(self, message: str, *, raw: str = "", model: str = "", mend: str = "") -> None:
        self.raw = raw[:2000]
        super().__init__(message, model=model, mend=mend)


class StreamCutError(ModelError):
    """A stream that ended before its end. ``partial`` is the text so far."""

    def __init__(self, message: str, *, partial: str = "", model: str = "", mend: str = "") -> None:
        self.partial = partial
        super().__init__(message, model=model, mend=mend)


class SchemaMismatchError(ModelError):
    """Output that does not fit its schema after one repair. ``raw`` is the last text, ``problem`` what is wrong."""

    def __init__(self, problem: str, *, raw: str, model: str = "", mend: str = "") -> None:
        self.problem, self.raw = problem, raw
        super().__init__(f"output does not fit its schema: {problem}", model=model, mend=mend)


class CassetteMissError(ModelError):
    """A replayed request that was never recorded. ``difference`` is a unified diff to the nearest one."""

    def __init__(self, message: str, *, difference: str = "", model: str = "", mend: str = "") -> None:
        self.difference = difference
        super().__init__(message, model=model, mend=mend)


class NoModelError(ModelError):
    """Routing left no candidate. ``excluded`` gives the reason for each model."""

    def __init__(self, message: str, *, excluded: dict[str, str], mend: str = "") -> None:
        self.excluded = excluded
        super().__init__(message, mend=mend)


class BudgetExceededError(CoreAgentError):
    """The next call does not fit. Amounts are in the unit of ``limit``: usd, tokens, calls, seconds or wh.

    ``also_left`` is what the same scope has left of its other limits, by unit.
    """

    exit_code = 5

    def __init__(
        self,
        limit: str,
        *,
        needed: float,
        left: float,
        scope: str = "run",
        mend: str = "",
        also_left: Mapping[str, float] | None = None,
    ) -> None:
        self.limit, self.needed, self.left, self.scope = limit, needed, left, scope
        self.also_left = dict(also_left or {})
        words = (
            f"the next call is predicted at {_amount(limit, needed)}, {_amount(limit, left)} is left"
            f" in the {scope} budget"
        )
        if limit == "seconds" and (left <= 0 or not needed):
            words = f"the time of the {scope} is up"
        elif limit == "calls":
            words = f"no model call is left in the {scope} budget"
        if self.also_left:
            words += f"; also left there: {', '.join(_amount(unit, rest) for unit, rest in self.also_left.items())}"
        cheaper = {
            "usd": ", or choose a cheaper model",
            "seconds": ", or choose a faster model",
            "wh": ", or choose a smaller model",
        }.get(limit, "")
        super().__init__(words, mend=mend or f"Raise the {limit} limit{cheaper}.")


def _amount(unit: str, amount: float) -> str:
    """An amount of a budget for people; what is overdrawn is nothing left."""
    number = f"{max(amount, 0):.6g}"
    return f"${number}" if unit == "usd" else f"{number} {'Wh' if unit == 'wh' else unit}"


class ToolError(CoreAgentError):
    """A tool could not do its work. ``tool`` is its name."""

    exit_code = 6

    def __init__(self, message: str, *, tool: str, mend: str = "") -> None:
        self.tool = tool
        super().__init__(f"{tool}: {message}", mend=mend)


class ToolArgumentsError(ToolError):
    """Arguments that do not fit the tool's schema."""


class ToolTimeoutError(ToolError):
    """A tool that did not return in time."""


class ToolFailedError(ToolError):
    """A tool that raised; the original error is the ``__cause__``."""


class SecurityError(CoreAgentError):
    """Refused by policy."""

    exit_code = 7


class ClearanceError(SecurityError):
    """Data may not go where it was sent."""


class ActionDeniedError(SecurityError):
    """A call that policy or a person denied."""


class KnowledgeError(CoreAgentError):
    """A corpus could not be read or written."""

    exit_code = 8


class EmbedderMismatchError(KnowledgeError):
    """An index made by another embedder."""


class DocumentError(KnowledgeError):
    """A file that cannot become a document. ``path`` is the file."""

    def __init__(self, message: str, *, path: str, mend: str = "") -> None:
        self.path = path
        super().__init__(f"{path}: {message}", mend=mend)


class RunError(CoreAgentError):
    """The run store or a checkpoint could not be used."""

    exit_code = 9
