"""What the nodes of a graph share: the core-agent, the way to models, and the live accounts of running runs."""

import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from coreagent.agents.core_agent import ActiveCoreAgent
from coreagent.agents.guard.seam import Guard
from coreagent.budget import Budget, Ledger, Spent
from coreagent.graphs.calling import ModelCalls
from coreagent.graphs.state import RunOptions
from coreagent.models.dispatch.prewarm import Prewarmer


@dataclass(slots=True)
class LiveRuns:
    """The ledgers of running runs, by run id. The state holds their snapshots, so a resumed run gets its own again."""

    _open: dict[str, Ledger] = field(default_factory=dict[str, Ledger])
    _above: dict[str, Ledger] = field(default_factory=dict[str, Ledger])

    @contextmanager
    def below(self, parent: Ledger, *, run_id: str) -> Generator[None]:
        """Inside the block the ledger of this run stands below ``parent``: each of its calls must fit there too."""
        self._above[run_id] = parent
        try:
            yield
        finally:
            del self._above[run_id]

    def ledger(self, options: RunOptions, spent: Spent) -> Ledger:
        """The ledger of this run; opened with what was ``spent`` when this process does not have it yet."""
        if options.run_id not in self._open:
            parent = self._above.get(options.run_id)
            self._open[options.run_id] = Ledger(options.budget, spent=spent, parent=parent)
        return self._open[options.run_id]

    def close(self, run_id: str) -> None:
        """Forget a ledger that is no longer needed."""
        self._open.pop(run_id, None)


def as_it_is(score: float) -> float:
    """The calibration of a score that needs none."""
    return score


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """``defaults`` are the options of a run that was started without any, as when this graph is a node of another.

    ``passages`` bounds the evidence of an answer, ``max_steps`` the calls of a step loop; ``guess``: an option is named
    where the evidence does not decide. ``calibrate`` turns a verifier's score into the chance in 0..1 that the draft is
    right. ``guard`` gives the risk of each question; None: nobody does. ``prewarmer`` is told which models a plan will
    need.
    """

    agent: ActiveCoreAgent
    calls: ModelCalls
    live: LiveRuns = field(default_factory=LiveRuns)
    defaults: RunOptions = RunOptions(run_id="")
    passages: int = 12
    max_steps: int = 12
    guess: bool = True
    calibrate: Callable[[float], float] = as_it_is
    guard: Guard | None = None
    prewarmer: Prewarmer | None = None

    def options(self, given: RunOptions | None) -> RunOptions:
        """The run's options, with a run id and a start time if it has none."""
        chosen = given or self.defaults
        return replace(
            chosen,
            run_id=chosen.run_id or new_run_id(),
            started=chosen.started or time.time(),
            budget=self.defaults.budget if chosen.budget == Budget() else chosen.budget,
            corpora=chosen.corpora or self.defaults.corpora,
        )


def new_run_id() -> str:
    """A run id that sorts by time: ``20261122-235959-1a2b3c4d``."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:8]}"
