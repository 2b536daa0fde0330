"""The forest walks its trees as scikit-learn does, and its leaves say what the rows in them had."""

from typing import Any, cast

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.predictors.base import Rows, completed
from coreagent.routing.learning.predictors.forest import TREES, Forest
from coreagent.routing.outcomes import Floats


def rows_of(columns: Floats) -> Rows:
    none = np.zeros(0, dtype=np.int64)
    return Rows(
        columns=columns,
        embedding=columns,
        starts=np.zeros(len(columns) + 1, dtype=np.int64),
        places=none,
        weights=none.astype(np.float32),
        size=1,
    )


def made(count: int, seed: int) -> tuple[Floats, Floats]:
    """Seven columns, of which one never moves and one is 0 or 1; scores of three models with gaps."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(count, 7)).astype(np.float32)
    columns[:, 2] = 0
    columns[:, 5] = columns[:, 5] > 0
    scores = (rng.random((count, 3)) < 1 / (1 + np.exp(-2 * columns[:, [0, 1, 5]]))).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = np.nan
    return columns, scores


def plain(columns: Floats, scores: Floats, asked: Floats, *, leaf: int, seed: int) -> Floats:
    """By the rows that fall into the same leaves of scikit-learn's trees, one by one."""
    from sklearn import ensemble  # type: ignore[import-untyped]  # noqa: PLC0415 - a second to import

    known = ~np.isnan(scores)
    means = (np.where(known, scores, 0).sum(axis=0) / known.sum(axis=0)).astype(np.float32)
    make: Any = cast(Any, ensemble).ExtraTreesRegressor
    trees = make(TREES, min_samples_leaf=leaf, max_features=0.5, max_depth=16, random_state=seed)
    trees.fit(columns, completed(scores, means))
    fallen, at = trees.apply(columns), trees.apply(asked)
    out = np.zeros((len(asked), scores.shape[1]))
    for row in range(len(asked)):
        for tree in range(TREES):
            inside = fallen[:, tree] == at[row, tree]
            sums = np.where(known, scores, 0)[inside].sum(axis=0)
            out[row] += (sums + 0.5 * means) / (known[inside].sum(axis=0) + 0.5)
    return (out / TREES).astype(np.float32)


@pytest.mark.parametrize("leaf", [1, 10])
def test_it_predicts_what_the_leaves_of_scikit_learn_hold(leaf: int) -> None:
    columns, scores = made(150, 0)
    far = np.full((2, 7), [[4], [-4]], dtype=np.float32)
    asked = np.concatenate((made(40, 1)[0], columns[:5], far))
    forest = Forest.of(rows_of(columns), scores, leaf=leaf, seed=3)
    assert forest.predict(rows_of(asked)) == pytest.approx(plain(columns, scores, asked, leaf=leaf, seed=3), abs=1e-6)


def test_what_is_read_back_walks_the_same_way() -> None:
    columns, scores = made(150, 0)
    forest = Forest.of(rows_of(columns), scores, leaf=10, seed=3)
    again = Forest.from_arrays(forest.arrays())
    assert again.predict(rows_of(columns)) == pytest.approx(forest.predict(rows_of(columns)), abs=5e-4)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_trees_of_a_single_leaf_say_the_means(count: int) -> None:
    columns, _ = made(count, 0)
    scores = np.full((count, 2), [1.0, 0.0], dtype=np.float32)
    forest = Forest.of(rows_of(columns), scores, leaf=10, seed=0)
    assert forest.predict(rows_of(np.ones((2, 7), dtype=np.float32))) == pytest.approx(np.array([[1, 0], [1, 0]]))


def test_no_rows_are_an_error_and_give_nothing_to_predict() -> None:
    columns, scores = made(30, 0)
    with pytest.raises(InputError):
        Forest.of(rows_of(columns[:0]), scores[:0], leaf=10, seed=0)
    assert Forest.of(rows_of(columns), scores, leaf=10, seed=0).predict(rows_of(columns[:0])).shape == (0, 3)
