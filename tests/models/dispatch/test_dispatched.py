"""Calls over real sockets, spread over several endpoints."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from coreagent.budget import Budget, Ledger
from coreagent.errors import (
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
from coreagent.models.chat import ChatRequest, Completion, TextDelta
from coreagent.models.dispatch.breaker import Breaker, Patience
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.dispatch.notices import hearing
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.models.retrying import Retrying
from coreagent.models.timeouts import Timeouts
from coreagent.models.wrapper import WrappedModel, closing_stream
from coreagent.testing import ManualClock, ScriptedModel
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import SERVER_ERROR, UNAUTHORIZED, Computed, Cut, HttpError, Reply, Stall

REQUEST = ChatRequest(messages=(Message.user("What is A1?"),))
CARD = ModelCard(name="m", adapter="openai_compatible", model="tiny", price=Price(1_000_000.0, 1_000_000.0))
PATIENCE = Patience(failures=3, cooldown_s=2, growth=2, most_s=60)


@dataclass
class Place:
    """A server whose next answers are what ``reply`` says at that moment."""

    reply: Reply = "ok"
    asked: int = 0
    server: OpenAIServer = field(default_factory=OpenAIServer)

    def __post_init__(self) -> None:
        def now(_: dict[str, Any]) -> Reply:
            self.asked += 1
            return self.reply

        self.server = OpenAIServer([Computed(now)] * 400)


@dataclass
class Made:
    model: Dispatched
    clock: ManualClock
    places: list[Place]
    heard: list[str]

    @property
    def asked(self) -> list[int]:
        return [place.asked for place in self.places]

    async def ask(self) -> str:
        with hearing(self.heard.append):
            return (await self.model.complete(REQUEST)).text

    async def fails(self, error: type[ModelError]) -> ModelError:
        with pytest.raises(error) as caught:
            await self.ask()
        return caught.value


@asynccontextmanager
async def dispatched(
    *replies: Reply, most: Sequence[int] = (), timeouts: Timeouts | None = None
) -> AsyncGenerator[Made]:
    clock = ManualClock()
    places = [Place(reply) for reply in replies]
    async with AsyncExitStack() as servers:
        for place in places:
            await servers.enter_async_context(place.server)
        room = most or [64] * len(places)
        endpoints = [
            Endpoint(
                OpenAICompatibleModel(
                    CARD, base_url=place.server.base_url, max_concurrency=limit, timeouts=timeouts or Timeouts()
                ),
                address=f"e{number}",
                most=limit,
                breaker=Breaker(PATIENCE, now=clock.now),
                now=clock.now,
            )
            for number, (place, limit) in enumerate(zip(places, room, strict=True))
        ]
        model = Dispatched(endpoints)
        try:
            yield Made(model, clock, places, [])
        finally:
            await model.close()


async def test_sixty_four_calls_at_once_are_shared_out_evenly() -> None:
    async with dispatched(*[Stall(0.05, "ok")] * 4) as made:
        answers = await asyncio.gather(*(made.ask() for _ in range(64)))
        assert answers == ["ok"] * 64
        assert made.asked == [16, 16, 16, 16]
        assert [endpoint.in_flight for endpoint in made.model.endpoints] == [0, 0, 0, 0]


async def test_a_slow_endpoint_gets_what_it_can_do_and_no_more() -> None:
    async with dispatched(Stall(0.2, "slow"), "fast", most=[2, 2]) as made:
        await asyncio.gather(*(made.ask() for _ in range(40)))
        slow, fast = made.asked
        assert (slow, slow + fast) == (2, 40), "those who wait take the first place that is free"


async def test_of_two_idle_endpoints_the_faster_is_asked() -> None:
    async with dispatched("first", "second") as made:
        first, second = made.model.endpoints
        first.took(2.0, streamed=False)
        second.took(0.5, streamed=False)
        assert await made.ask() == "second"
        second.took(60.0, streamed=False)
        assert await made.ask() == "first"


async def test_endpoints_with_room_come_before_full_ones() -> None:
    async with dispatched(*[Stall(0.05, "ok")] * 2, most=[2, 30]) as made:
        await asyncio.gather(*(made.ask() for _ in range(32)))
        assert made.asked == [2, 30]


@pytest.mark.parametrize("fault", [SERVER_ERROR, UNAUTHORIZED, HttpError(429), HttpError(404, "no such model")])
async def test_an_error_of_the_endpoint_moves_the_call_on_and_is_told(fault: HttpError) -> None:
    async with dispatched(fault, "ok") as made:
        assert await made.ask() == "ok"
        assert made.asked == [1, 1]
        assert len(made.heard) == 1
        assert str(fault.status) in made.heard[0]
        assert made.heard[0].endswith("(e0); trying e1")


async def test_an_error_of_the_request_goes_up_at_once() -> None:
    async with dispatched(HttpError(400, "too long"), "ok") as made:
        await made.fails(ModelRequestError)
        assert made.asked == [1, 0]
        assert made.model.endpoints[0].breaker.failures == 0


async def test_a_dead_server_is_passed_over_and_found_again() -> None:
    async with dispatched("first", "second") as made:
        gone = made.places[0].server
        await gone.__aexit__()
        assert [await made.ask() for _ in range(6)] == ["second"] * 6
        assert "no connection" in made.heard[0]
        made.model.endpoints[1].took(1.0, streamed=False)
        made.clock.advance(60)
        async with gone:
            assert "first" in [await made.ask() for _ in range(2)]


async def test_one_that_fails_and_recovers_gets_one_probe_then_its_share() -> None:
    async with dispatched(SERVER_ERROR, Stall(0.02, "ok")) as made:
        await asyncio.gather(*(made.ask() for _ in range(20)))
        failing = made.model.endpoints[0]
        assert failing.breaker.state == "open"
        before = made.places[0].asked
        await asyncio.gather(*(made.ask() for _ in range(20)))
        assert made.places[0].asked == before, "open: nobody is sent there"
        made.clock.advance(2)
        made.places[0].reply = Stall(0.05, SERVER_ERROR)
        await asyncio.gather(*(made.ask() for _ in range(20)))
        assert made.places[0].asked == before + 1, "half-open: exactly one finds out"
        assert failing.breaker.wait_s == 4
        made.clock.advance(4)
        made.places[0].reply = Stall(0.02, "ok")
        await made.ask()
        assert failing.breaker.admits
        assert failing.breaker.wait_s == 0
        before = made.places[0].asked
        await asyncio.gather(*(made.ask() for _ in range(20)))
        assert made.places[0].asked == before + 10


async def test_retry_after_of_one_endpoint_sends_everything_to_the_other() -> None:
    async with dispatched(HttpError(429, "slow down", {"Retry-After": "9"}), "ok") as made:
        assert [await made.ask() for _ in range(5)] == ["ok"] * 5
        assert made.asked == [1, 5]
        made.clock.advance(9)
        made.places[0].reply = "back"
        assert "back" in [await made.ask() for _ in range(2)]


async def test_when_all_asked_to_be_left_alone_nobody_is_bothered_and_the_shortest_wait_is_told() -> None:
    async with dispatched(
        HttpError(429, "slow down", {"Retry-After": "9"}), HttpError(503, "busy", {"Retry-After": "5"})
    ) as made:
        error = await made.fails(ModelServerError)
        assert getattr(error, "retry_after_s", None) == 5, "the shorter of the two"
        error = await made.fails(RateLimitedError)
        assert isinstance(error, RateLimitedError)
        assert error.retry_after_s == 5
        assert "every endpoint asked to be left alone; the next call may be made in 5 s" in str(error)
        assert made.asked == [1, 1]


async def test_when_all_are_down_the_least_bad_is_asked_all_the_same() -> None:
    async with dispatched(SERVER_ERROR, SERVER_ERROR) as made:
        for _ in range(3):
            await made.fails(ModelServerError)
        assert made.asked == [3, 3]
        assert [endpoint.breaker.state for endpoint in made.model.endpoints] == ["open", "open"]
        for _ in range(4):
            await made.fails(ModelServerError)
        assert made.asked == [5, 5], "one each time, in turn"
        made.places[0].reply = made.places[1].reply = "ok"
        assert await made.ask() == "ok"


async def test_of_several_errors_one_that_may_pass_goes_up() -> None:
    async with dispatched(SERVER_ERROR, UNAUTHORIZED) as made:
        await made.fails(ModelServerError)
    async with dispatched(UNAUTHORIZED, SERVER_ERROR) as made:
        await made.fails(ModelServerError)


async def test_an_answer_cut_in_the_middle_is_no_matter_for_another_endpoint() -> None:
    async with dispatched(Cut("half of it"), "ok") as made:
        error = await made.fails(ModelUnreachableError)
        assert getattr(error, "received", False)
        assert made.asked == [1, 0]
        assert made.model.endpoints[0].breaker.failures == 1


async def test_a_late_answer_is_no_matter_for_another_endpoint() -> None:
    async with dispatched(Stall(5), "ok", timeouts=Timeouts(total_s=0.1)) as made:
        await made.fails(ModelTimeoutError)
        assert made.asked == [1, 0]


async def test_a_stream_moves_on_before_its_first_piece_and_keeps_its_endpoint_after_it() -> None:
    async with dispatched(SERVER_ERROR, "one two three") as made:
        pieces = [chunk async for chunk in made.model.stream(REQUEST)]
        assert isinstance(pieces[-1], Completion)
        assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "one two three"
    async with dispatched(Cut("one two"), "ok") as made:
        with pytest.raises(StreamCutError) as caught:
            _ = [chunk async for chunk in made.model.stream(REQUEST)]
        assert caught.value.partial == "one two"
        assert made.asked == [1, 0]
        assert made.model.endpoints[0].breaker.failures == 1


async def test_a_reader_who_leaves_frees_the_place_and_blames_nobody() -> None:
    async with dispatched("one two three", most=[1]) as made:
        for _ in range(5):
            async with closing_stream(made.model, REQUEST) as chunks:
                async for _ in chunks:
                    break
        (endpoint,) = made.model.endpoints
        assert (endpoint.in_flight, endpoint.breaker.failures) == (0, 0)


async def test_cancelled_calls_free_their_places_and_end_no_probe() -> None:
    async with dispatched(SERVER_ERROR, "ok", most=[3, 3]) as made:
        for _ in range(8):
            await made.ask()
            made.model.endpoints[1].took(9.0, streamed=False)
        made.clock.advance(60)
        for place in made.places:
            place.reply = Stall(30)
        tasks = [asyncio.create_task(made.ask()) for _ in range(10)]
        await asyncio.sleep(0.1)
        assert sum(endpoint.in_flight for endpoint in made.model.endpoints) == 6
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [endpoint.in_flight for endpoint in made.model.endpoints] == [0, 0]
        assert all(endpoint.breaker.admits for endpoint in made.model.endpoints)


async def test_retries_count_passes_and_the_budget_books_one_call() -> None:
    usage = Usage(3, 5, 1)
    answer = Completion(text="ok", model="tiny", usage=usage)
    async with dispatched(SERVER_ERROR, SERVER_ERROR) as made:
        ledger = Ledger(Budget(usd=10_000, calls=1))
        waits: list[int] = []

        def heal(error: ModelError, attempt: int, wait_s: float) -> None:
            del error, wait_s
            waits.append(attempt)
            if attempt == 2:
                made.places[1].reply = answer

        model = Retrying(Budgeted(made.model, ledger), max_attempts=4, sleep=made.clock.sleep, on_retry=heal)
        assert (await model.complete(REQUEST)).text == "ok"
        assert waits == [1, 2]
        assert made.asked[0] + made.asked[1] == 6
        assert (ledger.spent.usage, ledger.spent.usd) == (usage, 8.0)
        assert ledger.reserved.usd == 0


async def test_a_budget_for_five_lets_five_through_whichever_endpoint_fails() -> None:
    answer = Completion(text="ok", model="tiny", usage=Usage(100, 50, 1))
    async with dispatched(answer, SERVER_ERROR, answer) as made:
        ledger = Ledger(Budget(calls=5))
        model = Budgeted(made.model, ledger)
        results = await asyncio.gather(*(model.complete(REQUEST) for _ in range(40)), return_exceptions=True)
        assert sum(isinstance(result, Completion) for result in results) == 5
        assert (ledger.spent.usage.calls, ledger.reserved.usage.calls) == (5, 0)


def test_it_may_be_used_from_one_loop_after_another() -> None:
    async def once(model: Dispatched) -> None:
        await asyncio.gather(*(model.complete(REQUEST) for _ in range(5)))
        await model.close()

    async def run() -> None:
        async with dispatched("ok", most=[1]) as made:
            await asyncio.to_thread(asyncio.run, once(made.model))
            await asyncio.to_thread(asyncio.run, once(made.model))

    asyncio.run(run())


def test_no_endpoint_and_endpoints_of_different_models_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Dispatched([])
    cards = [CARD, ModelCard(name="other", adapter="openai_compatible", model="o")]
    models = [OpenAICompatibleModel(card, base_url="http://127.0.0.1:9/v1") for card in cards]
    with pytest.raises(ValueError, match="different models: m, other"):
        Dispatched([Endpoint(model, address="a") for model in models])
    with pytest.raises(ValueError, match="takes none"):
        Endpoint(models[0], address="a", most=0)


async def test_calls_that_lost_their_endpoint_wait_for_room_at_the_others() -> None:
    async with dispatched(SERVER_ERROR, Stall(0.01, "ok"), most=[20, 2]) as made:
        busiest: list[int] = []

        async def one() -> str:
            answer = await made.ask()
            busiest.append(made.model.endpoints[1].in_flight)
            return answer

        assert await asyncio.gather(*(one() for _ in range(40))) == ["ok"] * 40
        assert max(busiest) <= 2


async def test_a_server_that_dies_in_the_middle_loses_no_call_it_had_not_begun_to_answer() -> None:
    async with dispatched(Stall(0.5, "late"), Stall(0.05, "ok")) as made:
        calls = [asyncio.create_task(made.ask()) for _ in range(64)]
        await asyncio.sleep(0.2)
        assert made.model.endpoints[0].in_flight == 32
        await made.places[0].server.__aexit__()
        assert await asyncio.gather(*calls) == ["ok"] * 64
        assert made.model.endpoints[0].breaker.state == "open"
        assert len(made.heard) == 32


async def test_each_endpoint_is_closed_though_another_one_fails_to() -> None:
    closed: list[str] = []

    class Stubborn(WrappedModel):
        async def close(self) -> None:
            closed.append("stubborn")
            raise OSError("busy")

    class Willing(WrappedModel):
        async def close(self) -> None:
            closed.append("willing")

    model = Dispatched(
        [Endpoint(Stubborn(ScriptedModel([])), address="a"), Endpoint(Willing(ScriptedModel([])), address="b")]
    )
    with pytest.raises(ExceptionGroup, match="could not be closed"):
        await model.close()
    assert closed == ["stubborn", "willing"]
