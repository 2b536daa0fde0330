"""Thousands of calls with whatever can go wrong: nothing is leaked, overspent or locked out."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from coreagent.budget import Budget, Ledger
from coreagent.errors import (
    BudgetExceededError,
    ModelError,
    ModelRequestError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
    StreamCutError,
)
from coreagent.messages import Message, Usage
from coreagent.models.budgeted import Budgeted
from coreagent.models.card import ModelCard, Price
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.dispatch.breaker import Breaker, Patience
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.retrying import Retrying
from coreagent.testing import ManualClock

REQUEST = ChatRequest(messages=(Message.user("What is A1?"),), max_tokens=100)
CARD = ModelCard(name="m", adapter="openai_compatible", model="tiny", price=Price(1.0, 1.0))
PATIENCE = Patience(cooldown_s=2, most_s=30)


class Moody:
    """Fails in every way there is, as its dice fall; counts what it was paid for."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.answered = 0
        self.usage = Usage()

    @property
    def card(self) -> ModelCard:
        return CARD

    async def complete(self, request: ChatRequest) -> Completion:
        del request
        for _ in range(self.dice.randrange(4)):
            await asyncio.sleep(0)
        failure = self._failure()
        if failure is not None:
            raise failure
        usage = Usage(self.dice.randrange(1, 10), self.dice.randrange(1, 90), 1)
        self.answered += 1
        self.usage += usage
        return Completion(text="ok", model="m", usage=usage)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        completion = await self.complete(request)
        yield TextDelta("ok")
        if self.dice.random() < 0.1:
            raise StreamCutError("cut", partial="ok", model="m")
        yield completion

    async def close(self) -> None:
        pass

    def _failure(self) -> ModelError | None:
        failures: list[ModelError] = [
            ModelUnreachableError("refused", model="m"),
            ModelServerError("x", status=500, model="m"),
            RateLimitedError("slow down", retry_after_s=self.dice.choice([None, 1.0, 900.0]), model="m"),
            ModelTimeoutError("connection", 1, model="m"),
            ModelTimeoutError("complete answer", 1, model="m"),
            ModelRequestError("too long", status=400, model="m"),
        ]
        return self.dice.choice(failures) if self.dice.random() < 0.3 else None


def dispatched(seed: int, clock: ManualClock) -> tuple[Dispatched, list[Moody]]:
    models = [Moody(seed + number) for number in range(3)]
    endpoints = [
        Endpoint(model, address=f"e{number}", most=5, breaker=Breaker(PATIENCE, now=clock.now), now=clock.now)
        for number, model in enumerate(models)
    ]
    return Dispatched(endpoints), models


async def one(model: ChatModel, dice: random.Random, clock: ManualClock) -> str:
    """A call, whole or streamed, sometimes given up half-way."""
    clock.advance(dice.random() / 10)
    try:
        if dice.random() < 0.5:
            async with asyncio.timeout(0 if dice.random() < 0.05 else None):
                await model.complete(REQUEST)
        else:
            async for _ in model.stream(REQUEST):
                pass
    except (ModelError, BudgetExceededError, TimeoutError) as error:
        return type(error).__name__
    return "answered"


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_leaked_and_nobody_is_locked_out(seed: int) -> None:
    clock, dice = ManualClock(), random.Random(seed)
    model, moods = dispatched(seed, clock)
    ledger = Ledger(Budget(usd=0.02))
    stack = Retrying(Budgeted(model, ledger), max_attempts=3, sleep=clock.sleep)
    ends: list[str] = []

    async def worker() -> None:
        for _ in range(40):
            ends.append(await one(stack, dice, clock))

    await asyncio.gather(*(worker() for _ in range(25)))
    assert {"answered", "BudgetExceededError", "ModelRequestError", "TimeoutError"} <= set(ends)
    assert ledger.spent.usd <= 0.02
    assert (
        ledger.spent.usd
        >= sum(CARD.price.cost_usd(mood.usage.input_tokens, mood.usage.output_tokens) for mood in moods) * 0.95
    )
    assert ledger.reserved.usd == pytest.approx(0, abs=1e-12)
    assert ledger.reserved.usage == Usage()
    assert [endpoint.in_flight for endpoint in model.endpoints] == [0, 0, 0]
    clock.advance(PATIENCE.most_s)
    assert all(endpoint.breaker.admits for endpoint in model.endpoints)
    assert all(mood.answered for mood in moods)
