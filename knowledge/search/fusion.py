"""One score from two searches: words (BM25) and meaning (cosine) become a probability of relevance.

Ranks alone are not fused: with a weak dense model that is worse than BM25 by itself. Both scores are brought to fixed
scales first (BM25 as a share of the most a chunk could reach, cosine as it is), then one logistic regression weighs
them.
A second one judges the whole result: how likely is it that anything relevant was found?
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionWeights:
    """Coefficients of the two regressions.

    ``passage`` weighs (1, share, coverage, cosine, lead) of one chunk; ``result`` weighs (1, best share, best coverage,
    best cosine, share x cosine of the best chunk) of a whole result.
    """

    passage: tuple[float, float, float, float, float]
    result: tuple[float, float, float, float, float]


# Fitted by ``python -m benchmarks.fit_fusion`` on half of the 3GPP entity definitions, half of the own questions over
# the primer, and 60 off-topic ones; that command also prints the check on the other halves and sets.
WEIGHTS = FusionWeights(
    passage=(-4.597, 1.258, 3.668, 1.694, 0.808),
    result=(-7.178, 1.72, 6.579, 7.486, 2.81),
)


FEATURES = ("constant", "share", "coverage", "cosine", "lead")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks that a search found. All arrays have one row a chunk; see ``LexicalScores`` for the lexical ones.

    ``by_words`` and ``by_meaning`` tell which of the two searches proposed a chunk; ``named`` is what is added to its
    logit because the question names its document or clause.
    """

    ids: NDArray[np.int64]
    bm25: NDArray[np.float32]
    share: NDArray[np.float32]
    coverage: NDArray[np.float32]
    lead: NDArray[np.float32]
    cosine: NDArray[np.float32]
    by_words: NDArray[np.bool_]
    by_meaning: NDArray[np.bool_]
    named: NDArray[np.float32]


def passage_features(found: Candidates) -> NDArray[np.float64]:
    """Shape ``(chunks, 5)``, columns as in ``FEATURES``."""
    columns = (np.ones(len(found.ids)), found.share, found.coverage, np.maximum(found.cosine, 0.0), found.lead)
    return np.stack(columns, axis=1).astype(np.float64)


def result_features(found: Sequence[Candidates]) -> NDArray[np.float64]:
    """Shape ``(5,)``: a constant, then the best of each score over all corpora, and the best product of two."""
    shares = np.concatenate([part.share for part in found]) if found else np.zeros(0)
    if not len(shares):
        return np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    coverages = np.concatenate([part.coverage for part in found])
    cosines = np.maximum(np.concatenate([part.cosine for part in found]), 0.0)
    return np.array([1.0, shares.max(), coverages.max(), cosines.max(), (shares * cosines).max()], dtype=np.float64)


def fuse(found: Candidates, *, weights: FusionWeights = WEIGHTS) -> NDArray[np.float64]:
    """Probability of relevance of each chunk, 0..1."""
    logits = passage_features(found) @ np.array(weights.passage) + found.named
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float64)


def confidence(found: Sequence[Candidates], *, weights: FusionWeights = WEIGHTS) -> float:
    """Probability that anything relevant was found at all; 0 when nothing was found."""
    if not any(len(part.ids) for part in found):
        return 0.0
    logit = float(result_features(found) @ np.array(weights.result))
    return 1.0 / (1.0 + math.exp(-logit))
