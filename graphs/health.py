"""Which models failed a moment ago, so that the next call does not wait for the same dead endpoint again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
)

COOLDOWN_S = 30.0
_ENDPOINT = (ModelUnreachableError, ModelTimeoutError, ModelAuthError, ModelServerError, RateLimitedError)
"""Errors that tell of the endpoint, not of the request; they are counted after all retries."""


@dataclass(slots=True)
class Health:
    """Shared by all runs of a process. A model is avoided for ``cooldown_s`` seconds after it failed."""

    cooldown_s: float = COOLDOWN_S
    now: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict[str, float])

    def note(self, model: str, error: ModelError) -> None:
        """Remember a failure that tells of the endpoint."""
        if isinstance(error, _ENDPOINT):
            self._until[model] = self.now() + self.cooldown_s

    def avoided(self) -> frozenset[str]:
        """Models that failed within the last ``cooldown_s`` seconds."""
        if not self._until:
            return frozenset()
        now = self.now()
        self._until = {model: until for model, until in self._until.items() if until > now}
        return frozenset(self._until)
