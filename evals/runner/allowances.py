"""Parts of an evaluation's budget that workers spend out of sight, set aside before and settled after."""

from dataclasses import dataclass

from coreagent.budget import UNLIMITED, Budget, Ledger, Reservation, Spent
from coreagent.messages import Usage


@dataclass(frozen=True, slots=True)
class Allowance:
    """``budget`` may be spent by a worker; as much is reserved where it is taken from."""

    budget: Budget
    reservation: Reservation

    def settle(self, spent: Spent) -> None:
        """Book what was spent and free the rest."""
        self.reservation.settle(spent)

    def settle_lost(self, known: Spent) -> None:
        """Book all of it: the worker died, and nobody knows how much more than ``known`` it had spent."""
        whole, usage = self.reservation.amount, known.usage
        unknown = max(0, whole.tokens - known.tokens)
        most = Usage(usage.input_tokens + unknown, usage.output_tokens, max(whole.calls, usage.calls))
        self.reservation.settle(Spent(max(whole.usd, known.usd), most, max(whole.wh, known.wh)))


def allowance(ledger: Ledger, *, seconds_left: float, part: int) -> Allowance:
    """One ``part``-th of what is left of each limit (all of it when 1), and all of the time that is left.

    Raises:
        BudgetExceededError: more is spent already than may be, or the time is up.
    """
    budget = ledger.budget
    if budget == UNLIMITED:
        return Allowance(UNLIMITED, ledger.reserve(Spent()))
    spent, reserved = ledger.spent, ledger.reserved
    usd = None if budget.usd is None else max(0.0, budget.usd - spent.usd - reserved.usd) / part
    tokens = None if budget.tokens is None else max(0, budget.tokens - spent.tokens - reserved.tokens) // part
    calls = None if budget.calls is None else max(0, budget.calls - spent.calls - reserved.calls) // part
    wh = None if budget.wh is None else max(0.0, budget.wh - spent.wh - reserved.wh) / part
    seconds = None if budget.seconds is None else seconds_left
    reservation = ledger.reserve(Spent(usd or 0.0, Usage(tokens or 0, 0, calls or 0), wh or 0.0))
    return Allowance(Budget(usd=usd, tokens=tokens, calls=calls, seconds=seconds, wh=wh), reservation)
