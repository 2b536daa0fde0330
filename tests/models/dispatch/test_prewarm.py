import asyncio
from collections.abc import Callable

from coreagent.budget import Budget, Ledger
from coreagent.errors import ModelUnreachableError
from coreagent.messages import Usage
from coreagent.models.card import FREE, UNKNOWN_PRICE, ModelCard, Price
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.dispatch.health import Health
from coreagent.models.dispatch.prewarm import Prewarmer
from coreagent.models.dispatch.residency import Home, Residency
from coreagent.models.dispatch.resident import Resident
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import ManualClock, ScriptedModel, Step

HERE = "http://127.0.0.1:11434/v1"
READY = Completion(text="", model="m", finish_reason="length", usage=Usage(10, 1, 1))


class Slow(WrappedModel):
    """Answers once ``go`` is set."""

    def __init__(self, steps: list[Step], card: ModelCard, go: asyncio.Event) -> None:
        self.script = ScriptedModel(steps, card=card)
        super().__init__(self.script)
        self._go = go

    async def complete(self, request: ChatRequest) -> Completion:
        await self._go.wait()
        return await super().complete(request)


class Bench:
    def __init__(self, *names: str, slots: int | None = None, price: Price = FREE, step: Step = READY) -> None:
        self.go = asyncio.Event()
        self.residency = Residency(
            {name: Home(addresses=(HERE,), load_s=10, slots=slots) for name in names}, now=ManualClock().now
        )
        cards = [ModelCard(name=name, adapter="scripted", model=name, price=price) for name in (*names, "always")]
        self.scripts = {card.name: Slow([step] * 3, card, self.go) for card in cards}
        models = {name: Resident(slow, self.residency, address=HERE) for name, slow in self.scripts.items()}
        self.health = Health(now=ManualClock().now)
        get: Callable[[str], Resident] = models.__getitem__
        self.prewarmer = Prewarmer(get, self.residency, self.health)

    def calls(self, name: str) -> tuple[ChatRequest, ...]:
        return self.scripts[name].script.calls

    async def settle(self) -> None:
        self.go.set()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_cold_models_of_the_plan_are_loaded_with_one_token_each_and_nobody_waits() -> None:
    bench = Bench("a", "b")
    assert bench.prewarmer.upcoming(["a", "always", "b", "a"]) == ("a", "b")
    await asyncio.sleep(0)
    assert bench.residency.state("a") == "loading"
    await bench.settle()
    assert (bench.residency.state("a"), bench.residency.state("b")) == ("warm", "warm")
    assert [call.max_tokens for call in bench.calls("a")] == [1]
    assert bench.calls("always") == ()
    assert bench.prewarmer.upcoming(["a", "b"]) == ()


async def test_a_model_is_warmed_up_once_at_a_time() -> None:
    bench = Bench("a")
    assert [bench.prewarmer.prewarm("a") for _ in range(3)] == [True, False, False]
    await bench.settle()
    assert len(bench.calls("a")) == 1


async def test_nothing_is_loaded_that_would_push_out_what_comes_first() -> None:
    bench = Bench("a", "b", "c", slots=2)
    assert bench.prewarmer.upcoming(["a", "b", "c"]) == ("a", "b")
    await bench.settle()
    assert bench.prewarmer.upcoming(["b", "c"]) == ("c",), "the first has been used"
    await bench.settle()
    assert bench.residency.resident() == ("b", "c")


async def test_a_failure_is_noted_and_nothing_else() -> None:
    bench = Bench("a", step=ModelUnreachableError("refused"))
    assert bench.prewarmer.prewarm("a")
    await bench.settle()
    assert bench.health.avoided() == frozenset({"a"})
    assert bench.residency.state("a") == "cold"
    assert not bench.prewarmer.prewarm("a"), "it failed a moment ago"


async def test_what_has_a_price_is_booked_and_what_is_free_is_not() -> None:
    priced, ledger = Bench("a", price=Price(1_000, 1_000)), Ledger(Budget(usd=1))
    priced.prewarmer.upcoming(["a"], ledger=ledger)
    await priced.settle()
    assert (ledger.spent.usd, ledger.spent.usage.calls, ledger.reserved.usd) == (0.011, 1, 0)
    free, ledger = Bench("a"), Ledger(Budget(calls=1))
    free.prewarmer.upcoming(["a"], ledger=ledger)
    await free.settle()
    assert ledger.spent.usage.calls == 0
    assert free.residency.state("a") == "warm"


async def test_without_room_in_the_budget_or_a_price_nothing_is_sent() -> None:
    for price in (Price(1_000_000, 1_000_000), UNKNOWN_PRICE):
        bench, ledger = Bench("a", price=price), Ledger(Budget(usd=1))
        bench.prewarmer.upcoming(["a"], ledger=ledger)
        await bench.settle()
        assert bench.calls("a") == ()
        assert (ledger.spent.usd, ledger.reserved.usd) == (0, 0)
        assert bench.health.avoided() == frozenset()


async def test_closing_cancels_what_is_under_way_and_frees_its_reservation() -> None:
    bench, ledger = Bench("a", price=Price(1_000, 1_000)), Ledger(Budget(usd=1))
    bench.prewarmer.upcoming(["a"], ledger=ledger)
    await asyncio.sleep(0)
    assert ledger.reserved.usd > 0
    await bench.prewarmer.close()
    await bench.prewarmer.close()
    assert ledger.reserved.usd == 0
    assert (bench.residency.state("a"), bench.health.avoided()) == ("cold", frozenset())


def test_a_task_of_a_loop_that_ended_is_no_hindrance() -> None:
    bench = Bench("a")

    async def begin() -> bool:
        return bench.prewarmer.prewarm("a")

    async def again() -> bool:
        begun = bench.prewarmer.prewarm("a")
        await bench.prewarmer.close()
        return begun

    assert asyncio.run(begin())
    assert asyncio.run(again())
