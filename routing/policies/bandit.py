"""The contextual bandit: learns from verdicts which model suits a role and domain, and never stops looking.

Inverse-gap weighting (SquareCB: Foster and Rakhlin, "Beyond UCB", 2020) over the mean of a Beta posterior: the chance
of every choice is known exactly, so that its logs can be used to judge other policies.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

from coreagent.decision import Candidate
from coreagent.routing.eligibility import UNMEASURED_QUALITY
from coreagent.routing.policies.amounts import usd_of
from coreagent.routing.policies.arguments import check, check_positive, written
from coreagent.routing.policies.bandit_memory import BanditMemory, Tally
from coreagent.routing.policies.trade import POINT
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import RoutingRequest

_GREED = 10.0
"""Gamma is this times the square root of what was seen: the default of Vowpal Wabbit's ``--squarecb``."""


def bandit(memory: BanditMemory, *, floor: float = 0.05, prior: float = 10.0, usd: float | None = None) -> Policy:
    """Draws a model: mostly the best so far for the role and domain, the others by how little worse they seem.

    Each of k eligible models keeps a chance of at least ``floor / k``. The predicted quality of a model counts as
    ``prior`` verdicts of that quality. With ``usd`` the reward is the quality less one point (0.01) for so many
    dollars. The draw is the same for the same seed, subtask, text and memory. A model that is escalated from is not
    eligible, so the rest share its chance.

    Raises:
        UsageError: ``floor`` is outside 0..1, ``prior`` or ``usd`` is not positive.
        RunError: (when it decides) the memory can not be read.
    """
    check("bandit", floor=floor, most=1.0)
    check_positive("bandit", prior=prior, usd=usd)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        tallies = memory.tallies(there.request.role, there.request.domain)
        rewards = {entry.model: _reward(there, entry, tallies, prior, usd) for entry in there.candidates}
        ranked = sorted(there.candidates, key=lambda entry: (-rewards[entry.model], entry.cost_usd, entry.model))
        seen = sum(tallies[model].number for model in rewards if model in tallies)
        gamma = _GREED * math.sqrt(seen + prior)
        chances = inverse_gap([rewards[entry.model] for entry in ranked], gamma=gamma, floor=floor)
        at = _drawn(chances, _uniform(there.request, seen))
        drawn = ranked.pop(at)
        reason = f"{rewards[drawn.model]:.3f} after {_verdicts(tallies, drawn.model)} as {_where(there.request)}"
        if at == 0:
            reason = f"best so far: {reason}"
        else:
            reason = f"explored at a chance of {chances[at]:.1%}: {reason}; best so far is {ranked[0].model}"
        return Choice(
            (drawn.model, *(entry.model for entry in ranked)),
            reason,
            by="bandit",
            probability=chances[at],
            notes=_notes(there, usd),
        )

    return Policy(written("bandit", floor=floor, prior=prior, usd=usd), decide, learns=memory)


def inverse_gap(rewards: Sequence[float], *, gamma: float, floor: float = 0.0) -> tuple[float, ...]:
    """The chance of each of k arms: ``1 / (k + gamma x gap to the best)``, and what is left for the best.

    Mixed with the uniform choice at ``floor`` (0..1), so that none is below ``floor / k``. They add up to 1.
    """
    count = len(rewards)
    best = max(range(count), key=lambda at: rewards[at])
    chances = [1 / (count + gamma * (rewards[best] - reward)) for reward in rewards]
    chances[best] = 1 - sum(chance for at, chance in enumerate(chances) if at != best)
    return tuple((1 - floor) * chance + floor / count for chance in chances)


def _reward(there: Field, entry: Candidate, tallies: Mapping[str, Tally], prior: float, usd: float | None) -> float:
    number, total = tallies.get(entry.model, Tally(0, 0.0))
    expected = UNMEASURED_QUALITY if entry.quality is None else entry.quality
    quality = (prior * expected + total) / (prior + number)
    return quality if usd is None else quality - POINT * _usd(there, entry) / usd


def _usd(there: Field, entry: Candidate) -> float:
    """Its price; the dearest of all where nobody stated one."""
    usd = usd_of(there, entry)
    return max(other.cost_usd for other in there.candidates) if usd is None else usd


def _notes(there: Field, usd: float | None) -> tuple[str, ...]:
    unknown = sorted(entry.model for entry in there.candidates if usd is not None and usd_of(there, entry) is None)
    return (f"dollars of {', '.join(unknown)} unknown: taken as the most of the others",) if unknown else ()


def _uniform(request: RoutingRequest, seen: int) -> float:
    """A number in [0, 1) that only this call in this state of the memory gets."""
    parts = (request.seed, request.subtask, request.role, request.domain, request.escalated_from, str(seen))
    written_out = "\0".join((*parts, request.text)).encode(errors="replace")
    return (int.from_bytes(hashlib.sha256(written_out).digest()[:8], "big") >> 11) / 2**53


def _drawn(chances: Sequence[float], uniform: float) -> int:
    reached = 0.0
    for at, chance in enumerate(chances):
        reached += chance
        if uniform < reached:
            return at
    return len(chances) - 1


def _verdicts(tallies: Mapping[str, Tally], model: str) -> str:
    number = tallies[model].number if model in tallies else 0
    return f"{number} verdict{'' if number == 1 else 's'}"


def _where(request: RoutingRequest) -> str:
    return f"{request.role} in {request.domain}" if request.domain else request.role
