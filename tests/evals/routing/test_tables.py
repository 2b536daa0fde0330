"""Outcome tables from files, also from files that nobody should have written."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.evals.routing.prices import TokenEstimate, prices_of, read_prices
from coreagent.evals.routing.tables import read_outcome_table
from coreagent.models.card import FREE, UNKNOWN_PRICE, ModelCard, Price
from coreagent.routing.outcomes import Outcomes

HEAD = "prompt,role,model,score,input_tokens,output_tokens,usd,seconds,verdict,domain\n"


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def known(outcomes: Outcomes) -> list[list[float | None]]:
    return [[None if np.isnan(score) else float(score) for score in row] for row in outcomes.scores]


def test_a_long_table(tmp_path: Path) -> None:
    text = HEAD + (
        "what is a DU,planner,small,1,10,20,0.001,0.5,0.9,ran\n"
        "what is a DU,planner,large,0.5,10,40,0.01,2,,\n"
        '"two\nlines",,large,True,,,,,,\n'
    )
    table = read_outcome_table(written(tmp_path, text))
    assert table.prompts == ("what is a DU", "two\nlines")
    assert table.models == ("small", "large")
    assert known(table) == [[1, 0.5], [None, 1]]
    assert table.roles == ("planner", "") and table.domains == ("ran", "")
    assert table.usd[0].tolist() == pytest.approx([0.001, 0.01]) and np.isnan(table.usd[1]).all()
    assert table.output_tokens[0].tolist() == [20, 40] and table.seconds[0].tolist() == [0.5, 2]
    assert table.verdicts[0, 0] == pytest.approx(0.9) and np.isnan(table.verdicts[0, 1])
    assert len(table.data_hash) == 64 and table.remarks == ()


def test_json_lines_packed_or_not_and_other_names(tmp_path: Path) -> None:
    rows = [
        {"query": "q", "model_name": "a", "performance": 1.0, "response_time": 2, "task_name": "t", "cost": 0.5},
        {"query": "q", "model_name": "b", "performance": None, "response_time": 3},
    ]
    lines = "\n".join(map(json.dumps, rows))
    packed = written(tmp_path, gzip.compress(lines.encode()), "t.jsonl.gz")
    for path in (packed, written(tmp_path, lines, "t.jsonl"), written(tmp_path, json.dumps(rows), "t.json")):
        table = read_outcome_table(path)
        assert known(table) == [[1, None]]
        assert table.domains == ("t",) and table.seconds.tolist() == [[2, 3]] and table.usd[0, 0] == 0.5


def test_a_folder_of_json_lines_is_a_table(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path, json.dumps({"prompt": name, "model": "m", "score": 1}), f"{name}.jsonl")
    assert read_outcome_table(tmp_path).prompts == ("one", "two")


def test_wide_tables_keep_rows_with_gaps(tmp_path: Path) -> None:
    csv = "prompt,org/weak,strong,strong_response\nfirst,True,False,words\nsecond,,True,\nfirst,nan,True,\nthird,,,\n"
    table = read_outcome_table(written(tmp_path, csv, "topic.csv"))
    assert table.models == ("org/weak", "strong")
    assert known(table) == [[1, 0], [None, 1], [None, 1]]
    assert table.domains == ("topic",) * 3
    # A prompt that stands twice: two rows, one group.
    assert table.groups.tolist() == [0, 1, 0]
    assert table.remarks == ("1 rows dropped: no scores (topic.csv:4)",)


def test_the_published_forms(tmp_path: Path) -> None:
    rows = [
        {"question": "q1", "scores": {"a": 1.0, "b": 0.25}, "cluster_id": 7},
        {"question": "q2", "scores": {"b": 0}},
    ]
    table = read_outcome_table(written(tmp_path, json.dumps(rows), "train.json"))
    assert known(table) == [[1, 0.25], [None, 0]]
    written(tmp_path, json.dumps({"train_prompt": "x", "eval_prompt": "q2"}), "contaminated_prompts.jsonl")
    assert read_outcome_table(tmp_path).prompts == ("q1",)
    bench = "prompt,eval_name,a,a|model_response,a|total_cost\nq,grade,0.5,words,0.002\n"
    table = read_outcome_table(written(tmp_path, bench, "bench.csv"))
    assert table.models == ("a",) and table.usd[0, 0] == pytest.approx(0.002)


def test_lines_of_the_same_prompt_role_and_model_are_averaged(tmp_path: Path) -> None:
    text = HEAD + "q,,m,1,,,,2,,\nq,,m,0,,,,4,,\nq,,m,,,,,,,\nq,planner,m,1,,,,,,\n"
    table = read_outcome_table(written(tmp_path, text))
    assert known(table) == [[0.5], [1]] and table.seconds[0, 0] == 3
    assert table.remarks == ("2 further lines of the same prompt, role and model were averaged",)


def test_ids_keep_rows_apart(tmp_path: Path) -> None:
    table = read_outcome_table(written(tmp_path, "id,prompt,model,score\n1,q,m,1\n2,q,m,0\n"))
    assert known(table) == [[1], [0]] and table.ids == ("1", "2") and table.groups.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "q,,m,50,,,,,,\n", "table.csv:1: the score 50 of m is outside 0..1"),
        (HEAD + "q,,m,-0.1,,,,,,\n", "the score -0.1 of m is outside 0..1"),
        (HEAD + "q,,m,inf,,,,,,\n", "the score inf of m is outside 0..1"),
        (HEAD + "q,,m,1,,,,,2,\n", "the verdict 2 of m is outside 0..1"),
        (HEAD + "q,,m,1,,,-1,,,\n", "usd of m is -1"),
        (HEAD + "q,,m,1,,,inf,,,\n", "usd of m is inf"),
        (HEAD + "q,solver,m,1,,,,,,\n", "'solver' is no role"),
        (HEAD + "q,,m,nan,,,,,,\n", "holds no score"),
        (HEAD, "holds no score"),
        ("", "holds no score"),
        ("prompt,score\nq,1\n", "has score, and no model"),
        ("prompt,model,latency\nq,m,2\n", "has model, and no score"),
        ("question,answer\nq,yes\n", "holds no score; 1 rows dropped: no scores"),
        ("answer,m\nyes,1\n", "holds no score; 1 rows dropped: no prompt"),
        ("prompt,m,m\nq,1,0\n", "the column 'm' stands twice"),
        ("prompt,length,m\nq,134,0\n", "the score 134 of length is outside 0..1"),
        (b"\xff\xfep\x00r\x00o\x00", "UTF-16"),
        (b"PK\x03\x04", "zip archive"),
        (HEAD + f"{'q' * 200_000},,m,1,,,,,,\n", "field larger than field limit"),
    ],
)
def test_tables_that_are_refused(text: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_outcome_table(written(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.mend


def test_a_refusal_names_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_outcome_table(written(tmp_path, "question,answer\nq,yes\n"))
    assert "It has answer, question." in caught.value.mend
    for place in (tmp_path / "none.csv", tmp_path / "none"):
        with pytest.raises(InputError, match="no file or folder"):
            read_outcome_table(place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"has no \.csv"):
        read_outcome_table(tmp_path / "empty")


def test_rows_that_can_not_be_used_are_counted(tmp_path: Path) -> None:
    text = HEAD.encode() + (
        b",,m,1,,,,,,\nq,,,1,,,,,,\nq,,m,well,,,,,,\nq,,m,1,,,,,,,,,\ncaf\xe9,,m,1,,,,,,\nr,,m,0,many,,,,,\n"
    )
    table = read_outcome_table(written(tmp_path, text))
    assert known(table) == [[None], [1], [0]]
    assert table.prompts[1] == "caf\ufffd"
    assert table.remarks == (
        "1 rows dropped: no prompt (table.csv:1)",
        "1 rows dropped: no model (table.csv:2)",
        "1 rows have no number under score (table.csv:3)",
        "1 rows dropped: more fields than the head line (table.csv:4)",
        "1 rows repaired: not UTF-8, read with replacement characters (table.csv:6)",
        "1 rows have no number under input_tokens (table.csv:6)",
    )


def test_a_packed_file_that_was_cut_off_gives_what_came(tmp_path: Path) -> None:
    rows = "".join(f"question {row},,m,{row % 2},,,,,,\n" for row in range(5000))
    packed = gzip.compress((HEAD + rows).encode())
    table = read_outcome_table(written(tmp_path, packed[: len(packed) // 2], "table.csv.gz"))
    assert 0 < len(table) < 5000
    assert any("ends or breaks" in remark for remark in table.remarks)


def test_confidence_in_the_evidence_is_of_the_row(tmp_path: Path) -> None:
    text = "prompt,model,score,retrieval\na,m,1,\na,n,0,0.25\nb,m,1,\n"
    assert read_outcome_table(written(tmp_path, text)).retrieval == (0.25, None)
    assert read_outcome_table(written(tmp_path, "prompt,model,score\na,m,1\n")).retrieval == ()
    with pytest.raises(InputError, match="the retrieval 3 of m is outside"):
        read_outcome_table(written(tmp_path, "prompt,model,score,retrieval\na,m,1,3\n"))


def test_one_class_only_is_said(tmp_path: Path) -> None:
    table = read_outcome_table(written(tmp_path, "prompt,model,score\na,m,1\nb,m,1\nc,n,1\n"))
    assert "every known score is 1" in table.remarks[0]


PRICES = {"a": Price(1, 2), "b": Price(10, 20)}


@pytest.mark.parametrize("estimate", [None, TokenEstimate(output_tokens={"b": 100})])
def test_prices_fill_what_was_not_recorded(estimate: TokenEstimate | None, tmp_path: Path) -> None:
    text = HEAD + "12345678,,a,1,1000,1000,,,,\n12345678,,b,1,1000,1000,0.5,,,\n1234,,a,1,,,,,,\n1234,,b,1,,,,,,\n"
    table = read_outcome_table(written(tmp_path, text), prices=PRICES, estimate=estimate)
    assert table.usd[0].tolist() == pytest.approx([0.003, 0.5])
    if estimate is None:
        assert np.isnan(table.usd[1]).all()
    else:
        assert table.input_tokens[1].tolist() == [1, 1] and table.output_tokens[1].tolist() == [256, 100]
        assert table.usd[1].tolist() == pytest.approx([513e-6, 2010e-6])
        assert table.remarks[0] == "tokens estimated: 4 characters each, 256 an answer, b 100"


@pytest.mark.parametrize("prices", [{"a": Price(1, 2)}, {"a": Price(1, 2), "b": UNKNOWN_PRICE}])
def test_a_missing_price_is_a_gap_and_is_said(prices: Mapping[str, Price], tmp_path: Path) -> None:
    text = HEAD + "q,,a,1,1000,1000,,,,\nq,,b,0,1000,1000,,,,\n"
    table = read_outcome_table(written(tmp_path, text), prices=prices)
    assert table.usd[0, 0] == pytest.approx(0.003) and np.isnan(table.usd[0, 1])
    assert table.remarks == ("no price for b: what their calls cost stays unknown",)


def test_price_lists(tmp_path: Path) -> None:
    entries = {"a": {"size": "7B", "input_price": 0.2, "output_price": 0.4}, "b": {"input_price": 1}}
    assert read_prices(written(tmp_path, json.dumps(entries, indent=2), "p.json")) == {
        "a": Price(0.2, 0.4), "b": Price(1, 1),
    }  # fmt: skip
    one = {"a": entries["a"]}
    assert read_prices(written(tmp_path, json.dumps(one), "p.json")) == {"a": Price(0.2, 0.4)}
    for broken in ({"a": {"input_price": "dear"}}, {"a": {"input_price": -1}}):
        with pytest.raises(InputError, match="the price of a is"):
            read_prices(written(tmp_path, json.dumps(broken), "p.json"))
    cards = {name: ModelCard(name=name, adapter="litellm", model=name, price=price) for name, price in PRICES.items()}
    cards["free"] = replace(cards["a"], name="free", price=FREE)
    cards["unknown"] = replace(cards["a"], name="unknown", price=UNKNOWN_PRICE)
    assert prices_of(cards) == {**PRICES, "free": FREE}
    with pytest.raises(InputError, match="has no price"):
        read_prices(written(tmp_path, "{}", "p.json"))
