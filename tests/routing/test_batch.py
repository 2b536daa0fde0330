import asyncio
from functools import cache
from itertools import pairwise
from os.path import commonprefix

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError, ModelServerError, NoModelError, SettingsError
from coreagent.routing.batch import BatchPlan, Planned, plan_batch, run_grouped, simulate

TRACES = st.lists(st.sampled_from("abcdef"), max_size=40)
SLOTS = st.integers(1, 5)


def decision(model: str) -> Decision:
    return Decision(subtask="s", role="caller", policy="p", model=model, candidates=(), reason="r")


def first_letter(task: str) -> Decision:
    return decision(task[0])


def groups(plan: BatchPlan[str]) -> list[list[tuple[str, list[str]]]]:
    return [[(group.model, [entry.task for entry in group.tasks]) for group in line] for line in plan.lines]


def test_a_batch_is_grouped_by_model_in_the_order_of_first_need() -> None:
    plan = plan_batch(["b1", "a1", "b2", "a2", "c1"], first_letter)
    assert groups(plan) == [[("b", ["b1", "b2"]), ("a", ["a1", "a2"]), ("c", ["c1"])]]
    assert (plan.loads, plan.loads_unplanned) == (3, 5)


def test_what_is_loaded_runs_first() -> None:
    plan = plan_batch(["a1", "b1", "c1", "a2"], first_letter, resident=["x", "b", "c"], slots=2)
    assert [group.model for group in plan.lines[0]] == ["b", "c", "a"]
    assert (plan.loads, plan.loads_unplanned) == (1, 4)


def test_more_is_said_to_be_loaded_than_there_is_room_for() -> None:
    assert plan_batch(["a1", "b1"], first_letter, resident=["a", "b"], slots=1).loads == 1


def test_servers_run_side_by_side_and_what_is_always_loaded_needs_no_room() -> None:
    places = {"a": "here", "b": "here", "c": "there", "d": None}
    plan = plan_batch(["a1", "d1", "b1", "c1", "a2", "d2"], first_letter, server=places.__getitem__)
    assert groups(plan) == [
        [("a", ["a1", "a2"]), ("b", ["b1"])],
        [("d", ["d1", "d2"])],
        [("c", ["c1"])],
    ]
    assert (plan.loads, plan.loads_unplanned) == (3, 4)


def test_prompts_that_begin_alike_stand_together() -> None:
    tasks = ["m 3GPP: x", "m O-RAN: y", "m 3GPP: z", "m O-RAN: a", "m 3GPP: xy"]
    plan = plan_batch(tasks, first_letter, prompt=lambda task: task)
    assert [entry.task for entry in plan.lines[0][0].tasks] == sorted(tasks)
    assert [entry.index for entry in plan.lines[0][0].tasks] == [0, 4, 2, 3, 1]


@given(st.lists(st.text("ab", max_size=6), min_size=2, max_size=6))
def test_no_other_order_shares_more_of_neighbouring_prompts(prompts: list[str]) -> None:
    plan = plan_batch(prompts, lambda _: decision("m"), prompt=lambda task: task)
    ordered = [entry.task for entry in plan.lines[0][0].tasks]

    def shared(order: list[str]) -> int:
        return sum(len(commonprefix(pair)) for pair in pairwise(order))

    assert shared(ordered) >= max(shared(prompts), shared(list(reversed(prompts))), shared(sorted(prompts, key=len)))


def test_a_task_that_no_model_may_do_does_not_stop_the_others() -> None:
    errors = {
        "x": NoModelError("none", excluded={}),
        "y": BudgetExceededError("usd", needed=1, left=0),
    }

    def decide(task: str) -> Decision:
        if task in errors:
            raise errors[task]
        return first_letter(task)

    plan = plan_batch(["x", "a1", "y"], decide)
    assert plan.refused == {0: errors["x"], 2: errors["y"]}
    assert groups(plan) == [[("a", ["a1"])]]


def test_whatever_else_goes_wrong_while_deciding_goes_up() -> None:
    def decide(task: str) -> Decision:
        raise SettingsError(f"wrong: {task}")

    with pytest.raises(SettingsError):
        plan_batch(["a"], decide)


def test_an_empty_batch_is_an_empty_plan() -> None:
    plan: BatchPlan[str] = plan_batch([], first_letter)
    assert (plan.lines, plan.loads, plan.loads_unplanned) == ((), 0, 0)
    assert asyncio.run(run_grouped(plan, _echo)) == []


async def _echo(entry: Planned[str]) -> str:
    return entry.task.upper()


async def test_results_stand_in_the_order_of_the_batch_with_errors_in_their_places() -> None:
    failure = ModelServerError("x", status=500)

    async def run(entry: Planned[str]) -> str:
        await asyncio.sleep(0)
        if entry.task == "a2":
            raise failure
        return f"{entry.decision.model}:{entry.task}"

    plan = plan_batch(["b1", "a1", "a2", "b2"], first_letter)
    assert await run_grouped(plan, run) == ["b:b1", "a:a1", failure, "b:b2"]


async def test_one_model_of_a_server_at_a_time_and_no_more_calls_than_allowed() -> None:
    running: list[str] = []
    most: dict[str, int] = {}
    seen: list[str] = []

    async def run(entry: Planned[str]) -> None:
        model = entry.decision.model
        running.append(model)
        seen.append(model)
        assert set(running) in ({"a"}, {"b"})
        most[model] = max(most.get(model, 0), len(running))
        await asyncio.sleep(0.001)
        running.remove(model)

    plan = plan_batch([f"{'ab'[number % 2]}{number}" for number in range(40)], first_letter)
    await run_grouped(plan, run, concurrency=4)
    assert most == {"a": 4, "b": 4}
    assert seen == ["a"] * 20 + ["b"] * 20


async def test_servers_do_not_wait_for_each_other() -> None:
    both = asyncio.Barrier(2)

    async def run(entry: Planned[str]) -> str:
        await asyncio.wait_for(both.wait(), 5)
        return entry.task

    plan = plan_batch(["a1", "b1"], first_letter, server=lambda model: model)
    assert await run_grouped(plan, run) == ["a1", "b1"]


async def test_a_mistake_in_the_program_is_not_hidden() -> None:
    async def run(entry: Planned[str]) -> str:
        raise ZeroDivisionError(entry.task)

    with pytest.raises(ExceptionGroup):
        await run_grouped(plan_batch(["a"], first_letter), run)
    with pytest.raises(ValueError, match="nothing"):
        await run_grouped(plan_batch(["a"], first_letter), _echo, concurrency=0)
    with pytest.raises(ValueError, match="hold nothing"):
        plan_batch(["a"], first_letter, slots=0)


def test_a_trace_worked_out_by_hand() -> None:
    trace = list("abcabdabc")
    assert simulate(trace, 2, "lru") == 9
    # a, b, c for b, (a stays), b for c, d for b, (a stays), b for d, c.
    assert simulate(trace, 2, "belady") == 7
    assert simulate(trace, 3, "belady") == 5
    assert simulate(trace, 9, "lru") == simulate(trace, 9, "belady") == 4


@given(TRACES, SLOTS, st.lists(st.sampled_from("abcdef")))
@example(list("abcabcabc"), 2, [])
def test_the_farthest_next_use_never_misses_more_than_lru(trace: list[str], slots: int, resident: list[str]) -> None:
    belady = simulate(trace, slots, "belady", resident=resident)
    assert belady <= simulate(trace, slots, "lru", resident=resident)
    assert belady >= len(set(trace) - set(resident))


@settings(max_examples=60)
@given(st.lists(st.sampled_from("abcd"), max_size=10), st.integers(1, 3), st.lists(st.sampled_from("abcd"), max_size=3))
def test_the_farthest_next_use_is_the_best_there_is(trace: list[str], slots: int, resident: list[str]) -> None:
    held = frozenset(list(dict.fromkeys(resident))[-slots:])
    assert simulate(trace, slots, "belady", resident=resident) == _fewest(tuple(trace), slots, held)


@cache
def _fewest(trace: tuple[str, ...], slots: int, held: frozenset[str]) -> int:
    """Every choice tried."""
    if not trace:
        return 0
    if trace[0] in held:
        return _fewest(trace[1:], slots, held)
    if len(held) < slots:
        return 1 + _fewest(trace[1:], slots, held | {trace[0]})
    return 1 + min(_fewest(trace[1:], slots, held - {victim} | {trace[0]}) for victim in held)


@given(TRACES, SLOTS, st.lists(st.sampled_from("abcdef"), unique=True))
def test_no_order_of_a_batch_loads_fewer_models(trace: list[str], slots: int, resident: list[str]) -> None:
    plan = plan_batch(trace, first_letter, resident=resident, slots=slots)
    planned = [group.model for line in plan.lines for group in line for _ in group.tasks]
    assert sorted(planned) == sorted(trace)
    assert plan.loads == simulate(planned, slots, "belady", resident=resident)
    assert plan.loads <= simulate(trace, slots, "belady", resident=resident) <= plan.loads_unplanned


def test_a_long_trace_is_no_trouble() -> None:
    trace = [number % 97 for number in range(97 * 500)]
    assert simulate(trace, 8, "lru") == len(trace), "each is dropped just before its turn"
    # On a cycle the best policy keeps all slots but one, each for as long as it can: 7 of 96 uses are hits.
    assert simulate(trace, 8, "belady") == pytest.approx(len(trace) * (1 - 7 / 96), rel=1e-3)
