"""Operating points in a user's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import InputError
from coreagent.routing.learning.wish import EXAMPLES, Wish, WishKind, parse_wish


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("at most 1 point below the best model", "below_best", 0.01),
        ("At most 2.5 points below the best.", "below_best", 0.025),
        ("within 0.5 percentage points of the best single model", "below_best", 0.005),
        ("at most $2 per 1,000", "usd", 0.002),
        ("at most $2 per 1000 calls", "usd", 0.002),
        ("under $1,500 per million questions", "usd", 0.0015),
        ("$0.01/call", "usd", 0.01),
        ("  no more than $ .5 a  thousand ", "usd", 0.0005),
        ("80 % local", "local", 0.8),
        ("at least 80% on site", "local", 0.8),
        ("at least 0.7", "quality", 0.7),
        ("quality at least 70 %", "quality", 0.7),
        ("each at least .7", "each", 0.7),
    ],
)
def test_a_wish_is_read(text: str, kind: WishKind, value: float) -> None:
    wish = parse_wish(text)
    assert wish.kind == kind
    assert wish.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cheap",
        "at most 1 point",
        "at least 70",
        "120 % local",
        "at most $ per 1,000",
        "$2",
        "at least -1",
        "1" * 9999,
    ],
)
def test_what_is_no_wish_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_wish(text)
    assert EXAMPLES[0] in caught.value.mend
    assert len(caught.value.message) < 200


@given(
    st.sampled_from(["below_best", "usd", "local", "quality", "each"]),
    st.integers(0, 1000).map(lambda part: part / 1000),
)
def test_a_wish_in_words_is_read_back(kind: WishKind, value: float) -> None:
    again = parse_wish(str(Wish(kind, value)))
    assert again.kind == kind
    assert again.value == pytest.approx(value)


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_value_nobody_can_mean_is_refused(value: float) -> None:
    with pytest.raises(InputError):
        Wish("quality", value)
    if value != 1.5:
        with pytest.raises(InputError):
            Wish("usd", value)
