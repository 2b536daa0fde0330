"""How the systems of a run are made, in this process or in another one on any machine."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from coreagent.evals.calls.answers import Answers
from coreagent.evals.calls.gate import Gates
from coreagent.evals.plan import RunPlan, SuitePlan
from coreagent.evals.runner.parts import Kit
from coreagent.evals.suite import Suite
from coreagent.evals.suites.catalogue import OWN, suite
from coreagent.evaluation.systems import Corpora, build_systems
from coreagent.settings import Environment, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecipe:
    """A :class:`coreagent.evals.runner.parts.Recipe` of a plan with somebody's settings.

    ``run`` is who pays; ``folder`` is what relative paths are relative to. Keys are in the settings by the names of
    environment variables alone: each process looks them up in its own environment.
    """

    plan: RunPlan
    settings: Settings
    home: Path
    folder: Path
    base: Path | None = None
    run: str = ""
    replay_only: bool = False

    @property
    def most_workers(self) -> int:
        """The lowest number of calls at once of the models that systems name, or of all when an agent may ask any."""
        named = [name.partition(":") for name in self.plan.systems]
        used = {rest for kind, _, rest in named if kind == "model"}
        agents = any(kind in ("core", "graph") for kind, _, _ in named)
        asked = [model.concurrency for name, model in self.settings.models.items() if agents or name in used]
        return min(asked, default=self.plan.concurrency)

    @asynccontextmanager
    async def open(self, answers: Answers, *, seat: int, seats: int) -> AsyncGenerator[Kit]:
        """The systems in a process that does nothing else."""
        if self.folder.is_dir():
            os.chdir(self.folder)
        async with self.made(answers, Environment(), gates=Gates(seat=seat, seats=seats)) as kit:
            yield kit

    @asynccontextmanager
    async def made(self, answers: Answers, environment: Environment, *, gates: Gates) -> AsyncGenerator[Kit]:
        """The systems, closed at the end of the block. Raises as :func:`build_systems`."""
        plan = self.plan
        suites = {part.suite: suite_of(part) for part in plan.suites}
        corpora = Corpora(self.settings, environment, home=self.home, names=plan.corpora)
        try:
            systems = build_systems(
                plan.systems,
                self.settings,
                environment,
                home=self.home,
                run=self.run,
                store=answers,
                replay_only=self.replay_only,
                seed=plan.seed,
                corpora=plan.corpora,
                base=self.base,
                gates=gates,
            )
            try:
                yield Kit(suites=suites, systems=systems, retrieve=corpora.passages if plan.rag != "off" else None)
            finally:
                for system in systems:
                    await system.close()
        finally:
            corpora.close()


def suite_of(plan: SuitePlan) -> Suite:
    """The suite of a plan. A file of one's own is where the plan says, whatever folder the run is resumed from.

    Raises:
        UnknownNameError: there is no such suite.
        InputError: a file of one's own is not there.
    """
    own = plan.suite.startswith(OWN) and plan.suite != OWN
    return suite(f"{OWN}{plan.data}" if own else plan.suite)
