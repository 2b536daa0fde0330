"""``coreagent route train``."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from tests.cli.driving import Cli, Endpoint, is_error
from tests.cli.evaluating import PRICED, Knowing, write_questions
from tests.cli.routers import write_settings, write_table
from tests.evaluation.outcome_files import rows, write_rows

from coreagent.cli.interrupts import INTERRUPTED
from coreagent.evaluation.routing import load_router


def test_a_router_is_trained_saved_and_told_of(cli: Cli) -> None:
    write_settings()
    told = cli("route", "train", write_table(), "--out", "mine/r.npz")
    assert (told.code, told.err) == (0, "")
    assert max(map(len, told.out.splitlines())) <= 80
    for words in ("80 rows, 80 prompts, 2 models", "the router ", "best single: large", "calibration error (ECE)",
                  "operating point: at most 1 point below the best model", "saved: mine/r.npz"):  # fmt: skip
        assert words in told.out
    lines = told.out.splitlines()
    start = lines.index("[routing]")
    routing = tomllib.loads("\n".join(lines[start : start + 3]))["routing"]
    assert routing == {"router": "mine/r.npz", "wish": "at most 1 point below the best model"}
    assert "coreagent ask --explain" in told.out
    assert load_router("mine/r.npz").models == ("small", "large")


def test_what_was_dropped_and_where_gaps_are_is_said(cli: Cli) -> None:
    lines = rows(60, role="summarizer")
    del lines[1]
    lines.append({"prompt": "", "model": "small", "score": 1})
    told = cli("route", "train", write_rows("t.jsonl", lines))
    assert told.code == 0
    assert "1 rows dropped: no prompt" in told.out
    assert next(line.split()[1:4] for line in told.out.splitlines() if line.startswith("large "))[1:] == ["59", "1"]


def test_all_of_it_as_json(cli: Cli) -> None:
    told = cli("route", "train", write_table(), "--json", "--wish", "at least 0.5")
    data = json.loads(told.out)
    assert (data["path"], data["rows"], data["models"]) == ("router.npz", 80, ["small", "large"])
    assert data["wish"] == "at least 0.5"
    assert {line["name"] for line in data["held_out"]["lines"]} >= {"the router", "random", "oracle"}


def test_several_sources_are_put_together(cli: Cli) -> None:
    lines = rows(50, role="summarizer")
    first = write_rows("small.jsonl", [line for line in lines if line["model"] == "small"])
    second = write_rows("large.jsonl", [line for line in lines if line["model"] == "large"])
    told = cli("route", "train", first, second)
    assert told.code == 0
    assert "50 rows, 50 prompts, 2 models" in told.out


def test_a_run_of_models_is_a_source_by_its_name_too(cli: Cli, endpoint: Endpoint) -> None:
    suite = write_questions(24)
    systems = ("--system", "model:v/m", "--system", "model:builtin/summarizer")
    with endpoint(Knowing().replies, extra=PRICED):
        assert cli("eval", "run", suite, *systems, "--no-baselines", "--out", "runs/mine").code == 0
        told = cli("route", "train", "mine")
        assert told.code == 0
        assert "24 rows, 24 prompts, 2 models" in told.out
        assert set(load_router("router.npz").models) == {"v/m", "builtin/summarizer"}
        shown = cli("route", "evaluate", "mine", "--policy", 'fixed(summarizer="v/m") | best()', "--json")
        line = next(line for line in json.loads(shown.out)["lines"] if line["kind"] == "policy")
        assert (line["quality"]["value"], line["shares"]["v/m"]) == (1.0, 1.0)


def test_outcomes_without_dollars_train_the_best_predicted(cli: Cli) -> None:
    lines = [{key: value for key, value in line.items() if key != "usd"} for line in rows(60)]
    told = cli("route", "train", write_rows("t.jsonl", lines))
    assert told.code == 0
    assert "operating point: the best predicted model" in told.out
    assert 'policy = "learned"' in told.out


ONE = [{"prompt": f"question {n}", "model": "m", "score": 1} for n in range(50)]


@pytest.mark.parametrize(
    ("lines", "arguments", "cause", "mend"),
    [
        ([], [], "holds no score", "prompt, model and score"),
        (rows(3), [], "known scores at 3 different prompts, training needs 20", "Score it on more"),
        (ONE, [], "every known score is 1: there is nothing to learn", "some model fails"),
        ([{"prompt": "p", "model": "m", "score": 7}], [], "is outside 0..1", "Scale it"),
        ([{"prompt": "p", "model": "m", "score": 1, "role": "boss"}], [], "'boss' is no role", "planner"),
        (rows(40), ["--wish", "make it good"], "is no operating point", "at most 1 point below the best model"),
        (rows(40), ["--wish", "at most $0.000001 per 1,000"], "can not be met", "Ask for"),
        (rows(40), ["--local", "medium"], "'medium'", "small, large"),
        (rows(40), ["--role", "verifier"], "no row is of the role", "none is stated"),
        (rows(40), ["--domain", "law"], "no row is of the domain", "none is stated"),
        (rows(40), ["--prices", "nowhere.json"], "nowhere.json", ""),
    ],
)
def test_bad_outcomes_and_wishes_are_two_lines(
    cli: Cli, lines: list[dict[str, object]], arguments: list[str], cause: str, mend: str
) -> None:
    is_error(cli("route", "train", write_rows("t.jsonl", lines), *arguments), 2, cause, mend)
    assert not Path("router.npz").exists()


def test_a_source_that_is_not_there_or_no_table(cli: Cli) -> None:
    is_error(cli("route", "train", "nowhere.csv"), 2, "nowhere.csv")
    Path("empty").mkdir()
    is_error(cli("route", "train", "empty"), 2, "empty")
    Path("image.csv").write_bytes(b"\x00\x01\x02" * 100)
    assert cli("route", "train", "image.csv").code == 2
    assert cli("route", "train").code == 2


def test_a_file_that_exists_is_kept_unless_it_may_go(cli: Cli) -> None:
    table = write_table(count=40)
    Path("router.npz").write_text("precious")
    is_error(cli("route", "train", table), 2, "router.npz exists already", "--force")
    assert Path("router.npz").read_text() == "precious"
    assert cli("route", "train", table, "--force").code == 0
    assert load_router("router.npz").models == ("small", "large")
    is_error(cli("route", "train", table, "--out", "."), 2, "is a folder")


def test_a_place_where_nothing_can_be_written_is_refused_before_the_work(cli: Cli) -> None:
    table = write_table(count=40)
    Path("file").write_text("x")
    is_error(cli("route", "train", table, "--out", "file/router.npz"), 1, "not a directory")
    is_error(cli("route", "train", "nowhere.csv", "--out", "file/below/router.npz"), 1, "not a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to root")
def test_a_folder_without_the_right_to_write(cli: Cli) -> None:
    Path("shut").mkdir(mode=0o500)
    is_error(cli("route", "train", write_table(count=40), "--out", "shut/router.npz"), 1, "permission denied")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux says what a process has loaded")
def test_an_interrupt_leaves_no_half_file() -> None:
    table = write_table("big.jsonl", 3_000)
    command = [sys.executable, "-c", "from coreagent.cli.app import main; main()", "route", "train", table]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        # The last part of the library of the forests: from now on they are fitted.
        maps, deadline = Path(f"/proc/{running.pid}/maps"), time.monotonic() + 60
        while "hist_gradient_boosting" not in maps.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err.split()) == (INTERRUPTED, ["interrupted"])
    assert sorted(os.listdir(".")) == ["big.jsonl"]


def test_other_predictors_may_take_part_and_are_told_of(cli: Cli) -> None:
    told = cli("route", "train", write_table(), "--family", "knn", "--family", "ridge")
    assert told.code == 0
    shown = cli("route", "show", "router.npz").out
    predictors = next(line for line in shown.splitlines() if line.startswith("predictors"))
    assert "knn" in predictors or "ridge" in predictors
    assert "forest" not in predictors


def test_a_cautious_router_needs_domains(cli: Cli) -> None:
    is_error(cli("route", "train", write_table(), "--cautious"), 2, "two domains", "column `domain`")
    kinds = [{**row, "domain": "ab"[number // 2 % 2]} for number, row in enumerate(rows(80, role="summarizer"))]
    assert cli("route", "train", write_rows("kinds.jsonl", kinds), "--cautious").code == 0
    assert load_router("router.npz").caution is not None
