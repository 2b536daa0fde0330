"""Reports of routers on small tables, figures by hand."""

import json
import math

import numpy as np
import pytest
from tests.routing.replay.tables import GAP, Told, table

from coreagent.errors import InputError, UsageError
from coreagent.evals.routing.evaluate import Recipe, evaluate_routing
from coreagent.evals.routing.figures import drawn_weights
from coreagent.evals.routing.report import report_data, report_markdown, report_text
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.policies import best, within
from coreagent.routing.policies.cascade import cascade
from coreagent.routing.replay.replaying import Contestant

SCORES = [[1, 0], [0, 1], [0, 1], [1, 1]] * 5


def knowing(outcomes: Outcomes, *, name: str = "knowing") -> Contestant:
    """Predicts what will be."""
    told = {
        prompt: dict(zip(outcomes.models, row, strict=True))
        for prompt, row in zip(outcomes.prompts, outcomes.scores.tolist(), strict=True)
    }
    return Contestant(name=name, policy=best(), predictor=Told(told))


def test_every_figure_by_hand() -> None:
    outcomes = table(SCORES)
    report = evaluate_routing(outcomes, [knowing(outcomes), Contestant(name="best()", policy=best())])
    assert (report.rows, report.prompts, report.weak, report.strong) == (20, 20, "small", "large")
    assert [(model.name, model.quality, model.known) for model in report.models] == [
        ("small", 0.5, 20),
        ("large", 0.75, 20),
    ]
    line = report.line("knowing")
    assert line.quality.value == 1
    # The dearer model where it alone is right: half of the rows.
    assert line.usd.value == pytest.approx((0.001 + 0.01) / 2)
    assert line.usd_per_solved.value == pytest.approx(0.0055)
    assert line.regret.value == 0
    assert dict(line.shares) == {"small": 0.5, "large": 0.5}
    # PGR 2 at half of the calls, still 2 at three quarters, 1 at the end.
    assert line.apgr.value == pytest.approx((2 / 2 * 0.5) + 2 * 0.25 + 1.5 * 0.25)
    assert [line.cpt50.value, line.cpt80.value] == pytest.approx([0.125, 0.2])
    # From $0.001 at .5 to $0.0055 at 1; level to $0.00775, then down to .75, which no hull does.
    assert line.aiq.value == pytest.approx(0.875)
    assert line.area.value == pytest.approx(0.5 * 0.75 + 0.25 * 1 + 0.25 * 0.875)
    assert line.against_best is not None and line.against_best.difference.value == pytest.approx(0.25)
    assert line.adjusted_p == pytest.approx(min(1.0, 2 * line.against_best.p_value))
    oracle = report.line("oracle")
    assert [oracle.quality.value, oracle.apgr.value] == pytest.approx([1, line.apgr.value])
    assert oracle.adjusted_p is None and oracle.against_best is not None
    chance = report.line("random")
    assert [chance.quality.value, chance.apgr.value] == pytest.approx([0.625, 0.5])
    assert report.line("best single").against_best is None
    assert report.line("best single").quality.low < 0.75 < report.line("best single").quality.high
    assert report.mixed_aiq == pytest.approx(0.625)
    with pytest.raises(KeyError):
        report.line("nobody")


def test_with_more_models_the_way_to_the_strong_one_is_one_of_dollars() -> None:
    scores = [[1, 0, 1], [0, 1, 1], [0, 0, 1], [0, 1, 0]] * 4
    outcomes = table(scores, models=("a", "b", "c"))
    report = evaluate_routing(outcomes, [knowing(outcomes)])
    assert (report.weak, report.strong) == ("a", "c")
    line = report.line("knowing")
    assert line.quality.value == 1
    # All for (.001 + .01 + .1 + .01) / 4: about .3 of the way.
    assert line.apgr.value > 1 and 0 < line.cpt50.value < line.cpt80.value < 0.31
    assert line.aiq.value >= line.area.value > 0
    assert math.isnan(report.line("prompt length").apgr.value)


def test_what_is_fitted_is_fitted_on_other_rows() -> None:
    outcomes = table(SCORES)
    seen: list[int] = []

    def fit(rows: Outcomes) -> Contestant:
        seen.append(len(rows))
        return Contestant(name="inner", policy=best(), fitted_on=rows.fingerprints())

    report = evaluate_routing(outcomes, [Recipe(name="recipe", fit=fit)], fold_count=4)
    assert seen == [15, 15, 15, 15]
    assert report.line("recipe").quality.value == pytest.approx(0.75)
    assert "4 folds" in report.measured
    other = table([[1, 0]] * 6, prompts=[f"other {row}" for row in range(6)])
    report = evaluate_routing(outcomes, [Recipe(name="recipe", fit=fit)], fitting=other)
    assert seen[-1] == 6
    # There the small one was the best, and so it is what others are held against.
    assert report.lines[0].name == "best single: small"
    assert report.line("recipe").quality.value == 0.5
    assert "6 other rows" in report.measured


def test_overlap_is_refused_or_dropped_for_all() -> None:
    outcomes = table(SCORES)
    fitted = Contestant(name="fitted", policy=best(), fitted_on=frozenset(list(outcomes.fingerprints())[:5]))
    plain = Contestant(name="plain", policy=best())
    with pytest.raises(UsageError, match="fitted was fitted on 5 of these 20 rows"):
        evaluate_routing(outcomes, [fitted, plain])
    report = evaluate_routing(outcomes, [fitted, plain], overlap="drop")
    assert report.rows == 15 and report.remarks == ("5 rows left out that something here was fitted on",)
    with pytest.raises(UsageError, match="4 of these"):
        evaluate_routing(outcomes, [plain], fitting=outcomes.take(np.arange(4)))


def test_wishes_that_can_not_be_met() -> None:
    outcomes = table(SCORES)
    plain, recipe = Contestant(name="x"), Recipe(name="x", fit=lambda _: Contestant(name="x"))
    with pytest.raises(UsageError, match="two policies"):
        evaluate_routing(outcomes, [plain, recipe], fold_count=2)
    with pytest.raises(UsageError, match="no rows to be fitted on"):
        evaluate_routing(outcomes, [recipe])
    with pytest.raises(UsageError, match="both"):
        evaluate_routing(outcomes, [plain], fitting=outcomes, fold_count=2)
    with pytest.raises(UsageError, match="no row has a score of every model"):
        evaluate_routing(table([[1, GAP], [GAP, 1]]), [], complete=True)
    with pytest.raises(InputError, match="no large"):
        evaluate_routing(outcomes, [plain], fitting=table([[1]], models=("small",), prompts=["new"]))


def test_gaps_and_refusals_are_counted_not_guessed() -> None:
    outcomes = table([[GAP, 1], [1, GAP], [1, 1], [0, 1]] * 3)
    report = evaluate_routing(outcomes, [Contestant(name="none", policy=within(usd=1e-9) | best())])
    none = report.line("none")
    assert (none.refused, none.quality.value, none.usd.value) == (12, 0, 0)
    assert "refused 12 rows" in none.remarks[0]
    assert report.line("best single").gaps == 3
    assert any("6 of 24 scores are missing; curves use 6 rows" in remark for remark in report.remarks)
    whole = evaluate_routing(outcomes, [], complete=True)
    assert whole.rows == 6 and whole.line("best single").gaps == 0


def test_three_rows_one_class_and_one_model() -> None:
    few = evaluate_routing(table([[1, 0], [0, 1], [0, 1]]), [Contestant(name="best()", policy=best())])
    assert few.line("oracle").quality.value == 1
    same = evaluate_routing(table([[1, 1]] * 4), [Contestant(name="best()", policy=best())])
    assert math.isnan(same.line("oracle").apgr.value) and same.line("best()").adjusted_p == 1
    one = evaluate_routing(table([[1], [0]], models=("only",)), [Contestant(name="best()", policy=best())])
    assert one.line("best()").quality.value == 0.5
    single = evaluate_routing(table([[1, 0]]), [Contestant(name="best()", policy=best())])
    assert math.isnan(single.line("best()").quality.low)


def test_without_prices_costs_are_shares_of_calls() -> None:
    outcomes = table(SCORES, usd=np.full((20, 2), GAP))
    report = evaluate_routing(outcomes, [knowing(outcomes)])
    line = report.line("knowing")
    assert line.apgr.value == pytest.approx(0.5 + 0.5 + 0.375)
    assert math.isnan(line.usd.value) and line.aiq.value >= line.area.value > 0.8
    assert any("no dollars are known" in remark for remark in report.remarks)
    partly = evaluate_routing(table(SCORES, usd=np.tile([GAP, 0.01], (20, 1))), [Contestant(name="b", policy=best())])
    assert any("no dollars are known of small" in remark for remark in partly.remarks)


def test_a_cascade_has_one_point_and_all_its_calls() -> None:
    outcomes = table(SCORES, verdicts=np.tile([0.1, 0.9], (20, 1)))
    line = evaluate_routing(outcomes, [Contestant(name="c", policy=cascade(accept=0.5))]).line("c")
    assert line.calls == 2 and line.usd.value == pytest.approx(0.011)
    assert math.isnan(line.apgr.value) and not math.isnan(line.aiq.value)


def test_rows_of_one_prompt_are_drawn_and_tested_together() -> None:
    groups = np.array([0, 0, 1, 2])
    drawn = np.concatenate(list(drawn_weights(groups, 50)))
    assert drawn.shape == (50, 4)
    assert (drawn[:, 0] == drawn[:, 1]).all() and (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()
    # Twenty rows that are five prompts: a difference of five times the same is not one of twenty.
    many = table([[0, 1], [1, 0], [0, 1], [0, 1], [0, 1]] * 4, prompts=["a", "b", "c", "d", "e"] * 4)
    alone = table([[0, 1], [1, 0], [0, 1], [0, 1], [0, 1]] * 4)
    tests = [evaluate_routing(rows, []).line("cheapest single").against_best for rows in (many, alone)]
    assert tests[0] is not None and tests[1] is not None
    assert tests[0].difference.value == pytest.approx(tests[1].difference.value) == pytest.approx(-0.6)
    assert tests[0].p_value > 0.05 > tests[1].p_value


def test_reports_fit_the_terminal_and_are_strict_json() -> None:
    scores = [[1, 0, 1], [0, 1, 1], [0, 0, 1], [0, 1, 0]] * 4
    outcomes = table(scores, models=("a-model-with-quite-a-long-name-7b", "b-model", "c-model-of-another-maker-70b"))
    report = evaluate_routing(outcomes, [knowing(outcomes, name="a policy with a long name, " * 5)])
    for width in (80, 120):
        text = report_text(report, width=width)
        assert max(map(len, text.splitlines())) <= width
        assert "oracle" in text and "AIQ" in text
    assert "[" not in report_text(report).split("Against")[0]
    assert "1.000" in report_markdown(report) and "| oracle |" in report_markdown(report)
    assert json.loads(json.dumps(report_data(report), allow_nan=False))["lines"][0]["apgr"]["value"] is None
