import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ModelServerError
from coreagent.models.dispatch.breaker import Breaker, Patience
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.dispatch.places import Place, Places
from coreagent.testing import ManualClock, ScriptedModel

DOWN = ModelServerError("x", status=500)


def endpoint(name: str, most: int = 1) -> Endpoint:
    clock = ManualClock()
    return Endpoint(ScriptedModel([]), address=name, most=most, breaker=Breaker(Patience(failures=1), now=clock.now))


async def take(places: Places, *tried: Endpoint) -> Place:
    place = await places.take(tried, streamed=False)
    assert place is not None
    return place


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_those_who_wait_are_served_in_their_order() -> None:
    places = Places([endpoint("a")])
    held = await take(places)
    served: list[int] = []

    async def one(number: int) -> None:
        place = await take(places)
        served.append(number)
        await asyncio.sleep(0)
        places.give_back(place)

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    await settle()
    assert served == []
    places.give_back(held)
    await asyncio.gather(*tasks)
    assert served == [0, 1, 2, 3, 4]


async def test_a_place_given_to_a_call_that_is_cancelled_goes_to_the_next() -> None:
    only = endpoint("a")
    places = Places([only])
    held = await take(places)
    first, second = (asyncio.create_task(take(places)) for _ in range(2))
    await settle()
    places.give_back(held)
    first.cancel()
    assert (await asyncio.wait_for(second, 1)).endpoint is only
    with pytest.raises(asyncio.CancelledError):
        await first
    assert only.in_flight == 1


async def test_one_who_gives_up_waiting_leaves_no_trace() -> None:
    only = endpoint("a")
    places = Places([only])
    held = await take(places)
    waiting = asyncio.create_task(take(places))
    await settle()
    waiting.cancel()
    await settle()
    places.give_back(held)
    assert only.in_flight == 0
    assert (await take(places)).endpoint is only


async def test_one_who_needs_another_endpoint_does_not_hold_up_those_behind() -> None:
    a, b = endpoint("a"), endpoint("b")
    places = Places([a, b])
    at_a, at_b = await take(places), await take(places)
    not_a = asyncio.create_task(take(places, a))
    anywhere = asyncio.create_task(take(places))
    await settle()
    places.give_back(at_a)
    assert (await anywhere).endpoint is a
    assert not not_a.done()
    places.give_back(at_b)
    assert (await not_a).endpoint is b


async def test_one_who_waits_hears_when_nobody_is_left() -> None:
    only = endpoint("a")
    places = Places([only])
    held = await take(places)
    waiting = asyncio.create_task(places.take(streamed=False))
    await settle()
    places.give_back(held, DOWN)
    assert await waiting is None


@given(st.lists(st.tuples(st.sampled_from(["take", "back", "cancel"]), st.integers(0, 9)), max_size=80))
def test_no_endpoint_is_ever_overfull_and_no_place_is_lost(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        endpoints = [endpoint("a", 1), endpoint("b", 2)]
        places = Places(endpoints)
        calls: list[asyncio.Task[Place]] = []
        for step, number in steps:
            if step == "take":
                calls.append(asyncio.create_task(take(places)))
            elif calls:
                call = calls.pop(number % len(calls))
                if call.done():
                    places.give_back(call.result())
                elif step == "cancel":
                    call.cancel()
                else:
                    calls.append(call)
            if number % 2:
                await settle()
            assert all(entry.in_flight <= entry.most for entry in endpoints)
        await settle()
        assert sum(call.done() for call in calls) == min(3, len(calls))
        for call in calls:
            places.give_back(await asyncio.wait_for(call, 1))
        assert [entry.in_flight for entry in endpoints] == [0, 0]

    asyncio.run(play())
