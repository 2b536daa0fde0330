"""Columns of wording: what is read, and that nothing breaks them."""

import math

import numpy as np
import pytest

from coreagent.routing.learning.difficulty.features import COLUMNS, WordCounts, parts, row, table, words

COUNTS = WordCounts.of(["the tower has an antenna", "the antenna is tilted", "a tower is tall", "the cell is down"])


def _columns(text: str) -> dict[str, float]:
    return dict(zip(COLUMNS, row(text, COUNTS).tolist(), strict=True))


def test_counts_go_in_as_logarithms() -> None:
    found = _columns("A site has three masts, and each mast bears 12 radios. How many more than 20 are that?")

    assert found["sentences"] == pytest.approx(math.log(3))
    assert found["commas"] == pytest.approx(math.log(2))
    assert found["number words"] == pytest.approx(math.log(2))
    assert found["quantities"] == pytest.approx(math.log(4))
    assert found["largest number"] == pytest.approx(math.log10(21))
    assert found["comparisons"] == pytest.approx(math.log(4))
    assert found["multiples"] == pytest.approx(math.log(2))


def test_options_are_read_apart_from_the_question() -> None:
    text = "Which band is not used?\nA. n78, mostly\nB. n1\nC. n400\nAnswer:"

    stem, options = parts(text)

    assert stem == "Which band is not used?"
    assert options == ("n78, mostly", "n1", "n400")
    assert _columns(text)["commas"] == 0
    assert _columns(text)["negations"] == pytest.approx(math.log(2))
    assert _columns(text)["information"] > _columns(stem)["information"]


@pytest.mark.parametrize("text", ["No options here.", "One:\nA. alone", "Late:\nB. second\nC. third"])
def test_a_question_without_options_from_a_on_is_all_question(text: str) -> None:
    assert parts(text) == (text, ())


def test_fractions_are_signs_and_words() -> None:
    assert _columns("3/4 of it, 20 % of that, half, and \\frac{1}{2}")["fractions"] == pytest.approx(math.log(5))


def test_rare_words_weigh_more_and_a_text_does_not_count_itself() -> None:
    assert _columns("heterodyne")["rarest words"] > _columns("antenna")["rarest words"]
    assert COUNTS.rarities(["antenna"], own=1)[0] > COUNTS.rarities(["antenna"])[0]
    assert COUNTS.rarities(["heterodyne"], own=1)[0] == pytest.approx(math.log(4))


def test_word_counts_survive_arrays() -> None:
    again = WordCounts.from_arrays(COUNTS.arrays())

    assert again == COUNTS
    assert np.array_equal(row("the tall tower", again), row("the tall tower", COUNTS))
    assert WordCounts.from_arrays(WordCounts.of([]).arrays()) == WordCounts.of([])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "?",
        "9" * 5000,
        "\x00\ud800",
        "\n\n\n...\n",
        "信号 强度 是 多少",
        "a" * 100_000,
        "," * 50_000,
        "1,,,.,2 ,",
    ],
)
def test_any_text_has_finite_columns(text: str) -> None:
    found = row(text, COUNTS)

    assert found.shape == (len(COLUMNS),)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_of_a_long_text_both_ends_are_read() -> None:
    found = _columns("Evidence without end. " * 5000 + "Which of 77 cells is not up?")

    assert found["largest number"] == pytest.approx(math.log10(78))
    assert found["characters"] > math.log(100_000)


def test_a_table_of_none_has_no_rows() -> None:
    assert table([], COUNTS).shape == (0, len(COLUMNS))


def test_words_have_no_numbers_or_marks() -> None:
    assert words("The gNB's 3 “cells” (n78) don't—") == ["the", "gnb", "s", "cells", "n", "don", "t"]
