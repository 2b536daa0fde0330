"""Flags inside a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import UnknownNameError, UsageError
from coreagent.routing.policies import FLAGS, parse_flags


@pytest.mark.parametrize(
    ("text", "left", "weights"),
    [
        ("[size=0.3] What is A1?", "What is A1?", {"size": 0.3}),
        ("What is A1? [size=0.3, recency=1]", "What is A1?", {"size": 0.3, "recency": 1.0}),
        ("What is [size=.3;energy=2] A1?", "What is A1?", {"size": 0.3, "energy": 2.0}),
        ("/flag size=0.3 recency=0.1 What is A1?", "What is A1?", {"size": 0.3, "recency": 0.1}),
        ("What is A1?\n/flag size=0.3, security=10\nSay it shortly.", "What is A1?\n\nSay it shortly.",
         {"size": 0.3, "security": 10.0}),
        ("What is A1 [size=0.3]?", "What is A1?", {"size": 0.3}),
        ("a\t[size=1]\tb  c", "a\tb  c", {"size": 1.0}),
        ("[size=0.3] [size=0.5] x", "x", {"size": 0.5}),
        ("[size=0.3]", "", {"size": 0.3}),
        ("[size=0.3][recency=1] x", "x", {"size": 0.3, "recency": 1.0}),
        ("/flag size=0.3,recency=0.1 x", "x", {"size": 0.3, "recency": 0.1}),
        ("[size=1e-1] x", "x", {"size": 0.1}),
        ("[size=1" + ", size=2" * 10_000 + "] x", "x", {"size": 2.0}),
        ('Why "[size=3] rx" [size=1]?', 'Why "[size=3] rx"?', {"size": 1.0}),
        ("```\na\n```\nWhy? [size=1]", "```\na\n```\nWhy?", {"size": 1.0}),
    ],
)  # fmt: skip
def test_flags_are_read_and_taken_out(text: str, left: str, weights: dict[str, float]) -> None:
    assert parse_flags(text) == (left, weights)


@pytest.mark.parametrize(
    "text",
    [
        "What is A1?",
        "x = buffer[size=3]",
        "[size=3](https://example.org)",
        "`[size=3]` is how a flag is written",
        "[n=3]",
        "[site=3]",
        "ping `[size=64]`",
        "What does `ping [size=64] host` do?",
        "```sh\n[size=64]\n```\nWhat is this?",
        "~~~\n[size=64]",
        "> 12:00 [size=64] rx\nWhy?",
        'Why does it log "12:00 [size=64] rx"?',
        "Why does it log \u201c12:00 [size=64] rx\u201d?",
        "[size=0.3, n=5]",
        "[size=large]",
        "[ size = 3 ]",
        "use tcpdump /flag or a/flag size=1",
        "  two  spaces   stay  ",
        "[mcs=5, prb=100]",
    ],
)
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert parse_flags(text) == (text, {})


@pytest.mark.parametrize(
    "text", ["[siz=0.3]", "[siez=0.3, recency=1]", "[enargy=1]", "/flag speed=1 What?", "/flag Size=1"]
)
def test_misspelt_flags_are_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_flags(text)
    assert "size" in caught.value.mend


@pytest.mark.parametrize(
    "text",
    [
        "[size=11]",
        "[size=-1]",
        "/flag energy=999999",
        "[size=1e999]",
        "[size=12345678]",
        "[size=nan]",
        "/flag size=inf x",
    ],
)
def test_weights_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the weight of flag"):
        parse_flags(text)


@given(st.dictionaries(st.sampled_from(FLAGS), st.integers(0, 1000).map(lambda n: n / 100), min_size=1))
def test_both_spellings_read_back(weights: dict[str, float]) -> None:
    pairs = [f"{flag}={weight}" for flag, weight in weights.items()]
    for written in (f"[{', '.join(pairs)}]", f"/flag {' '.join(pairs)}"):
        assert parse_flags(f"Tell me. {written}") == ("Tell me.", weights)


@given(st.text(alphabet='[]=/flagsize ,;.0123e\n"`>', max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        left, weights = parse_flags(text)
    except UsageError:
        return
    assert len(left) <= len(text)
    assert weights or left == text


@pytest.mark.parametrize(
    "piece",
    ["[", "[size=", "[size=1 ", "[abcd=1] ", "/flag size=x ", "[size=1,", "/flag " * 3, "\u201c", "`a", "> ", "``"],
)
def test_hostile_text_is_read_to_its_end_and_left_alone(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert parse_flags(text) == (text, {})
