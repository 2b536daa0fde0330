"""Instruction routing: how well a task's instruction fits each expert, beside what is known locally.

M. Li et al., "Glider: global and local instruction-driven expert router", 2024. Each expert has an instruction written
from three of its examples; the query has one too. The cosine of the two is the global score, a prediction for
the query the local one; a large ``alpha`` trusts the instruction.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError

Doubles = NDArray[np.float64]

UNKNOWN_ALPHA, KNOWN_ALPHA = 3.0, 100.0
"""As published: for tasks held out, and for those the experts were made of."""


@dataclass(frozen=True, slots=True)
class Share:
    """An expert by its place, and its share of the weight in 0..1."""

    place: int
    share: float


def instruction_logits(
    local: NDArray[np.floating] | Sequence[float], cosines: NDArray[np.floating] | Sequence[float], *, alpha: float
) -> Doubles:
    """``local + alpha * cosine`` of each expert, shape (m,).

    Raises:
        InputError: no experts, shapes that do not fit, a value that is not finite, or ``alpha`` below 0.
    """
    ours, theirs = np.asarray(local, dtype=np.float64), np.asarray(cosines, dtype=np.float64)
    if ours.ndim != 1 or not ours.size or ours.shape != theirs.shape:
        raise InputError(f"local scores of shape {ours.shape} and cosines of shape {theirs.shape} do not fit")
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all() and 0 <= alpha < math.inf):
        raise InputError("a score is not finite, or alpha is below 0", mend="Leave such an expert out.")
    return ours + alpha * theirs


def softmax(logits: Doubles) -> Doubles:
    """Shares that sum to 1, shape (m,)."""
    raised = np.exp(logits - logits.max())
    out: Doubles = raised / raised.sum()
    return out


def top_k(logits: Doubles, count: int = 2) -> tuple[Share, ...]:
    """The ``count`` best experts, best first, their shares made to sum to 1; ties go to the lower place.

    Raises:
        InputError: ``count`` below 1.
    """
    if count < 1:
        raise InputError(f"{count} experts can do nothing", mend="Ask for at least one.")
    return _renormalised(logits, _order(logits)[:count])


def top_p(logits: Doubles, mass: float) -> tuple[Share, ...]:
    """The fewest best experts whose shares reach ``mass`` together, best first, made to sum to 1.

    Raises:
        InputError: ``mass`` not above 0 and at most 1.
    """
    if not 0 < mass <= 1:
        raise InputError(f"a mass of {mass:g} can not be reached", mend="Give one above 0 and at most 1.")
    order = _order(logits)
    reached = np.cumsum(softmax(logits)[order])
    # A sum of shares may miss the mass by rounding alone.
    last = int(np.searchsorted(reached, mass - 1e-12)) + 1
    return _renormalised(logits, order[:last])


def alpha_of(confidence: float, *, unknown: float = UNKNOWN_ALPHA, known: float = KNOWN_ALPHA) -> float:
    """The weight of the instruction for a confidence in 0..1 that the task is known.

    It grows by equal factors from ``unknown`` to ``known``. A confidence that is not a number counts as 0.

    Raises:
        InputError: a weight that is not above 0.
    """
    if not (unknown > 0 and known > 0):
        raise InputError("a weight of the instruction is not above 0")
    sure = 0.0 if math.isnan(confidence) else min(max(confidence, 0.0), 1.0)
    return unknown * math.pow(known / unknown, sure)


def familiarity(cosine: float, known_cosines: NDArray[np.floating]) -> float:
    """How sure it is that a query is of a known kind, in 0..1.

    It is the share of known prompts that are no nearer to their own nearest neighbour (``known_cosines``, shape (n,))
    than the query is to its own (``cosine``). 0 with nothing known.
    """
    have = known_cosines[~np.isnan(known_cosines)]
    return float((have <= cosine).mean()) if have.size else 0.0


def _order(logits: Doubles) -> NDArray[np.int64]:
    # Sums that differ in their last digit only are ties.
    return np.argsort(-np.round(logits, 12), kind="stable").astype(np.int64)


def _renormalised(logits: Doubles, places: NDArray[np.int64]) -> tuple[Share, ...]:
    shares = softmax(logits[places])
    return tuple(Share(place, share) for place, share in zip(places.tolist(), shares.tolist(), strict=True))
