"""Which rows are measured, and which others what is measured may be fitted on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import UsageError
from coreagent.fingerprints import fingerprint
from coreagent.routing.outcomes import Outcomes

SEED = 7
Overlap = Literal["refuse", "drop"]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Numbers of the rows that are measured, and the rows to fit and choose on; None where there are no others."""

    rows: NDArray[np.int64]
    fitting: Outcomes | None = None


def folds(outcomes: Outcomes, count: int, *, seed: int = SEED) -> tuple[Split, ...]:
    """Each row is measured once, with all rows of other prompts to fit on. Rows of one prompt stay together.

    Raises:
        UsageError: fewer than two folds, or fewer different prompts than folds.
    """
    names = np.unique(outcomes.groups)
    if not 2 <= count <= len(names):
        raise UsageError(
            f"{count} folds of {len(names)} different prompts", mend="Ask for at least 2, and no more than there are."
        )
    drawn = np.random.default_rng(seed).permutation(len(names))
    fold_of = drawn[np.searchsorted(names, outcomes.groups)] % count
    return tuple(Split(np.flatnonzero(fold_of == fold), outcomes.take(fold_of != fold)) for fold in range(count))


def apart(outcomes: Outcomes, fitted_on: Collection[str], *, overlap: Overlap = "refuse", what: str) -> Outcomes:
    """The rows whose prompt is not among ``fitted_on`` (fingerprints), to measure ``what`` on.

    Raises:
        UsageError: there are such rows and ``overlap`` is ``refuse``, or nothing is left.
    """
    if not fitted_on:
        return outcomes
    seen = np.array([fingerprint(prompt) in fitted_on for prompt in outcomes.prompts])
    if not seen.any():
        return outcomes
    if overlap == "refuse":
        raise UsageError(
            f"{what} was fitted on {int(seen.sum()):,} of these {len(seen):,} rows",
            mend="Measure it on other rows, leave those out (--overlap drop), or fit it fold by fold.",
        )
    if seen.all():
        raise UsageError(f"{what} was fitted on every one of these rows", mend="Measure it on other rows.")
    return outcomes.take(~seen)
