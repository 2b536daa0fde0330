"""``coreagent route evaluate``."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.driving import Cli, is_error
from tests.cli.routers import COUNT, write_router, write_settings, write_table
from tests.evaluation.outcome_files import rows, write_rows

from coreagent.artefacts import Artefact, Head, save_artefact


def test_policies_stand_beside_the_lines_of_reference(cli: Cli) -> None:
    write_settings()
    told = cli(
        "route", "evaluate", write_table(count=40), "--policy", "best()", "--policy", "cheapest_above(quality=0.5)"
    )
    assert (told.code, told.err) == (0, "")
    for words in ("best single: large", "oracle", "best()", "cheapest_above(quality=0.5)", "40 rows, 40 prompts"):
        assert words in told.out


def test_a_router_decides_as_it_was_trained_to(cli: Cli) -> None:
    told = cli("route", "evaluate", write_table(count=60, seed=3), "--router", write_router(), "--json")
    lines = {line["name"]: line for line in json.loads(told.out)["lines"]}
    assert lines["learned"]["usd"]["value"] < lines["best single: large"]["usd"]["value"]


def test_folds_fit_a_router_for_each(cli: Cli) -> None:
    told = cli("route", "evaluate", write_table(count=60), "--folds", "2", "--markdown")
    assert told.code == 0
    assert "| trained |" in told.out
    assert "2 folds" in told.out


def test_rows_that_the_router_was_fitted_on_are_refused_or_dropped(cli: Cli) -> None:
    router, table, other = write_router(), write_table(), write_table("other.jsonl", 60, seed=3)
    both = ("route", "evaluate", table, other, "--router", router)
    is_error(cli(*both), 2, f"was fitted on {COUNT} of these {COUNT + 60} rows", "--overlap drop")
    told = cli(*both, "--overlap", "drop", "--json")
    assert json.loads(told.out)["rows"] == 60
    is_error(cli("route", "evaluate", table, "--router", router, "--overlap", "drop"), 2, "every one of these rows")


@pytest.mark.parametrize(
    ("arguments", "cause", "mend"),
    [
        (["--policy", "lerned"], "did you mean learned", "Known"),
        (["--policy", "best("], "can not be read", ""),
        (["--policy", "best() | nonsense()"], "unknown policy", "Known"),
        (["--policy", 'fixed(summarizer="huge")'], "unknown model", "small"),
        (["--wish", "cheap"], "is no operating point", "80 % local"),
        (["--folds", "2", "--router", "router.npz"], "fitting one is asked for", "--folds"),
        (["--folds", "2", "--fit-on", "table.jsonl"], "rows to fit on and folds", "Choose one"),
        (["--complete", "--role", "planner"], "no row is of the role", "summarizer"),
    ],
)
def test_wrong_wishes_and_policies_are_two_lines(cli: Cli, arguments: list[str], cause: str, mend: str) -> None:
    write_table()
    is_error(cli("route", "evaluate", "table.jsonl", *arguments), 2, cause, mend)


def test_learned_needs_a_router(cli: Cli) -> None:
    is_error(cli("route", "evaluate", write_table(), "--policy", "learned"), 3, "needs a trained router", "route train")


def test_a_router_that_is_no_router(cli: Cli) -> None:
    table = write_table(count=40, seed=3)
    ask = ("route", "evaluate", table, "--router")
    is_error(cli(*ask, "nowhere.npz"), 3, "nowhere.npz: can not be read")
    Path("text.npz").write_text("no router")
    is_error(cli(*ask, "text.npz"), 3, "damaged")
    router = Path(write_router())
    Path("cut.npz").write_bytes(router.read_bytes()[:-200])
    is_error(cli(*ask, "cut.npz"), 3, "damaged")
    for kind, version, words in (("specialist", 1, "not 'router'"), ("router", 99, "version 99")):
        path = Path(f"{kind}.npz")
        head = Head(kind=kind, version=version, data_hash="", created="2026-01-01", package="0")
        save_artefact(path, Artefact(head, {}, frozenset()))
        is_error(cli(*ask, str(path)), 3, words)


def test_a_router_of_another_embedder_says_so(cli: Cli) -> None:
    router = write_router()
    with np.load(router) as stored:
        arrays = {name: stored[name] for name in stored.files}
    about = json.loads(str(arrays["about"]))
    about["embedder"][0] = "somebody's"
    arrays["about"] = np.array(json.dumps(about))
    np.savez("foreign.npz", **arrays)
    is_error(
        cli("route", "evaluate", write_table(count=40, seed=3), "--router", "foreign.npz"),
        3,
        'trained with the embedder "somebody\'s"',
        "train the router again",
    )


def test_a_table_of_other_models_than_the_router(cli: Cli) -> None:
    table = write_rows("t.jsonl", rows(40, models=("x", "y"), seed=5))
    is_error(cli("route", "evaluate", table, "--router", write_router()), 2, "knows none of the models", "small, large")


def test_the_settings_say_what_models_are_like_when_they_have_them_all(cli: Cli) -> None:
    table = write_table(count=40)
    bare = cli("route", "evaluate", table, "--policy", "prefer_local() | best()", "--json")
    write_settings()
    placed = cli("route", "evaluate", table, "--policy", "prefer_local() | best()", "--json")
    shares = [
        next(line["shares"] for line in json.loads(told.out)["lines"] if line["kind"] == "policy")
        for told in (bare, placed)
    ]
    assert shares == [{"small": 0.0, "large": 1.0}, {"small": 1.0, "large": 0.0}]
