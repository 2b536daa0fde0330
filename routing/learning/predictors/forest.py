"""Extremely randomised trees on the columns: what kind of prompt it is decides who is good at it.

P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006. One set of trees for all
models, grown on completed scores; what a leaf says of a model comes from the known scores in it alone, pulled to the
model's mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.predictors.base import Family, Places, Rows, column_means, completed
from coreagent.routing.outcomes import Floats

Nodes = NDArray[np.int32]

LEAVES = (10.0, 20.0)
"""Fewest rows in a leaf, to choose from."""
TREES = 100
_COLUMNS_TRIED = 0.5
_DEEPEST = 16
_PULL = 0.5
"""Weight of a model's mean in each leaf, in rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """All trees in one table of nodes: first the a that ask for a column, in the order of the columns, then l leaves.

    So one comparison answers all nodes for a row, and what is left is to walk. ``roots``, shape (t,), are nodes;
    ``counts``, shape (c,), says how many ask for each column, and ``thresholds``, shape (a,), what it is compared with.
    ``below``, shape (a + l,), is the node that comes next when the column is not above the threshold, for a leaf the
    leaf; ``steps``, shape (a,), is how much further on the next one lies when it is above. ``values``, shape (l, m), is
    what each leaf says; ``depth`` is that of the deepest tree.
    """

    roots: Nodes
    counts: Places
    thresholds: Floats
    below: Nodes
    steps: Nodes
    values: Floats
    depth: int

    @classmethod
    def of(cls, rows: Rows, scores: Floats, *, leaf: int, seed: int) -> Self:
        """Grown with at least ``leaf`` rows a leaf.

        Raises:
            InputError: as :func:`column_means`.
        """
        means = column_means(rows, scores)
        trees = _grown(rows.columns, completed(scores, means), min(leaf, max(1, len(rows) // 4)), seed)
        starts = np.cumsum([0, *(tree.node_count for tree in trees)], dtype=np.int64)[:-1]
        grown = list(zip(trees, starts, strict=True))
        columns = np.concatenate([tree.feature for tree in trees])
        left = np.concatenate([tree.children_left + start for tree, start in grown])
        right = np.concatenate([tree.children_right + start for tree, start in grown])
        ends = columns < 0
        asking = np.flatnonzero(~ends)
        asking = asking[np.argsort(columns[asking], kind="stable")]
        number = np.empty(len(ends), dtype=np.int32)
        number[np.concatenate((asking, np.flatnonzero(ends)))] = np.arange(len(ends), dtype=np.int32)
        return cls(
            roots=number[starts],
            counts=np.bincount(columns[asking], minlength=rows.columns.shape[1]).astype(np.int64),
            thresholds=np.concatenate([tree.threshold for tree in trees])[asking].astype(np.float32),
            below=np.concatenate((number[left[asking]], np.arange(len(asking), len(ends), dtype=np.int32))),
            steps=number[right[asking]] - number[left[asking]],
            values=_values(
                [number[tree.apply(rows.columns) + start] - len(asking) for tree, start in grown],
                int(ends.sum()),
                scores,
                means,
            ),
            depth=max(int(tree.max_depth) for tree in trees),
        )

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m): the mean over the trees."""
        out = np.empty((len(rows), self.values.shape[1]), dtype=np.float32)
        for place, row in enumerate(rows.columns):
            out[place] = self._one(row)
        return out

    def _one(self, row: Floats) -> Floats:
        above = row.repeat(self.counts) > self.thresholds
        after = self.below.copy()
        after[: len(above)] += self.steps * above
        at = self.roots
        for _ in range(self.depth):
            at = after.take(at)
        out: Floats = self.values.take(at - len(above), axis=0).sum(axis=0) / len(at)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact; what leaves say is kept in half precision."""
        return {
            "roots": self.roots,
            "counts": self.counts,
            "thresholds": self.thresholds,
            "below": self.below,
            "steps": self.steps,
            "values": self.values.astype(np.float16),
            "depth": np.array(self.depth),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(
            roots=arrays["roots"],
            counts=arrays["counts"],
            thresholds=arrays["thresholds"],
            below=arrays["below"],
            steps=arrays["steps"],
            values=arrays["values"].astype(np.float32),
            depth=int(arrays["depth"]),
        )


def _grown(columns: Floats, targets: Floats, leaf: int, seed: int) -> list[Any]:
    """The trees of scikit-learn, which ships no types."""
    from sklearn import ensemble  # type: ignore[import-untyped]  # noqa: PLC0415 - a second to import, fitting only

    make: Any = cast(Any, ensemble).ExtraTreesRegressor
    grown = make(TREES, min_samples_leaf=leaf, max_features=_COLUMNS_TRIED, max_depth=_DEEPEST, random_state=seed)
    grown.fit(columns, targets if targets.shape[1] > 1 else targets[:, 0])
    return [one.tree_ for one in grown.estimators_]


def _values(fallen: list[Nodes], leaves: int, scores: Floats, means: Floats) -> Floats:
    """What each leaf says, shape (leaves, m), from its rows; ``fallen`` has the leaf of each row, tree by tree."""
    known = ~np.isnan(scores)
    sums = np.zeros((leaves, scores.shape[1]))
    counts = np.zeros_like(sums)
    for at in fallen:
        np.add.at(sums, at, np.where(known, scores, 0))
        np.add.at(counts, at, known)
    out: Floats = ((sums + _PULL * means) / (counts + _PULL)).astype(np.float32)
    return out


def _fit(rows: Rows, scores: Floats, setting: float, seed: int) -> Forest:
    return Forest.of(rows, scores, leaf=round(setting), seed=seed)


FOREST = Family("forest", "rows a leaf", LEAVES, _fit, Forest.from_arrays)
