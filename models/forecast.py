"""What a call will take, learned from the calls before it: upper quantiles of its output, and of its real input.

A histogram with fixed bins in log space stands for each quantity: its memory is flat, it can be read at any quantile,
and what it gives is never below the quantile of what it saw, as the upper edge of a bin is given. Recent calls
weigh more: all counts are halved now and then, so that single old extremes fade.
"""

import math
from dataclasses import dataclass, field

from coreagent.messages import Usage
from coreagent.models.chat import ChatRequest, estimate_input_tokens

ENOUGH = 20
"""Calls that must have been seen before anything is forecast."""
_KEPT = 1_024
_BINS_PER_OCTAVE = 8


class LogHistogram:
    """Counts of values from ``low`` to ``high``, eight bins to a doubling; one outside counts at the nearest end."""

    __slots__ = ("_counts", "_low", "count")

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._counts = [0] * (math.ceil(math.log2(high / low) * _BINS_PER_OCTAVE) + 1)
        self.count = 0

    def add(self, value: float) -> None:
        """Count one value."""
        place = math.ceil(math.log2(max(value, self._low) / self._low) * _BINS_PER_OCTAVE - 1e-9)
        self._counts[min(place, len(self._counts) - 1)] += 1
        self.count += 1
        if self.count >= _KEPT:
            self._counts = [count // 2 for count in self._counts]
            self.count = sum(self._counts)

    def quantile(self, share: float) -> float:
        """An upper bound of the value that this share of the counted ones is at most; ``low`` for none at all."""
        wanted, seen = share * self.count, 0
        for place, count in enumerate(self._counts):
            seen += count
            if seen >= wanted and count:
                return self._low * math.exp2(place / _BINS_PER_OCTAVE)
        return self._low


@dataclass(slots=True)
class Forecast:
    """Of one model in one role. ``share`` is the quantile of the output, ``margin`` what is put on top of each."""

    share: float = 0.95
    margin: float = 1.1
    cut: int = 0
    """Answers that a limit taken from here cut short."""
    _output: LogHistogram = field(default_factory=lambda: LogHistogram(1, 2**20))
    _ratio: LogHistogram = field(default_factory=lambda: LogHistogram(2**-6, 2**6))

    @property
    def calls(self) -> int:
        """Calls that it rests on; old ones count half."""
        return self._output.count

    @property
    def median_output(self) -> float:
        """Tokens of a middling answer; 0 until enough calls were seen."""
        return self._output.quantile(0.5) if self.calls >= ENOUGH else 0.0

    def learn(self, request: ChatRequest, usage: Usage, *, estimated: bool = False) -> None:
        """Take in a finished call. ``estimated`` usage says nothing of the real input."""
        self._output.add(max(1, usage.output_tokens))
        if not estimated:
            self._ratio.add(usage.input_tokens / max(1, estimate_input_tokens(request)))

    def input_tokens(self, request: ChatRequest) -> int:
        """What the input takes at worst: the estimate, or more where estimates have been too low."""
        estimate, ratio = estimate_input_tokens(request), self._highest_ratio()
        return estimate if ratio <= 1 else math.ceil(estimate * ratio * self.margin)

    def reserve(self, request: ChatRequest, most: int) -> tuple[int, int]:
        """Input and output tokens to set aside, at most :meth:`input_tokens` and ``most``; that until enough was seen.

        The output is the quantile and its margin, and is to be sent along as the limit of the answer. The input can
        not be limited, so the highest ratio of real to estimated tokens seen of late is taken.
        """
        worst = self.input_tokens(request)
        if self.calls < ENOUGH:
            return worst, most
        sent = math.ceil(estimate_input_tokens(request) * self._highest_ratio() * self.margin)
        return min(worst, sent), self.output_tokens(most)

    def output_tokens(self, most: int) -> int:
        """Output tokens that nearly all calls keep to, at most ``most``."""
        if self.calls < ENOUGH:
            return most
        return min(most, math.ceil(self._output.quantile(self.share) * self.margin))

    def _highest_ratio(self) -> float:
        """Of real to estimated input tokens; 1 until enough calls were counted by their endpoint."""
        return self._ratio.quantile(1.0) if self._ratio.count >= ENOUGH else 1.0


@dataclass(slots=True)
class Forecasts:
    """The forecasts of all models, by model and role. Not safe across threads."""

    _known: dict[tuple[str, str], Forecast] = field(default_factory=dict[tuple[str, str], Forecast])

    def output_tokens(self, role: str, most: int) -> dict[str, int]:
        """For every model known in a role, the output tokens that nearly all its calls keep to, at most ``most``."""
        return {model: known.output_tokens(most) for (model, played), known in self._known.items() if played == role}

    def of(self, model: str, role: str = "") -> Forecast:
        """The forecast of a model in a role, made when it is first asked for."""
        key = (model, role)
        if key not in self._known:
            self._known[key] = Forecast()
        return self._known[key]
