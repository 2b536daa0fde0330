"""One of the endpoints that serve a model: how busy, how fast and how healthy it is."""

import time
from collections.abc import Callable

from coreagent.models.chat import ChatModel
from coreagent.models.dispatch.breaker import Breaker

_NEWEST = 0.2
"""Weight of the newest call in a running mean of latencies."""


class Endpoint:
    """What is known of one endpoint. ``model`` asks it, ``most`` is how many calls it takes at once.

    ``cold`` tells whether the model would have to be loaded there first.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        address: str,
        most: int = 64,
        breaker: Breaker | None = None,
        cold: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError when ``most`` is below 1."""
        if most < 1:
            raise ValueError(f"an endpoint for {most} calls takes none")
        self.model = model
        self.address = address
        self.most = most
        self.breaker = breaker or Breaker(now=now)
        self.in_flight = 0
        self.cold = cold
        self.now = now
        self._latency_s = {False: 0.0, True: 0.0}

    def __repr__(self) -> str:
        return f"Endpoint({self.address!r}, in_flight={self.in_flight}, {self.breaker.state})"

    def latency_s(self, *, streamed: bool) -> float:
        """Exponentially weighted mean of whole answers, or to the first piece of streamed ones; 0: none yet."""
        return self._latency_s[streamed]

    def took(self, seconds: float, *, streamed: bool) -> None:
        """An answer came after ``seconds``."""
        mean = self._latency_s[streamed]
        self._latency_s[streamed] = mean + _NEWEST * (seconds - mean) if mean else seconds

    def rank(self, *, streamed: bool) -> tuple[bool, bool, int, float]:
        """Lower is better: a probe that is due, then warmth, then fewest calls in flight, then latency.

        The probe comes first because a quiet system would else never find out that an endpoint is back. A failure just
        now counts as a call in flight, so that an endpoint which fails fast does not look idle and draw everything.
        """
        return (
            self.breaker.state == "closed",
            self.cold(),
            self.in_flight + self.breaker.strain,
            self._latency_s[streamed],
        )
