import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.labels import PUBLIC, Label, Sensitivity, strictest

labels = st.builds(Label, st.sampled_from(Sensitivity), st.booleans())


@given(labels, labels, labels)
def test_join_is_a_semilattice(a: Label, b: Label, c: Label) -> None:
    assert a.join(b) == b.join(a)
    assert a.join(b.join(c)) == a.join(b).join(c)
    assert a.join(a) == a
    assert a.join(PUBLIC) == a


@given(st.lists(labels))
def test_nothing_derived_is_less_strict_than_its_strictest_input(many: list[Label]) -> None:
    joined = strictest(many)
    assert all(joined.sensitivity >= label.sensitivity for label in many)
    assert joined.trusted == all(label.trusted for label in many)


def test_parse_names_the_known_levels() -> None:
    assert Sensitivity.parse(" Internal ") is Sensitivity.INTERNAL
    with pytest.raises(ValueError, match="public, internal, confidential"):
        Sensitivity.parse("secret")
