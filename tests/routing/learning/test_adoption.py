"""A new model beside trained ones, from a few scored questions."""

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.adoption import Newcomer, adopt, extend
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]


def predictions(count: int, *, models: int = 4, seed: int = 0) -> Floats:
    """Predictions of models that share how hard a question is, and differ a little."""
    rng = np.random.default_rng(seed)
    hard = rng.random((count, 1))
    return np.clip(0.8 * hard + 0.2 * rng.random((count, models)), 0, 1).astype(np.float32)


def scored(chance: NDArray[np.floating], *, seed: int = 1) -> Doubles:
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(np.float64)


def test_the_others_stay_as_they_are_to_the_last_bit() -> None:
    known = predictions(60)
    newcomer = adopt(known, scored(known.mean(axis=1)))
    fresh = predictions(500, seed=5)
    for newcomers in ((newcomer,), (newcomer, newcomer)):
        table = extend(fresh, newcomers)
        assert table.shape == (500, 4 + len(newcomers))
        assert table.dtype == np.float32
        assert table[:, :4].tobytes() == fresh.tobytes()
        assert table[:, 4].tobytes() == newcomer.predict(fresh).tobytes()
    assert extend(fresh, ()).tobytes() == fresh.tobytes()


def test_a_model_like_the_mean_plus_an_offset_is_found_from_forty_questions() -> None:
    known = predictions(40)
    newcomer = adopt(known, np.clip(known.mean(axis=1) - 0.15, 0, 1))
    fresh = predictions(400, seed=5)
    assert newcomer.predict(fresh) == pytest.approx(np.clip(fresh.mean(axis=1) - 0.15, 0, 1), abs=0.03)


def test_it_does_better_than_its_mean_alone_on_fresh_questions() -> None:
    known, fresh = predictions(50), predictions(2000, seed=5)
    newcomer = adopt(known, scored(known.mean(axis=1)))
    truth = scored(fresh.mean(axis=1), seed=6)
    ours = np.square(newcomer.predict(fresh) - truth).mean()
    assert ours < np.square(newcomer.mean - truth).mean() - 0.01


def test_a_model_that_copies_one_of_the_known_is_learned_with_enough_questions() -> None:
    rng = np.random.default_rng(2)
    known = rng.random((300, 4)).astype(np.float32)
    newcomer = adopt(known, known[:, 2].astype(np.float64))
    fresh = rng.random((300, 4)).astype(np.float32)
    assert np.corrcoef(newcomer.predict(fresh), fresh[:, 2])[0, 1] > 0.97
    assert np.isfinite(newcomer.strength)


def test_noise_is_not_learned() -> None:
    rng = np.random.default_rng(3)
    known = predictions(24)
    newcomer = adopt(known, np.clip(known.mean(axis=1) + 0.05 * rng.standard_normal(24), 0, 1))
    assert np.abs(newcomer.weights).max() < 0.25


def test_the_interval_holds_the_mean_of_the_population_about_as_often_as_it_says() -> None:
    population = predictions(3000, seed=9)
    held = 0
    for seed in range(20):
        known = predictions(60, seed=100 + seed)
        newcomer = adopt(known, scored(known.mean(axis=1), seed=seed), population=population, resamples=100)
        assert newcomer.low <= newcomer.mean <= newcomer.high
        held += newcomer.low <= population.mean() <= newcomer.high
    assert held >= 16


def test_more_questions_narrow_the_interval() -> None:
    widths: list[float] = []
    for count in (20, 80, 320):
        known = predictions(count)
        newcomer = adopt(known, scored(known.mean(axis=1)))
        widths.append(newcomer.high - newcomer.low)
    assert widths[0] > widths[1] > widths[2]


def test_gaps_are_left_out_and_duplicates_stay_together() -> None:
    known = predictions(40)
    scores = scored(known.mean(axis=1))
    bare = adopt(known[:30], scores[:30])
    scores[30:] = np.nan
    gapped = adopt(known, scores)
    assert gapped.rows == 30
    assert np.array_equal(gapped.predict(known), bare.predict(known))
    twice = adopt(np.repeat(known[:30], 4, axis=0), np.repeat(scores[:30], 4), np.repeat(np.arange(30), 4))
    alone = adopt(np.repeat(known[:30], 4, axis=0), np.repeat(scores[:30], 4))
    assert twice.high - twice.low > 1.5 * (alone.high - alone.low)


def test_it_survives_being_stored() -> None:
    known = predictions(30)
    newcomer = adopt(known, scored(known.mean(axis=1)), strengths=(float("inf"),))
    again = Newcomer.from_arrays(newcomer.arrays())
    assert again.predict(known).tobytes() == newcomer.predict(known).tobytes()
    assert (again.mean, again.low, again.high, again.strength, again.rows) == (
        newcomer.mean,
        newcomer.low,
        newcomer.high,
        float("inf"),
        30,
    )


def test_too_little_to_learn_from_is_refused() -> None:
    known = predictions(20)
    scores = scored(known.mean(axis=1))
    with pytest.raises(InputError, match="9 scored questions are too few"):
        adopt(known[:9], scores[:9])
    with pytest.raises(InputError, match="scored 1 at every question"):
        adopt(known, np.ones(20))
    with pytest.raises(InputError, match="do not fit"):
        adopt(known, scores[:-1])
    with pytest.raises(InputError, match="do not fit"):
        adopt(known[:, :0], scores)
    with pytest.raises(InputError, match="outside"):
        adopt(known, scores * 2)
    with pytest.raises(InputError, match="is missing"):
        adopt(np.full_like(known, np.nan), scores)
    with pytest.raises(InputError, match="population"):
        adopt(known, scores, population=known[:, :2])


def test_a_router_with_other_models_is_refused() -> None:
    known = predictions(30)
    newcomer = adopt(known, scored(known.mean(axis=1)))
    with pytest.raises(InputError, match="4 known models"):
        newcomer.predict(known[:, :3])
