"""What the calls of one model showed, in a few sums."""

from dataclasses import dataclass, fields, replace

from coreagent.models.card import Latency

ENOUGH = 20
"""Calls after which what was measured takes the place of what was stated or predicted."""
_KEPT_SHARE = 0.98
"""What is left of the weight of all earlier calls after one more: the last 50 or so count."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One model's calls, the latest weighing most. Sums of points (tokens written, seconds since the request).

    ``calls`` counts all of them, at full weight. ``weight`` is how many the sums below stand for. A streamed answer
    gives two points: its first token, and its end. ``busy_s`` are the seconds in which any call was running.
    """

    calls: int = 0
    weight: float = 0.0
    written: float = 0.0
    busy_s: float = 0.0
    points: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @property
    def enough(self) -> bool:
        """True when there were calls enough to believe it."""
        return self.calls >= ENOUGH

    @property
    def output_tokens(self) -> float:
        """Tokens of a mean answer; 0 without calls."""
        return self.written / self.weight if self.weight else 0.0

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens written a second over all calls that ran at once, while any did. None when nothing is known.

        Of a server that others use too it is the part that our calls got.
        """
        return self.written / self.busy_s if self.busy_s > 0 and self.written > 0 else None

    @property
    def latency(self) -> Latency | None:
        """The line through the points. None without any.

        Answers of one length alone can not tell the first token from the others: all is then put on the tokens.
        """
        if self.points <= 0:
            return None
        x, y = self.x / self.points, self.y / self.points
        spread = self.xx / self.points - x * x
        if spread <= 1e-9 * max(1.0, x * x):
            return Latency(0.0, y / x) if x > 0 else Latency(y, 0.0)
        tpot_s = max(0.0, (self.xy / self.points - x * y) / spread)
        if tpot_s * x > y:
            return Latency(0.0, y / x)
        return Latency(y - tpot_s * x, tpot_s)

    def corrected(self, predicted: Latency) -> Latency:
        """A prediction, scaled so that it takes as long in all as the calls did."""
        expected_s = predicted.ttft_s * self.points + predicted.tpot_s * self.x
        factor = self.y / expected_s if expected_s > 0 else 1.0
        return Latency(predicted.ttft_s * factor, predicted.tpot_s * factor)

    def after(self, later: "Measurement") -> "Measurement":
        """These calls, and then those."""
        kept = _KEPT_SHARE**later.calls
        sums = {entry.name: getattr(self, entry.name) * kept + getattr(later, entry.name) for entry in fields(self)}
        return replace(later, **{**sums, "calls": self.calls + later.calls})
