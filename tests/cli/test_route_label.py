"""``coreagent route label``."""

import json
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error
from tests.cli.routers import write_router, write_settings, write_table
from tests.evaluation.outcome_files import rows, write_rows


def write_log() -> str:
    """What the small model alone was asked."""
    return write_rows("log.jsonl", rows(50, models=("small",), seed=6, role="summarizer"))


def test_the_questions_worth_a_label_within_the_budget(cli: Cli) -> None:
    ask = ("route", "label", write_log(), "--model", "large", "--budget-usd", "0.2", "--usd-per-label", "0.01")
    told = cli(*ask, "--out", "todo.jsonl")
    assert (told.code, told.err) == (0, "")
    assert "20 of 50 questions without a score of large: $0.200" in told.out
    assert "and 10 more" in told.out
    lines = [json.loads(line) for line in Path("todo.jsonl").read_text().splitlines()]
    assert len({line["prompt"] for line in lines}) == 20
    assert all(line["reason"] and line["score"] is None for line in lines)
    assert cli(*ask).out.splitlines()[:12] == told.out.splitlines()[:12]
    is_error(cli(*ask, "--out", "todo.jsonl"), 2, "todo.jsonl exists already", "--force")
    assert cli(*ask, "--out", "todo.jsonl", "--force").code == 0


def test_the_price_of_the_settings_and_the_predictions_of_a_router(cli: Cli) -> None:
    write_settings()
    told = cli("route", "label", write_log(), "--model", "large", "--budget-usd", "0.1", "--router", write_router())
    assert told.code == 0
    assert "12 of 50 questions" in told.out
    assert "disagreement" in told.out


@pytest.mark.parametrize(
    ("arguments", "code", "cause", "mend"),
    [
        (["--model", "large", "--budget-usd", "1"], 2, "nobody says what a label of large costs", "--usd-per-label"),
        (["--model", "large", "--budget-usd", "1", "--usd-per-label", "2"], 2, "pays for no label", "Raise the budget"),
        (["--model", "small", "--budget-usd", "1", "--usd-per-label", "1"], 2, "a score at every question", ""),
        (["--model", "large", "--budget-usd", "nan", "--usd-per-label", "1"], 2, "nan", "--help"),
        (["--model", "large", "--budget-usd", "0", "--usd-per-label", "1"], 2, "budget-usd", "--help"),
        (
            ["--model", "large", "--budget-usd", "1", "--usd-per-label", "1", "--router", "no.npz"],
            3,
            "can not be read",
            "",
        ),
        (["--model", "large", "--budget-usd", "1", "--usd-per-label", "1", "--out", "log.jsonl/x"], 1, "not a dir", ""),
    ],
)
def test_wrong_budgets_and_models_are_two_lines(
    cli: Cli, arguments: list[str], code: int, cause: str, mend: str
) -> None:
    is_error(cli("route", "label", write_log(), *arguments), code, cause, mend)


def test_a_log_that_is_not_there(cli: Cli) -> None:
    rest = ("--model", "m", "--budget-usd", "1", "--usd-per-label", "1")
    is_error(cli("route", "label", "nowhere.jsonl", *rest), 2, "nowhere.jsonl")
    is_error(cli("route", "label", write_rows("empty.jsonl", []), *rest), 2, "no score")
    assert cli("route", "label", write_table(), *rest).code == 0
