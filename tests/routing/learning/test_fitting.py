"""Training a router, and the router as a predictor: saved, read, refused where it does not belong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.routing.learning.made_outcomes import MODELS, LetterEmbedder, made

from coreagent.errors import InputError, SettingsError
from coreagent.plans import RoleName
from coreagent.routing.learning.adoption import adopt
from coreagent.routing.learning.fitting import Trained, calibration_error, fit_router
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.request import RoutingRequest


@pytest.fixture(scope="module")
def trained() -> Trained:
    return fit_router(made(240, missing=0.2), LetterEmbedder())


def ask(text: str, role: RoleName = "caller") -> RoutingRequest:
    return RoutingRequest(subtask="s", role=role, text=text)


def test_the_specialist_is_predicted_best(trained: Trained) -> None:
    asked = ask("A shop sells 990 crates of 3 apples each day. How many apples are sold in 5 days?")
    predicted = trained.router.predict(asked, MODELS)
    assert max(predicted, key=lambda name: predicted[name].quality) == "counts"
    assert all(0 <= one.quality <= 1 for one in predicted.values())


def test_lengths_follow_the_kind_of_prompt(trained: Trained) -> None:
    short = trained.router.predict(ask(made(240).prompts[0]), MODELS)["codes"].output_tokens
    long = trained.router.predict(ask(made(240).prompts[1]), MODELS)["codes"].output_tokens
    assert short is not None
    assert long is not None
    assert long > 2 * short


def test_only_models_that_it_knows_and_texts_that_are_there(trained: Trained) -> None:
    assert set(trained.router.predict(ask("Which river?"), ["codes", "stranger"])) == {"codes"}
    assert trained.router.predict(ask("  "), MODELS) == {}


def test_the_head_has_figures_of_left_out_rows(trained: Trained) -> None:
    scores = trained.router.head.scores
    assert scores["best_single"] < scores["routed"] <= scores["oracle"]
    assert scores["ece"] < 0.1
    assert trained.held_out.shape == trained.outcomes.scores.shape
    assert trained.router.fitted_on == trained.outcomes.fingerprints()


def test_a_table_is_predicted_as_its_prompts_are(trained: Trained) -> None:
    table = made(240).take(np.arange(6))
    for text, row in zip(table.prompts, trained.router.scores(table), strict=True):
        alone = trained.router.predict(ask(text), MODELS)
        assert [alone[name].quality for name in MODELS] == pytest.approx(row.tolist(), abs=1e-5)


def test_it_is_read_back_as_it_was_saved(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "router.npz"
    newcomer = adopt(trained.held_out, np.nan_to_num(trained.outcomes.scores[:, 0], nan=0.5))
    router = trained.router.with_newcomer("fresh", newcomer)
    router.save(path)
    again = TrainedRouter.load(path, LetterEmbedder())
    asked = ask("Write a function `step_4(x)` that returns x plus 2.")
    before, after = router.predict(asked, (*MODELS, "fresh")), again.predict(asked, (*MODELS, "fresh"))
    assert after.keys() == before.keys() == {*MODELS, "fresh"}
    for name in before:
        assert after[name].quality == pytest.approx(before[name].quality, abs=5e-3)
    assert again.fitted_on == router.fitted_on
    assert again.name.startswith("router.npz@")


def test_a_newcomer_changes_nothing_of_the_others_and_takes_no_name(trained: Trained) -> None:
    newcomer = adopt(trained.held_out, np.nan_to_num(trained.outcomes.scores[:, 0], nan=0.5))
    asked = ask("Which river, number 3 by length")
    grown = trained.router.with_newcomer("fresh", newcomer)
    assert grown.predict(asked, MODELS) == trained.router.predict(asked, MODELS)
    with pytest.raises(InputError, match="was trained with codes"):
        trained.router.with_newcomer("codes", newcomer)


def test_another_embedder_is_refused(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "router.npz"
    trained.router.save(path)
    with pytest.raises(SettingsError, match="was trained with the embedder 'letters'"):
        TrainedRouter.load(path, LetterEmbedder("other weights"))


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_a_damaged_or_cut_file_is_refused(trained: Trained, tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "router.npz"
    trained.router.save(path)
    path.write_bytes(path.read_bytes()[:-2000] if damage is None else damage)
    with pytest.raises(SettingsError, match=r"router\.npz|damaged"):
        TrainedRouter.load(path, LetterEmbedder())


def test_a_role_with_rows_enough_gets_predictors_of_its_own() -> None:
    table = made(480)
    # For planners the strengths are turned round: what is best elsewhere is worst there.
    scores = table.scores.copy()
    planner = np.arange(480) >= 240
    scores[planner] = 1 - scores[planner]
    roles = tuple("planner" if here else "caller" for here in planner.tolist())
    router = fit_router(replace(table, scores=scores, roles=roles), LetterEmbedder()).router
    asked = "A shop sells 8 crates of 3 apples each day. How many apples are sold in 5 days?"
    as_caller, as_planner = router.predict(ask(asked), MODELS), router.predict(ask(asked, "planner"), MODELS)
    assert as_caller["counts"].quality > 0.6 > 0.4 > as_planner["counts"].quality
    assert router.predict(ask(asked, "verifier"), MODELS) == {}


def test_three_rows_are_too_few() -> None:
    with pytest.raises(InputError, match="counts has known scores at 3 different prompts"):
        fit_router(made(3), LetterEmbedder())


def test_one_prompt_many_times_is_too_few() -> None:
    table = made(1)
    many = Outcomes.of(table.prompts * 50, MODELS, np.tile(table.scores, (50, 1)))
    with pytest.raises(InputError, match="at 1 different prompts"):
        fit_router(many, LetterEmbedder())


def test_one_class_is_predicted_as_that_class() -> None:
    table = made(60)
    router = fit_router(replace(table, scores=np.ones_like(table.scores)), LetterEmbedder()).router
    predicted = router.predict(ask("Which river?"), MODELS)
    assert all(one.quality > 0.95 for one in predicted.values())


def test_one_model_alone_is_predicted() -> None:
    router = fit_router(made(120).only(["codes"]), LetterEmbedder()).router
    code = router.predict(ask(made(120).prompts[1]), ["codes"])["codes"].quality
    assert code > router.predict(ask(made(120).prompts[0]), ["codes"])["codes"].quality


def test_rows_without_any_score_are_left_out() -> None:
    table = made(90)
    scores = table.scores.copy()
    scores[60:] = np.nan
    found = fit_router(replace(table, scores=scores), LetterEmbedder())
    assert len(found.outcomes) == 60


def test_calibration_error_is_the_distance_in_bins() -> None:
    stated = np.array([[0.05], [0.05], [0.95], [0.95]])
    came = np.array([[0.0], [1.0], [1.0], [np.nan]])
    assert calibration_error(stated, came) == pytest.approx((2 * 0.45 + 0.05) / 3)
