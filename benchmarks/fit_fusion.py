"""Fit the constants of ``coreagent.knowledge.search.fusion`` and report them on questions that were not fitted on.

    python -m benchmarks.fit_fusion --data DIR

Fitted on half of the 3GPP entities and half of the own questions to the primer. The headings of the documentation are
left out: the bundled embedder was trained on pairs of headings and paragraphs, so they would overrate it.

Ranking weights: a listwise logistic regression (the probability that a right passage is drawn, ListNet with the gold
as target; Cao et al. 2007), every set counting alike. Calibration: logistic regression on the best three passages of
each query, off-topic questions included. Confidence: logistic regression on whole results, answerable against
off-topic. Deterministic; prints the table to paste, and the check on the other halves and sets.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.retrieval_pools import Pool, pools
from benchmarks.retrieval_sets import (
    corpus_of,
    data_folder,
    entity_set,
    off_topic,
    primer_set,
    section_set,
)
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.search.fusion import (
    FEATURES,
    FusionWeights,
    confidence,
    fuse,
    passage_features,
    result_features,
)

Floats = NDArray[np.float64]
_TOP = 3
_RIDGE = 1e-3


def fit_ranking(groups: Sequence[Sequence[Pool]]) -> Floats:
    """Weights of the passage features by which the right passages come first, mean over the sets."""
    data = [[(passage_features(pool.found), pool.gold) for pool in group if not pool.missed] for group in groups]

    def loss(current: Floats) -> tuple[float, Floats]:
        value, slope = _RIDGE * float(current @ current), 2 * _RIDGE * current
        for group in data:
            for features, gold in group:
                logits = features @ current
                value += float(logsumexp(logits) - logsumexp(logits[gold])) / len(group)
                slope += features.T @ (softmax(logits) - _within(logits, gold)) / len(group)
        return value, slope

    return _least(loss, np.ones(len(FEATURES)))


def _within(logits: Floats, gold: NDArray[np.bool_]) -> Floats:
    """Softmax over the right passages alone."""
    out = np.zeros_like(logits)
    out[gold] = softmax(logits[gold])
    return out


def _least(loss: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    """Where a convex loss is least, with all weights but the constant at or above zero."""
    bounds = [(None, None), *[(0.0, None)] * (len(start) - 1)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 5_000})
    return np.asarray(found.x, dtype=np.float64)


def fit_logistic(features: Floats, labels: Floats, weights: Floats) -> Floats:
    """Weighted logistic regression with a little ridge on all but the constant."""
    ridge = np.full_like(features[0], _RIDGE)
    ridge[0] = 0.0

    def loss(current: Floats) -> tuple[float, Floats]:
        logits = features @ current
        value = weights @ (np.logaddexp(0, logits) - labels * logits) + ridge @ current**2
        return float(value), features.T @ (weights * (expit(logits) - labels)) + 2 * ridge * current

    return _least(loss, np.zeros_like(ridge))


def fit_passages(
    ranking: Floats, groups: Sequence[Sequence[Pool]], strangers: Sequence[Sequence[Pool]]
) -> tuple[float, ...]:
    """The ranking weights, scaled and shifted so that their sum is the logit of relevance."""
    scores: list[float] = []
    labels: list[float] = []
    weights: list[float] = []
    for group in (*groups, *strangers):
        for pool in group:
            logits = passage_features(pool.found) @ ranking
            for at in np.argsort(-logits, kind="stable")[:_TOP]:
                scores.append(float(logits[at]))
                labels.append(float(pool.gold[at]))
                weights.append(1.0 / len(group))
    features = np.stack([np.ones(len(scores)), np.array(scores)], axis=1)
    offset, scale = fit_logistic(features, np.array(labels), np.array(weights)).tolist()
    return (round(offset, 3), *(round(value, 3) for value in (scale * ranking[1:]).tolist()))


def fit_results(groups: Sequence[Sequence[Pool]], strangers: Sequence[Sequence[Pool]]) -> tuple[float, ...]:
    """Weights of the result features: was anything right found at all?"""
    rows: list[Floats] = []
    found: list[float] = []
    shares: list[float] = []
    for group, label in [(group, 1.0) for group in groups] + [(group, 0.0) for group in strangers]:
        for pool in group:
            if label and pool.missed:
                continue
            rows.append(result_features([pool.found]))
            found.append(label)
            shares.append(1.0 / len(group))
    return tuple(round(value, 3) for value in fit_logistic(np.array(rows), np.array(found), np.array(shares)).tolist())


def reciprocal_rank(pool: Pool, scores: NDArray[np.floating]) -> float:
    """1/rank of the first gold passage, 0 beyond ten."""
    if pool.missed:
        return 0.0
    rank = int((scores > scores[pool.gold].max()).sum()) + 1
    return 1.0 / rank if rank <= 10 else 0.0


def report(name: str, inside: Sequence[Pool], outside: Sequence[Pool], weights: FusionWeights) -> None:
    """One line a set: ranking, and how well the confidence tells answerable from off-topic."""
    lexical = np.mean([reciprocal_rank(pool, pool.found.bm25) for pool in inside])
    dense = np.mean([reciprocal_rank(pool, pool.found.cosine) for pool in inside])
    fused = np.mean([reciprocal_rank(pool, fuse(pool.found, weights=weights)) for pool in inside])
    sure = np.array([confidence([pool.found], weights=weights) for pool in inside])
    unsure = np.array([confidence([pool.found], weights=weights) for pool in outside])
    area = (sure[:, None] > unsure[None, :]).mean()
    print(
        f"{name:9} n={len(inside):4}  MRR@10 lexical {lexical:.3f} dense {dense:.3f} fused {fused:.3f}   confidence: "
        f"AUC {area:.3f}, median {np.median(sure):.2f} / {np.median(unsure):.2f}, "
        f"10 % of answerable below {np.quantile(sure, 0.1):.2f}, "
        f"10 % of off-topic above {np.quantile(unsure, 0.9):.2f}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Fit on one half, report on the other."""
    parser = argparse.ArgumentParser(description="Fit the constants of the fused search.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--embedder", type=Path, help="A packed model instead of the bundled one.")
    chosen = parser.parse_args(arguments)
    data = data_folder(chosen.data)
    embedder = StaticEmbedder.load(chosen.embedder) if chosen.embedder else StaticEmbedder.load()
    away_fit, away_check = off_topic()
    groups: list[list[Pool]] = []
    strangers: list[list[Pool]] = []
    checks: list[tuple[str, list[Pool], list[Pool]]] = []
    for questions in (entity_set(data), primer_set(), section_set(data)):
        corpus = corpus_of(questions.documents, embedder)
        if questions.fit:
            groups.append(pools(corpus, questions.fit, embedder))
            strangers.append(pools(corpus, away_fit, embedder))
        checks.append((questions.name, pools(corpus, questions.check, embedder), pools(corpus, away_check, embedder)))
        corpus.store.close()
    passage = fit_passages(fit_ranking(groups), groups, strangers)
    result = fit_results(groups, strangers)
    print(f"passage={passage},\nresult={result},")
    a, b, c, d, e = passage
    v, w, x, y, z = result
    weights = FusionWeights(passage=(a, b, c, d, e), result=(v, w, x, y, z))
    for name, inside, outside in checks:
        report(name, inside, outside, weights)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
