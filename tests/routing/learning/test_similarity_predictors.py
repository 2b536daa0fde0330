"""kNN, cluster and preference routing on small made tables: models that are each good at one kind of prompt."""

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.neighbours import unit_rows
from coreagent.routing.learning.predictors.base import Family, Rows
from coreagent.routing.learning.predictors.clusters import ClusterScores
from coreagent.routing.learning.predictors.elo import EloSettings, LocalElo, strengths
from coreagent.routing.learning.predictors.knn import Knn, KnnSettings, merit
from coreagent.routing.learning.predictors.similarity import CLUSTERS, ELO, KNN
from coreagent.routing.outcomes import Floats

Made = tuple[Floats, Floats, NDArray[np.int64]]
Fitted = Knn | ClusterScores | LocalElo


def table(count: int, *, models: int = 3, right: float = 0.9, other: float = 0.2, seed: int = 0) -> Made:
    """Embeddings of as many kinds as models, scores that are ``right`` often at the own kind, and groups."""
    rng = np.random.default_rng(seed)
    centres = unit_rows(np.random.default_rng(99).standard_normal((models, 24)).astype(np.float32))
    kind = np.arange(count) % models
    rows = (centres[kind] + 0.08 * rng.standard_normal((count, 24))).astype(np.float32)
    chance = np.where(np.arange(models) == kind[:, None], right, other)
    scores = (rng.random((count, models)) < chance).astype(np.float32)
    return rows, scores, np.arange(count, dtype=np.int64)


def routed(fitted: Fitted, rows: Floats, scores: Floats) -> float:
    return merit(fitted.predict(rows), scores)[0]


def every(made: Made) -> tuple[Fitted, ...]:
    rows, scores, groups = made
    return Knn.fit(rows, scores, groups), ClusterScores.fit(rows, scores, groups), LocalElo.fit(rows, scores, groups)


def test_each_beats_the_best_single_model_on_prompts_not_seen() -> None:
    rows, scores, _ = table(300, seed=1)
    best = scores.mean(axis=0).max()
    for fitted in every(table(300)):
        predicted = fitted.predict(rows)
        assert predicted.shape == scores.shape
        assert predicted.dtype == np.float32
        assert predicted.min() >= 0
        assert predicted.max() <= 1
        assert routed(fitted, rows, scores) > best + 0.25


def test_each_takes_gaps_and_survives_being_stored() -> None:
    rows, scores, groups = table(240)
    gaps = np.random.default_rng(5).random(scores.shape) < 0.3
    scores[gaps] = np.nan
    fresh, truth, _ = table(90, seed=2)
    for fitted in every((rows, scores, groups)):
        predicted = fitted.predict(fresh)
        assert np.isfinite(predicted).all()
        assert routed(fitted, fresh, truth) > 0.75
        again = type(fitted).from_arrays(fitted.arrays())
        assert np.array_equal(again.predict(fresh), predicted)


def test_one_row_alone_is_predicted_as_among_others() -> None:
    rows, _, _ = table(40, seed=3)
    for fitted in every(table(120)):
        together = fitted.predict(rows)
        assert np.array_equal(np.concatenate([fitted.predict(rows[[place]]) for place in range(40)]), together)
        assert fitted.predict(rows[:0]).shape == (0, 3)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_row_without_direction_gets_what_holds_over_all_prompts(value: float) -> None:
    rows, scores, groups = table(150, other=0.1)
    scores[:, 1] = 1.0
    blank = np.full((1, rows.shape[1]), value, dtype=np.float32)
    for fitted in every((rows, scores, groups)):
        predicted = fitted.predict(blank)[0]
        assert predicted.argmax() == 1
        if not isinstance(fitted, LocalElo):
            assert predicted == pytest.approx(scores.mean(axis=0))


def test_each_refuses_tables_that_hold_nothing_to_learn() -> None:
    rows, scores, groups = table(30)
    silent = scores.copy()
    silent[:, 2] = np.nan
    for kind in (Knn, ClusterScores, LocalElo):
        with pytest.raises(InputError, match="model 3 of 3 has no score"):
            kind.fit(rows, silent, groups)
        with pytest.raises(InputError, match="do not fit"):
            kind.fit(rows[:-1], scores, groups)
        with pytest.raises(InputError, match="not finite"):
            kind.fit(np.full_like(rows, np.nan), scores, groups)
    with pytest.raises(InputError, match="no duels"):
        LocalElo.of(rows, scores[:, :1])


def test_three_rows_are_enough_for_an_answer() -> None:
    rows, scores, groups = table(3)
    for fitted in every((rows, scores, groups)):
        assert np.isfinite(fitted.predict(rows)).all()


def test_one_neighbour_alone_can_be_worse_than_a_random_choice() -> None:
    # In pairs of near-identical prompts the two models take turns: the nearest prompt tells the wrong model.
    rng = np.random.default_rng(0)
    pairs = rng.standard_normal((200, 24)).astype(np.float32)
    rows = (np.repeat(pairs, 2, axis=0) + 0.01 * rng.standard_normal((400, 24))).astype(np.float32)
    first = np.tile([1.0, 0.0], 200)
    scores = np.stack([first, 1 - first], axis=1).astype(np.float32)
    groups = np.arange(400, dtype=np.int64)
    known, asked = np.arange(400) % 2 == 0, np.arange(400) % 2 == 1
    alone = Knn.of(rows[known], scores[known], KnnSettings(1, 0.05, 0.0))
    assert routed(alone, rows[asked], scores[asked]) < 0.1
    chosen = Knn.fit(rows, scores, groups, neighbours=(1, 5, 40))
    assert chosen.settings.neighbours > 1


def test_more_neighbours_and_a_pull_to_the_mean_are_chosen_where_scores_are_noise() -> None:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((400, 24)).astype(np.float32)
    scores = (rng.random((400, 2)) < [0.4, 0.7]).astype(np.float32)
    fitted = Knn.fit(rows, scores, np.arange(400, dtype=np.int64))
    assert fitted.predict(rows[:50]).argmax(axis=1).mean() > 0.9


def test_duplicates_do_not_teach_their_own_answer() -> None:
    # Every prompt stands twice, and its scores are noise: only without its copy is the nearest prompt seen as useless.
    rng = np.random.default_rng(4)
    rows = np.repeat(rng.standard_normal((150, 24)), 2, axis=0).astype(np.float32)
    scores = np.repeat((rng.random((150, 2)) < [0.35, 0.65]), 2, axis=0).astype(np.float32)
    blind = Knn.fit(rows, scores, np.arange(300, dtype=np.int64), neighbours=(1, 80), temperatures=(0.2,))
    aware = Knn.fit(rows, scores, np.repeat(np.arange(150), 2), neighbours=(1, 80), temperatures=(0.2,))
    assert blind.settings.neighbours == 1
    assert aware.settings.neighbours == 80


def test_a_weighted_mean_is_pulled_to_the_models_mean_as_stated() -> None:
    rows = np.eye(3, dtype=np.float32)
    scores = np.array([[1.0, 0.0], [0.0, np.nan], [0.0, 1.0]], dtype=np.float32)
    fitted = Knn.of(rows, scores, KnnSettings(neighbours=2, temperature=0.5, pseudo_count=2.0, typical=0.0))
    query = np.array([[0.8, 0.6, 0.0]], dtype=np.float32)
    near, far = np.exp(0.8 / 0.5), np.exp(0.6 / 0.5)
    expected = [(near + 2 / 3) / (near + far + 2), (2 * 0.5) / (near + 2)]
    assert fitted.predict(query)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("wrong", [(0, 0.1, 1.0), (5, 0.0, 1.0), (5, 0.1, -1.0), (5, 0.1, float("nan"))])
def test_settings_that_can_not_be_are_refused(wrong: tuple[int, float, float]) -> None:
    with pytest.raises(InputError):
        KnnSettings(*wrong)
    with pytest.raises(InputError):
        EloSettings(*wrong)


def test_a_new_model_leaves_all_cluster_scores_of_the_others_as_they_are() -> None:
    rows, scores, groups = table(300)
    before = ClusterScores.fit(rows, scores[:, :2], groups, counts=(3, 6))
    more, truth, _ = table(45, seed=8)
    after = before.with_model(more, truth[:, 2])
    fresh, _, _ = table(200, seed=9)
    assert after.predict(fresh)[:, :2].tobytes() == before.predict(fresh).tobytes()
    assert after.predict(fresh).shape == (200, 3)
    kind = np.arange(200) % 3
    newcomer = after.predict(fresh)[:, 2]
    assert newcomer[kind == 2].mean() > newcomer[kind != 2].mean() + 0.3
    with pytest.raises(InputError, match="no score"):
        before.with_model(more, np.full(45, np.nan, dtype=np.float32))


def test_a_cluster_score_is_the_pulled_mean_of_its_prompts() -> None:
    rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    scores = np.array([[1.0], [1.0], [0.0], [np.nan]], dtype=np.float32)
    fitted = ClusterScores.of(rows, scores, count=2, pseudo_count=2.0)
    mean = 2 / 3
    assert fitted.predict(rows[[0, 2]])[:, 0] == pytest.approx([(2 + 2 * mean) / 4, (0 + 2 * mean) / 3])
    with pytest.raises(InputError, match="pseudo-count"):
        ClusterScores.of(rows, scores, count=2, pseudo_count=0.0)


def test_strengths_are_those_of_the_closed_form() -> None:
    # Two models: the ratio of strengths is the ratio of wins.
    found = strengths(np.array([[0.0, 30.0], [10.0, 0.0]]), np.ones(2), rounds=100)
    assert found[0] / found[1] == pytest.approx(3)
    # Wins that follow from strengths give these strengths back.
    true = np.array([4.0, 2.0, 1.0, 0.125])
    wins = 50 * true[:, None] / (true[:, None] + true[None, :])
    np.fill_diagonal(wins, 0)
    assert strengths(wins, np.ones(4), rounds=500) == pytest.approx(true, rel=1e-6)


def test_nearer_duels_count_by_the_published_weight() -> None:
    rows = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    scores = np.array([[1, 0], [0, 1]], dtype=np.float32)
    fitted = LocalElo.of(rows, scores, EloSettings(neighbours=2, gamma=10.0, prior=1e-9))
    # Weights 10 ** (1 + 1) and 10 ** (1 + .6): won by one and the other, so the expected score is their share.
    expected = 10**2 / (10**2 + 10**1.6)
    assert fitted.predict(rows[:1])[0] == pytest.approx([expected, 1 - expected], abs=2e-3)


def test_ties_are_half_a_win_each() -> None:
    rows, _, _ = table(20)
    fitted = LocalElo.of(rows, np.ones((20, 3), dtype=np.float32))
    assert fitted.predict(rows[:2]) == pytest.approx(np.full((2, 3), 0.5))


def rows_of(embedding: Floats) -> Rows:
    nothing = np.zeros(0, dtype=np.int64)
    return Rows(
        columns=np.zeros((len(embedding), 0), dtype=np.float32),
        embedding=embedding,
        starts=np.zeros(len(embedding) + 1, dtype=np.int64),
        places=nothing,
        weights=np.zeros(0, dtype=np.float32),
        size=1,
    )


@pytest.mark.parametrize("family", [KNN, CLUSTERS, ELO], ids=lambda family: family.name)
def test_as_a_family_each_learns_from_the_embedding_and_is_read_back(family: Family) -> None:
    rows, scores, _ = table(200)
    scores[::5, 0] = np.nan
    fresh, truth, _ = table(60, seed=4)
    fitted = family.fit(rows_of(rows), scores, family.settings[1], 3)
    predicted = fitted.predict(rows_of(fresh))
    assert merit(predicted, truth)[0] > 0.75
    assert np.array_equal(family.read(fitted.arrays()).predict(rows_of(fresh)), predicted)
    with pytest.raises(InputError, match="no score"):
        family.fit(rows_of(rows), np.full_like(scores, np.nan), family.settings[0], 3)


def test_one_group_alone_still_makes_clusters() -> None:
    rows, scores, _ = table(40)
    fitted = ClusterScores.fit(rows, scores, np.zeros(40, dtype=np.int64))
    assert np.isfinite(fitted.predict(rows)).all()


def test_merit_counts_known_scores_only() -> None:
    predicted = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]], dtype=np.float32)
    scores = np.array([[1.0, 0.0], [np.nan, 1.0], [np.nan, np.nan]], dtype=np.float32)
    value, minus_error = merit(predicted, scores)
    assert value == 1.0
    assert minus_error == pytest.approx(-(0.1**2 + 0.1**2 + 0.8**2) / 3)
