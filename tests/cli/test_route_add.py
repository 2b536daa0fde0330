"""``coreagent route add``."""

from pathlib import Path
from typing import Any

from tests.cli.driving import Cli, is_error
from tests.cli.routers import write_router, write_table
from tests.evaluation.outcome_files import rows, write_rows

from coreagent.evaluation.routing import load_router


def scored(count: int = 30, *, seed: int = 0) -> list[dict[str, Any]]:
    """Scores of a new model, the second of which is 0."""
    lines = rows(count, models=("new",), seed=seed, role="summarizer")
    lines[1]["score"] = 0
    return lines


def test_a_model_is_added_in_place_or_beside(cli: Cli) -> None:
    router, table = write_router(), write_rows("new.jsonl", scored())
    told = cli("route", "add", "new", table, "--router", router, "-o", "wider.npz")
    assert (told.code, told.err) == (0, "")
    assert "from 30 questions" in told.out
    assert "30 of them it was trained on" in told.out
    assert "coreagent models add new" in told.out
    assert load_router(router).newcomers == {}
    assert "new (0." in cli("route", "show", "wider.npz").out
    assert cli("route", "add", "new", table, "--router", router).code == 0
    assert set(load_router(router).newcomers) == {"new"}


def test_a_file_beside_is_not_replaced_unasked(cli: Cli) -> None:
    router, table = write_router(), write_rows("new.jsonl", scored(seed=2))
    Path("wider.npz").write_text("precious")
    ask = ("route", "add", "new", table, "--router", router, "-o", "wider.npz")
    is_error(cli(*ask), 2, "wider.npz exists already", "--force")
    assert cli(*ask, "--force").code == 0


def test_what_can_not_be_added_leaves_the_router_alone(cli: Cli) -> None:
    router = write_router()
    before = Path(router).read_bytes()
    few, same = write_rows("few.jsonl", scored(3)), write_rows("same.jsonl", rows(30, models=("new",), seed=1)[:2] * 9)
    is_error(cli("route", "add", "new", few, "--router", router), 2, "3 scored questions are too few", "Score 10")
    is_error(cli("route", "add", "new", same, "--router", router), 2, "2 scored questions are too few")
    is_error(cli("route", "add", "nwe", few, "--router", router), 2, "did you mean new", "Known: new")
    is_error(cli("route", "add", "large", write_table(), "--router", router), 2, "was trained with large")
    is_error(cli("route", "add", "new", "nowhere.csv", "--router", router), 2, "nowhere.csv")
    is_error(cli("route", "add", "new", few, "--router", "nowhere.npz"), 3, "can not be read")
    assert Path(router).read_bytes() == before
