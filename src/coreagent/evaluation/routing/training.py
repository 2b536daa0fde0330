"""From outcomes to the file of a trained router, with what it was worth on prompts left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coreagent.errors import InputError
from coreagent.evals.routing.evaluate import RoutingReport, evaluate_routing
from coreagent.evals.routing.from_runs import verdict_pairs
from coreagent.evaluation.routing.files import free_place
from coreagent.evaluation.routing.sources import cards_of, local_among, read_outcomes_of, run_folders
from coreagent.models.card import Placement
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.calibration import MIN_ROWS, calibrate
from coreagent.routing.learning.calibrators import Calibrator
from coreagent.routing.learning.fitting import Trained, calibration_error, fit_router
from coreagent.routing.learning.folds import SEED
from coreagent.routing.learning.operating_point import OperatingPoint
from coreagent.routing.learning.predictors.blend import DEFAULT
from coreagent.routing.learning.standing import Standing, kept_rows, policy_at
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.learning.wish import parse_wish
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.policies import best
from coreagent.routing.predictor import Prediction
from coreagent.routing.replay.replaying import Contestant
from coreagent.routing.request import RoutingRequest
from coreagent.settings import Settings
from coreagent.wiring.models import bundled_embedder

ROUTER_LINE = "the router"
"""How the trained router is called in the report of its training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A trained router, where it was saved, and how good it is on prompts left out.

    ``outcomes`` are the rows it was fitted on, with remarks on what was dropped; ``local`` are the models that are not
    in the cloud. ``report`` has the line :data:`ROUTER_LINE`, at the operating point ``point``; without one (no costs
    are known, say) it chooses the best predicted model. ``role`` is that of the rows of the report, empty where they
    are of all. ``ece_raw`` and ``ece`` are calibration errors of predictions before and after calibration. ``drafts``
    is how many verdicts the verifier's score was calibrated with, 0 when it was not.
    """

    path: Path
    router: TrainedRouter
    outcomes: Outcomes
    report: RoutingReport
    local: frozenset[str]
    point: OperatingPoint | None
    ece_raw: float
    ece: float
    role: str
    drafts: int


def train_router(
    sources: Sequence[Path | str],
    *,
    out: Path | str,
    wish: str = "",
    settings: Settings | None = None,
    prices: Path | None = None,
    local: Sequence[str] = (),
    role: str = "",
    domain: str = "",
    seed: int = SEED,
    force: bool = False,
    cautious: bool = False,
    families: Sequence[str] = DEFAULT,
    embedder: Embedder | None = None,
) -> TrainingResult:
    """Train a router on recorded outcomes and save it, whole or not at all.

    Args:
        sources: outcome tables and folders of evaluation runs, put together.
        out: the file to write.
        wish: what it aims at, such as ``at most 1 point below the best model``; that where it can be granted, else the
            best predicted model, when empty.
        settings: say which models are local, and their prices where a table has tokens but no dollars.
        prices: a price list, instead of those of the settings.
        local: further models that are not in the cloud.
        role: rows of this role alone.
        domain: rows of this domain alone.
        seed: of folds and draws.
        force: replace a file.
        cautious: take predictions back where a question is like none of these; it costs a little where it is like them.
        families: kinds of predictors that may take part, weighed on prompts left out (see :data:`FAMILIES`).
        embedder: that of this package when None; the router can only be used with the same.

    Raises:
        InputError: outcomes that can not be read or are too few, all of one score, or a wish that can not be granted.
        UsageError: there is such a file, and ``force`` is not said.
        OSError: it can not be written.
    """
    path = free_place(Path(out).expanduser(), force=force)
    if wish:
        parse_wish(wish)
    read = with_a_choice(read_outcomes_of(sources, settings=settings, prices=prices, role=role, domain=domain))
    _check_spread(read)
    stays = local_among(read.models, cards_of(settings), local)
    trained = fit_router(read, embedder or bundled_embedder(), seed=seed, cautious=cautious, families=families)
    standing, point = stand(trained, wish, stays)
    verdicts, drafts = _verdicts(run_folders(sources), read)
    router = replace(trained.router, standing=standing, verdicts=verdicts)
    report, of_role = _report(trained, point, stays)
    router.save(path)
    return TrainingResult(
        path=path,
        router=router,
        outcomes=trained.outcomes,
        report=report,
        local=stays,
        point=point,
        ece_raw=calibration_error(trained.raw, trained.outcomes.scores),
        ece=calibration_error(trained.held_out, trained.outcomes.scores),
        role=of_role,
        drafts=drafts,
    )


def stand(trained: Trained, wish: str, local: frozenset[str] = frozenset()) -> tuple[Standing, OperatingPoint | None]:
    """What a fitted router was worth, aiming at the wish, or at the usual one where it can be granted.

    Raises:
        InputError: the wish can not be read or granted.
    """
    standing = Standing.of(trained.held_out, trained.outcomes)
    standing = standing.aiming_at(wish or standing.default_wish())
    if not standing.wish:
        return standing, None
    stays = np.array([name in local for name in trained.outcomes.models]) if local else None
    return standing, standing.point(standing.wish, stays)


def with_a_choice(outcomes: Outcomes) -> Outcomes:
    """Rows of roles that several models played, and the models with a score there; all rows where no role was."""
    roles, remarks = np.array(outcomes.roles), list(outcomes.remarks)
    rows = np.zeros(len(outcomes), dtype=np.bool_)
    for role in sorted(set(outcomes.roles)):
        here = roles == role
        played = [outcomes.models[column] for column in np.flatnonzero(outcomes.known[here].any(axis=0)).tolist()]
        if len(played) > 1:
            rows |= here
        else:
            remarks.append(
                f"{int(here.sum()):,} rows of {role or 'no role'} left out: no choice, {' '.join(played)} alone"
            )
    table = outcomes.take(rows) if rows.any() else outcomes
    scored = [name for column, name in enumerate(table.models) if table.known[:, column].any()]
    if rows.any() and not rows.all():
        table = replace(table, remarks=tuple(remarks))
    return table.only(scored) if len(scored) < len(table.models) else table


def _check_spread(outcomes: Outcomes) -> None:
    known = outcomes.scores[outcomes.known]
    if known.min() == known.max():
        raise InputError(
            f"every known score is {known[0]:g}: there is nothing to learn",
            mend="Give outcomes of questions that some model fails.",
        )


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """Predicts for each row of a table, named by its number, what was predicted of it by what was fitted on others."""

    models: tuple[str, ...]
    predicted: Floats
    name: str = "held out"

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        row = dict(zip(self.models, self.predicted[int(request.subtask)].tolist(), strict=True))
        return {model: Prediction(row[model]) for model in models}


def _report(trained: Trained, point: OperatingPoint | None, local: frozenset[str]) -> tuple[RoutingReport, str]:
    """Of the rows that the router is judged on, and their role."""
    rows, role = kept_rows(trained.outcomes)
    table = trained.outcomes.take(rows)
    seen = [name for column, name in enumerate(table.models) if table.known[:, column].any()]
    columns = [table.models.index(name) for name in seen]
    table = replace(table.only(seen), ids=tuple(str(row) for row in range(len(table))), remarks=())
    contestant = Contestant(
        name=ROUTER_LINE,
        policy=policy_at(point) if point else best(),
        predictor=_HeldOut(tuple(seen), trained.held_out[rows][:, columns]),
        placements=placements(seen, local),
    )
    return evaluate_routing(table, [contestant]), role


def placements(models: Sequence[str], local: frozenset[str]) -> dict[str, Placement]:
    """Where models are that no settings place: on site, or in the cloud."""
    return {name: "site" if name in local else "cloud" for name in models}


def _verdicts(runs: Sequence[Path], outcomes: Outcomes) -> tuple[Calibrator | None, int]:
    """How the verifier's score relates to being right, from drafts of runs and verdicts of tables; and of how many."""
    if runs:
        pairs = verdict_pairs(runs)
        scores, rights = pairs.scores, pairs.right.astype(np.float64)
    else:
        told = ~np.isnan(outcomes.verdicts) & outcomes.known
        scores, rights = outcomes.verdicts[told].astype(np.float64), outcomes.scores[told].astype(np.float64)
    if len(scores) < MIN_ROWS:
        return None, 0
    return calibrate(scores, rights), len(scores)
