"""A whole run: from a plan to a folder with every trial in it, at once or in as many sittings as it takes."""

import gc
import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coreagent.budget import Budget, Spent
from coreagent.errors import UsageError
from coreagent.evals.calls.answer_store import AnswerStore
from coreagent.evals.plan import RunPlan
from coreagent.evals.run_folder import Manifest, RunFolder
from coreagent.evals.runner.asking import Conduct
from coreagent.evals.runner.engines import Engine, open_engine
from coreagent.evals.runner.fitted import Fitted, fitted_rows, of_baselines, refuse_fitted, remarks_on
from coreagent.evals.runner.ledger import EvaluationLedger
from coreagent.evals.runner.log import FolderLock, LogWriter
from coreagent.evals.runner.manifest import check_same, make_manifest, write_run
from coreagent.evals.runner.parts import LoadedSuite, Parts, Recipe, Retrieve
from coreagent.evals.runner.progress import Counting, Progress, Report
from coreagent.evals.runner.trials import Trial, Trials
from coreagent.evals.system import System
from coreagent.evals.trials import Outcome, TrialKey, TrialRecord
from coreagent.messages import Usage

_FAILED: frozenset[Outcome] = frozenset(("error", "skipped"))
Build = Callable[[Manifest], Parts | Awaitable[Parts]]
"""Makes again what a run began with. The manifest has the plan and the run's name, which its systems pay under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run, or this sitting of it, ended.

    ``unfinished`` trials have no record: because ``refused`` (the budget's words) or systems were ``stopped`` (why, by
    name). ``usd`` is what the run paid in all sittings. ``remarks`` are sentences for the user.
    """

    folder: RunFolder
    trials: int
    recorded: int
    usd: float
    refused: str = ""
    stopped: Mapping[str, str] = field(default_factory=dict[str, str])
    progress: tuple[Progress, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def unfinished(self) -> int:
        """Trials that a resume would do."""
        return self.trials - self.recorded


async def start_run(
    plan: RunPlan,
    suites: Mapping[str, LoadedSuite],
    systems: Sequence[System],
    folder: Path,
    *,
    run: str = "",
    retrieve: Retrieve | None = None,
    progress: Report | None = None,
    store: AnswerStore | None = None,
    recipe: Recipe | None = None,
) -> RunResult:
    """Begin a run in a new folder, and do all of it.

    ``run`` is the name under which its systems pay for answers; without one it is the folder's. ``recipe`` makes the
    same systems in other processes, for a plan whose engine is Ray.

    Raises:
        UsageError: the plan makes no sense, the folder holds a run already, a system was fitted on samples of it, or
            the plan's engine is not installed.
        RunError: the folder can not be written, another process writes it, or there is no cluster to be reached.
    """
    place = RunFolder(folder)
    _refuse_a_run(place)
    # Before there is a folder: a plan that makes no sense leaves none behind.
    parts = Parts(suites=suites, systems=systems, retrieve=retrieve, store=store, recipe=recipe)
    trials, dropped = _trials(plan, parts)
    with FolderLock(folder):
        _refuse_a_run(place)
        remarks = tuple(
            f"{len(rows)} samples of {suite} are left out: system {system!r} was fitted on them"
            for (suite, system), rows in dropped.items()
        )
        with open_engine(plan, parts, trials) as engine:
            manifest = make_manifest(plan, trials, systems, suites=suites, run=run or folder.name)
            write_run(place, manifest, trials, suites=suites, remarks=remarks_on(dropped))
            # A log without a manifest is of a run that never began.
            place.log_file.unlink(missing_ok=True)
            return await _sitting(
                place, manifest, parts, trials=trials, engine=engine, progress=progress, remarks=remarks
            )


def _refuse_a_run(place: RunFolder) -> None:
    if place.manifest_file.exists():
        raise UsageError(f"{place.path} holds a run already", mend="Resume it, or name another folder.")


async def resume_run(
    folder: Path,
    build: Build,
    *,
    progress: Report | None = None,
    budget: Budget | None = None,
    retry_errors: bool = False,
) -> RunResult:
    """Do what is left of a run. ``budget`` replaces the plan's; its seconds count from now, the rest from the start.

    With ``retry_errors`` also what failed or was skipped; its new record takes the place of the old one, which stays in
    the log.

    Raises:
        InputError: the folder holds no run, or a damaged one.
        UsageError: files or systems are not those that it began with.
        RunError: the folder can not be written, or another process writes it.
    """
    place = RunFolder(folder)
    manifest = place.manifest()
    with FolderLock(folder):
        made = build(manifest)
        parts = await made if inspect.isawaitable(made) else made
        check_same(manifest, parts.suites, parts.systems)
        trials, _ = _trials(manifest.plan, parts)
        with open_engine(manifest.plan, parts, trials) as engine:
            return await _sitting(
                place,
                manifest,
                parts,
                trials=trials,
                engine=engine,
                progress=progress,
                budget=budget,
                retry_errors=retry_errors,
            )


def _trials(plan: RunPlan, parts: Parts) -> tuple[Trials, Fitted]:
    """The trials of a plan, and the rows left out of them because a system was fitted on those."""
    if plan.rag != "off" and parts.retrieve is None:
        raise UsageError("passages are asked for, but there is nothing to look them up in", mend="Name a corpus.")
    names = [system.name for system in parts.systems]
    every = tuple(replace(part, limit=None) for part in plan.suites) if plan.exclude_fitted else plan.suites
    trials = Trials(replace(plan, suites=every, shots=0), parts.suites, names)
    _, fitted = of_baselines(fitted_rows(trials.suites, parts.systems))
    if not plan.exclude_fitted:
        refuse_fitted(fitted)
    without = {row.fingerprint for rows in fitted.values() for row in rows}
    trials = Trials(plan, parts.suites, names, without=without)
    aside, _ = of_baselines(fitted_rows(trials.suites, parts.systems))
    trials.survey(parts.systems)
    trials.spare(aside)
    return trials, {**fitted, **aside}


async def _sitting(
    place: RunFolder,
    manifest: Manifest,
    parts: Parts,
    *,
    trials: Trials,
    engine: Engine,
    progress: Report | None,
    budget: Budget | None = None,
    remarks: tuple[str, ...] = (),
    retry_errors: bool = False,
) -> RunResult:
    """Do the trials that have no record yet, or none but a failure."""
    plan = manifest.plan
    with LogWriter(place) as log:
        counting = Counting(trials.totals(), progress)
        done = _recorded(place, counting, but=_FAILED if retry_errors else frozenset())
        paid = _paid(place)
        if parts.store is not None:
            # It also has what was paid for trials that were never recorded; watt-hours stand in the log alone.
            paid = replace(parts.store.paid(manifest.run), wh=paid.wh)
        ledger = EvaluationLedger(budget or plan.budget, spent=paid)

        def record(made: TrialRecord) -> None:
            log.append(made)
            counting.recorded(made)

        # Samples and modules stay to the end; looking through them for garbage took an eighth of a run's time.
        gc.freeze()
        counting.tell()
        try:
            ended = await engine(
                _left(trials, done),
                {system.name: system for system in parts.systems},
                conduct=Conduct.of(plan, parts.retrieve),
                ledger=ledger,
                record=record,
                concurrency=plan.concurrency,
            )
        finally:
            gc.unfreeze()
            counting.tell()
    return RunResult(
        folder=place,
        trials=manifest.trials,
        recorded=counting.done,
        usd=ledger.spent.usd,
        refused=ended.refused,
        stopped=ended.stopped,
        progress=counting.rows(),
        remarks=(*remarks, *ended.remarks),
    )


def _recorded(place: RunFolder, counting: Counting, *, but: frozenset[Outcome]) -> frozenset[TrialKey]:
    """Trials that the log has and that are not to be tried again."""
    done: set[TrialKey] = set()
    for record in place.records():
        if record.outcome not in but:
            done.add(record.key)
            counting.recorded_earlier(record)
    return frozenset(done)


def _paid(place: RunFolder) -> Spent:
    """What was paid for calls by the log's account."""
    costs: list[float] = []
    energy: list[float] = []
    usage = Usage()
    for record in place.tries():
        for call in record.calls:
            if not call.replayed:
                costs.append(call.usd)
                energy.append(call.wh)
                usage += Usage(call.input_tokens, call.output_tokens, 1)
    return Spent(math.fsum(costs), usage, math.fsum(energy))


def _left(trials: Trials, done: frozenset[TrialKey]) -> Iterable[Trial]:
    return (trial for trial in trials if trial.key not in done) if done else trials
