import pytest

from coreagent.errors import InputError
from coreagent.plans import Plan, Subtask, check_order


def task(name: str, *after: str) -> Subtask:
    return Subtask(id=name, role="caller", instruction=name, depends_on=after)


def test_ready_follows_the_dependencies() -> None:
    plan = Plan((task("a"), task("b"), task("c", "a", "b")))
    assert [t.id for t in plan.ready(frozenset())] == ["a", "b"]
    assert [t.id for t in plan.ready(frozenset({"a"}))] == ["b"]
    assert [t.id for t in plan.ready(frozenset({"a", "b"}))] == ["c"]


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ((task("a"), task("a")), "stand twice: a"),
        ((task("a", "z"),), "unknown ids: z"),
        ((task("a", "b"), task("b", "a"), task("c")), "wait for each other: a, b"),
        ((task("a", "a"),), "wait for each other: a"),
    ],
)
def test_impossible_orders_are_named(tasks: tuple[Subtask, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_order(tasks)
