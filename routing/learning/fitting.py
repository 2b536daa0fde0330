"""Trains a router on recorded outcomes: predictors, their calibration, and how good both are on prompts left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from coreagent.artefacts import Head
from coreagent.errors import InputError
from coreagent.models.embedding import Embedder
from coreagent.plans import ROLES
from coreagent.routing.learning.calibration import apply_columns, calibrate_columns
from coreagent.routing.learning.caution import Caution
from coreagent.routing.learning.features import FeatureMaker
from coreagent.routing.learning.folds import SEED, deal, held_out
from coreagent.routing.learning.output_length import OutputLength
from coreagent.routing.learning.predictors.base import Places, Rows
from coreagent.routing.learning.predictors.blend import DEFAULT, Blend
from coreagent.routing.learning.trained import KIND, POOLED, VERSION, Part, TrainedRouter
from coreagent.routing.outcomes import Floats, Outcomes

FEWEST_PROMPTS = 20
"""Different prompts with a known score that each model needs."""
FEWEST_OF_A_ROLE = 200
"""Rows from which on a role gets predictors of its own."""
MOST_ROWS = 50_000
"""Of more rows, so many are drawn with the seed: the predictors gain little from the rest, and take all day."""
_BINS = 10


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained router, and its predictions of every row by what was fitted on other prompts, shape (n, m).

    ``outcomes`` are the rows it was fitted on: those with a known score, at most :data:`MOST_ROWS`. ``raw`` are the
    same predictions before they were calibrated.
    """

    router: TrainedRouter
    held_out: Floats
    outcomes: Outcomes
    raw: Floats


def fit_router(
    outcomes: Outcomes,
    embedder: Embedder,
    *,
    seed: int = SEED,
    families: Sequence[str] = DEFAULT,
    name: str = "router",
    cautious: bool = False,
) -> Trained:
    """Train on these outcomes; gaps in the scores are fine.

    A role with 200 rows or more gets predictors of its own where there are several roles; the others share those of
    all rows. ``families`` are the kinds of predictors that may take part (see :data:`FAMILIES`). A model whose known
    scores are all one is predicted that score, pulled a little to the middle. With one model there is no choice to
    learn, but its chances are predicted all the same. ``cautious``: see :mod:`coreagent.routing.learning.caution`.

    Raises:
        InputError: a model has known scores at fewer than 20 different prompts, or caution is asked for and all
            prompts are of one domain.
        UnknownNameError: a family that does not exist.
        ModelError: the embedder is an endpoint and did not answer.
    """
    table = _usable(outcomes, seed)
    embeddings = embedder.embed_queries(table.prompts)
    features, rows = FeatureMaker.of(table, embeddings)
    pooled, predicted, raw = _part(rows, table, seed, families)
    parts = {POOLED: pooled}
    roles = np.array(table.roles)
    own = [role for role in ROLES if _stands_alone(roles == role, table)]
    for role in own:
        here = roles == role
        parts[role], predicted[here], raw[here] = _part(rows.take(here), table.take(here), seed, families)
    caution = Caution.fit(table, embeddings, seed=seed) if cautious else None
    if caution is not None:
        predicted = caution.held_out(table, embeddings, predicted)
    router = TrainedRouter(
        name=name,
        embedder=embedder,
        models=table.models,
        features=features,
        parts=parts,
        roles=frozenset(table.roles),
        head=_head(table, features, parts, predicted),
        fitted_on=table.fingerprints(),
        caution=caution,
    )
    return Trained(router, predicted, table, raw)


def held_out_figures(predicted: Floats, scores: Floats) -> dict[str, float]:
    """What predictions of left-out rows are worth, both (n, m), NaN where a score is unknown.

    ``routed`` is the mean score of the models predicted best, ``best_single`` that of the best one model and
    ``oracle`` that of the best at each row, all over rows with every score; NaN where there is none. ``ece`` and
    ``brier`` are over all known scores; the first is :func:`calibration_error`.
    """
    whole = ~np.isnan(scores).any(axis=1)
    known = ~np.isnan(scores)
    figures = {
        "rows": float(len(scores)),
        "ece": calibration_error(predicted, scores),
        "brier": float(np.square(predicted[known] - scores[known]).mean()),
    }
    if whole.any():
        chosen = predicted[whole].argmax(axis=1)
        figures["routed"] = float(scores[whole][np.arange(len(chosen)), chosen].mean())
        figures["best_single"] = float(scores[whole].mean(axis=0).max())
        figures["oracle"] = float(scores[whole].max(axis=1).mean())
    return figures


def calibration_error(predicted: NDArray[np.floating], scores: NDArray[np.floating]) -> float:
    """Distance of mean prediction and mean score in ten bins of equal width, averaged over all known scores.

    M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015. Both (n, m), predictions in 0..1; NaN where unknown.
    """
    known = ~np.isnan(scores)
    stated, came = predicted[known].astype(np.float64), scores[known].astype(np.float64)
    places = np.minimum((stated * _BINS).astype(np.int64), _BINS - 1)
    return float(np.abs(np.bincount(places, weights=stated - came, minlength=_BINS)).sum() / max(1, len(stated)))


def _usable(outcomes: Outcomes, seed: int) -> Outcomes:
    table = outcomes.take(np.flatnonzero(outcomes.known.any(axis=1)))
    if len(table) > MOST_ROWS:
        table = table.take(np.sort(np.random.default_rng(seed).choice(len(table), MOST_ROWS, replace=False)))
    for column, model in enumerate(table.models):
        prompts = len(np.unique(table.groups[table.known[:, column]]))
        if prompts < FEWEST_PROMPTS:
            raise InputError(
                f"{model} has known scores at {prompts} different prompts, training needs {FEWEST_PROMPTS}",
                mend="Score it on more prompts, or leave it out and add it to the trained router afterwards.",
            )
    return table


def _stands_alone(here: NDArray[np.bool_], table: Outcomes) -> bool:
    """Enough rows of a role, not all rows, and every model known at enough prompts of it."""
    if here.sum() < FEWEST_OF_A_ROLE or here.all():
        return False
    return all(
        len(np.unique(table.groups[here & table.known[:, column]])) >= FEWEST_PROMPTS
        for column in range(len(table.models))
    )


def _part(rows: Rows, table: Outcomes, seed: int, families: Sequence[str]) -> tuple[Part, Floats, Floats]:
    """Predictors with their calibration, and predictions of every row from other prompts, calibrated and raw."""
    blend, predicted = Blend.fit(rows, table.scores, table.groups, seed=seed, families=families)
    calibrators = calibrate_columns(predicted, table.scores, table.groups, seed=seed)
    part = Part(blend, calibrators, OutputLength.of(rows, table.output_tokens))
    return part, _calibrated_apart(predicted, table.scores, table.groups, seed), predicted


def _calibrated_apart(predicted: Floats, scores: Floats, groups: Places, seed: int) -> Floats:
    """Predictions calibrated by the other half of the prompts, so that the error that is reported is an honest one."""

    def predict(fitting: NDArray[np.bool_], left: NDArray[np.bool_]) -> Floats:
        calibrators = calibrate_columns(predicted[fitting], scores[fitting], groups[fitting], seed=seed)
        return apply_columns(calibrators, predicted[left]).astype(np.float32)

    return held_out(deal(groups, count=2, seed=seed + 1), scores.shape[1], predict)


def _head(table: Outcomes, features: FeatureMaker, parts: dict[str, Part], predicted: Floats) -> Head:
    made = "; ".join(f"{role or 'all roles'}: {part.blend.words}" for role, part in parts.items())
    return Head(
        kind=KIND,
        version=VERSION,
        data_hash=table.data_hash,
        created=datetime.now(UTC).date().isoformat(),
        package=version("coreagent"),
        features=features.names,
        scores=held_out_figures(predicted, table.scores),
        notes=made,
    )
