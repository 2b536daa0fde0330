"""The front door for Python: routers trained, evaluated, widened; labels chosen; flags swept."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.outcome_files import SETTINGS, prompts, rows, write_rows

from coreagent.errors import InputError, UnknownNameError, UsageError
from coreagent.evaluation.routing import (
    add_model,
    choose_labels,
    evaluate_policies,
    load_router,
    read_outcomes_of,
    sweep_flag,
    train_router,
)
from coreagent.evaluation.routing.training import with_a_choice
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.request import RoutingRequest
from coreagent.settings import Settings, load_settings

COUNT = 80


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a router that was trained on it, with verdicts."""
    folder = tmp_path_factory.mktemp("trained")
    lines = rows(COUNT, role="summarizer")
    for line in lines:
        line["verdict"] = 0.9 if line["score"] else 0.4
    train_router([write_rows(folder / "table.jsonl", lines)], out=folder / "router.npz", local=["small"])
    write_rows(folder / "other.jsonl", rows(60, seed=3, role="summarizer"))
    return folder


def settings_of(folder: Path) -> Settings:
    (folder / "coreagent.toml").write_text(SETTINGS)
    return load_settings(folder / "coreagent.toml")


def test_training_says_what_the_router_is_worth_on_prompts_left_out(place: Path, tmp_path: Path) -> None:
    result = train_router([place / "table.jsonl"], out=tmp_path / "again.npz", local=["small"])
    ours, best = result.report.line("the router"), result.report.line("best single")
    assert ours.quality.low < ours.quality.value <= ours.quality.high
    assert best.quality.value - ours.quality.value < 0.06
    assert ours.usd.value < 0.8 * best.usd.value
    assert result.point is not None
    assert result.point.local_share.value > 0.2
    assert result.drafts == 2 * COUNT
    assert result.local == {"small"}
    loaded = load_router(tmp_path / "again.npz")
    assert loaded.standing is not None
    assert loaded.operating().name == loaded.standing.settled
    assert loaded.calibrate_verdict(0.9) > 0.9 > 0.5 > loaded.calibrate_verdict(0.4)
    # The same rows, the same seed: the same numbers.
    table = read_outcomes_of([place / "other.jsonl"])
    assert (loaded.scores(table) == load_router(place / "router.npz").scores(table)).all()


def test_a_wish_that_can_not_be_granted_leaves_no_file(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "never.npz"
    with pytest.raises(InputError, match="can not be met"):
        train_router([place / "table.jsonl"], out=out, wish="at least 1")
    with pytest.raises(InputError, match="is no operating point"):
        train_router([place / "nowhere.jsonl"], out=out, wish="the best, please")
    with pytest.raises(InputError, match="no model is local"):
        train_router([place / "table.jsonl"], out=out, wish="80 % local")
    assert list(tmp_path.iterdir()) == []


def test_a_wish_of_local_calls_holds_where_the_settings_say_what_is_local(place: Path, tmp_path: Path) -> None:
    result = train_router(
        [place / "table.jsonl"], out=tmp_path / "r.npz", wish="80 % local", settings=settings_of(tmp_path)
    )
    assert result.point is not None
    assert result.point.local_share.value >= 0.8
    loaded = load_router(tmp_path / "r.npz")
    assert loaded.operating(local=frozenset({"small"})).name.startswith("trade(local=")


def test_rows_of_a_role_that_one_model_plays_are_left_out() -> None:
    nan = float("nan")
    table = Outcomes.of(
        ["a", "b", "c"],
        ["p", "s", "t", "unknown"],
        [[1.0, nan, nan, nan], [nan, 0.0, 1.0, nan], [nan, 1.0, nan, nan]],
        roles=["planner", "summarizer", "summarizer"],
    )
    kept = with_a_choice(table)
    assert (kept.models, kept.prompts) == (("s", "t"), ("b", "c"))
    assert "1 rows of planner left out: no choice, p alone" in kept.remarks
    alone = table.only(["s"]).take(np.array([1, 2]))
    assert with_a_choice(alone).models == ("s",)


def test_a_router_is_not_measured_on_what_it_was_fitted_on(place: Path) -> None:
    with pytest.raises(UsageError, match="was fitted on 80 of these 80 rows"):
        evaluate_policies([place / "table.jsonl"], router=place / "router.npz")
    both = [place / "table.jsonl", place / "other.jsonl"]
    report = evaluate_policies(both, router=place / "router.npz", overlap="drop")
    assert report.rows == 60
    assert any("80 rows left out" in remark for remark in report.remarks)
    learned = report.line("learned")
    assert learned.quality.value > report.line("random").quality.value
    assert learned.usd.value < report.line("best single").usd.value


def test_policies_are_replayed_with_the_predictions_of_a_router(place: Path) -> None:
    names = ["learned", "best()", 'fixed(summarizer="small") | best()']
    report = evaluate_policies([place / "other.jsonl"], names, router=place / "router.npz", wish="each at least 0.99")
    assert [line.name for line in report.lines if line.kind == "policy"] == names
    assert report.line(names[2]).shares == {"small": 1.0, "large": 0.0}


def test_a_router_is_fitted_fold_by_fold_or_on_other_outcomes(place: Path) -> None:
    report = evaluate_policies([place / "other.jsonl"], ["best()", "learned()"], folds=2)
    assert [line.name for line in report.lines if line.kind == "policy"] == ["trained", "best()", "learned()"]
    assert report.measured.startswith("2 folds")
    assert report.line("trained").shares == report.line("learned()").shares
    fitted = evaluate_policies([place / "other.jsonl"], fit_on=[place / "table.jsonl"])
    assert "80 other rows" in fitted.measured
    assert fitted.line("trained").quality.value > fitted.line("random").quality.value


def test_without_router_and_policy_the_lines_of_reference_stand_alone(place: Path) -> None:
    report = evaluate_policies([place / "table.jsonl"])
    assert {line.kind for line in report.lines} == {"reference"}


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"policies": ["lerned"]}, UnknownNameError, "did you mean learned"),
        ({"policies": ["besst()"]}, UnknownNameError, "did you mean best"),
        ({"policies": ['fixed(summarizer="smal")']}, UnknownNameError, "did you mean small"),
        ({"policies": ["best()", "best()"]}, UsageError, "two policies are called"),
        ({"policies": ["besst()"], "folds": 2}, UnknownNameError, "did you mean best"),
        ({"wish": "fast"}, InputError, "is no operating point"),
        ({"folds": 500}, UsageError, "500 folds of 60"),
        ({"local": ["medium"]}, InputError, "'medium'"),
    ],
)
def test_what_is_wrong_is_said_before_the_work(
    place: Path, more: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        evaluate_policies([place / "other.jsonl"], **more)  # type: ignore[arg-type]  # cases of several kinds


def test_a_router_and_folds_to_fit_one_exclude_each_other(place: Path) -> None:
    with pytest.raises(UsageError, match="fitting one is asked for"):
        evaluate_policies([place / "other.jsonl"], router=place / "router.npz", folds=2)


def test_a_router_of_other_models_is_refused(place: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", rows(40, models=("x", "y"), seed=5))
    with pytest.raises(UsageError, match="knows none of the models of the table: x, y"):
        evaluate_policies([path], router=place / "router.npz")


def test_models_that_only_one_side_knows_are_said(place: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", rows(40, models=("small", "new"), seed=5))
    remarks = " | ".join(evaluate_policies([path], router=place / "router.npz").remarks)
    assert "new: unknown to router.npz@" in remarks
    assert "large: known to router.npz@" in remarks


def test_prefer_local_knows_which_models_of_a_table_are_local(place: Path) -> None:
    policy = "prefer_local() | best()"
    report = evaluate_policies([place / "other.jsonl"], [policy], local=["small"])
    assert report.line(policy).shares["small"] == 1.0


def test_a_new_model_joins_and_nothing_changes_for_the_others(place: Path, tmp_path: Path) -> None:
    scored = [line | {"model": "new"} for line in rows(30, role="summarizer") if line["model"] == "large"]
    scored[1]["score"] = 0
    path = write_rows(tmp_path / "new.jsonl", scored)
    added = add_model("new", [path], router=place / "router.npz", out=tmp_path / "wider.npz")
    assert (added.held_out, added.left_out) == (30, 0)
    assert added.newcomer.low <= added.newcomer.mean <= added.newcomer.high
    old, new = load_router(place / "router.npz"), load_router(tmp_path / "wider.npz")
    assert set(new.newcomers) == {"new"}
    for prompt, _ in prompts(10, seed=7):
        request = RoutingRequest(subtask="s", role="summarizer", text=prompt)
        before = old.predict(request, ["small", "large", "new"])
        after = new.predict(request, ["small", "large", "new"])
        assert {name: after[name] for name in before} == dict(before)
        assert 0 <= after["new"].quality <= 1
    assert old.standing is not None
    assert new.standing is not None
    assert new.standing.settled == old.standing.settled


def test_a_new_model_is_measured_apart_from_its_questions_too(place: Path, tmp_path: Path) -> None:
    scored = [line | {"model": "new"} for line in rows(30, seed=9, role="summarizer") if line["model"] == "large"]
    scored[0]["score"] = 0
    path = write_rows(tmp_path / "new.jsonl", scored)
    added = add_model("new", [path], router=place / "router.npz", out=tmp_path / "wider.npz")
    assert added.held_out == 0
    with pytest.raises(UsageError, match="30 of these 30 rows"):
        evaluate_policies([path], router=tmp_path / "wider.npz")


def test_a_model_that_can_not_join_leaves_the_router_as_it_is(place: Path, tmp_path: Path) -> None:
    before = (place / "router.npz").read_bytes()
    few = write_rows(tmp_path / "few.jsonl", rows(3, models=("new",), seed=4))
    for name, path, words in (
        ("new", few, "3 scored questions are too few"),
        ("newer", few, "unknown model 'newer'"),
        ("large", str(place / "table.jsonl"), "was trained with large"),
    ):
        with pytest.raises(UsageError, match=words):
            add_model(name, [path], router=place / "router.npz")
    assert (place / "router.npz").read_bytes() == before


def test_labels_are_bought_within_the_budget_and_can_be_trained_on(place: Path, tmp_path: Path) -> None:
    known = {prompt for prompt, _ in prompts(COUNT)[:30]}
    log = [line for line in rows(COUNT, role="summarizer") if line["model"] == "small" or line["prompt"] in known]
    path = write_rows(tmp_path / "log.jsonl", log)
    out = tmp_path / "labels.jsonl"
    labels = choose_labels([path], model="large", budget_usd=0.3, usd_per_label=0.01, out=out)
    assert len(labels.questions) == COUNT - 30
    assert len(labels.chosen.picks) == 30
    assert labels.chosen.usd == pytest.approx(0.3)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert not {line["prompt"] for line in lines} & known
    assert {(line["model"], line["role"], line["score"]) for line in lines} == {("large", "summarizer", None)}
    write_rows(out, [line | {"score": 1} for line in lines])
    filled = read_outcomes_of([path, out])
    assert (len(filled), int(filled.known[:, 1].sum())) == (COUNT, 60)


def test_a_router_says_where_it_is_unsure(place: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "log.jsonl", rows(40, models=("small",), seed=6, role="summarizer"))
    labels = choose_labels([path], model="large", budget_usd=1, usd_per_label=0.1, router=place / "router.npz")
    assert len(labels.chosen.picks) == 10
    assert all("disagreement" in pick.reason for pick in labels.chosen.picks)


def test_a_label_has_the_price_of_the_settings(place: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "log.jsonl", rows(40, models=("small",), seed=6))
    labels = choose_labels([path], model="large", budget_usd=0.1, settings=settings_of(tmp_path))
    # About 10 tokens in and the usual 256 out, at $30 a million.
    assert labels.chosen.picks[0].usd == pytest.approx(0.008, rel=0.1)
    with pytest.raises(UsageError, match="what a label of large costs"):
        choose_labels([path], model="large", budget_usd=0.1)
    with pytest.raises(InputError, match="pays for no label"):
        choose_labels([path], model="large", budget_usd=0.1, usd_per_label=1)
    with pytest.raises(InputError, match="has a score at every question"):
        choose_labels([place / "table.jsonl"], model="large", budget_usd=1, usd_per_label=1)


def test_a_flag_is_swept_from_quality_alone_to_cost_alone(place: Path, tmp_path: Path) -> None:
    found = sweep_flag(
        [place / "other.jsonl"], flag="size", settings=settings_of(tmp_path), router=place / "router.npz"
    )
    assert found.costs == pytest.approx((1 / 70, 1.0))
    costs = [point.mean_cost for point in found.points]
    assert costs == sorted(costs, reverse=True)
    assert found.shares[-1] == (1.0, 0.0)
    assert found.points[-1].mean_loss > found.points[0].mean_loss
    assert all(sum(shares) == pytest.approx(1) for shares in found.shares)
    assert found.rows == 60
    held_out = sweep_flag([place / "other.jsonl"], flag="security", settings=settings_of(tmp_path))
    assert held_out.predicted_by == "held-out predictions"
    assert 0.5 < held_out.accuracy <= 1


def test_a_flag_that_nobody_knows_of_these_models_is_said(place: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with pytest.raises(UsageError, match="do not say what recency costs"):
        sweep_flag([place / "other.jsonl"], flag="recency", settings=settings)
    with pytest.raises(UnknownNameError, match="did you mean size"):
        sweep_flag([place / "other.jsonl"], flag="sise", settings=settings)
    with pytest.raises(UsageError, match="80 of these 80 rows"):
        sweep_flag([place / "table.jsonl"], flag="size", settings=settings, router=place / "router.npz")
    wider = write_rows(tmp_path / "wider.jsonl", rows(40, models=("small", "large", "new"), seed=8))
    with pytest.raises(UsageError, match="was not trained with new"):
        sweep_flag([wider], flag="size", settings=settings, router=place / "router.npz")
    found = sweep_flag([wider], flag="size", settings=settings)
    assert "size of new unknown: taken as 0.5" in found.remarks


LIGHT = """
import json, sys
from pathlib import Path
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.request import RoutingRequest
from coreagent.wiring.models import bundled_embedder
router = TrainedRouter.load(Path(sys.argv[1]), bundled_embedder())
assert router.operating().name
assert router.predict(RoutingRequest(subtask="s", role="summarizer", text="What is 3 plus 4?"), ["small"])
print(json.dumps(sorted(sys.modules)))
"""


def test_using_a_router_loads_nothing_that_trains_one(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, str(place / "router.npz")], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout))
    assert not loaded & {
        "scipy",
        "sklearn",
        "coreagent.evals",
        "coreagent.evaluation",
        "coreagent.routing.learning.fitting",
    }
