"""The graded safety route."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import chosen, field, request, seen

from coreagent.errors import UsageError
from coreagent.routing.policies import best, graded

RISKS = st.one_of(st.none(), st.floats(0, 1))


@pytest.mark.parametrize(
    ("risk", "conduct"),
    [(None, "normal"), (0.0, "normal"), (0.29, "normal"), (0.3, "guarded"), (0.7, "guarded"), (0.71, "strict")],
)
def test_the_risk_sets_the_conduct_and_not_the_model(risk: float | None, conduct: str) -> None:
    there = field(seen("a", 0.4), seen("b", 0.9), ask=request(risk=risk))
    choice = chosen(graded() | best(), there)
    assert (choice.conduct, choice.order, choice.notes, choice.by) == (conduct, ("b", "a"), (), "best")


def test_thresholds_in_the_wrong_order_or_range_are_refused() -> None:
    with pytest.raises(UsageError, match="t1=0.8 is above t2=0.7"):
        graded(t1=0.8)
    with pytest.raises(UsageError, match="t2=1.5"):
        graded(t2=1.5)


@given(st.lists(RISKS, max_size=20), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_lowering_t2_never_lowers_the_number_of_strict_ones(risks: list[float | None], bounds: list[float]) -> None:
    t1, low, high = sorted(bounds)

    def strict(t2: float) -> int:
        line = graded(t1=t1, t2=t2) | best()
        return sum(chosen(line, field(seen("a"), ask=request(risk=risk))).conduct == "strict" for risk in risks)

    assert strict(low) >= strict(high)
