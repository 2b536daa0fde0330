"""Each model's chance from wording alone, and models that come later."""

from collections.abc import Callable

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.predictor import DifficultyPredictor
from coreagent.routing.learning.difficulty.rasch import logistic
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.request import RoutingRequest

Make = Callable[..., Outcomes]
Ask = Callable[[int, np.random.Generator], str]


def _request(text: str) -> RoutingRequest:
    return RoutingRequest(subtask="s1", role="caller", text=text)


def test_abler_models_have_better_chances_and_all_fall_with_difficulty(outcomes: Make, question: Ask) -> None:
    found = DifficultyPredictor.fit(outcomes())
    rng = np.random.default_rng(1)

    easy = found.predict(_request(question(1, rng)), ("small", "middling", "large"))
    hard = found.predict(_request(question(16, rng)), ("small", "middling", "large"))

    assert easy["small"].quality < easy["middling"].quality < easy["large"].quality
    assert all(hard[model].quality < easy[model].quality for model in easy)


def test_predictions_are_right_on_average(outcomes: Make) -> None:
    table = outcomes()

    predicted = DifficultyPredictor.fit(table).scores(table.prompts, table.models)

    assert predicted.dtype == np.float32
    assert np.allclose(predicted.mean(axis=0), table.scores.mean(axis=0), atol=0.02)


def test_it_has_no_say_without_a_text_or_on_models_it_does_not_know(outcomes: Make) -> None:
    found = DifficultyPredictor.fit(outcomes())

    assert found.predict(_request("  "), ("small",)) == {}
    assert found.predict(_request("How many?"), ("stranger",)) == {}
    assert list(found.predict(_request("How many?"), ("stranger", "large"))) == ["large"]


def test_a_model_that_comes_later_needs_a_few_scores_only(outcomes: Make) -> None:
    table = outcomes()
    found = DifficultyPredictor.fit(table)
    rng = np.random.default_rng(2)
    rows: list[int] = rng.choice(len(table), 60, replace=False).tolist()
    prompts = [table.prompts[row] for row in rows]
    scores = (rng.random(60) < logistic(2.5 - found.difficulty.of_all(prompts))).astype(np.float32)

    more = found.adopt("newcomer", prompts, scores)

    assert more.abilities["newcomer"] > found.abilities["large"]
    assert {name: more.abilities[name] for name in found.abilities} == found.abilities
    assert "newcomer" not in found.abilities


def test_one_score_moves_a_newcomer_little(outcomes: Make) -> None:
    found = DifficultyPredictor.fit(outcomes())
    middle = np.mean(list(found.abilities.values()))

    assert abs(found.adopt("lucky", ["How many?"], np.array([1.0])).abilities["lucky"] - middle) < 0.7


@pytest.mark.parametrize(
    ("texts", "scores", "message"),
    [
        (["a"], [1.5], "outside"),
        (["a", "b"], [1.0], "do not pair"),
        (["a"], [np.nan], "no score"),
        ([], [], "no score"),
    ],
)
def test_a_newcomer_that_can_not_be_placed_is_refused(
    outcomes: Make, texts: list[str], scores: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        DifficultyPredictor.fit(outcomes()).adopt("newcomer", texts, np.array(scores))


def test_an_ability_that_is_no_number_is_refused(outcomes: Make) -> None:
    with pytest.raises(InputError, match="ability"):
        DifficultyPredictor.fit(outcomes()).with_ability("newcomer", float("nan"))


def test_scores_of_a_model_it_does_not_know_are_refused(outcomes: Make) -> None:
    with pytest.raises(InputError, match="stranger"):
        DifficultyPredictor.fit(outcomes()).scores(["How many?"], ["stranger"])


def test_a_model_without_any_score_stays_unknown(outcomes: Make) -> None:
    table = outcomes()
    scores = table.scores.copy()
    scores[:, 1] = np.nan

    found = DifficultyPredictor.fit(Outcomes.of(table.prompts, table.models, scores, domains=table.domains))

    assert set(found.abilities) == {"small", "large"}


def test_it_survives_arrays(outcomes: Make) -> None:
    found = DifficultyPredictor.fit(outcomes(), name="difficulty@1")

    again = DifficultyPredictor.from_arrays(found.arrays(), name=found.name)

    asked = _request("There is one mast. Then 2 more masts are added.")
    assert again.predict(asked, ("small", "large")) == found.predict(asked, ("small", "large"))
    assert again.name == "difficulty@1"


def test_a_table_without_domains_is_one_task(outcomes: Make) -> None:
    table = outcomes()

    found = DifficultyPredictor.fit(Outcomes.of(table.prompts[:150], table.models, table.scores[:150]))

    assert found.difficulty.slope > 0
