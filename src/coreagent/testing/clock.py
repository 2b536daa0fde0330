"""A clock that moves only when told."""

import asyncio


class ManualClock:
    """Time in seconds. ``sleep`` returns at once and moves the clock, so waiting costs no time but is seen.

    ``slept`` lists every wait, in order.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s
        self.slept: list[float] = []

    def now(self) -> float:
        """The time; pass it wherever ``time.monotonic`` would go."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises ValueError for a negative amount: time does not go back."""
        if seconds < 0:
            raise ValueError(f"time does not go back ({seconds:g} s)")
        self._now_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Move the clock by ``seconds`` and let other tasks run."""
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
