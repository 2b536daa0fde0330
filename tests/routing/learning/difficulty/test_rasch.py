"""Difficulties and abilities: what was planted is found, whatever is missing."""

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.rasch import Rasch, ability, logistic


def _planted(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hard, able = rng.normal(size=n), np.linspace(-1, 2, 9)
    scores = (rng.random((n, 9)) < logistic(able - hard[:, None])).astype(np.float32)
    return scores, hard, able


def test_planted_difficulties_and_abilities_are_found() -> None:
    scores, hard, able = _planted(600)

    found = Rasch.fit(scores, np.zeros(600, dtype=np.int64))

    assert np.corrcoef(found.difficulties, hard)[0, 1] > 0.7
    assert np.allclose(found.abilities[0] + hard.mean(), able, atol=0.35)
    assert abs(found.difficulties.mean()) < 1e-9


def test_gaps_change_little_and_a_row_of_gaps_has_no_difficulty() -> None:
    scores, hard, _ = _planted(600)
    gaps = np.random.default_rng(1).random(scores.shape) < 0.3
    scores[gaps] = np.nan
    scores[5] = np.nan

    found = Rasch.fit(scores, np.zeros(600, dtype=np.int64)).difficulties

    assert np.isnan(found[5])
    have = ~np.isnan(found)
    assert np.corrcoef(found[have], hard[have])[0, 1] > 0.6


def test_a_model_that_fails_a_whole_task_does_not_make_it_look_uneven() -> None:
    scores, _, _ = _planted(200)
    failed = np.concatenate([scores, np.zeros((200, 1), dtype=np.float32)], axis=1)
    groups = np.zeros(200, dtype=np.int64)

    found = Rasch.fit(failed, groups)

    assert np.allclose(found.difficulties, Rasch.fit(scores, groups).difficulties, atol=1e-4)
    assert np.isnan(found.abilities[0, 9])


def test_each_group_has_a_zero_of_its_own() -> None:
    easy, hard = _planted(300)[0], _planted(300, seed=3)[0]
    hard[:, 3:] *= (np.random.default_rng(0).random((300, 6)) < 0.6).astype(np.float32)
    groups = np.repeat([0, 1], 300)

    found = Rasch.fit(np.concatenate([easy, hard]), groups).difficulties

    assert abs(found[:300].mean()) < 1e-9
    assert abs(found[300:].mean()) < 1e-9


def test_one_model_is_enough_to_tell_right_from_wrong() -> None:
    scores = np.array([[1], [0], [1], [0]], dtype=np.float32)

    found = Rasch.fit(scores, np.zeros(4, dtype=np.int64)).difficulties

    assert found[1] == found[3] > 0 > found[0]


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_scores_that_are_all_alike_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="which questions are harder"):
        Rasch.fit(np.full((5, 3), value, dtype=np.float32), np.zeros(5, dtype=np.int64))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        Rasch.fit(np.ones((5, 3), dtype=np.float32), np.zeros(4, dtype=np.int64))
    with pytest.raises(InputError, match="do not fit"):
        Rasch.fit(np.ones((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64))
    with pytest.raises(InputError, match="do not fit"):
        ability(np.ones(3, dtype=np.float32), np.zeros(4))


def test_an_ability_is_found_and_few_scores_stay_near_the_prior() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(size=2000)
    scores = (rng.random(2000) < logistic(1.3 - hard)).astype(np.float32)

    assert ability(scores, hard) == pytest.approx(1.3, abs=0.15)
    assert 0.2 < ability(np.ones(1, dtype=np.float32), np.zeros(1), prior=0.0, spread=1.0) < 0.6
    assert np.isfinite(ability(np.ones(50, dtype=np.float32), np.zeros(50)))


def test_an_ability_without_a_score_is_refused() -> None:
    with pytest.raises(InputError, match="no score"):
        ability(np.array([np.nan], dtype=np.float32), np.zeros(1))


def test_the_logistic_of_any_size_is_a_share() -> None:
    assert logistic(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]
