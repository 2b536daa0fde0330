"""What a trained router was worth on prompts left out, kept with it, so that any wish can be granted later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.operating_point import OperatingPoint, operating_point
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.policies.choosing import best, cheapest_above
from coreagent.routing.policies.trade import trade
from coreagent.routing.policy import Policy

DEFAULT_WISH = "at most 1 point below the best model"
MOST_PROMPTS = 5_000
"""Different prompts that are kept; intervals are narrow long before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Predictions of rows by what was fitted on others, with what came and what it cost; shape (n, m) each.

    ``groups``, shape (n,), numbers the prompts. ``wish`` is what the router aims at when nobody says otherwise; empty:
    the best predicted model.
    """

    predicted: Floats
    scores: Floats
    usd: Floats
    groups: NDArray[np.int64]
    wish: str = ""

    @classmethod
    def of(cls, predicted: Floats, outcomes: Outcomes, *, wish: str = "", seed: int = 0) -> Self:
        """Of held-out predictions, shape (n, m), of all rows of a table."""
        numbers = np.unique(outcomes.groups)
        rows = np.ones(len(outcomes), dtype=np.bool_)
        if len(numbers) > MOST_PROMPTS:
            rows = np.isin(outcomes.groups, np.random.default_rng(seed).choice(numbers, MOST_PROMPTS, replace=False))
        return cls(
            predicted=predicted[rows],
            scores=outcomes.scores[rows],
            usd=outcomes.usd[rows],
            groups=outcomes.groups[rows],
            wish=wish,
        )

    def point(self, wish: str, local: NDArray[np.bool_] | None = None) -> OperatingPoint:
        """Where a wish in words puts the router; ``local``, shape (m,), says which models are not in the cloud.

        Raises:
            InputError: it can not be read or granted; the nearest that can is named.
        """
        return operating_point(wish, self.predicted, self.scores, self.usd, local, groups=self.groups)

    def default_wish(self) -> str:
        """:data:`DEFAULT_WISH` where costs are known and it can be granted, else none."""
        try:
            self.point(DEFAULT_WISH)
        except InputError:
            return ""
        return DEFAULT_WISH

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            "predicted": self.predicted,
            "scores": self.scores,
            "usd": self.usd,
            "groups": self.groups,
            "wish": np.array(self.wish),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them. Raises KeyError when one is missing."""
        return cls(
            predicted=arrays["predicted"],
            scores=arrays["scores"],
            usd=arrays["usd"],
            groups=arrays["groups"],
            wish=str(arrays["wish"]),
        )


def policy_at(point: OperatingPoint) -> Policy:
    """The policy that stands there: a trade, a bonus for staying local, or a threshold."""
    if point.threshold is not None:
        return cheapest_above(quality=point.threshold)
    if point.local_bonus:
        return trade(local=point.local_bonus)
    if point.usd_per_point is not None and np.isfinite(point.usd_per_point):
        return trade(usd=point.usd_per_point)
    return best()
