"""Feature rows: finite for any text, the same in every process, and as wide for a new prompt as for those learned."""

import math
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.routing.learning.made_outcomes import LetterEmbedder, made, prompts

from coreagent.errors import InputError
from coreagent.routing.learning.cheap_features import COLUMNS, cheap_features, cut
from coreagent.routing.learning.features import FeatureMaker
from coreagent.routing.learning.text_features import PLACES, TermWeights
from coreagent.routing.request import RoutingRequest

HOSTILE = ("", " ", "\ud800 lone", "1" * 200_000, "\n" * 500, "日本語の質問です。", "\x00\x01", "A) x\nB) y\n" * 50)


def column(text: str, name: str) -> float:
    return float(cheap_features(text)[COLUMNS.index(name)])


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_gives_finite_columns(text: str) -> None:
    values = cheap_features(text)
    assert values.shape == (len(COLUMNS),)
    assert np.isfinite(values).all()


def test_columns_say_what_their_names_say() -> None:
    asked = "Which is NOT even?\nA. 2\nB. 4\nC. 77"
    assert column(asked, "options") == 3
    assert column(asked, "options are numbers") == 1
    assert column(asked, "negation") == 1
    assert column(asked, "begins with which") == 1
    assert column("Say why it fell.", "asks why") == 1
    assert column("Say why it fell.", "options") == 0
    assert column("def run():\n    return 1", "code") == 1
    assert column("How tall?", "ends with a question mark") == 1


@pytest.mark.parametrize(
    "text",
    [
        "A cell_id, (b) is-not C3PO;\x1cnew\x0bline\x7f it's 3.5% of 1,000",
        "".join(map(chr, range(128))),
        "\u212aelvin caf\u00e9 \u65e5\u672c x_y \u0660\u0661",
        *HOSTILE,
    ],
)
def test_words_and_marks_are_counted_as_patterns_find_them(text: str) -> None:
    seen = cut(text)
    words = re.findall(r"\w+", seen.lower())
    data = seen.encode("utf-8", "replace")
    assert column(text, "words") == pytest.approx(math.log1p(len(words)))
    assert column(text, "distinct words") == pytest.approx(len(set(words)) / max(1, len(words)))
    assert column(text, "share of digits") == pytest.approx(len(re.findall(rb"[0-9]", data)) / max(1, len(data)))
    assert column(text, "share of capitals") == pytest.approx(len(re.findall(rb"[A-Z]", data)) / max(1, len(data)))
    assert column(text, "other scripts") == pytest.approx(len(re.findall(rb"[\x80-\xff]", data)) / max(1, len(data)))
    assert column(text, "commas") == pytest.approx(math.log1p(seen.count(",")))
    assert column(text, "operators") == pytest.approx(math.log1p(len(re.findall(r"[+*/=^<>|~&]", seen))))
    assert column(text, "line breaks") == pytest.approx(math.log1p(seen.count("\n")))


def test_names_are_unique_and_one_for_each_value() -> None:
    maker, rows = FeatureMaker.of(made(60), LetterEmbedder().embed(prompts(60)))
    assert len(set(maker.names)) == len(maker.names) == rows.columns.shape[1]


def test_terms_are_weighted_to_unit_length_and_unknown_ones_left_out() -> None:
    terms = TermWeights.of(["the red cell", "the blue cell", "the red beam"])
    places, weights = terms.terms("the red cell")
    assert np.sum(weights**2) == pytest.approx(1)
    assert ((places >= 0) & (places < PLACES)).all()
    assert len(terms.terms("quite other words")[0]) == 0
    assert len(terms.terms("")[0]) == 0


def test_a_rarer_term_weighs_more() -> None:
    terms = TermWeights.of(["common rare", "common rare", *["common thing"] * 20])
    places, weights = terms.terms("common")
    only = terms.weights
    assert len(places) == len(weights) == 1
    rare = terms.terms("rare")[0]
    assert only[rare[0]] > only[places[0]]


def test_terms_are_the_same_in_another_process() -> None:
    code = (
        "from coreagent.routing.learning.text_features import TermWeights\n"
        "t = TermWeights.of(['the red cell', 'the red cell fell'])\n"
        "print(t.terms('the red cell')[0].tolist())"
    )
    here = TermWeights.of(["the red cell", "the red cell fell"]).terms("the red cell")[0].tolist()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(here)


def test_a_request_gets_the_row_that_its_prompt_had() -> None:
    table, embedder = made(60), LetterEmbedder()
    maker, rows = FeatureMaker.of(table, embedder.embed(table.prompts))
    request = RoutingRequest(subtask="s", role="planner", text=table.prompts[5])
    row = maker.row(request, embedder.embed([request.text])[0])
    # The table names no role, so its column never moved and stays 0 whatever the request says.
    assert row.columns[0] == pytest.approx(rows.columns[5], abs=1e-5)
    assert row.places.tolist() == rows.take(np.array([5])).places.tolist()


def test_domain_and_evidence_reach_the_row() -> None:
    table = made(60)
    domains = tuple("ran" if place % 2 else "core" for place in range(60))
    confident = tuple(0.9 if place % 2 else None for place in range(60))
    maker, rows = FeatureMaker.of(
        replace(table, domains=domains, retrieval=confident), LetterEmbedder().embed(table.prompts)
    )
    for name in ("domain ran", "evidence known", "evidence confidence"):
        place = maker.names.index(name)
        assert rows.columns[1, place] > 0 > rows.columns[0, place]


def test_a_maker_read_back_makes_the_same_rows() -> None:
    table, embedder = made(60), LetterEmbedder()
    maker, rows = FeatureMaker.of(table, embedder.embed(table.prompts))
    again = FeatureMaker.from_arrays(maker.arrays()).rows(table, embedder.embed(table.prompts))
    assert np.array_equal(again.columns, rows.columns)
    assert np.array_equal(again.weights, rows.weights)


def test_embeddings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        FeatureMaker.of(made(60), np.zeros((59, 4), dtype=np.float32))
