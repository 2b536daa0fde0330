"""Budgets under fire: parallel calls, retries, failures, cancellations and cut streams never spend more than there is.

    python -m benchmarks.routing.budgets [--calls 4000] [--seed 1]

(a) 40 calls of at most $0.01 are begun at once against $0.05. (b) 4,000 calls of random size in runs of 200, each call
three scopes deep (run, agent, subtask) under limits of dollars, tokens, calls and watt-hours. After every event each
scope is looked at: what is settled and reserved must fit its limits. At the end nothing may be reserved.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from coreagent.budget import Budget, Ledger, Spent
from coreagent.errors import (
    BudgetExceededError,
    ModelError,
    ModelServerError,
    ModelTimeoutError,
    RateLimitedError,
    StreamCutError,
)
from coreagent.messages import Message, Usage
from coreagent.models.budgeted import Budgeted
from coreagent.models.card import Energy, Price
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta, estimate_input_tokens
from coreagent.models.forecast import Forecasts
from coreagent.models.playing import playing
from coreagent.models.retrying import Retrying
from coreagent.models.wrapper import WrappedModel
from coreagent.plans import ROLES
from coreagent.testing import SCRIPTED_CARD, ManualClock, ScriptedModel

RUN = 200
TOLERANCE = 1e-9
CARD = replace(SCRIPTED_CARD, price=Price(1.0, 10.0), energy=Energy(50.0, 400.0), max_output_tokens=1_000)
CENT = replace(SCRIPTED_CARD, price=Price(0.0, 10.0), max_output_tokens=1_000)


@dataclass
class Watch:
    """Every scope of the run at hand, and what became of the calls."""

    scopes: list[Ledger] = field(default_factory=list[Ledger])
    seen: Counter[str] = field(default_factory=Counter[str])
    looks: int = 0
    worst_over: float = 0.0
    """The most that was ever over a limit, as a share of it."""

    def look(self) -> None:
        """Compare every scope with its limits."""
        self.looks += 1
        for scope in self.scopes:
            total = scope.spent + scope.reserved
            for unit in ("usd", "tokens", "calls", "wh"):
                limit = getattr(scope.budget, unit)
                if limit:
                    self.worst_over = max(self.worst_over, getattr(total, unit) / limit - 1)


class Storm(WrappedModel):
    """Fails, hangs and answers as its dice say, within what it is allowed to write."""

    def __init__(self, dice: random.Random, watch: Watch) -> None:
        super().__init__(ScriptedModel([], card=CARD))
        self._dice, self._watch = dice, watch

    async def _wait(self) -> None:
        self._watch.look()
        for _ in range(self._dice.randrange(4)):
            await asyncio.sleep(0)
        self._watch.look()

    def _answer(self, request: ChatRequest) -> Completion:
        most = request.max_tokens or 1
        wanted = max(1, round(self._dice.lognormvariate(4.5, 0.8)))
        sent = round(estimate_input_tokens(request) * self._dice.uniform(0.4, 1.0))
        usage = Usage(sent, min(wanted, most), 1)
        return Completion(text="x", model="storm", finish_reason="stop" if wanted < most else "length", usage=usage)

    def _failure(self) -> ModelError | None:
        chance = self._dice.random()
        failures: tuple[tuple[float, ModelError], ...] = (
            (0.05, ModelServerError("500", status=500)),
            (0.08, RateLimitedError("429", retry_after_s=1)),
            (0.11, ModelTimeoutError("complete answer", 1.0)),
            (0.13, ModelTimeoutError("connection", 1.0)),
        )
        return next((error for bound, error in failures if chance < bound), None)

    async def complete(self, request: ChatRequest) -> Completion:
        """As the dice say."""
        await self._wait()
        if failure := self._failure():
            self._watch.seen["tries that failed"] += 1
            raise failure
        return self._answer(request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """As the dice say, a few words at a time."""
        await self._wait()
        if failure := self._failure():
            self._watch.seen["tries that failed"] += 1
            raise failure
        for _ in range(self._dice.randrange(1, 6)):
            yield TextDelta("word " * self._dice.randrange(1, 120))
            await self._wait()
        if self._dice.random() < 0.15:
            self._watch.seen["streams cut by the server"] += 1
            raise StreamCutError("cut")
        yield self._answer(request)


async def one_call(model: Retrying, request: ChatRequest, role: str, dice: random.Random, watch: Watch) -> None:
    """One call, whole or streamed, some of them left or cancelled on the way; notes how it ended."""
    left_early = dice.random() < 0.2
    try:
        if dice.random() < 0.6:
            ending = await model.complete(request)
            watch.seen["answers cut by a lower limit of ours"] += ending.cut_by_budget
        else:
            async for _ in model.stream(request):
                watch.look()
                if left_early:
                    watch.seen["streams left early"] += 1
                    break
        watch.seen["answered"] += 1
    except BudgetExceededError as error:
        watch.seen[f"refused: {error.limit} of the {error.scope.split()[0]}"] += 1
    except ModelError:
        watch.seen["failed for good"] += 1
    except asyncio.CancelledError:
        watch.seen["cancelled"] += 1
        raise
    finally:
        watch.look()


async def one_run(dice: random.Random, watch: Watch, forecasts: Forecasts, calls: int) -> float:
    """One run of parallel calls; gives what is still reserved at its end, in any scope and unit."""
    usd, wh = dice.uniform(0.05, 0.4), dice.uniform(3, 14)
    limits = Budget(usd=usd, tokens=dice.randrange(20_000, 90_000), wh=wh, calls=dice.randrange(80, 260))
    run = Ledger(limits)
    watch.scopes = [run]
    clock = ManualClock()
    tasks: list[asyncio.Task[None]] = []
    for number in range(calls):
        role = dice.choice(ROLES)
        agent = run.agent(role, Budget(usd=usd * 0.4, tokens=30_000))
        scope = agent.child(
            Budget(usd=dice.uniform(0.002, 0.03), calls=dice.randrange(1, 6)), scope=f"subtask {number}"
        )
        watch.scopes.append(scope)
        request = ChatRequest(messages=(Message.user("q" * dice.randrange(10, 2_000)),))
        model = Retrying(
            Budgeted(Storm(dice, watch), scope, forecasts), max_attempts=dice.randrange(1, 5), sleep=clock.sleep
        )
        with playing(role):
            tasks.append(asyncio.create_task(one_call(model, request, role, dice, watch)))
        if dice.random() < 0.3:
            await asyncio.sleep(0)
        if dice.random() < 0.3:
            dice.choice(tasks).cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sum(
        scope.reserved.usd + scope.reserved.tokens + scope.reserved.calls + scope.reserved.wh for scope in watch.scopes
    )


async def storm(calls: int, seed: int) -> tuple[Watch, float]:
    """All runs; the watch, and what they left reserved."""
    dice, watch, forecasts, leaked = random.Random(seed), Watch(), Forecasts(), 0.0
    for begun in range(0, calls, RUN):
        leaked += await one_run(dice, watch, forecasts, min(RUN, calls - begun))
    return watch, leaked


async def cents() -> tuple[int, Ledger]:
    """40 calls of a cent at once against five cents: how many were made, and the account of them."""
    made, ledger = 0, Ledger(Budget(usd=0.05))

    def answer(request: ChatRequest) -> Completion:
        nonlocal made
        made += 1
        return Completion(text="x", model="cent", usage=Usage(10, request.max_tokens or 0, 1))

    model = Budgeted(ScriptedModel([answer] * 40, card=CENT), ledger)
    request = ChatRequest(messages=(Message.user("?"),))
    await asyncio.gather(*(model.complete(request) for _ in range(40)), return_exceptions=True)
    return made, ledger


def main() -> int:
    """Print both; 1 when a limit was passed or something leaked."""
    parser = argparse.ArgumentParser(description="Budgets under fire.")
    parser.add_argument("--calls", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made, ledger = asyncio.run(cents())
    over = max(0.0, ledger.spent.usd - 0.05)
    print(f"(a) 40 parallel $0.01 calls against $0.05: {made} ran, ${ledger.spent.usd:.2f} spent, ${over:g} over")
    started = time.perf_counter()
    watch, leaked = asyncio.run(storm(options.calls, options.seed))
    seconds = time.perf_counter() - started
    print(f"(b) {options.calls:,} calls, seed {options.seed}, {seconds:.1f} s, {watch.looks:,} looks at every scope")
    for what, count in sorted(watch.seen.items()):
        print(f"      {what}: {count:,}")
    print(f"    most over any limit at any moment: {max(0.0, watch.worst_over):.3g} of it; left reserved: {leaked:g}")
    ok = (
        made == 5
        and not over > TOLERANCE
        and watch.worst_over <= TOLERANCE
        and ledger.reserved == Spent()
        and not leaked
    )
    print("ok" if ok else "FAILED")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
