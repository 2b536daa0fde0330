"""What a conversation's budget leaves for its next question."""

from collections.abc import Iterable
from dataclasses import dataclass

from coreagent.budget import UNITS, Budget
from coreagent.conversations.records import Turn
from coreagent.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentSoFar:
    """What the answers of a conversation took: dollars, tokens, model calls, seconds."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0
    seconds: float = 0.0

    def __add__(self, other: "SpentSoFar") -> "SpentSoFar":
        return SpentSoFar(
            usd=self.usd + other.usd,
            tokens=self.tokens + other.tokens,
            calls=self.calls + other.calls,
            seconds=self.seconds + other.seconds,
        )


def spent_on(turns: Iterable[Turn]) -> SpentSoFar:
    """By all versions of these turns."""
    answers = [turn.answer for turn in turns if turn.answer is not None]
    return SpentSoFar(
        usd=sum(answer.cost_usd for answer in answers),
        tokens=sum(answer.usage.total_tokens for answer in answers),
        calls=sum(answer.usage.calls for answer in answers),
        seconds=sum(answer.seconds for answer in answers),
    )


def left_of(budget: Budget, spent: SpentSoFar) -> Budget:
    """What is left for the next question, as the limits of its run. Watt-hours are limited for each run alone.

    Raises:
        UsageError: nothing is left of a unit that is limited.
    """
    left: dict[str, float | int | None] = {}
    for unit in UNITS:
        limit, used = getattr(budget, unit), getattr(spent, unit, 0)
        left[unit] = None if limit is None else max(type(limit)(0), limit - used)
        if limit is not None and left[unit] == 0 and used > 0:
            raise UsageError(
                f"this conversation's budget of {limit:g} {unit} is spent",
                mend=f"Raise it: /budget {unit}={2 * limit:g}, or take it away: /budget none.",
            )
    return Budget(**left)  # type: ignore[arg-type]  # each unit keeps its own type


def tighter(one: Budget, other: Budget) -> Budget:
    """The lower limit of each unit."""
    limits: dict[str, float | int | None] = {}
    for unit in UNITS:
        stated = [limit for limit in (getattr(one, unit), getattr(other, unit)) if limit is not None]
        limits[unit] = min(stated) if stated else None
    return Budget(**limits)  # type: ignore[arg-type]  # as above
