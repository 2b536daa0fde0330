import pytest

from coreagent.budget import Budget, Spent
from coreagent.errors import BudgetExceededError
from coreagent.evals.calls.scope import trial_scope
from coreagent.evals.runner.allowances import allowance
from coreagent.evals.runner.ledger import TRIAL, EvaluationLedger
from coreagent.messages import Usage
from coreagent.testing import ManualClock


def test_the_running_trial_hears_of_every_refusal_of_the_evaluation_and_of_no_other() -> None:
    clock = ManualClock()
    ledger = EvaluationLedger(Budget(wh=1.0, seconds=10), spent=Spent(), now=clock.now)
    with trial_scope() as own:
        trial = ledger.child(Budget(wh=0.5), scope=TRIAL)
        with pytest.raises(BudgetExceededError, match="in the trial budget"):
            trial.reserve(Spent(wh=0.75))
        assert own.refused is None
    with trial_scope() as starved:
        with pytest.raises(BudgetExceededError, match="in the evaluation budget") as caught:
            ledger.child(Budget(), scope=TRIAL).reserve(Spent(wh=1.5))
        assert starved.refused is caught.value
    clock.advance(10)
    with trial_scope() as late:
        # A call in flight that the end of the time stops.
        error = ledger.child(Budget(seconds=60), scope=TRIAL).time_is_up()
        assert late.refused is error
    with pytest.raises(BudgetExceededError, match="the time of the evaluation is up"):
        ledger.check_time()
    assert ledger.seconds_left == 0


def test_watt_hours_are_shared_out_and_lost_like_dollars() -> None:
    ledger = EvaluationLedger(Budget(wh=8.0), spent=Spent(wh=4.0))
    first = allowance(ledger, seconds_left=9, part=2)
    assert first.budget == Budget(wh=2.0)
    second = allowance(ledger, seconds_left=9, part=1)
    assert second.budget == Budget(wh=2.0)
    first.settle_lost(Spent(usage=Usage(5, 5, 1), wh=0.5))
    second.settle(Spent(wh=1.0))
    assert ledger.spent.wh == 7.0
    assert ledger.reserved == Spent()
