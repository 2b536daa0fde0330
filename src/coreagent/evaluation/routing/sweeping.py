"""What a flag such as ``size`` costs in quality: a sweep of its weight over recorded outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coreagent.errors import InputError, UnknownNameError, UsageError
from coreagent.evaluation.routing.files import load_router
from coreagent.evaluation.routing.sources import cards_of, read_outcomes_of
from coreagent.evaluation.routing.training import with_a_choice
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.learning.folds import SEED
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.policies import FLAGS
from coreagent.routing.policies.objectives import MIDDLE, flag_costs
from coreagent.routing.policies.sweep import WEIGHTS, SweepPoint, pareto_sweep, selection_accuracy
from coreagent.routing.replay.splits import Overlap, apart
from coreagent.settings import Settings
from coreagent.wiring.models import bundled_embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSweep:
    """A point for each weight of a flag, and the share of prompts that went to each model there, (points, models).

    ``costs`` are those of the flag by model, 0..1. ``accuracy`` is the share of prompts where the model predicted best
    was one of the best. ``predicted_by`` says who predicted.
    """

    flag: str
    models: tuple[str, ...]
    costs: tuple[float, ...]
    points: tuple[SweepPoint, ...]
    shares: tuple[tuple[float, ...], ...]
    accuracy: float
    rows: int
    predicted_by: str
    remarks: tuple[str, ...] = ()


def sweep_flag(
    sources: Sequence[Path | str],
    *,
    flag: str,
    settings: Settings,
    router: Path | str | None = None,
    weights: Sequence[float] = WEIGHTS,
    overlap: Overlap = "refuse",
    role: str = "",
    seed: int = SEED,
    embedder: Embedder | None = None,
) -> FlagSweep:
    """Choose the least ``predicted loss + weight x cost`` for each weight, and say what was recorded of the choice.

    The rule of Tryage (Hari and Thomson, 2023). A loss is 1 less the score. What is predicted comes from the router, or
    from fitting one that predicts each prompt from others. Costs come from the models of the settings; one that nobody
    knows is 0.5. Rows with a gap are left out.

    Raises:
        UnknownNameError: a flag that does not exist.
        UsageError: the settings say nothing of the flag, or the router was fitted on these rows and that is refused.
        InputError: outcomes that can not be read, or no row with a score of every model.
        SettingsError: the router can not be loaded.
    """
    if flag not in FLAGS:
        raise UnknownNameError("flag", flag, FLAGS)
    table = with_a_choice(read_outcomes_of(sources, settings=settings, role=role))
    remarks = list(table.remarks)
    chosen_embedder = embedder or bundled_embedder()
    if router is not None:
        trained = load_router(router, chosen_embedder)
        unknown = [name for name in table.models if name not in trained.models]
        if unknown:
            raise UsageError(
                f"{trained.name} was not trained with {', '.join(unknown)}",
                mend=f"It was with {', '.join(trained.models)}. Leave --router out to fit one.",
            )
        table = apart(table, trained.fitted_on, overlap=overlap, what=trained.name)
        table = _whole(table, remarks)
        predicted, by = trained.scores(table)[:, [trained.models.index(name) for name in table.models]], trained.name
    else:
        # Said before anything is fitted.
        _costs(flag, table.models, settings, [])
        fitted = fit_router(table, chosen_embedder, seed=seed)
        whole = fitted.outcomes.complete
        table, predicted, by = _whole(fitted.outcomes, remarks), fitted.held_out[whole], "held-out predictions"
    costs = _costs(flag, table.models, settings, remarks)
    return _swept(flag, table, predicted, costs, weights, by, remarks)


def _costs(flag: str, models: Sequence[str], settings: Settings, remarks: list[str]) -> tuple[float, ...]:
    """Of each model, 0..1; what is not known is said in ``remarks``."""
    cards = cards_of(settings)
    present = {name: cards[name] for name in models if name in cards}
    told = dict(zip(present, flag_costs(flag, present), strict=True))
    unknown = [name for name in models if told.get(name) is None]
    if len(unknown) == len(models):
        raise UsageError(
            f"the settings do not say what {flag} costs of any model of the table: {', '.join(models)}",
            mend=f"State it of [models.NAME] with the same names: {_KEYS[flag]}.",
        )
    if unknown:
        remarks.append(f"{flag} of {', '.join(unknown)} unknown: taken as {MIDDLE}")
    return tuple(MIDDLE if (cost := told.get(name)) is None else cost for name in models)


def _whole(table: Outcomes, remarks: list[str]) -> Outcomes:
    whole = table.complete
    if not whole.any():
        raise InputError(
            "no row has a score of every model", mend="Sweep the rows of one role (--role), or fewer models."
        )
    if not whole.all():
        remarks.append(f"{int((~whole).sum()):,} rows with a gap left out")
    return table.take(whole)


def _swept(
    flag: str,
    table: Outcomes,
    predicted: Floats,
    costs: tuple[float, ...],
    weights: Sequence[float],
    by: str,
    remarks: Sequence[str],
) -> FlagSweep:
    losses, seen = 1 - table.scores.astype(np.float64), 1 - predicted.astype(np.float64)
    price = np.array(costs)
    shares: list[tuple[float, ...]] = []
    for weight in weights:
        chosen = np.argmin(seen + weight * price, axis=1)
        shares.append(tuple((np.bincount(chosen, minlength=len(costs)) / len(table)).tolist()))
    return FlagSweep(
        flag=flag,
        models=table.models,
        costs=costs,
        points=pareto_sweep(losses, price, predicted=seen, weights=weights),
        shares=tuple(shares),
        accuracy=selection_accuracy(losses, seen),
        rows=len(table),
        predicted_by=by,
        remarks=tuple(remarks),
    )


_KEYS = {
    "size": "params_b",
    "recency": "released",
    "security": "placement and clearance",
    "verbosity": "traits.verbosity",
    "readability": "traits.readability",
    "energy": "energy",
}
