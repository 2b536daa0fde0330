"""Outcomes from several places as one table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.outcome_files import rows, write_rows

from coreagent.errors import InputError
from coreagent.evaluation.routing import read_outcomes_of
from coreagent.evaluation.routing.sources import joined, local_among
from coreagent.models.card import ModelCard
from coreagent.routing.outcomes import Outcomes
from coreagent.settings import ModelSettings, PriceSettings, Settings

NAN = float("nan")


def test_what_was_scored_later_stands_beside_what_was_known(tmp_path: Path) -> None:
    lines = rows(6, role="summarizer")
    first = write_rows(tmp_path / "a.jsonl", [line for line in lines if line["model"] == "small"])
    second = write_rows(tmp_path / "b.jsonl", [line for line in lines if line["model"] == "large"][:4])
    table = read_outcomes_of([first, second])
    assert table.models == ("small", "large")
    assert len(table) == 6
    assert table.known.tolist() == [[True, True]] * 4 + [[True, False]] * 2
    assert table.roles == ("summarizer",) * 6
    assert len(set(table.ids)) == 6
    alone = read_outcomes_of([first])
    assert table.data_hash not in ("", alone.data_hash)
    assert table.scores[:, 0].tolist() == alone.scores[:, 0].tolist()


def test_a_score_that_both_state_is_averaged_and_said(tmp_path: Path) -> None:
    one = write_rows(tmp_path / "a.jsonl", [{"prompt": "p", "model": "m", "score": 1, "usd": 0.2}])
    other = write_rows(tmp_path / "b.jsonl", [{"prompt": "p", "model": "m", "score": 0}])
    table = read_outcomes_of([one, other])
    assert table.scores.tolist() == [[0.5]]
    assert table.usd[0, 0] == pytest.approx(0.2)
    assert any("averaged" in remark for remark in table.remarks)


def test_rows_of_one_prompt_and_groups_of_any_table_stay_together() -> None:
    one = Outcomes.of(["p", "p", "q"], ["m"], [[1.0], [0.0], [1.0]])
    other = Outcomes.of(["r", "Q", "p"], ["n"], [[1.0], [0.0], [0.0]])
    # In the other table r and Q are one group, as questions with their options in another order are.
    grouped = replace(other, groups=np.array([0, 0, 1]))
    table = joined([one, grouped])
    assert table.prompts == ("p", "p", "q", "r", "Q")
    of = dict(zip(table.prompts, table.groups.tolist(), strict=True))
    assert of["q"] == of["Q"] == of["r"] != of["p"]
    assert table.known.tolist() == [[True, True], [True, False], [True, False], [False, True], [False, True]]


def test_the_rows_of_one_role_or_domain_can_be_had_alone(tmp_path: Path) -> None:
    lines = [*rows(4, role="planner", domain="sums"), *rows(4, seed=1, role="caller", domain="law")]
    path = write_rows(tmp_path / "a.jsonl", lines)
    assert set(read_outcomes_of([path], role="caller").roles) == {"caller"}
    assert set(read_outcomes_of([path], domain="sums").roles) == {"planner"}
    with pytest.raises(InputError, match="role 'verifier'") as caught:
        read_outcomes_of([path], role="verifier")
    assert "caller, planner" in caught.value.mend
    with pytest.raises(InputError, match="role 'caller' and the domain 'sums'"):
        read_outcomes_of([path], role="caller", domain="sums")


def test_dollars_come_from_the_settings_or_a_price_list(tmp_path: Path) -> None:
    lines = [
        {"prompt": f"question {n}", "model": "m", "score": n % 2, "input_tokens": 100, "output_tokens": 10}
        for n in range(4)
    ]
    path = write_rows(tmp_path / "a.jsonl", lines)
    price = PriceSettings(input_usd_per_mtok=1.0, output_usd_per_mtok=10.0)
    settings = Settings(models={"m": ModelSettings(base_url="http://127.0.0.1:9/v1", price=price)})
    assert np.isnan(read_outcomes_of([path]).usd).all()
    assert read_outcomes_of([path], settings=settings).usd[0, 0] == pytest.approx(0.0002)
    prices = tmp_path / "prices.json"
    prices.write_text('{"m": {"input_price": 2.0, "output_price": 0.0}}')
    assert read_outcomes_of([path], settings=settings, prices=prices).usd[0, 0] == pytest.approx(0.0002)
    bare = write_rows(tmp_path / "b.jsonl", [{"prompt": "x" * 400, "model": "m", "score": 1}])
    table = read_outcomes_of([bare], prices=prices)
    assert table.usd[0, 0] == pytest.approx(0.0002)
    assert any("tokens estimated" in remark for remark in table.remarks)


def test_local_models_are_those_of_the_settings_and_those_named() -> None:
    cards = {
        name: ModelCard(name=name, adapter="scripted", model=name, placement=place)  # type: ignore[arg-type]  # literals
        for name, place in (("here", "device"), ("there", "cloud"))
    }
    assert local_among(("here", "there", "new"), cards) == {"here"}
    assert local_among(("here", "there", "new"), cards, ["new"]) == {"here", "new"}
    with pytest.raises(InputError, match="'nobody'"):
        local_among(("here",), cards, ["nobody"])


def test_no_source_is_an_error() -> None:
    with pytest.raises(InputError, match="no outcomes"):
        read_outcomes_of([])
