"""Evaluation runs from their plan to their folder: suites found and loaded, systems built, answers stored."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from coreagent.budget import Budget
from coreagent.errors import InputError, SettingsError, UsageError
from coreagent.evals.calls.answer_store import AnswerStore
from coreagent.evals.calls.gate import Gates
from coreagent.evals.plan import RunPlan, SuitePlan
from coreagent.evals.run_folder import Manifest, RunFolder
from coreagent.evals.runner.parts import LoadedSuite, Parts
from coreagent.evals.runner.progress import Report
from coreagent.evals.runner.run import RunResult, resume_run, start_run
from coreagent.evals.suites.catalogue import OWN, expand
from coreagent.evaluation.recipes import RunRecipe, suite_of
from coreagent.models.energy import ENERGY_MEND
from coreagent.models.prices import PRICE_MEND
from coreagent.models.wire import is_object
from coreagent.settings import Environment, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What evaluations are run with: settings, home, and where files and runs are.

    ``data`` None means that of the settings or the environment. ``base`` is what tool files in the settings are
    relative to.
    """

    settings: Settings = field(default_factory=Settings)
    environment: Environment = field(default_factory=Environment)
    home: Path | None = None
    data: Path | None = None
    base: Path | None = None
    replay_only: bool = False

    @property
    def runs(self) -> Path:
        """Folder that the folders of runs are made in."""
        return Path(self.settings.evals.runs).expanduser()

    @property
    def answers_file(self) -> Path:
        """Where answers of endpoints are kept by content, for all runs of this home."""
        return (self.home or self.environment.home) / "evals" / "answers.sqlite"

    def place(self, what: str) -> Path:
        """Where benchmark files are looked for: the folder of the settings, or where ``eval fetch`` puts them.

        Raises:
            InputError: there is no such folder.
        """
        named = self.data or (Path(self.settings.evals.data).expanduser() if self.settings.evals.data else None)
        found = named or self.environment.data or self.fetched
        if not found.exists():
            raise InputError(
                f"nobody said where {what} are" if found == self.fetched else f"there is no folder {found}",
                mend="Name the folder with --data DIR, [evals] data or COREAGENT_DATA; or: coreagent eval fetch SUITE.",
            )
        return found

    @property
    def fetched(self) -> Path:
        """Where ``eval fetch`` keeps what it downloads."""
        return (self.home or self.environment.home) / "evals" / "data"

    def new_folder(self, suites: Sequence[str]) -> Path:
        """A folder for a run that begins today, named by date and suites, that does not exist yet."""
        words = "-".join(name.removeprefix(OWN).replace("/", "-").rsplit(".", 1)[0].strip("-") for name in suites[:2])
        more = f"-and-{len(suites) - 2}-more" if len(suites) > 2 else ""
        stem = f"{time.strftime('%Y-%m-%d')}-{words[:60] or 'run'}{more}"
        number, folder = 1, self.runs / stem
        while folder.exists():
            number += 1
            folder = self.runs / f"{stem}-{number}"
        return folder


def suite_plans(bench: Bench, names: Sequence[str], shared: SuitePlan) -> tuple[SuitePlan, ...]:
    """``shared`` for each suite, with its name and where its files are. Raises as :meth:`Bench.place`."""

    def place(name: str) -> Path:
        if name.startswith(OWN):
            # The run may be resumed from another folder.
            return Path(name.removeprefix(OWN)).expanduser().absolute()
        return bench.place(f"the files of {name}")

    return tuple(replace(shared, suite=name, data=str(place(name))) for name in names)


def load_suites(plans: Sequence[SuitePlan]) -> dict[str, LoadedSuite]:
    """The suites of a plan with their samples.

    Raises:
        UnknownNameError: there is no such suite.
        InputError: its files are not there, or nothing in them can be read.
        UsageError: a suite stands twice.
    """
    loaded: dict[str, LoadedSuite] = {}
    for plan in plans:
        if plan.suite in loaded:
            raise UsageError(f"the suite {plan.suite!r} stands twice", mend="Name it once.")
        found = suite_of(plan)
        loaded[plan.suite] = LoadedSuite(found, found.load(Path(plan.data)))
    return loaded


async def evaluate(
    suites: Sequence[str],
    systems: Sequence[str],
    *,
    bench: Bench | None = None,
    like: RunPlan | None = None,
    limit: int | None = None,
    folder: Path | None = None,
    progress: Report | None = None,
) -> Path:
    """Measure systems on suites, and give the folder of the run: the front door for Python.

    Args:
        suites: names as ``coreagent eval list`` shows them, groups, or ``own:FILE``.
        systems: names as :data:`coreagent.evaluation.systems.KINDS` lists them.
        bench: settings, home, and where files are; defaults when None.
        like: everything else of the plan (epochs, seed, budget ...); its suites and systems are not looked at.
        limit: samples of each suite, drawn with the seed.
        folder: a new one for the run; named by date and suites when None.
        progress: told how the run stands, at most five times a second.

    Raises:
        CoreAgentError: as :func:`begin`. A run that its budget ended raises nothing: :func:`resume` it.
    """
    chosen = bench or Bench()
    names = expand(suites)
    plan = replace(
        like or RunPlan(suites=(), systems=()),
        suites=suite_plans(chosen, names, SuitePlan(suite="", data="", limit=limit)),
        systems=tuple(systems),
    )
    result = await begin(chosen, plan, folder or chosen.new_folder(names), progress=progress)
    return result.folder.path


async def begin(bench: Bench, plan: RunPlan, folder: Path, *, progress: Report | None = None) -> RunResult:
    """Do a whole run in a new folder.

    Raises:
        UsageError: the plan makes no sense, the folder holds a run already, or a system was fitted on its samples.
        InputError: files of a suite can not be read.
        CoreAgentError: whatever building the systems raises.
    """
    run = f"{folder.name}-{time.time_ns():x}"
    suites = load_suites(plan.suites)
    async with _parts(bench, plan, run, suites) as parts:
        _check_prices(plan, plan.budget, parts)
        return await start_run(
            plan,
            suites,
            parts.systems,
            folder,
            run=run,
            retrieve=parts.retrieve,
            progress=progress,
            store=parts.store,
            recipe=parts.recipe,
        )


async def resume(
    bench: Bench,
    folder: Path,
    *,
    progress: Report | None = None,
    budget: Budget | None = None,
    retry_errors: bool = False,
) -> RunResult:
    """Finish a run; ``budget`` replaces its own, ``retry_errors`` tries again what failed or was skipped.

    Raises as :func:`begin`, and when files or systems have changed.
    """
    manifest = RunFolder(folder).manifest()
    suites = load_suites(manifest.plan.suites)
    async with _parts(bench, manifest.plan, manifest.run, suites) as parts:
        _check_prices(manifest.plan, budget or manifest.plan.budget, parts)

        def build(_: Manifest) -> Parts:
            return parts

        return await resume_run(folder, build, progress=progress, budget=budget, retry_errors=retry_errors)


def _check_prices(plan: RunPlan, budget: Budget, parts: Parts) -> None:
    """Refuse a limit of dollars or watt-hours where nobody stated what a model costs: its calls would be refused.

    Raises:
        SettingsError: it names the model and the system.
    """
    wanted = [
        (stated, key, words, mend)
        for unit, stated, key, words, mend in (
            ("usd", "price_usd_per_mtok", "price", "dollars are limited, but nobody stated the price", PRICE_MEND),
            ("wh", "energy_wh_per_mtok", "energy", "watt-hours are limited, but nobody stated those", ENERGY_MEND),
        )
        if getattr(budget, unit) is not None or getattr(plan.sample_budget, unit) is not None
    ]
    for system in parts.systems:
        described = system.description
        for model in (*described.get("models", ()), *filter(None, (described.get("model"),))):
            for stated, key, words, mend in wanted:
                if is_object(model) and model.get("adapter", "builtin") != "builtin" and model.get(stated) is None:
                    raise SettingsError(
                        f"{words} of this model, which {system.name!r} asks",
                        key=f'models."{model["name"]}".{key}',
                        mend=mend,
                    )


@asynccontextmanager
async def _parts(bench: Bench, plan: RunPlan, run: str, suites: Mapping[str, LoadedSuite]) -> AsyncGenerator[Parts]:
    recipe = RunRecipe(
        plan=plan,
        settings=bench.settings,
        home=(bench.home or bench.environment.home).absolute(),
        folder=Path.cwd(),
        base=bench.base,
        run=run,
        replay_only=bench.replay_only,
    )
    with AnswerStore(bench.answers_file) as store:
        async with recipe.made(store, bench.environment, gates=Gates()) as kit:
            yield Parts(suites=suites, systems=kit.systems, retrieve=kit.retrieve, store=store, recipe=recipe)
