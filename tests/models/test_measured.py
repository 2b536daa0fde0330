import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ModelServerError, RunError
from coreagent.messages import Message, Usage
from coreagent.models.card import Latency
from coreagent.models.chat import ChatRequest, Completion
from coreagent.models.measured import Measured, Measurements
from coreagent.models.measurement import ENOUGH, Measurement
from coreagent.testing import ManualClock, ScriptedModel, Step

REQUEST = ChatRequest(messages=(Message.user("?"),))


def answer(written: int) -> Completion:
    return Completion(text="one two", model="scripted", usage=Usage(10, written, 1))


def measured(calls: list[tuple[int, float]], *, clock: ManualClock | None = None) -> Measurements:
    """Calls one after the other, as (tokens, seconds)."""
    clock = clock or ManualClock()
    found = Measurements(now=clock.now)
    for written, seconds in calls:
        began = found.begin("m")
        clock.advance(seconds)
        found.end("m", began, answer(written))
    return found


def test_the_first_token_and_the_others_are_told_apart_by_answers_of_different_length() -> None:
    found = measured([(written, 0.3 + 0.02 * written) for written in (10, 50, 120, 400) * 10]).of("m")
    assert found.enough
    latency = found.latency
    assert latency is not None
    assert [latency.ttft_s, latency.tpot_s] == pytest.approx([0.3, 0.02])


def test_a_stream_shows_its_first_token_itself() -> None:
    clock = ManualClock()
    found = Measurements(now=clock.now)
    for _ in range(5):
        began = found.begin("m")
        clock.advance(2.5)
        found.end("m", began, answer(100), first_token=began + 0.5)
    latency = found.of("m").latency
    assert latency is not None
    assert [latency.ttft_s, latency.tpot_s] == pytest.approx([0.5, 0.02])


@given(st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 100)), min_size=1, max_size=60))
def test_a_line_is_never_negative(calls: list[tuple[int, float]]) -> None:
    latency = measured(calls).of("m").latency
    assert latency is not None
    assert latency.ttft_s >= 0
    assert latency.tpot_s >= 0


def test_answers_of_one_length_still_take_the_time_they_took() -> None:
    latency = measured([(100, 3.0)] * 4).of("m").latency
    assert latency is not None
    assert latency.total_s(100) == pytest.approx(3.0)


def test_throughput_is_of_all_calls_at_once_while_any_runs() -> None:
    clock = ManualClock()
    found = Measurements(now=clock.now)
    for _ in range(3):
        began = [found.begin("m") for _ in range(4)]
        clock.advance(10)
        for at in began:
            found.end("m", at, answer(100))
        clock.advance(1_000)
    assert found.of("m").tokens_per_s == pytest.approx(40, rel=0.05)


def test_a_failed_call_counts_for_nothing_and_hides_no_time_of_the_others() -> None:
    clock = ManualClock()
    found = Measurements(now=clock.now)
    other = found.begin("m")
    for _ in range(5):
        failing = found.begin("m")
        clock.advance(2)
        found.end("m", failing, None)
    found.end("m", other, answer(100))
    lone = found.begin("m")
    clock.advance(500)
    found.end("m", lone, None)
    assert found.of("m").calls == 1
    assert found.of("m").tokens_per_s == pytest.approx(10)


def test_one_call_that_hung_does_not_rule_the_next_fifty() -> None:
    calls = [(written, 0.1 + 0.01 * written) for written in (20, 60, 100) * 10]
    latency = measured([*calls, (60, 500.0)]).of("m").latency
    assert latency is not None
    assert latency.total_s(60) < 2 * 0.7


def test_what_changed_is_followed() -> None:
    found = measured([(100, 1.0)] * 100 + [(100, 2.0)] * 200).of("m")
    assert found.calls == 300
    assert found.latency is not None
    assert found.latency.total_s(100) == pytest.approx(2.0, rel=0.05)


def test_a_prediction_is_scaled_to_what_calls_took() -> None:
    found = measured([(100, 4.0)] * ENOUGH).of("m")
    corrected = found.corrected(Latency(1.0, 0.01))
    assert corrected.total_s(100) == pytest.approx(4.0)
    assert corrected.ttft_s / corrected.tpot_s == pytest.approx(100)


def test_nothing_is_known_of_a_model_that_was_never_called() -> None:
    nothing = Measurement()
    assert (nothing.enough, nothing.latency, nothing.tokens_per_s, nothing.output_tokens) == (False, None, None, 0)
    assert nothing.corrected(Latency(1.0, 2.0)) == Latency(1.0, 2.0)
    assert Measurements().known() == {}


def test_the_next_run_knows(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "measured.sqlite"
    first = Measurements(path)
    first.save()
    assert not path.exists()
    first.end("m", first.begin("m"), answer(10))
    first.save()
    first.save()
    again = Measurements(path)
    assert again.known() == first.known()
    assert again.of("m").calls == 1


def test_two_that_save_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "measured.sqlite"

    def measure() -> None:
        found = Measurements(path)
        for _ in range(15):
            found.end("m", found.begin("m"), answer(10))
            found.save()

    workers = [threading.Thread(target=measure) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Measurements(path).of("m").calls == 45


def test_a_broken_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "measured.sqlite"
    path.write_bytes(b"no database" * 500)
    with pytest.raises(RunError, match="measured.sqlite can not be used") as caught:
        Measurements(path).known()
    assert "mv " in caught.value.mend


async def test_calls_are_measured_where_they_are_made() -> None:
    clock = ManualClock()
    found = Measurements(now=clock.now)

    def late(_: ChatRequest) -> Completion:
        clock.advance(2)
        return answer(15)

    failure = ModelServerError("500", status=500)
    steps: list[Step] = [late, late, failure, failure, replace(answer(5), replayed=True), "a b c"]
    model = Measured(ScriptedModel(steps), found)
    assert (await model.complete(REQUEST)).usage.output_tokens == 15
    async for _ in model.stream(REQUEST):
        pass
    for _ in range(2):
        with pytest.raises(ModelServerError):
            await model.complete(REQUEST)
    await model.complete(REQUEST)
    stream = model.stream(REQUEST)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  (a generator)
    known = found.of("scripted")
    assert known.calls == 2
    assert known.points == pytest.approx(3, rel=0.05)
    assert known.tokens_per_s == pytest.approx(7.5, rel=0.05)


async def test_cancelled_calls_end_their_measurement() -> None:
    found = Measurements()

    class Hangs(Measured):
        async def complete(self, request: ChatRequest) -> Completion:
            await asyncio.sleep(60)
            return answer(1)

    model = Measured(Hangs(ScriptedModel([]), found), found)
    task = asyncio.create_task(model.complete(REQUEST))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert found.known() == {}
