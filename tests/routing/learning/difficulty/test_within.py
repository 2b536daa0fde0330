"""Difficulty from wording holds inside tasks, whatever the tasks' own levels say."""

from collections.abc import Callable

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.features import COLUMNS
from coreagent.routing.learning.difficulty.within import Difficulty
from coreagent.routing.outcomes import Outcomes

Make = Callable[..., Outcomes]
Ask = Callable[[int, np.random.Generator], str]


def _fitted(table: Outcomes) -> Difficulty:
    return Difficulty.fit(table.prompts, table.scores, np.unique(np.array(table.domains), return_inverse=True)[1])


def test_what_is_harder_inside_tasks_is_harder_in_a_new_one(outcomes: Make, question: Ask) -> None:
    found = _fitted(outcomes())
    rng = np.random.default_rng(5)

    hard = [np.mean([found.of(question(steps, rng)) for _ in range(5)]) for steps in (2, 5, 9, 14)]

    assert hard == sorted(hard)
    assert found.slope > 0


def test_the_levels_of_tasks_would_say_the_contrary(outcomes: Make) -> None:
    table = outcomes()
    lengths = np.array([len(prompt) for prompt in table.prompts])

    assert np.corrcoef(lengths, table.scores.mean(axis=1))[0, 1] > 0.2
    assert np.corrcoef(lengths, _fitted(table).of_all(table.prompts, own=1))[0, 1] > 0.8


def test_no_weight_is_below_zero(outcomes: Make) -> None:
    table = outcomes()
    upside_down = Outcomes.of(table.prompts, table.models, 1 - table.scores, domains=table.domains)

    assert (_fitted(table).weights >= 0).all()
    assert _fitted(upside_down).weights[COLUMNS.index("characters")] == 0


def test_gaps_are_no_obstacle(outcomes: Make) -> None:
    whole, holed = _fitted(outcomes()), _fitted(outcomes(gaps=0.4))

    assert np.corrcoef(whole.weights, holed.weights)[0, 1] > 0.8


def test_one_and_many_are_the_same(outcomes: Make) -> None:
    table = outcomes()
    found = _fitted(table)

    assert found.of_all(table.prompts[:3]).tolist() == pytest.approx([found.of(text) for text in table.prompts[:3]])


def test_it_survives_arrays(outcomes: Make) -> None:
    table = outcomes()
    found = _fitted(table)

    again = Difficulty.from_arrays(found.arrays())

    assert np.array_equal(again.of_all(table.prompts), found.of_all(table.prompts))


def test_arrays_of_other_columns_are_refused(outcomes: Make) -> None:
    arrays = _fitted(outcomes()).arrays()

    with pytest.raises(ValueError, match="columns"):
        Difficulty.from_arrays({**arrays, "weights": arrays["weights"][1:]})
    with pytest.raises(KeyError):
        Difficulty.from_arrays({name: array for name, array in arrays.items() if name != "slope"})


def test_too_few_questions_are_refused(outcomes: Make) -> None:
    with pytest.raises(InputError, match="too few"):
        _fitted(outcomes(5))


def test_questions_and_scores_that_do_not_pair_are_refused(outcomes: Make) -> None:
    table = outcomes()

    with pytest.raises(InputError, match="do not pair"):
        Difficulty.fit(table.prompts[1:], table.scores, np.zeros(len(table), dtype=np.int64))


def test_questions_all_alike_are_equally_hard() -> None:
    scores = (np.arange(80).reshape(40, 2) % 3 > 0).astype(np.float32)

    found = Difficulty.fit(["the same"] * 40, scores, np.zeros(40, dtype=np.int64))

    assert found.of("the same") == found.of("something else entirely, of 3 words") == 0.0
