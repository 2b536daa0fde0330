"""What the nodes of a graph share: the core-agent, the way to models, and the live accounts of running runs."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from coreagent.agents.core_agent import ActiveCoreAgent
from coreagent.budget import Budget, Ledger, Spent
from coreagent.events import Event
from coreagent.graphs.calling import ModelCalls
from coreagent.graphs.state import Account, RunOptions
from coreagent.messages import Usage

Emit = Callable[[Event], None]


@dataclass(slots=True)
class LiveRun:
    """The account of one run in this process. The checkpoint holds its snapshot, so a resumed run opens it again."""

    ledger: Ledger
    usage: Usage

    @property
    def account(self) -> Account:
        """Snapshot for the state."""
        return Account(usd=self.ledger.spent.usd, usage=self.usage)


@dataclass(slots=True)
class LiveRuns:
    """Accounts by run id."""

    _open: dict[str, LiveRun] = field(default_factory=dict[str, LiveRun])

    def of(self, options: RunOptions, account: Account) -> LiveRun:
        """The account of this run; opened from its snapshot when this process does not have it yet."""
        run = self._open.get(options.run_id)
        if run is None:
            spent = Spent(account.usd, account.usage.total_tokens, account.usage.calls)
            run = LiveRun(Ledger(options.budget, spent=spent), account.usage)
            self._open[options.run_id] = run
        return run

    def close(self, run_id: str) -> None:
        """Forget an account that is no longer needed."""
        self._open.pop(run_id, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """``defaults`` are the options of a run that was started without any, as when this graph is a node of another.

    ``passages`` bounds the evidence of an answer, ``max_steps`` the calls of a step loop.
    """

    agent: ActiveCoreAgent
    calls: ModelCalls
    live: LiveRuns = field(default_factory=LiveRuns)
    defaults: RunOptions = RunOptions(run_id="")
    passages: int = 12
    max_steps: int = 12

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
