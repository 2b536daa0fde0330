"""What a call takes: dollars, seconds, watt-hours. None where nobody knows, which is never the same as nothing."""

from collections.abc import Callable

from coreagent.decision import Candidate
from coreagent.routing.policy import Field


def usd_of(there: Field, candidate: Candidate) -> float | None:
    """Predicted dollars; None for a model without a stated price."""
    if candidate.cost_usd == 0 and not there.card(candidate).price.known:
        return None
    return candidate.cost_usd


AMOUNTS: dict[str, Callable[[Field, Candidate], float | None]] = {
    "usd": usd_of,
    "seconds": lambda _, candidate: candidate.latency_s,
    "wh": lambda _, candidate: candidate.energy_wh,
}
"""By the name that policies give their bounds."""

UNITS = {"usd": "dollars", "seconds": "seconds", "wh": "watt-hours"}
"""The same in words."""
