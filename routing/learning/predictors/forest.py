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

LEAVES = (10.0, 20.0)
"""Fewest rows in a leaf, to choose from."""
TREES = 100
_COLUMNS_TRIED = 0.5
_DEEPEST = 16
_PULL = 0.5
"""Weight of a model's mean in each leaf, in rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """All trees in one table of nodes: from ``node`` on to ``children[node]``, or the next when above the threshold.

    A leaf is its own child and has an infinite threshold. ``roots``, shape (t,); ``leaves[node]`` is the row of
    ``values``, shape (l, m), that a leaf stands for; ``depth`` is that of the deepest tree.
    """

    roots: Places
    columns: Places
    thresholds: Floats
    children: Places
    leaves: Places
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
        parts = [_laid_out(tree) for tree in trees]
        values = [
            _values(part, tree.apply(rows.columns).astype(np.int64), scores, means)
            for part, tree in zip(parts, trees, strict=True)
        ]
        nodes = np.cumsum([0, *(len(part.columns) for part in parts)], dtype=np.int64)
        rows_before = np.cumsum([0, *(len(table) for table in values)], dtype=np.int64)
        return cls(
            roots=nodes[:-1],
            columns=np.concatenate([part.columns for part in parts]),
            thresholds=np.concatenate([part.thresholds for part in parts]),
            children=np.concatenate([part.children + start for part, start in zip(parts, nodes, strict=False)]),
            leaves=np.concatenate([part.leaves + start for part, start in zip(parts, rows_before, strict=False)]),
            values=np.concatenate(values),
            depth=max(int(tree.max_depth) for tree in trees),
        )

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m): the mean over the trees."""
        return np.stack([self._one(row) for row in rows.columns])

    def _one(self, row: Floats) -> Floats:
        at = self.roots
        for _ in range(self.depth):
            at = self.children.take(at) + (row.take(self.columns.take(at)) > self.thresholds.take(at))
        out: Floats = self.values.take(self.leaves.take(at), axis=0).mean(axis=0)
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact; what leaves say is kept in half precision."""
        return {
            "roots": self.roots.astype(np.int32),
            "columns": self.columns.astype(np.int16),
            "thresholds": self.thresholds,
            "children": self.children.astype(np.int32),
            "leaves": self.leaves.astype(np.int32),
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
            roots=arrays["roots"].astype(np.int64),
            columns=arrays["columns"].astype(np.int64),
            thresholds=arrays["thresholds"].astype(np.float32),
            children=arrays["children"].astype(np.int64),
            leaves=arrays["leaves"].astype(np.int64),
            values=arrays["values"].astype(np.float32),
            depth=int(arrays["depth"]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """Nodes in an order in which the two children of a node are neighbours; ``places`` says where each came from."""

    columns: Places
    thresholds: Floats
    children: Places
    leaves: Places
    places: Places


def _grown(columns: Floats, targets: Floats, leaf: int, seed: int) -> list[Any]:
    """The trees of scikit-learn, which ships no types."""
    from sklearn import ensemble  # type: ignore[import-untyped]  # noqa: PLC0415 - a second to import, fitting only

    make: Any = cast(Any, ensemble).ExtraTreesRegressor
    grown = make(TREES, min_samples_leaf=leaf, max_features=_COLUMNS_TRIED, max_depth=_DEEPEST, random_state=seed)
    grown.fit(columns, targets if targets.shape[1] > 1 else targets[:, 0])
    return [one.tree_ for one in grown.estimators_]


def _laid_out(tree: Any) -> _Tree:
    left, right = tree.children_left.tolist(), tree.children_right.tolist()
    order = [0]
    children: list[int] = []
    for place in range(len(left)):
        node = order[place]
        if left[node] < 0:
            children.append(place)
        else:
            children.append(len(order))
            order += [left[node], right[node]]
    places = np.array(order, dtype=np.int64)
    ends = tree.children_left[places] < 0
    return _Tree(
        columns=np.where(ends, 0, tree.feature[places]).astype(np.int64),
        thresholds=np.where(ends, np.inf, tree.threshold[places]).astype(np.float32),
        children=np.array(children, dtype=np.int64),
        leaves=np.where(ends, np.cumsum(ends) - 1, 0).astype(np.int64),
        places=places,
    )


def _values(tree: _Tree, at: Places, scores: Floats, means: Floats) -> Floats:
    """What each leaf says, shape (leaves, m), from the rows in it; ``at`` has the node of each row, as it was grown."""
    number = np.zeros(len(tree.places), dtype=np.int64)
    number[tree.places] = tree.leaves
    known = ~np.isnan(scores)
    sums = np.zeros((int(tree.leaves.max()) + 1, scores.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, number[at], np.where(known, scores, 0))
    np.add.at(counts, number[at], known)
    out: Floats = ((sums + _PULL * means) / (counts + _PULL)).astype(np.float32)
    return out


def _fit(rows: Rows, scores: Floats, setting: float, seed: int) -> Forest:
    return Forest.of(rows, scores, leaf=round(setting), seed=seed)


FOREST = Family("forest", "rows a leaf", LEAVES, _fit, Forest.from_arrays)
