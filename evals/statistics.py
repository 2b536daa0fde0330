"""Estimates with intervals, and tests of paired differences: what every evaluation says with its figures.

Every function is deterministic: what is drawn at random is drawn from a fixed seed. The methods are scipy's, apart from
the variance of the AUC, which it lacks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 9_999
SEED = 7
_BATCH_VALUES = 4_000_000
"""Numbers that a bootstrap holds at once: 32 MB."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from ``n`` observations with its interval ``low..high``, which is NaN where none can be drawn."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if math.isnan(self.low):
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two methods on the same questions: ``difference`` is first less second, ``p_value`` two-sided, by ``test``."""

    difference: Estimate
    p_value: float
    test: str


def proportion(successes: int, total: int, *, confidence: float = CONFIDENCE) -> Estimate:
    """A share with Wilson's score interval, which stays within 0..1 and holds its level for few observations too.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    Raises:
        ValueError: ``total`` is below 1, or ``successes`` is not within 0..total.
    """
    if total < 1 or not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is not a share")
    from scipy import stats  # noqa: PLC0415 - takes half a second to import

    interval = stats.binomtest(successes, total).proportion_ci(confidence_level=confidence, method="wilson")
    return Estimate(successes / total, float(interval.low), float(interval.high), total)


def mean(values: Sequence[float] | Floats, *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES) -> Estimate:
    """A mean with its percentile bootstrap interval; a sample without spread gives none.

    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Raises:
        ValueError: there are no values, or one is not finite.
    """
    sample = _sample(values)
    value = float(sample.mean())
    if np.ptp(sample) == 0:
        return Estimate(value, math.nan, math.nan, len(sample))
    from scipy import stats  # noqa: PLC0415 - takes half a second to import

    drawn = stats.bootstrap(
        (sample,),
        np.mean,
        confidence_level=confidence,
        n_resamples=resamples,
        batch=max(1, _BATCH_VALUES // len(sample)),
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return Estimate(value, float(drawn.confidence_interval.low), float(drawn.confidence_interval.high), len(sample))


def compare_means(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Comparison:
    """The mean paired difference with its bootstrap interval and the p-value of a sign-flip permutation test.

    Exact where the signs can be flipped in at most ``resamples`` ways, which is up to 13 differences that are not zero.
    R. A. Fisher, "The Design of Experiments", 1935, section 21; for retrieval: M. D. Smucker, J. Allan and
    B. Carterette, "A comparison of statistical significance tests for information retrieval evaluation", CIKM 2007.

    Raises:
        ValueError: there are no values, one is not finite, or the two do not pair.
    """
    differences = _differences(first, second)
    estimate = mean(differences, confidence=confidence, resamples=resamples)
    # A difference of zero is the same under either sign.
    flipped = differences[differences != 0]
    if len(flipped) < 2:
        # Under either sign of a single one the mean is as far from zero; scipy wants two.
        return Comparison(estimate, 1.0, "sign-flip permutation")
    from scipy import stats  # noqa: PLC0415 - takes half a second to import

    tested = stats.permutation_test(
        (flipped,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _BATCH_VALUES // len(flipped)),
        alternative="two-sided",
        rng=np.random.default_rng(SEED),
    )
    return Comparison(estimate, float(tested.pvalue), "sign-flip permutation")


def compare_proportions(
    first: Sequence[bool], second: Sequence[bool], *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES
) -> Comparison:
    """The paired difference of two shares with its bootstrap interval and McNemar's exact p-value.

    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12, 1947; exact: binomial with one half on the pairs that differ.

    Raises:
        ValueError: there are no values, or the two do not pair.
    """
    differences = _differences(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    estimate = mean(differences, confidence=confidence, resamples=resamples)
    gained, lost = int((differences > 0).sum()), int((differences < 0).sum())
    if gained + lost == 0:
        return Comparison(estimate, 1.0, "McNemar, exact")
    from scipy import stats  # noqa: PLC0415 - takes half a second to import

    return Comparison(estimate, float(stats.binomtest(gained, gained + lost, 0.5).pvalue), "McNemar, exact")


def auc(
    positive: Sequence[float] | Floats, negative: Sequence[float] | Floats, *, confidence: float = CONFIDENCE
) -> Estimate:
    """How often a positive scores above a negative, ties counted half, with DeLong's interval cut to 0..1.

    ``n`` counts both. There is no interval where either has fewer than two scores, or the scores do not overlap at all.
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
    operating characteristic curves: a nonparametric approach", Biometrics 44, 1988.

    Raises:
        ValueError: either is empty, or a score is not finite.
    """
    above, below = _sample(positive), _sample(negative)
    from scipy import stats  # noqa: PLC0415 - takes half a second to import

    every = stats.rankdata(np.concatenate([above, below]))
    # Midranks less those among their own kind count the other kind below, X. Sun and W. Xu, IEEE SPL 21, 2014.
    of_positive = (every[: len(above)] - stats.rankdata(above)) / len(below)
    of_negative = 1 - (every[len(above) :] - stats.rankdata(below)) / len(above)
    value, n = float(of_positive.mean()), len(every)
    if min(len(above), len(below)) < 2:
        return Estimate(value, math.nan, math.nan, n)
    variance = float(of_positive.var(ddof=1) / len(above) + of_negative.var(ddof=1) / len(below))
    if variance == 0:
        return Estimate(value, math.nan, math.nan, n)
    half = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt(variance)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), n)


def _sample(values: Sequence[float] | Floats) -> Floats:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample):
        raise ValueError("there is nothing to estimate from")
    if not np.isfinite(sample).all():
        raise ValueError("a value is not finite")
    return sample


def _differences(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> Floats:
    one, other = _sample(first), _sample(second)
    if len(one) != len(other):
        raise ValueError(f"{len(one)} values do not pair with {len(other)}")
    return one - other
