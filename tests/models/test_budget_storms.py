"""Whatever happens to many calls at once, no scope is ever over a limit, and nothing stays reserved."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from coreagent.models.card import Energy, ModelCard, Price
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta, estimate_input_tokens
from coreagent.models.forecast import Forecasts
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.models.retrying import Retrying
from coreagent.models.timeouts import Timeouts
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import SCRIPTED_CARD, ManualClock, ScriptedModel
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import HTML, MALFORMED_JSON, RATE_LIMITED, SERVER_ERROR, Computed, Cut, Reply, Stall

CARD = replace(SCRIPTED_CARD, price=Price(1.0, 10.0), energy=Energy(50.0, 400.0), max_output_tokens=200)
FAILURES = (
    ModelServerError("500", status=500),
    RateLimitedError("429", retry_after_s=1),
    ModelTimeoutError("complete answer", 1.0),
    ModelTimeoutError("connection", 1.0),
)


class Watch:
    """Looks at every scope, as often as it is told."""

    def __init__(self, *scopes: Ledger) -> None:
        self.scopes = [*scopes]

    def look(self) -> None:
        for scope in self.scopes:
            total, limits = scope.spent + scope.reserved, scope.budget
            assert limits.usd is None or total.usd <= limits.usd + 1e-9
            assert limits.wh is None or total.wh <= limits.wh + 1e-9
            assert limits.tokens is None or total.tokens <= limits.tokens
            assert limits.calls is None or total.calls <= limits.calls

    def nothing_reserved(self) -> bool:
        return all(scope.reserved == Spent() for scope in self.scopes)


def written(request: ChatRequest, dice: random.Random) -> Completion:
    most, wanted = request.max_tokens or 1, dice.randrange(1, 260)
    usage = Usage(int(estimate_input_tokens(request) * dice.uniform(0.5, 1)), min(most, wanted), 1)
    return Completion(text="a b c", model="m", finish_reason="length" if wanted > most else "stop", usage=usage)


class Storm(WrappedModel):
    def __init__(self, dice: random.Random, watch: Watch) -> None:
        super().__init__(ScriptedModel([], card=CARD))
        self._dice, self._watch = dice, watch

    async def _wait(self) -> None:
        for _ in range(self._dice.randrange(3)):
            self._watch.look()
            await asyncio.sleep(0)
        if self._dice.random() < 0.2:
            raise self._dice.choice(FAILURES)

    async def complete(self, request: ChatRequest) -> Completion:
        await self._wait()
        return written(request, self._dice)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        await self._wait()
        for _ in range(self._dice.randrange(4)):
            yield TextDelta("word " * self._dice.randrange(60))
            await self._wait()
        if self._dice.random() < 0.2:
            raise StreamCutError("cut")
        yield written(request, self._dice)


async def one_call(model: ChatModel, request: ChatRequest, watch: Watch, *, stream: bool, leave: bool) -> str:
    try:
        if not stream:
            await model.complete(request)
        else:
            async for _ in model.stream(request):
                watch.look()
                if leave:
                    break
        return "answered"
    except BudgetExceededError as error:
        return error.limit
    except ModelError:
        return "failed"
    finally:
        watch.look()


LIMITS = st.builds(
    Budget,
    usd=st.none() | st.floats(0, 0.05),
    tokens=st.none() | st.integers(0, 6_000),
    calls=st.none() | st.integers(0, 20),
    wh=st.none() | st.floats(0, 2),
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), run=LIMITS, agents=st.lists(LIMITS, min_size=1, max_size=3), each=LIMITS)
def test_no_scope_is_ever_over_and_nothing_leaks(seed: int, run: Budget, agents: list[Budget], each: Budget) -> None:
    dice = random.Random(seed)
    top, forecasts, clock = Ledger(run), Forecasts(), ManualClock()
    below = [top.agent(str(number), budget) for number, budget in enumerate(agents)]
    watch = Watch(top, *below)

    async def all_of_them() -> None:
        tasks: list[asyncio.Task[str]] = []
        for number in range(40):
            scope = dice.choice(below).child(each, scope=f"subtask {number}")
            watch.scopes.append(scope)
            model = Retrying(
                Budgeted(Storm(dice, watch), scope, forecasts), max_attempts=dice.randrange(1, 4), sleep=clock.sleep
            )
            request = ChatRequest(messages=(Message.user("q" * dice.randrange(600)),))
            call = one_call(model, request, watch, stream=dice.random() < 0.5, leave=dice.random() < 0.3)
            tasks.append(asyncio.create_task(call))
            if dice.random() < 0.4:
                await asyncio.sleep(0)
            if dice.random() < 0.2:
                dice.choice(tasks).cancel()
        for ending in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ending, (str, asyncio.CancelledError)), ending

    asyncio.run(all_of_them())
    watch.look()
    assert watch.nothing_reserved()


async def test_forty_parallel_cents_against_five() -> None:
    ledger = Ledger(Budget(usd=0.05))
    card = replace(CARD, price=Price(0.0, 50.0))

    def whole(request: ChatRequest) -> Completion:
        return Completion(text="a", model="m", usage=Usage(9, request.max_tokens or 0, 1))

    model = ScriptedModel([whole] * 40, card=card)
    request = ChatRequest(messages=(Message.user("?"),))
    endings = await asyncio.gather(
        *(one_call(Budgeted(model, ledger), request, Watch(ledger), stream=False, leave=False) for _ in range(40))
    )
    assert (endings.count("answered"), endings.count("usd")) == (5, 35)
    assert len(model.calls) == 5
    assert ledger.spent.usd == pytest.approx(0.05)
    assert ledger.reserved == Spent()


async def test_over_a_real_socket_with_a_server_that_fails() -> None:
    dice = random.Random(3)

    def answer(body: dict[str, object]) -> Reply:
        most, sent = body["max_tokens"], len(str(body["messages"])) // 6
        assert isinstance(most, int)
        return Completion(text="a b c", model="m", usage=Usage(sent, dice.randrange(1, most + 1), 1))

    faults: list[Reply] = [SERVER_ERROR, RATE_LIMITED, MALFORMED_JSON, HTML, Cut("half of it"), Stall(0.5)]
    replies: list[Reply] = [dice.choice(faults) if dice.random() < 0.4 else Computed(answer) for _ in range(400)]
    run = Ledger(Budget(usd=0.08, wh=3.0, tokens=9_000))
    watch, forecasts, clock = Watch(run), Forecasts(), ManualClock()
    card: ModelCard = replace(CARD, name="m", model="m", adapter="openai_compatible")
    async with OpenAIServer(replies) as server:
        model = OpenAICompatibleModel(card, base_url=server.base_url, timeouts=Timeouts(total_s=0.2))

        async def one(number: int) -> str:
            scope = run.child(Budget(usd=0.006), scope=f"subtask {number}")
            watch.scopes.append(scope)
            stack = Retrying(Budgeted(model, scope, forecasts), max_attempts=3, sleep=clock.sleep)
            request = ChatRequest(messages=(Message.user("q" * dice.randrange(10, 400)),))
            return await one_call(stack, request, watch, stream=number % 2 == 0, leave=number % 10 == 0)

        tasks = [asyncio.create_task(one(number)) for number in range(120)]
        await asyncio.sleep(0.05)
        for task in tasks[::17]:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
        await model.close()
    watch.look()
    assert watch.nothing_reserved()
    assert endings.count("answered") > 5
    assert sum(endings.count(unit) for unit in ("usd", "wh", "tokens")) > 5
