"""What a trained router was worth on prompts left out, kept with it, so that any wish can be granted later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.fingerprints import fingerprint
from coreagent.routing.learning.operating_curve import MIN_ROWS
from coreagent.routing.learning.operating_point import RESAMPLES, OperatingPoint, operating_point
from coreagent.routing.learning.wish import parse_wish
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.policies.choosing import best, cheapest_above
from coreagent.routing.policies.parsing import parse_policy
from coreagent.routing.policies.trade import trade
from coreagent.routing.policy import Policy

DEFAULT_WISH = "at most 1 point below the best model"
MOST_PROMPTS = 5_000
"""Different prompts that are kept; intervals are narrow long before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Predictions of rows by what was fitted on others, with what came and what it cost; shape (n, m) each.

    ``groups``, shape (n,), numbers the prompts, ``prompts``, shape (n,), are their fingerprints as numbers. ``role`` is
    that of the rows; empty: of all. ``wish`` is what the router aims at when nobody says otherwise; empty: the best
    predicted model. ``settled`` is the policy that grants it, written; empty: it has to be sought, as it must be where
    it depends on which models are local.
    """

    predicted: Floats
    scores: Floats
    usd: Floats
    groups: NDArray[np.int64]
    prompts: NDArray[np.uint64]
    role: str = ""
    wish: str = ""
    settled: str = ""

    @classmethod
    def of(cls, predicted: Floats, outcomes: Outcomes, *, wish: str = "", seed: int = 0) -> Self:
        """Of held-out predictions, shape (n, m), of all rows of a table; those of :func:`kept_rows` are kept."""
        rows, role = kept_rows(outcomes, seed=seed)
        return cls(
            predicted=predicted[rows],
            scores=outcomes.scores[rows],
            usd=outcomes.usd[rows],
            groups=outcomes.groups[rows],
            prompts=_numbers([outcomes.prompts[row] for row in np.flatnonzero(rows).tolist()]),
            role=role,
            wish=wish,
        )

    @property
    def compared(self) -> NDArray[np.bool_]:
        """The models that an operating point is found among, (m,): those with a score in any of the rows."""
        seen: NDArray[np.bool_] = np.any(~np.isnan(self.scores), axis=0)
        return seen

    def aiming_at(self, wish: str) -> Self:
        """The same, aiming at this wish.

        Raises:
            InputError: as :meth:`point`, unless it is about local models, which nothing here knows.
        """
        if not wish or parse_wish(wish).kind == "local":
            return replace(self, wish=wish, settled="")
        return replace(self, wish=wish, settled=policy_at(self.point(wish, resamples=1)).name)

    def policy(self, wish: str, local: NDArray[np.bool_] | None = None) -> Policy:
        """What grants a wish. Raises as :meth:`point`."""
        if self.settled and wish == self.wish:
            return parse_policy(self.settled)
        return policy_at(self.point(wish, local, resamples=1))

    def point(self, wish: str, local: NDArray[np.bool_] | None = None, *, resamples: int = RESAMPLES) -> OperatingPoint:
        """Where a wish in words puts the router; ``local``, shape (m,), says which models are not in the cloud.

        ``resamples`` are those of its intervals.

        Raises:
            InputError: it can not be read or granted; the nearest that can is named.
        """
        among = self.compared
        return operating_point(
            wish,
            self.predicted[:, among],
            self.scores[:, among],
            self.usd[:, among],
            None if local is None else local[among],
            groups=self.groups,
            resamples=resamples,
        )

    def default_wish(self) -> str:
        """:data:`DEFAULT_WISH` where costs are known and it can be granted, else none."""
        try:
            self.point(DEFAULT_WISH, resamples=1)
        except InputError:
            return ""
        return DEFAULT_WISH

    def held_out(self, prompts: Sequence[str]) -> Floats:
        """Predictions of these prompts by what was fitted on others, shape (k, m); NaN for a prompt not kept."""
        order = np.argsort(self.prompts, kind="stable")
        kept = self.prompts[order]
        asked = _numbers(prompts)
        places = np.minimum(np.searchsorted(kept, asked), max(0, len(kept) - 1))
        out = np.full((len(asked), self.predicted.shape[1]), np.nan, dtype=np.float32)
        if len(kept):
            found = kept[places] == asked
            out[found] = self.predicted[order[places[found]]]
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            "predicted": self.predicted,
            "scores": self.scores,
            "usd": self.usd,
            "groups": self.groups,
            "prompts": self.prompts,
            "role": np.array(self.role),
            "wish": np.array(self.wish),
            "settled": np.array(self.settled),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them. Raises KeyError when one is missing."""
        return cls(
            predicted=arrays["predicted"],
            scores=arrays["scores"],
            usd=arrays["usd"],
            groups=arrays["groups"],
            prompts=arrays["prompts"],
            role=str(arrays["role"]),
            wish=str(arrays["wish"]),
            settled=str(arrays["settled"]),
        )


def kept_rows(outcomes: Outcomes, *, seed: int = 0) -> tuple[NDArray[np.bool_], str]:
    """Which rows of a table a router is judged on, (n,), and their role (empty: all); of at most 5,000 prompts.

    Where too few rows have a score of every model, because roles are played by different ones, it is the role with the
    most rows that have a score of every model seen in it.
    """
    rows, role = _comparable(outcomes)
    numbers = np.unique(outcomes.groups[rows])
    if len(numbers) > MOST_PROMPTS:
        drawn = np.random.default_rng(seed).choice(numbers, MOST_PROMPTS, replace=False)
        rows &= np.isin(outcomes.groups, drawn)
    return rows, role


def policy_at(point: OperatingPoint) -> Policy:
    """The policy that stands there: a trade, a bonus for staying local, or a threshold."""
    if point.threshold is not None:
        return cheapest_above(quality=point.threshold)
    if point.local_bonus:
        return trade(local=point.local_bonus)
    if point.usd_per_point is not None and np.isfinite(point.usd_per_point):
        return trade(usd=point.usd_per_point)
    return best()


def _comparable(outcomes: Outcomes) -> tuple[NDArray[np.bool_], str]:
    every = np.ones(len(outcomes), dtype=np.bool_)
    if outcomes.complete.sum() >= MIN_ROWS:
        return every, ""
    roles, known = np.array(outcomes.roles), outcomes.known
    counts: dict[str, int] = {}
    for role in sorted(set(outcomes.roles)):
        here = known[roles == role]
        played = here.any(axis=0)
        if played.sum() > 1:
            counts[role] = int(here[:, played].all(axis=1).sum())
    if not counts:
        return every, ""
    role = max(counts, key=lambda name: counts[name])
    return roles == role, role


def _numbers(prompts: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([int(fingerprint(prompt), 16) for prompt in prompts], dtype=np.uint64)
