"""Budgets that can not be overrun: reserve before a call, settle after it.

A :class:`Ledger` holds the limits of one scope and knows its parent (run > agent > subtask). A reservation is taken in
every scope at once, or in none, so parallel calls can never spend the same dollar twice. All of it happens between
two awaits of one event loop, which makes it atomic without a lock.

Dollars, tokens, calls and watt-hours add up. Seconds are wall time, which parallel calls share: a call is refused when
the time is up or its predicted time does not fit, and :attr:`Ledger.seconds_left` is where a running one must stop.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from coreagent.errors import BudgetExceededError, UsageError
from coreagent.messages import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one scope; None means no limit. ``seconds`` is wall time from the ledger's start, ``wh`` watt-hours."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None
    wh: float | None = None


UNLIMITED = Budget()
UNITS = ("usd", "tokens", "calls", "seconds", "wh")
"""What can be limited, as the fields of a :class:`Budget` are called."""


def check_budget(budget: Budget) -> None:
    """Refuse limits that limit nothing.

    Raises:
        UsageError: a limit that is negative or not a number.
    """
    for name in UNITS:
        limit = getattr(budget, name)
        if limit is not None and not limit >= 0:
            raise UsageError(f"a budget of {limit} {name} is no limit", mend="Give a number from 0 up, or nothing.")


@dataclass(frozen=True, slots=True)
class Spent:
    """Amounts used up. Adds up with ``+``."""

    usd: float = 0.0
    usage: Usage = Usage()
    wh: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.usage.total_tokens

    @property
    def calls(self) -> int:
        """Model calls."""
        return self.usage.calls

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.usd + other.usd, self.usage + other.usage, self.wh + other.wh)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.usd - other.usd, self.usage - other.usage, self.wh - other.wh)


_NOTHING = Spent()


class _Sum:
    """Amounts that add up in place: a call books in several scopes, and values made anew each time took longest."""

    __slots__ = ("calls", "count", "input_tokens", "output_tokens", "usd", "wh")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.usd = self.wh = 0.0
        self.input_tokens = self.output_tokens = self.calls = self.count = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def value(self) -> Spent:
        return Spent(self.usd, Usage(self.input_tokens, self.output_tokens, self.calls), self.wh)

    def add(self, amount: Spent) -> None:
        usage = amount.usage
        self.usd += amount.usd
        self.wh += amount.wh
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.calls += usage.calls
        self.count += 1

    def take(self, amount: Spent) -> None:
        if self.count == 1:
            # The last one: what rounding left behind goes with it.
            self._clear()
            return
        usage = amount.usage
        self.usd -= amount.usd
        self.wh -= amount.wh
        self.input_tokens -= usage.input_tokens
        self.output_tokens -= usage.output_tokens
        self.calls -= usage.calls
        self.count -= 1


class Ledger:
    """Account of one scope. Not safe across threads; each run has its own event loop and ledger."""

    def __init__(
        self,
        budget: Budget = UNLIMITED,
        *,
        scope: str = "run",
        parent: "Ledger | None" = None,
        spent: Spent = _NOTHING,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = budget
        self.scope = scope
        self._parent = parent
        self._settled = _Sum()
        if spent is not _NOTHING:
            self._settled.add(spent)
        self._reserved = _Sum()
        self._agents: dict[str, Ledger] = {}
        self._now = now
        self._started = now()

    @property
    def spent(self) -> Spent:
        """What was settled here and in every scope below."""
        return self._settled.value

    @property
    def reserved(self) -> Spent:
        """What running calls may still spend."""
        return self._reserved.value

    @property
    def usd_left(self) -> float:
        """Dollars a new call may reserve, here and in every scope above; infinite without a limit."""
        own = math.inf if self.budget.usd is None else self.budget.usd - self._settled.usd - self._reserved.usd
        return min(own, self._parent.usd_left if self._parent else math.inf)

    @property
    def wh_left(self) -> float:
        """Watt-hours a new call may reserve, here and in every scope above; infinite without a limit."""
        own = math.inf if self.budget.wh is None else self.budget.wh - self._settled.wh - self._reserved.wh
        return min(own, self._parent.wh_left if self._parent else math.inf)

    @property
    def seconds_left(self) -> float:
        """Seconds until the time is up, here or in a scope above, at least 0; infinite without a limit."""
        limit = self.budget.seconds
        own = math.inf if limit is None else max(0.0, limit - (self._now() - self._started))
        return min(own, self._parent.seconds_left if self._parent else math.inf)

    @property
    def limits_money(self) -> bool:
        """True when a dollar limit holds here or above, so that an unknown price must be refused."""
        return self.budget.usd is not None or (self._parent is not None and self._parent.limits_money)

    @property
    def limits_energy(self) -> bool:
        """True when a limit of watt-hours holds here or above, so that an unknown consumption must be refused."""
        return self.budget.wh is not None or (self._parent is not None and self._parent.limits_energy)

    @property
    def left(self) -> dict[str, float]:
        """What a new call may still reserve in this scope alone, by unit; only units that are limited here."""
        budget = self.budget
        if budget is UNLIMITED:
            return {}
        settled, reserved = self._settled, self._reserved
        free = {
            "usd": (budget.usd, settled.usd + reserved.usd),
            "tokens": (budget.tokens, settled.tokens + reserved.tokens),
            "calls": (budget.calls, settled.calls + reserved.calls),
            "seconds": (budget.seconds, self._now() - self._started),
            "wh": (budget.wh, settled.wh + reserved.wh),
        }
        return {unit: max(0.0, limit - used) for unit, (limit, used) in free.items() if limit is not None}

    def child(self, budget: Budget, *, scope: str) -> "Ledger":
        """A scope below this one; its calls count here too."""
        return Ledger(budget, scope=scope, parent=self, now=self._now)

    def agent(self, name: str, budget: Budget) -> "Ledger":
        """The scope of one agent below this one: opened when it is first asked for, and the same one from then on.

        A process that resumes a run opens it anew: then only the scopes above still know what was spent before.
        """
        if name not in self._agents:
            self._agents[name] = self.child(budget, scope=f"agent {name}")
        return self._agents[name]

    def reserve(self, amount: Spent, *, seconds: float = 0.0) -> "Reservation":
        """Set ``amount`` aside in this scope and every one above. ``seconds`` is how long the call will take at least.

        Raises:
            BudgetExceededError: it does not fit somewhere; nothing was set aside anywhere.
        """
        chain = self._chain()
        for ledger in chain:
            ledger._check(amount, seconds)
        for ledger in chain:
            ledger._reserved.add(amount)
        return Reservation(tuple(chain), amount)

    def time_is_up(self) -> BudgetExceededError:
        """The refusal of the scope whose time ends first, for a call that was stopped in flight."""
        first = min(self._chain(), key=lambda ledger: ledger.left.get("seconds", math.inf))
        return first._refusal("seconds", 0)

    def _chain(self) -> list["Ledger"]:
        chain: list[Ledger] = []
        ledger: Ledger | None = self
        while ledger is not None:
            chain.append(ledger)
            ledger = ledger._parent
        return chain

    def _check(self, amount: Spent, seconds: float) -> None:
        budget = self.budget
        if budget is UNLIMITED:
            return
        settled, reserved = self._settled, self._reserved
        if _over(settled.usd + reserved.usd + amount.usd, budget.usd):
            raise self._refusal("usd", amount.usd)
        if _over(settled.tokens + reserved.tokens + amount.tokens, budget.tokens):
            raise self._refusal("tokens", amount.tokens)
        if _over(settled.calls + reserved.calls + amount.calls, budget.calls):
            raise self._refusal("calls", amount.calls)
        if _over(settled.wh + reserved.wh + amount.wh, budget.wh):
            raise self._refusal("wh", amount.wh)
        if budget.seconds is not None:
            elapsed = self._now() - self._started
            if elapsed >= budget.seconds or elapsed + seconds > budget.seconds:
                raise self._refusal("seconds", seconds)

    def _refusal(self, unit: str, needed: float) -> BudgetExceededError:
        left = self.left
        return BudgetExceededError(unit, needed=needed, left=left.pop(unit), scope=self.scope, also_left=left)


def _over(total: float, limit: float | None) -> bool:
    # A rounding error of the additions must not refuse a call that fits exactly.
    return limit is not None and total > limit + 1e-12 * max(1.0, limit)


class Reservation:
    """An amount set aside. Settle it once with what was really spent, or release it; both are safe to repeat."""

    def __init__(self, chain: tuple[Ledger, ...], amount: Spent) -> None:
        self._chain = chain
        self.amount = amount
        self._open = True

    def settle(self, actual: Spent) -> None:
        """Book what was spent and free the rest."""
        if not self._open:
            return
        self._open = False
        for ledger in self._chain:
            ledger._reserved.take(self.amount)  # pyright: ignore[reportPrivateUsage]
            ledger._settled.add(actual)  # pyright: ignore[reportPrivateUsage]

    def release(self) -> None:
        """Free all of it: the call was never made."""
        self.settle(Spent())
