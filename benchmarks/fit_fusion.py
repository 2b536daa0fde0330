"""Fit the constants of ``coreagent.knowledge.search.fusion`` and report them on the other half of the queries.

    python -m benchmarks.fit_fusion --data DIR

Ranking weights: a grid search on MRR@10, every set counting alike. Calibration:
logistic regression on the best three passages of each query, off-topic questions included. Confidence: logistic
regression on whole results, answerable against off-topic. Deterministic; prints the table to paste and the check.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.retrieval_sets import (
    Pool,
    Query,
    QuerySet,
    Searcher,
    data_folder,
    entity_set,
    heading_set,
    off_topic,
    primer_set,
)
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.search.fusion import FusionWeights, confidence, fuse, passage_features, result_features

Floats = NDArray[np.float64]
_TOP = 3
_GRID = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)


def ascend(gradient: Callable[[Floats], Floats], start: Floats, *, steps: int = 4_000, rate: float = 0.5) -> Floats:
    """Plain gradient ascent with momentum; weights other than the constant stay at or above zero."""
    weights, speed = start.copy(), np.zeros_like(start)
    for _ in range(steps):
        speed = 0.9 * speed + gradient(weights)
        weights = weights + rate * 0.1 * speed
        weights[1:] = np.maximum(weights[1:], 0.0)
    return weights


def fit_ranking(groups: Sequence[Sequence[Pool]]) -> Floats:
    """Weights of (1, share, coverage, cosine) with the best MRR@10, mean over the sets; share has weight 1."""
    grid = [np.array([0.0, 1.0, coverage, cosine]) for coverage in _GRID for cosine in _GRID]

    def mean_rank(weights: Floats) -> float:
        means = [
            np.mean([reciprocal_rank(pool, passage_features(pool.found) @ weights) for pool in pools])
            for pools in groups
        ]
        return float(np.mean(means))

    return max(grid, key=mean_rank)


def fit_logistic(features: Floats, labels: Floats, weights: Floats) -> Floats:
    """Weighted logistic regression with a little ridge on all but the constant."""
    ridge = np.full_like(features[0], 0.002)
    ridge[0] = 0.0

    def gradient(current: Floats) -> Floats:
        chance = 1 / (1 + np.exp(-(features @ current)))
        return np.asarray(((labels - chance) * weights) @ features / weights.sum() - ridge * current)

    return ascend(gradient, np.zeros_like(ridge), steps=20_000, rate=5.0)


def fit(
    groups: Sequence[Sequence[Pool]], strangers: Sequence[Sequence[Pool]], *, complete: Sequence[Sequence[Pool]]
) -> FusionWeights:
    """All constants from pools of answerable queries and of off-topic ones, one group a set.

    ``complete`` are the groups whose gold names every right passage: only they can calibrate a passage's score.
    """
    ranking = fit_ranking(groups)
    scores: list[float] = []
    labels: list[float] = []
    weights: list[float] = []
    for pools in (*complete, *strangers):
        for pool in pools:
            logits = passage_features(pool.found) @ ranking
            for at in np.argsort(-logits, kind="stable")[:_TOP]:
                scores.append(float(logits[at]))
                labels.append(float(pool.gold[at]))
                weights.append(1.0 / len(pools))
    features = np.stack([np.ones(len(scores)), np.array(scores)], axis=1)
    offset, scale = fit_logistic(features, np.array(labels), np.array(weights)).tolist()
    passage = [offset, *(scale * ranking[1:]).tolist()]
    rows: list[Floats] = []
    found: list[float] = []
    shares: list[float] = []
    for pools, label in [(group, 1.0) for group in groups] + [(group, 0.0) for group in strangers]:
        for pool in pools:
            if label and pool.missed:
                continue
            rows.append(result_features([pool.found]))
            found.append(label)
            shares.append(1.0 / len(pools))
    result = fit_logistic(np.array(rows), np.array(found), np.array(shares)).tolist()
    a, b, c, d = (round(value, 3) for value in passage)
    v, w, x, y, z = (round(value, 3) for value in result)
    return FusionWeights(passage=(a, b, c, d), result=(v, w, x, y, z))


def reciprocal_rank(pool: Pool, scores: Floats | NDArray[np.float32]) -> float:
    """1/rank of the first gold passage, 0 beyond ten."""
    if pool.missed:
        return 0.0
    rank = int((scores > scores[pool.gold].max()).sum()) + 1
    return 1.0 / rank if rank <= 10 else 0.0


def report(name: str, pools: Sequence[Pool], strangers: Sequence[Pool], weights: FusionWeights) -> None:
    """One line a set: ranking, and how well the confidence tells answerable from off-topic."""
    lexical = np.mean([reciprocal_rank(pool, pool.found.bm25) for pool in pools])
    dense = np.mean([reciprocal_rank(pool, pool.found.cosine) for pool in pools])
    fused = np.mean([reciprocal_rank(pool, fuse(pool.found, weights=weights)) for pool in pools])
    inside = np.array([confidence([pool.found], weights=weights) for pool in pools])
    outside = np.array([confidence([pool.found], weights=weights) for pool in strangers])
    area = (inside[:, None] > outside[None, :]).mean()
    print(
        f"{name:9} n={len(pools):4}  MRR@10 lexical {lexical:.3f} dense {dense:.3f} fused {fused:.3f}   confidence: "
        f"AUC {area:.3f}, median {np.median(inside):.2f} / {np.median(outside):.2f}, "
        f"10 % of answerable below {np.quantile(inside, 0.1):.2f}, "
        f"10 % of off-topic above {np.quantile(outside, 0.9):.2f}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Fit on one half, report on the other."""
    parser = argparse.ArgumentParser(description="Fit the constants of the fused search.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--expansion-weight", type=float, default=0.3)
    chosen = parser.parse_args(arguments)
    data = data_folder(chosen.data)
    embedder = StaticEmbedder.load()
    sets: list[QuerySet] = [entity_set(data), heading_set(data), primer_set()]
    away_fit, away_check = off_topic()
    searchers = [Searcher(s.entries, embedder, expansion_weight=chosen.expansion_weight) for s in sets]

    def pools(queries: Sequence[Query], searcher: Searcher) -> list[Pool]:
        return [searcher.pool(query) for query in queries]

    def away(questions: Sequence[str]) -> list[list[Pool]]:
        return [pools([Query(text, frozenset()) for text in questions], searcher) for searcher in searchers]

    both = list(zip(sets, searchers, strict=True))
    groups = [pools(s.fit, searcher) for s, searcher in both]
    # A heading's gold is one chunk though its neighbours often answer too: it can rank but not calibrate.
    whole = [group for s, group in zip(sets, groups, strict=True) if s.name != "headings"]
    weights = fit(groups, away(away_fit), complete=whole)
    print(f"passage={weights.passage},\nresult={weights.result},")
    for (s, searcher), strangers in zip(both, away(away_check), strict=True):
        report(s.name, pools(s.check, searcher), strangers, weights)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
