"""A batch is routed first as a whole, then run grouped by model, so that each model is loaded at most once.

After R. Cai et al., "Read-ME: Refactorizing LLMs as Router-Decoupled Mixture of Experts with System Co-Design", 2024:
when routing does not depend on what is run, the whole queue can be routed ahead, batched per expert, and the cache of
experts managed knowing the future.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError, CoreAgentError, NoModelError

Task = TypeVar("Task")
Result = TypeVar("Result")
Eviction = Literal["lru", "belady"]


@dataclass(frozen=True, slots=True)
class Planned(Generic[Task]):
    """One task with its decision; ``index`` is its place in the batch as it was given."""

    index: int
    task: Task
    decision: Decision


@dataclass(frozen=True, slots=True)
class Group(Generic[Task]):
    """The tasks of one model, in the order to run them: those whose prompts begin alike stand together."""

    model: str
    tasks: tuple[Planned[Task], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan(Generic[Task]):
    """A routed batch of ``size`` tasks.

    ``lines`` run side by side, the groups of a line one after another: a line is what shares a server's memory.
    ``refused`` holds the tasks that no model may do, by index. ``loads`` counts the models that must be loaded when
    it is run so, ``loads_unplanned`` when the same tasks run in the order they were given, with the model that was
    used longest ago dropped for the next.
    """

    lines: tuple[tuple[Group[Task], ...], ...]
    refused: dict[int, CoreAgentError]
    loads: int
    loads_unplanned: int
    size: int


def _one_server(model: str) -> str | None:
    del model
    return ""


def _no_prompt(task: object) -> str:
    del task
    return ""


def plan_batch(
    tasks: Sequence[Task],
    decide: Callable[[Task], Decision],
    *,
    prompt: Callable[[Task], str] = _no_prompt,
    server: Callable[[str], str | None] = _one_server,
    resident: Sequence[str] = (),
    slots: int = 1,
) -> BatchPlan[Task]:
    """Route all tasks, then group them so that the fewest models are loaded.

    Models that are ``resident`` run first, before loading another can push them out; each of the rest is then loaded
    once, which no order can better. Within a model tasks run in the order of their prompts, which puts those with the
    longest common beginnings side by side, for servers that keep the work done for a prompt's beginning.

    Args:
        tasks: independent of each other.
        decide: routes one task.
        prompt: what the model will read of a task, from its beginning; in the order given when left out.
        server: where a model is loaded on demand; models of one server share its memory, and run one after another.
            None: it is always loaded. All on one when left out.
        resident: the models that are loaded now, in the order of their last use, the oldest first.
        slots: models that each server holds at once.

    Raises:
        ValueError: ``slots`` is below 1.
        CoreAgentError: what ``decide`` raises, other than that no model may do a task or the budget has no room for it.
    """
    _check_slots(slots)
    planned: list[Planned[Task]] = []
    refused: dict[int, CoreAgentError] = {}
    for index, task in enumerate(tasks):
        try:
            planned.append(Planned(index, task, decide(task)))
        except (NoModelError, BudgetExceededError) as error:
            refused[index] = error
    by_model: dict[str, list[Planned[Task]]] = {}
    traces: dict[str, list[str]] = {}
    for entry in planned:
        model = entry.decision.model
        by_model.setdefault(model, []).append(entry)
        if (place := server(model)) is not None:
            traces.setdefault(place, []).append(model)
    there = {place: [model for model in resident if server(model) == place][-slots:] for place in traces}
    warm = {model for models in there.values() for model in models}
    lines: dict[tuple[bool, str], list[Group[Task]]] = {}
    # Sorting is stable: models that are equally warm keep the order in which the batch first needs them.
    for model in sorted(by_model, key=lambda name: name not in warm):
        ordered = sorted(by_model[model], key=lambda entry: prompt(entry.task))
        place = server(model)
        key = (True, model) if place is None else (False, place)
        lines.setdefault(key, []).append(Group(model, tuple(ordered)))
    return BatchPlan(
        lines=tuple(tuple(groups) for groups in lines.values()),
        refused=refused,
        loads=sum(len(set(trace) - warm) for trace in traces.values()),
        loads_unplanned=sum(simulate(trace, slots, "lru", resident=there[place]) for place, trace in traces.items()),
        size=len(tasks),
    )


async def run_grouped(
    plan: BatchPlan[Task],
    run: Callable[[Planned[Task]], Awaitable[Result]],
    *,
    concurrency: int = 16,
) -> list[Result | CoreAgentError]:
    """Run a plan, ``concurrency`` tasks of a group at once; results stand in the order the batch was given in.

    A task that was refused or failed has its error in the place of its result, and the others go on. Cancelling
    cancels all that runs.

    Raises:
        ValueError: ``concurrency`` is below 1.
        ExceptionGroup: of whatever is no :class:`coreagent.errors.CoreAgentError`; the rest is cancelled.
    """
    if concurrency < 1:
        raise ValueError(f"{concurrency} tasks at once run nothing")
    results: dict[int, Result | CoreAgentError] = dict(plan.refused)

    async def worker(waiting: list[Planned[Task]]) -> None:
        while waiting:
            entry = waiting.pop()
            try:
                results[entry.index] = await run(entry)
            except CoreAgentError as error:
                results[entry.index] = error

    async def line(groups: Sequence[Group[Task]]) -> None:
        for group in groups:
            waiting = list(reversed(group.tasks))
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(concurrency, len(waiting))):
                    workers.create_task(worker(waiting))

    async with asyncio.TaskGroup() as all_lines:
        for groups in plan.lines:
            all_lines.create_task(line(groups))
    return [results[index] for index in range(plan.size)]


def simulate(trace: Sequence[Hashable], slots: int, policy: Eviction, *, resident: Collection[Hashable] = ()) -> int:
    """How often something must be loaded when ``trace`` is used in order and ``slots`` are held at once.

    ``lru`` drops what was used longest ago, ``belady`` what is used farthest in the future (L. A. Belady, "A study of
    replacement algorithms for a virtual-storage computer", 1966), which no policy can better. ``resident`` is there at
    the start, in order of its last use, the oldest first; only the newest ``slots`` of it are.

    Raises:
        ValueError: ``slots`` is below 1.
    """
    _check_slots(slots)
    held = list(dict.fromkeys(resident))[-slots:]
    return _lru(trace, slots, held) if policy == "lru" else _belady(trace, slots, held)


def _check_slots(slots: int) -> None:
    if slots < 1:
        raise ValueError(f"{slots} slots hold nothing")


def _lru(trace: Sequence[Hashable], slots: int, held: Sequence[Hashable]) -> int:
    cache = OrderedDict.fromkeys(held)
    misses = 0
    for item in trace:
        if item in cache:
            cache.move_to_end(item)
            continue
        misses += 1
        if len(cache) >= slots:
            cache.popitem(last=False)
        cache[item] = None
    return misses


def _belady(trace: Sequence[Hashable], slots: int, held: Sequence[Hashable]) -> int:
    end = len(trace)
    following = [end] * end
    first: dict[Hashable, int] = {}
    for place in range(end - 1, -1, -1):
        following[place] = first.get(trace[place], end)
        first[trace[place]] = place
    next_use = {item: first.get(item, end) for item in held}
    # Farthest first; entries that a later use has overtaken are skipped when they come up. The counter keeps items
    # themselves, which need have no order, from being compared.
    farthest = [(-use, number, item) for number, (item, use) in enumerate(next_use.items())]
    heapq.heapify(farthest)
    misses = 0
    for place, item in enumerate(trace):
        if item not in next_use:
            misses += 1
            while len(next_use) >= slots:
                use, _, victim = heapq.heappop(farthest)
                if next_use.get(victim) == -use:
                    del next_use[victim]
        next_use[item] = following[place]
        heapq.heappush(farthest, (-following[place], len(held) + place, item))
    return misses
