"""A circuit breaker: who failed again and again is left alone for a while, then tried with one call.

After M. Nygard, "Release It!", 2007 (Circuit Breaker): closed, open, half-open.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from coreagent.models.dispatch.verdicts import asked_wait_s, verdict

State = Literal["closed", "open", "half_open"]
Ticket = int
"""What a call was let in with; it is given back with how the call ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When to leave alone, and for how long.

    A breaker opens after ``failures`` in a row, or when ``ratio`` of the last ``window`` calls failed. The first
    cool-down lasts ``cooldown_s`` seconds, each following one ``growth`` times as long, up to ``most_s``. Who opens
    again within ``most_s`` seconds of having recovered is flapping, and its cool-downs go on growing; after a longer
    time they start anew.
    """

    failures: int = 3
    ratio: float = 0.5
    window: int = 20
    cooldown_s: float = 2.0
    growth: float = 2.0
    most_s: float = 120.0

    def __post_init__(self) -> None:
        """Raises ValueError for bounds under which a breaker never opens, or never ends a cool-down."""
        if self.failures < 1 or self.window < 1 or not 0 < self.ratio <= 1:
            raise ValueError("failures and window are at least 1, ratio is in 0..1 and not 0")
        if not 0 < self.cooldown_s <= self.most_s < math.inf or self.growth < 1:
            raise ValueError("0 < cooldown_s <= most_s, which is finite, and growth is at least 1")


ENDPOINT = Patience()
"""For one of several endpoints: another one takes its calls meanwhile."""


class Breaker:
    """The state of one endpoint, or of one model. Not safe across threads.

    Calls that were under way when it opened or closed do not count any more: they tell of the time before.
    """

    def __init__(self, patience: Patience = ENDPOINT, *, now: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._now = now
        self._until: float | None = None
        self._resting = False
        self._probing = False
        self._era: Ticket = 1
        self._in_a_row = 0
        self._failed_at = -math.inf
        self._recent: deque[bool] = deque(maxlen=patience.window)
        self._cooldown_s = 0.0
        self._recovered_at = -math.inf

    @property
    def state(self) -> State:
        """``closed``: calls pass; ``open``: none should; ``half_open``: one may find out."""
        if self._until is None:
            return "closed"
        return "open" if self._now() < self._until else "half_open"

    @property
    def admits(self) -> bool:
        """True when the next call may pass: closed, or half-open without a probe under way."""
        return self._until is None or (not self._probing and self._now() >= self._until)

    @property
    def probing(self) -> bool:
        """True while the one call that is to find out is under way."""
        return self._probing

    @property
    def resting(self) -> bool:
        """True while the endpoint itself asked to be left alone (Retry-After)."""
        return self._resting and self.state == "open"

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._in_a_row

    @property
    def strain(self) -> int:
        """The same while the last of them is younger than the first cool-down, then 0: who is trusted is tried."""
        fresh = self._in_a_row and self._now() - self._failed_at < self._patience.cooldown_s
        return self._in_a_row if fresh else 0

    @property
    def wait_s(self) -> float:
        """Seconds until a probe may pass; 0 when it may now, or is under way."""
        return 0.0 if self._until is None else max(0.0, self._until - self._now())

    def enter(self) -> Ticket:
        """Begin a call; give the ticket back with :meth:`left`.

        Who calls although :attr:`admits` is False (there was nobody else to ask) gets a ticket too: such a call out of
        turn closes the breaker when it succeeds, and neither opens it again nor prolongs its cool-down when it fails.
        """
        if self._until is None:
            return self._era
        if not self.admits:
            return -self._era
        self._probing = True
        self._era += 1
        return self._era

    def left(self, ticket: Ticket, error: BaseException | None = None) -> None:
        """The call ended: with an answer, or with ``error``. Call it once for each ticket."""
        if abs(ticket) != self._era:
            return
        found = "up" if error is None else verdict(error)
        if found == "up":
            self._succeeded()
        elif found == "down":
            self._failed(asked_wait_s(error) if error else None, out_of_turn=ticket < 0)
        elif ticket > 0:
            # Nothing was found out: the next call is the probe.
            self._probing = False

    def _succeeded(self) -> None:
        self._in_a_row = 0
        if self._until is None:
            self._recent.append(False)
            return
        self._until, self._resting, self._probing = None, False, False
        self._era += 1
        self._recent.clear()
        self._recovered_at = self._now()

    def _failed(self, wait_s: float | None, *, out_of_turn: bool) -> None:
        self._in_a_row += 1
        self._failed_at = self._now()
        if wait_s:
            self._rest(wait_s)
        elif out_of_turn:
            return
        elif self._until is not None:
            self._open(grown=True)
        else:
            self._recent.append(True)
            patience = self._patience
            failed = sum(self._recent)
            often = len(self._recent) == patience.window and failed >= patience.ratio * patience.window
            if often or self._in_a_row >= patience.failures:
                self._open(grown=self._now() - self._recovered_at < patience.most_s)

    def _rest(self, wait_s: float) -> None:
        """As long as the endpoint asks, within reason; this is order, not failure, so no cool-down grows."""
        until = self._now() + min(wait_s, self._patience.most_s)
        self._close_door(until if self._until is None else max(until, self._until), resting=True)

    def _open(self, *, grown: bool) -> None:
        patience = self._patience
        longer_s = max(self._cooldown_s * patience.growth, patience.cooldown_s)
        self._cooldown_s = min(longer_s, patience.most_s) if grown else patience.cooldown_s
        self._close_door(self._now() + self._cooldown_s, resting=False)

    def _close_door(self, until: float, *, resting: bool) -> None:
        self._until, self._resting, self._probing = until, resting, False
        self._era += 1
