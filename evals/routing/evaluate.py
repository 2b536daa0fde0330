"""Routers evaluated on recorded outcomes: every figure with its interval, beside the lines that always stand there."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from coreagent.errors import UsageError
from coreagent.evals.routing.figures import RESAMPLES, Measured, Yardstick, estimates
from coreagent.evals.statistics import SEED, Comparison, Estimate, compare_means, holm
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.replay.curves import Curve, aiq
from coreagent.routing.replay.expected import means
from coreagent.routing.replay.played import Played
from coreagent.routing.replay.references import references
from coreagent.routing.replay.replaying import Contestant, replay, replay_splits
from coreagent.routing.replay.splits import Overlap, Split, apart, folds

MOST_DRAWN = 50_000_000
"""Numbers that the bootstrap of one line draws at most; more rows get fewer resamples, never under 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A router that is fitted: ``fit`` makes it of rows that it is then not measured on."""

    name: str
    fit: Callable[[Outcomes], Contestant]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """One model of the table: mean score and dollars of what is known of it, and how many rows have its score."""

    name: str
    quality: float
    usd: float
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way of choosing. An estimate that can not be drawn has the value NaN.

    ``usd``, ``seconds`` and ``regret`` (to the oracle's score) are means of a prompt; a refusal scores 0 and costs
    nothing. ``apgr``, ``cpt50`` and ``cpt80`` are over shares of strong calls, with more than two models over the way
    from the cost of the weak model to that of the strong; ``aiq`` and ``area`` (the same without the hull) over the
    range of the single models' costs, or over shares where nothing has a price. They are of all thresholds on what a
    trained router predicts, other lines have ``aiq`` and ``area`` of their one point. ``shares`` are of all calls.
    ``against_best`` is the paired test against the best single model, ``adjusted_p`` Holm's over the policies.
    """

    name: str
    kind: Literal["reference", "policy"]
    quality: Estimate
    usd: Estimate
    usd_per_solved: Estimate
    seconds: Estimate
    regret: Estimate
    apgr: Estimate
    cpt50: Estimate
    cpt80: Estimate
    aiq: Estimate
    area: Estimate
    shares: Mapping[str, float]
    calls: float
    gaps: int
    refused: int
    against_best: Comparison | None = None
    adjusted_p: float | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingReport:
    """All of it. ``measured`` says in words which rows were measured and on which others things were chosen."""

    rows: int
    prompts: int
    models: tuple[ModelLine, ...]
    weak: str
    strong: str
    lines: tuple[Line, ...]
    measured: str
    remarks: tuple[str, ...] = ()
    data_hash: str = ""
    resamples: int = RESAMPLES
    mixed_aiq: float = math.nan
    """AIQ of tossing coins between single models, which needs no router (RouterBench's zero router)."""

    def line(self, name: str) -> Line:
        """The line of that name, or of the reference that begins so. Raises KeyError when there is none."""
        for line in self.lines:
            if line.name == name or (line.kind == "reference" and line.name.startswith(f"{name}:")):
                return line
        raise KeyError(name)


def evaluate_routing(
    outcomes: Outcomes,
    contestants: Sequence[Contestant | Recipe],
    *,
    fitting: Outcomes | None = None,
    fold_count: int = 0,
    overlap: Overlap = "refuse",
    complete: bool = False,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> RoutingReport:
    """Replay each contestant and the references on the same rows.

    Args:
        outcomes: the rows that are measured.
        contestants: policies as they are, and recipes for what must be fitted first.
        fitting: other rows: recipes are fitted, single models and bounds chosen, and costs learned on them.
        fold_count: instead of those, this many folds of the table itself, each measured with the others to fit on.
        overlap: what happens to rows that a contestant was fitted on, or that stand in ``fitting``: refuse, or drop
            them for all.
        complete: only rows that have a score of every model.
        seed: of folds and random routers.
        resamples: of each interval.

    Raises:
        UsageError: two contestants of one name, a recipe without rows to fit on, ``fitting`` and folds at once, an
            overlap that is refused, or no row is left.
        InputError: ``fitting`` lacks a model of the table, or a row has a role that is none.
    """
    _check(contestants, fitting, fold_count)
    table, remarks = _measured_rows(outcomes, contestants, fitting, overlap=overlap, complete=complete)
    splits: tuple[Split, ...] = ()
    if fold_count:
        splits = folds(table, fold_count, seed=seed)
    elif fitting is not None:
        splits = (Split(np.arange(len(table)), fitting.only(table.models)),)
    standing = references(table, splits, seed=seed)
    plays = [_play(table, contestant, splits) for contestant in contestants]
    resamples = min(resamples, max(100, MOST_DRAWN // len(table)))
    yardstick = Yardstick.of(table)
    found = estimates(
        [Measured(played, standing[-1], yardstick) for played in (*standing, *plays)], table.groups, resamples=resamples
    )
    lines = [
        _line(played, "policy" if place >= len(standing) else "reference", table, standing[0], figures)
        for place, (played, figures) in enumerate(zip((*standing, *plays), found, strict=True))
    ]
    return RoutingReport(
        rows=len(table),
        prompts=len(np.unique(table.groups)),
        models=_models(table),
        weak=table.models[yardstick.weak],
        strong=table.models[yardstick.strong],
        lines=_adjusted(lines),
        measured=_how(fitting, fold_count),
        remarks=(*table.remarks, *remarks, *_warnings(table, yardstick)),
        data_hash=table.data_hash,
        resamples=resamples,
        mixed_aiq=_mixed(table) if yardstick.priced else math.nan,
    )


def _mixed(table: Outcomes) -> float:
    quality, usd = means(table.scores), means(table.usd)
    whole = Curve.through(*zip(usd.tolist(), quality.tolist(), strict=True))
    return aiq(whole, float(usd.min()), float(usd.max()))


def _check(contestants: Sequence[Contestant | Recipe], fitting: Outcomes | None, fold_count: int) -> None:
    names = [contestant.name for contestant in contestants]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two policies are called {twice!r}", mend="Name each once.")
    if fitting is not None and fold_count:
        raise UsageError("rows to fit on and folds were both asked for", mend="Choose one of the two.")
    recipe = next((contestant for contestant in contestants if isinstance(contestant, Recipe)), None)
    if recipe is not None and fitting is None and not fold_count:
        raise UsageError(f"{recipe.name} has no rows to be fitted on", mend="Give a table to fit on, or ask for folds.")


def _measured_rows(
    outcomes: Outcomes,
    contestants: Sequence[Contestant | Recipe],
    fitting: Outcomes | None,
    *,
    overlap: Overlap,
    complete: bool,
) -> tuple[Outcomes, tuple[str, ...]]:
    table = outcomes
    if complete:
        table = table.take(table.complete)
        if not len(table):
            raise UsageError("no row has a score of every model", mend="Measure rows with gaps too, or fewer models.")
    whole = len(table)
    for contestant in contestants:
        if isinstance(contestant, Contestant):
            table = apart(table, contestant.rows_fitted_on(), overlap=overlap, what=contestant.name)
    if fitting is not None:
        table = apart(table, fitting.fingerprints(), overlap=overlap, what="something")
    remarks = [f"{len(outcomes) - whole:,} rows without a score of every model left out"] if complete else []
    if len(table) < whole:
        remarks.append(f"{whole - len(table):,} rows left out that something here was fitted on")
    return table, tuple(remarks)


def _play(table: Outcomes, contestant: Contestant | Recipe, splits: Sequence[Split]) -> Played:
    if isinstance(contestant, Recipe):
        played = replay_splits(table, splits, contestant.fit)
    elif splits:
        played = replay_splits(table, splits, lambda _: contestant)
    else:
        played = replay(table, contestant)
    return replace(played, name=contestant.name)


def _line(
    played: Played,
    kind: Literal["reference", "policy"],
    table: Outcomes,
    best: Played,
    found: Mapping[str, Estimate],
) -> Line:
    remarks = played.remarks
    if played.gaps:
        remarks += (f"{played.gaps:,} choices have no recorded score, so its figures are of the other rows",)
    if played.refused.any():
        remarks += (f"refused {int(played.refused.sum()):,} rows, which count as not solved",)
    figures: dict[str, Any] = dict(found)
    return Line(
        name=played.name,
        kind=kind,
        **figures,
        shares=dict(zip(table.models, played.shares().tolist(), strict=True)),
        calls=float(played.calls.sum() / len(table)),
        gaps=played.gaps,
        refused=int(played.refused.sum()),
        against_best=None if played is best else _against(played, best, table),
        remarks=remarks,
    )


def _against(played: Played, best: Played, table: Outcomes) -> Comparison | None:
    """Sign flips of whole groups, so that rows of one prompt are not taken for independent."""
    known = ~(np.isnan(played.scores) | np.isnan(best.scores))
    if not known.any():
        return None
    names, places = np.unique(table.groups[known], return_inverse=True)
    scale = len(names) / int(known.sum())
    sums = [np.bincount(places, weights=of.scores[known]).astype(np.float64) * scale for of in (played, best)]
    return compare_means(sums[0], sums[1])


def _adjusted(lines: Sequence[Line]) -> tuple[Line, ...]:
    tested = [line for line in lines if line.kind == "policy" and line.against_best is not None]
    adjusted = holm([line.against_best.p_value for line in tested if line.against_best])
    by_name = dict(zip((line.name for line in tested), adjusted, strict=True))
    return tuple(replace(line, adjusted_p=by_name.get(line.name)) if line.kind == "policy" else line for line in lines)


def _models(table: Outcomes) -> tuple[ModelLine, ...]:
    quality, usd, known = means(table.scores).tolist(), means(table.usd).tolist(), table.known.sum(axis=0).tolist()
    return tuple(
        ModelLine(name=name, quality=quality[column], usd=usd[column], known=known[column])
        for column, name in enumerate(table.models)
    )


def _how(fitting: Outcomes | None, fold_count: int) -> str:
    if fold_count:
        return f"{fold_count} folds: everything fitted or chosen was so on the other folds"
    if fitting is not None:
        return f"everything fitted or chosen was so on {len(fitting):,} other rows"
    return "the best single model and the bounds of prompt length are chosen on the rows they are measured on"


def _warnings(table: Outcomes, yardstick: Yardstick) -> tuple[str, ...]:
    remarks: list[str] = []
    missing = int((~table.known).sum())
    if missing:
        remarks.append(
            f"{missing:,} of {table.known.size:,} scores are missing; curves use {len(yardstick.rows):,} rows"
        )
    if np.isnan(table.usd).all():
        remarks.append(
            "no dollars are known: costs are shares of calls, and the better model is taken to be the dearer"
        )
    elif not yardstick.priced:
        unpriced = [name for name, usd in zip(table.models, means(table.usd).tolist(), strict=True) if math.isnan(usd)]
        remarks.append(f"no dollars are known of {', '.join(unpriced)}, which no policy may then choose")
    if len(np.unique(table.groups)) < len(table):
        remarks.append("some prompts stand several times: their rows are drawn, parted and tested together")
    return tuple(remarks)
