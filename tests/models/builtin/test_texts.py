import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.models.builtin.evidence import is_bare
from coreagent.models.builtin.expressions import expression_in
from coreagent.models.builtin.markers import marked_sentences
from coreagent.models.builtin.numbers import convert, quantities
from coreagent.models.builtin.parts import split_parts
from coreagent.models.builtin.sentences import passage_sentences
from coreagent.models.builtin.words import stem, terms


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("3.5 GHz", "MHz", 3500),
        ("20 W", "dBm", 43.0102999566),
        ("30 dBm", "W", 1),
        ("1,500 m", "km", 1.5),
        ("250 us", "ms", 0.25),
        ("5 kHz", "dBm", None),
    ],
)
def test_units_convert(text: str, unit: str, value: float | None) -> None:
    assert convert(quantities(text)[0], unit) == (None if value is None else pytest.approx(value))


def test_names_hold_no_numbers() -> None:
    assert quantities("256QAM on split 7-2x with 10.0.0.0/16 in TS38.104") == []
    assert [q.value for q in quantities("four layers and 4x4", spelled=True)] == [4, 4]


@given(st.floats(min_value=1e-6, max_value=1e6, allow_nan=False))
def test_conversion_there_and_back(value: float) -> None:
    watts = quantities(f"{value:.9f} W")[0]
    if watts.value > 0:
        dbm = convert(watts, "dBm")
        assert dbm is not None
        back = convert(quantities(f"{dbm:.9f} dBm")[0], "W")
        assert back == pytest.approx(watts.value, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("How much is 3 plus 4?", "3 + 4"),
        ("calculate the square root of 16", "sqrt(16)"),
        ("Evaluate 2^10/4.", "2^10/4"),
        ("Express 46 dBm in W", "46 dBm to W"),
        ("What does split 7-2x mean?", ""),
        ("Which release came in 2018?", ""),
    ],
)
def test_expressions(text: str, expression: str) -> None:
    assert expression_in(text) == expression


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is F1 and which protocol does it carry?", 2),
        ("Which interface carries policies and between which nodes?", 1),
        ("What are NSSF and NEF?", 1),
        ("Explain VLANs. What is a trunk port?", 2),
        ("1) What is an xApp?\n2) What is an rApp?", 2),
    ],
)
def test_parts(question: str, parts: int) -> None:
    assert len(split_parts(question)) == parts


def test_passages_become_quotable_sentences() -> None:
    text = "# Head\nA **bold** claim, e.g. this [1]. See v1.2 now.\n\n- one `item`\n\n|a|b|\n|---|---|\n|x|y|\n"
    assert passage_sentences(text) == ["A bold claim, e.g. this (1).", "See v1.2 now.", "one item", "a: x; b: y"]


def test_a_line_break_inside_a_table_cell_is_a_space() -> None:
    assert passage_sentences("|a|\n|---|\n|100 µs<br>(fibre)|\n") == ["a: 100 µs (fibre)"]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("RU-7: supervision and alarms", True),
        ("2 Abbreviations", True),
        ("Table 3.2-1: Timers of the unit", True),
        ("Table A: Alarms", True),
        ("Figure 1 – Message flow", True),
        ("Table 3.2-1 lists the timers.", False),
        ("Alarm: 7031; Severity: critical", False),
        ("Use a 16 A breaker for each unit.", False),
        ("The unit restarts once", False),
    ],
)
def test_titles_and_captions_are_no_sentences(text: str, bare: bool) -> None:
    assert is_bare(text, 'site, "RU-7: supervision and alarms" § 2 Abbreviations') is bare


@given(st.text(max_size=300))
def test_text_functions_take_anything(text: str) -> None:
    terms(text)
    passage_sentences(text)
    marked_sentences(text)
    quantities(text, spelled=True)
    expression_in(text)
    assert all(part for part in split_parts(text or "x"))


def test_forms_of_a_word_agree() -> None:
    assert stem("policies") == stem("policy")
    assert stem("carries") == stem("carrying") == stem("carry")
    assert stem("synchronization") == stem("synchronise")
