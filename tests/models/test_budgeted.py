import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.budget import Budget, Ledger, Spent
from coreagent.errors import (
    BudgetExceededError,
    ModelError,
    ModelProtocolError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    SettingsError,
    StreamCutError,
)
from coreagent.messages import Message, Usage
from coreagent.models.budgeted import Budgeted
from coreagent.models.card import UNKNOWN_PRICE, Energy, Latency, ModelCard, Price
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta, estimate_input_tokens, estimate_tokens
from coreagent.models.forecast import ENOUGH, Forecasts
from coreagent.models.playing import playing
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import SCRIPTED_CARD, ScriptedModel, Step

CARD = replace(SCRIPTED_CARD, price=Price(1.0, 10.0), max_output_tokens=50)
REQUEST = ChatRequest(messages=(Message.user("q" * 30),))
SENT = estimate_input_tokens(REQUEST)
WORST_USD = (SENT * 1.0 + 50 * 10.0) / 1e6


def answer(written: int) -> Completion:
    return Completion(text="a", model="scripted", usage=Usage(SENT, written, 1))


def budgeted(ledger: Ledger, *steps: Step, card: ModelCard = CARD) -> Budgeted:
    return Budgeted(ScriptedModel(steps, card=card), ledger)


async def test_the_real_usage_is_booked_not_the_worst_case() -> None:
    ledger = Ledger(Budget(usd=1.0))
    await budgeted(ledger, answer(3)).complete(REQUEST)
    assert ledger.spent == Spent((SENT + 30) / 1e6, Usage(SENT, 3, 1))
    assert ledger.reserved.usd == pytest.approx(0)


async def test_a_call_whose_worst_case_does_not_fit_is_never_sent() -> None:
    model = ScriptedModel([answer(1)], card=CARD)
    with pytest.raises(BudgetExceededError) as caught:
        await Budgeted(model, Ledger(Budget(usd=WORST_USD * 0.99))).complete(REQUEST)
    assert caught.value.needed == pytest.approx(WORST_USD)
    assert model.calls == ()
    assert (await Budgeted(model, Ledger(Budget(usd=WORST_USD))).complete(REQUEST)).text == "a"


async def test_the_endpoint_is_told_the_limit_that_was_reserved() -> None:
    model = ScriptedModel([answer(1), answer(1)], card=CARD)
    await Budgeted(model, Ledger()).complete(REQUEST)
    await Budgeted(model, Ledger()).complete(replace(REQUEST, max_tokens=7))
    assert [call.max_tokens for call in model.calls] == [50, 7]


async def test_an_unknown_price_is_refused_under_a_dollar_limit_only() -> None:
    card = replace(CARD, price=UNKNOWN_PRICE)
    with pytest.raises(SettingsError) as caught:
        await budgeted(Ledger(Budget(usd=1.0)), answer(1), card=card).complete(REQUEST)
    assert 'price = "free"' in caught.value.mend
    ledger = Ledger(Budget(tokens=10_000))
    await budgeted(ledger, answer(1), card=card).complete(REQUEST)
    assert ledger.spent.tokens == SENT + 1


async def test_a_call_that_failed_before_any_token_costs_nothing() -> None:
    ledger = Ledger(Budget(usd=1.0))
    with pytest.raises(ModelServerError):
        await budgeted(ledger, ModelServerError("down", status=500)).complete(REQUEST)
    assert ledger.spent == Spent()
    assert ledger.reserved.usd == pytest.approx(0)


async def test_a_call_given_up_is_booked_at_its_worst_because_nobody_knows() -> None:
    ledger = Ledger(Budget(usd=1.0))
    with pytest.raises(ModelTimeoutError):
        await budgeted(ledger, ModelTimeoutError("complete answer", 1.0)).complete(REQUEST)
    assert ledger.spent.usd == pytest.approx(WORST_USD)
    never_connected = Ledger()
    with pytest.raises(ModelTimeoutError):
        await budgeted(never_connected, ModelTimeoutError("connection", 1.0)).complete(REQUEST)
    assert never_connected.spent == Spent()


class CutsOff(WrappedModel):
    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        yield TextDelta("half of it")
        raise StreamCutError("cut", partial="half of it")


async def test_a_cut_stream_is_booked_with_what_came() -> None:
    ledger = Ledger(Budget(usd=1.0))
    with pytest.raises(StreamCutError):
        async for _ in Budgeted(CutsOff(ScriptedModel([], card=CARD)), ledger).stream(REQUEST):
            pass
    assert ledger.spent.tokens == SENT + estimate_tokens("half of it")
    assert ledger.reserved.tokens == 0


async def test_a_stream_left_early_is_booked_with_what_came() -> None:
    ledger = Ledger(Budget(usd=1.0))
    stream = budgeted(ledger, "one two three").stream(REQUEST)
    assert await anext(stream) == TextDelta("one")
    assert isinstance(stream, AsyncIterator)
    await stream.aclose()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  (a generator)
    assert ledger.spent.tokens == SENT + estimate_tokens("one")


async def test_a_whole_stream_is_booked_once() -> None:
    ledger = Ledger(Budget(usd=1.0))
    chunks = [chunk async for chunk in budgeted(ledger, answer(9)).stream(REQUEST)]
    assert chunks[-1] == answer(9)
    assert ledger.spent == Spent((SENT + 90) / 1e6, Usage(SENT, 9, 1))


class TakesTime(WrappedModel):
    async def complete(self, request: ChatRequest) -> Completion:
        for _ in range(3):
            await asyncio.sleep(0)
        return await self.inner.complete(request)


async def test_a_cancelled_call_frees_nothing_it_may_have_spent() -> None:
    ledger = Ledger(Budget(usd=1.0))
    model = Budgeted(TakesTime(ScriptedModel([answer(1)], card=CARD)), ledger)
    task = asyncio.create_task(model.complete(REQUEST))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ledger.spent.usd == pytest.approx(WORST_USD)
    assert ledger.reserved.usd == pytest.approx(0)


@settings(max_examples=40)
@given(written=st.lists(st.integers(0, 50), min_size=1, max_size=25), worst_cases=st.floats(0, 12))
def test_parallel_calls_never_overspend(written: list[int], worst_cases: float) -> None:
    limit = WORST_USD * worst_cases
    ledger = Ledger(Budget(usd=limit))
    model = Budgeted(TakesTime(ScriptedModel([answer(n) for n in written], card=CARD)), ledger)

    async def all_at_once() -> list[Completion | BaseException]:
        return await asyncio.gather(*(model.complete(REQUEST) for _ in written), return_exceptions=True)

    results = asyncio.run(all_at_once())
    assert ledger.spent.usd <= limit + 1e-12
    assert ledger.reserved.usd == pytest.approx(0)
    assert all(isinstance(result, (Completion, BudgetExceededError)) for result in results)
    assert sum(isinstance(result, Completion) for result in results) == min(len(written), int(worst_cases + 1e-9))


async def test_a_replayed_answer_is_booked_at_nothing() -> None:
    replayed = replace(answer(3), replayed=True)
    ledger = Ledger(Budget(usd=WORST_USD))
    model = budgeted(ledger, replayed, replayed)
    await model.complete(REQUEST)
    async for _ in model.stream(REQUEST):
        pass
    assert ledger.spent == Spent()
    assert ledger.reserved.usd == pytest.approx(0)


async def test_watt_hours_are_reserved_and_settled_like_dollars() -> None:
    card = replace(CARD, energy=Energy(100.0, 1_000.0))
    worst_wh = (SENT * 100 + 50 * 1_000) / 1e6
    ledger = Ledger(Budget(wh=1.5 * worst_wh))
    model = ScriptedModel([answer(50), answer(1)], card=card)
    await Budgeted(model, ledger).complete(REQUEST)
    assert ledger.spent.wh == pytest.approx(worst_wh)
    with pytest.raises(BudgetExceededError, match=r"predicted at .* Wh, .* Wh is left in the run budget") as caught:
        await Budgeted(model, ledger).complete(REQUEST)
    assert caught.value.limit == "wh"
    assert caught.value.left == pytest.approx(worst_wh / 2)
    assert len(model.calls) == 1


async def test_unknown_watt_hours_are_refused_under_a_limit_of_them_only() -> None:
    with pytest.raises(SettingsError, match="nobody stated what this model consumes") as caught:
        await budgeted(Ledger(Budget(wh=1.0)), answer(1)).complete(REQUEST)
    assert "energy = {watts" in caught.value.mend
    await budgeted(Ledger(Budget(usd=1.0)), answer(1)).complete(REQUEST)


async def test_an_endpoint_that_does_not_count_is_booked_within_its_limit() -> None:
    ledger = Ledger(Budget(usd=WORST_USD))
    await budgeted(ledger, "word " * 500).complete(REQUEST)
    assert ledger.spent.usd <= WORST_USD
    ledger = Ledger(Budget(usd=WORST_USD))
    with pytest.raises(StreamCutError):
        await budgeted(ledger, StreamCutError("cut", partial="word " * 500)).complete(REQUEST)
    assert ledger.spent.usd <= WORST_USD


@pytest.mark.parametrize("error", [ModelUnreachableError("gone", received=True), ModelProtocolError("half a JSON")])
async def test_an_answer_that_was_written_and_lost_is_booked_at_its_worst(error: ModelError) -> None:
    ledger = Ledger(Budget(usd=1.0))
    with pytest.raises(type(error)):
        await budgeted(ledger, error).complete(REQUEST)
    assert ledger.spent.usd == pytest.approx(WORST_USD)


class Hangs(WrappedModel):
    async def complete(self, request: ChatRequest) -> Completion:
        await asyncio.sleep(60)
        raise AssertionError("nobody stopped it")

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        yield TextDelta("so far")
        await asyncio.sleep(60)


async def test_a_call_is_stopped_when_the_time_is_up() -> None:
    run = Ledger(Budget(seconds=0.02, usd=1.0))
    scope = run.child(Budget(seconds=50), scope="subtask s1")
    with pytest.raises(BudgetExceededError, match="the time of the run is up; also left there") as caught:
        await Budgeted(Hangs(ScriptedModel([], card=CARD)), scope).complete(REQUEST)
    assert (caught.value.limit, caught.value.scope) == ("seconds", "run")
    assert run.spent.usd == pytest.approx(WORST_USD)
    assert run.reserved == Spent()


async def test_a_stream_is_stopped_when_the_time_is_up_and_booked_with_what_came() -> None:
    ledger = Ledger(Budget(seconds=0.02))
    heard: list[Chunk] = []
    with pytest.raises(BudgetExceededError, match="the time of the run is up"):
        async for chunk in Budgeted(Hangs(ScriptedModel([], card=CARD)), ledger).stream(REQUEST):
            heard.append(chunk)
    assert heard == [TextDelta("so far")]
    assert ledger.spent.usage == Usage(SENT, estimate_tokens("so far"), 1)


async def test_a_timeout_of_the_model_itself_is_not_taken_for_the_budgets() -> None:
    ledger = Ledger(Budget(seconds=50))
    with pytest.raises(TimeoutError, match="own"):
        await budgeted(ledger, TimeoutError("own")).complete(REQUEST)
    assert ledger.reserved == Spent()


async def test_a_call_that_can_not_end_in_time_is_not_begun() -> None:
    model = ScriptedModel([], card=replace(CARD, latency=Latency(ttft_s=3.0)))
    with pytest.raises(BudgetExceededError, match=r"predicted at 3 seconds, .* seconds is left in the run budget"):
        await Budgeted(model, Ledger(Budget(seconds=2))).complete(REQUEST)


async def taught(outputs: int = 5, *, role: str = "") -> Forecasts:
    """Forecasts that have seen enough calls of this many tokens."""
    forecasts = Forecasts()
    for _ in range(ENOUGH):
        forecasts.of("scripted", role).learn(REQUEST, Usage(SENT, outputs, 1))
    return forecasts


async def test_the_worst_case_is_reserved_while_it_fits() -> None:
    model = ScriptedModel([answer(5)], card=CARD)
    await Budgeted(model, Ledger(Budget(usd=WORST_USD)), await taught()).complete(REQUEST)
    assert model.calls[0].max_tokens == 50


async def test_what_nearly_all_calls_took_is_reserved_where_the_worst_case_does_not_fit() -> None:
    model, ledger = ScriptedModel([answer(5)], card=CARD), Ledger(Budget(usd=WORST_USD / 2))
    completion = await Budgeted(model, ledger, await taught()).complete(REQUEST)
    sent_along = model.calls[0].max_tokens
    assert sent_along is not None
    assert 5 < sent_along < 10
    assert not completion.cut_by_budget
    assert ledger.spent.usd <= WORST_USD / 2


async def test_without_calls_enough_the_worst_case_is_all_there_is() -> None:
    model = ScriptedModel([], card=CARD)
    with pytest.raises(BudgetExceededError) as caught:
        await Budgeted(model, Ledger(Budget(usd=WORST_USD / 2)), Forecasts()).complete(REQUEST)
    assert caught.value.needed == pytest.approx(WORST_USD)


async def test_too_many_calls_are_not_made_to_fit_by_making_them_shorter() -> None:
    with pytest.raises(BudgetExceededError, match="no model call is left"):
        await Budgeted(ScriptedModel([], card=CARD), Ledger(Budget(calls=0)), await taught()).complete(REQUEST)


def cut(request: ChatRequest) -> Completion:
    """An answer as long as it may be, and longer if it could."""
    return Completion(text="a", model="scripted", finish_reason="length", usage=Usage(SENT, request.max_tokens or 0, 1))


async def test_an_answer_cut_by_the_lower_limit_is_given_out_marked_when_there_is_no_more() -> None:
    model, ledger, forecasts = ScriptedModel([cut], card=CARD), Ledger(Budget(usd=WORST_USD / 2)), await taught()
    completion = await Budgeted(model, ledger, forecasts).complete(REQUEST)
    assert completion.cut_by_budget
    assert completion.finish_reason == "length"
    assert ledger.reserved == Spent()
    # Next time more is expected of a call, so the same room is too little.
    assert forecasts.of("scripted").cut == 1


async def test_an_answer_cut_by_the_lower_limit_is_asked_for_once_more_when_it_fits_by_then() -> None:
    ledger = Ledger(Budget(usd=1.5 * WORST_USD))
    other = ledger.reserve(Spent(WORST_USD))

    def others_settle(request: ChatRequest) -> Completion:
        other.release()
        return cut(request)

    model = ScriptedModel([others_settle, answer(40)], card=CARD)
    completion = await Budgeted(model, ledger, await taught()).complete(REQUEST)
    assert not completion.cut_by_budget
    first, second = [call.max_tokens for call in model.calls]
    assert (first or 0) < (second or 0) == 50
    assert ledger.spent.usage == Usage(2 * SENT, (first or 0) + 40, 2)
    assert ledger.reserved == Spent()


async def test_an_answer_cut_by_the_callers_own_limit_is_not_asked_for_again() -> None:
    model = ScriptedModel([cut], card=CARD)
    completion = await Budgeted(model, Ledger(Budget(usd=1.0)), await taught()).complete(REQUEST)
    assert not completion.cut_by_budget


async def test_a_stream_cut_by_the_lower_limit_ends_marked() -> None:
    model = Budgeted(ScriptedModel([cut], card=CARD), Ledger(Budget(usd=WORST_USD / 2)), await taught())
    last = [chunk async for chunk in model.stream(REQUEST)][-1]
    assert isinstance(last, Completion)
    assert last.cut_by_budget


async def test_calls_are_learned_by_role() -> None:
    forecasts = Forecasts()
    model = Budgeted(ScriptedModel([answer(5)] * 3, card=CARD), Ledger(), forecasts)
    with playing("planner"):
        await model.complete(REQUEST)
        async for _ in model.stream(REQUEST):
            pass
    await model.complete(REQUEST)
    assert (forecasts.of("scripted", "planner").calls, forecasts.of("scripted").calls) == (2, 1)


async def test_replayed_answers_teach_nothing() -> None:
    forecasts = Forecasts()
    await Budgeted(ScriptedModel([replace(answer(5), replayed=True)], card=CARD), Ledger(), forecasts).complete(REQUEST)
    assert forecasts.of("scripted").calls == 0
