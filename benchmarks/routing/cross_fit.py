"""Predictions of every prompt by what was fitted on the other folds: the trained router, and its baselines."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn import feature_extraction, linear_model  # type: ignore[import-untyped]  # sklearn ships no types

from coreagent.models.embedding import Embedder
from coreagent.routing.learning.fitting import Trained, calibration_error, fit_router
from coreagent.routing.learning.folds import FOLDS, SEED, deal, held_out
from coreagent.routing.learning.predictors.blend import DEFAULT, FAMILIES
from coreagent.routing.learning.predictors.knn import Knn
from coreagent.routing.outcomes import Floats, Outcomes

_TFIDF_PENALTY = 10.0
"""The best of 1, 3 and 10 on these tables, so that the line to beat is not drawn too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Where the tables are, how they are cut, and what may take part."""

    data: Path
    folds: int
    seed: int
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """Predicted scores, shape (n, m), the fold of each row, and what was trained without each fold."""

    predicted: Floats
    folds: NDArray[np.int64]
    trained: tuple[Trained, ...]


def setup(description: str, arguments: Sequence[str] | None) -> Setup:
    """The options of a benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=os.environ.get("COREAGENT_DATA"), help="the data folder")
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--families", nargs="+", choices=sorted(FAMILIES), default=DEFAULT)
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("name the data folder with --data or COREAGENT_DATA")
    return Setup(data=Path(options.data), folds=options.folds, seed=options.seed, families=tuple(options.families))


def learned(outcomes: Outcomes, embedder: Embedder, options: Setup) -> CrossFit:
    """The trained router; prompts that stand twice are never parted."""
    folds = deal(outcomes.groups, count=options.folds, seed=options.seed)
    trained: list[Trained] = []

    def predict(fitting: NDArray[np.bool_], left: NDArray[np.bool_]) -> Floats:
        found = fit_router(outcomes.take(fitting), embedder, seed=options.seed, families=options.families)
        trained.append(found)
        print(f"  fold {len(trained)}: {found.router.head.notes}", flush=True)
        return found.router.scores(outcomes.take(left))

    predicted = held_out(folds, len(outcomes.models), predict)
    return CrossFit(predicted, folds, tuple(trained))


def tfidf_ridge(outcomes: Outcomes, folds: NDArray[np.int64]) -> Floats:
    """Ridge regression on words and pairs of words, weighted by rarity."""

    def predict(fitting: NDArray[np.bool_], left: NDArray[np.bool_]) -> Floats:
        terms: Any = cast(Any, feature_extraction).text.TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
        known = outcomes.take(fitting)
        ridge: Any = cast(Any, linear_model).Ridge(alpha=_TFIDF_PENALTY)
        ridge.fit(terms.fit_transform(known.prompts), known.scores)
        return np.asarray(ridge.predict(terms.transform(outcomes.take(left).prompts)), dtype=np.float32)

    return held_out(folds, len(outcomes.models), predict)


def nearest(outcomes: Outcomes, folds: NDArray[np.int64], embedder: Embedder) -> Floats:
    """Similarity to recorded prompts, its settings chosen on the fitting rows."""
    rows = embedder.embed_queries(outcomes.prompts)

    def predict(fitting: NDArray[np.bool_], left: NDArray[np.bool_]) -> Floats:
        return Knn.fit(rows[fitting], outcomes.scores[fitting], outcomes.groups[fitting]).predict(rows[left])

    return held_out(folds, len(outcomes.models), predict)


def print_calibration(outcomes: Outcomes, predicted: Floats) -> None:
    """The calibration error over all models and of each."""
    columns = [
        calibration_error(predicted[:, [place]], outcomes.scores[:, [place]]) for place in range(len(outcomes.models))
    ]
    listed = ", ".join(f"{model} {value:.3f}" for model, value in zip(outcomes.models, columns, strict=True))
    print(f"ECE {calibration_error(predicted, outcomes.scores):.3f}; by model: {listed}")
