"""The account of a whole evaluation, above those of its trials."""

import time
from collections.abc import Callable

from coreagent.budget import Budget, Ledger, Spent
from coreagent.errors import BudgetExceededError
from coreagent.evals.calls.scope import current_scope

EVALUATION = "evaluation"
TRIAL = "trial"
"""Scopes, as in messages. An agent calls its own one ``run``."""


class EvaluationLedger(Ledger):
    """Tells the running trial when it refuses: an agent may make the best of a refusal, and not say whose it was."""

    def __init__(self, budget: Budget, *, spent: Spent, now: Callable[[], float] = time.monotonic) -> None:
        """``spent`` is what the run paid before this process."""
        super().__init__(budget, scope=EVALUATION, spent=spent, now=now)

    def check_time(self) -> None:
        """Refuse when the time is up, for systems that ask no model.

        Raises:
            BudgetExceededError: it is.
        """
        if self.seconds_left <= 0:
            raise self._refusal("seconds", 0)

    def _refusal(self, unit: str, needed: float) -> BudgetExceededError:
        error = super()._refusal(unit, needed)
        if (scope := current_scope()) is not None:
            scope.refused = error
        return error
