"""The three predictors by similarity, as families that learn from the embedding alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.predictors.base import Family, Fitted, Rows
from coreagent.routing.learning.predictors.clusters import ClusterScores
from coreagent.routing.learning.predictors.elo import EloSettings, LocalElo
from coreagent.routing.learning.predictors.knn import Knn, KnnSettings
from coreagent.routing.outcomes import Floats

_PULL = 3.0
_PULL_OF_CLUSTERS = 30.0
_TYPICAL_ROWS = 500


class _Similar(Protocol):
    def predict(self, rows: Floats) -> Floats: ...

    def arrays(self) -> dict[str, NDArray[Any]]: ...


@dataclass(frozen=True, slots=True)
class _OfEmbedding:
    """A predictor that looks at the embedding of a row and at nothing else."""

    inner: _Similar

    def predict(self, rows: Rows) -> Floats:
        return self.inner.predict(rows.embedding)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return self.inner.arrays()


def _knn(rows: Rows, scores: Floats, setting: float, seed: int) -> Fitted:
    fitted = Knn.of(rows.embedding, scores, seed=seed)
    count = len(rows)
    asked = np.sort(np.random.default_rng(seed).choice(count, min(count, _TYPICAL_ROWS), replace=False))
    _, cosines = fitted.index.among(asked, np.arange(count, dtype=np.int64), 20)
    near = cosines[np.isfinite(cosines)]
    typical = float(np.median(near)) if len(near) else 0.0
    settings = KnnSettings(neighbours=round(setting), temperature=0.2, pseudo_count=_PULL, typical=typical)
    return _OfEmbedding(replace(fitted, settings=settings))


def _clusters(rows: Rows, scores: Floats, setting: float, seed: int) -> Fitted:
    made = ClusterScores.of(rows.embedding, scores, count=round(setting), pseudo_count=_PULL_OF_CLUSTERS, seed=seed)
    return _OfEmbedding(made)


def _elo(rows: Rows, scores: Floats, setting: float, seed: int) -> Fitted:
    return _OfEmbedding(LocalElo.of(rows.embedding, scores, EloSettings(neighbours=round(setting)), seed=seed))


def _reader(read: Callable[[Mapping[str, NDArray[Any]]], _Similar]) -> Callable[[Mapping[str, NDArray[Any]]], Fitted]:
    return lambda arrays: _OfEmbedding(read(arrays))


KNN = Family("knn", "neighbours", (10.0, 20.0, 40.0, 80.0, 160.0), _knn, _reader(Knn.from_arrays))
CLUSTERS = Family("clusters", "clusters", (8.0, 16.0, 32.0, 64.0, 128.0), _clusters, _reader(ClusterScores.from_arrays))
ELO = Family("elo", "neighbours", (20.0, 40.0, 80.0, 160.0), _elo, _reader(LocalElo.from_arrays))
"""What they predict is a score against the field; see :class:`coreagent.routing.learning.predictors.elo.LocalElo`."""
