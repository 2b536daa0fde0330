"""Ridge regression on form, meaning and words together: one linear score a model.

A. E. Hoerl and R. W. Kennard, Technometrics 12, 1970. Solved by conjugate gradients over the rows at hand, so the size
of the table of words costs nothing, and each model is fitted on the rows where its score is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.learning.predictors.base import Family, Places, Rows, column_means
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

PENALTIES = (6.0, 20.0)
_COLUMNS_SHARE, _MEANING_SHARE = 0.3, 0.5
"""What form and meaning weigh in the likeness of two prompts, beside 1 for words."""
_ROUNDS = 60
_SETTLED = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ridge:
    """``means + columns @ by_columns + embedding @ by_meaning + words @ by_words``; ``by_words`` is (places, m)."""

    means: Floats
    by_columns: Floats
    by_meaning: Floats
    by_words: Floats

    @classmethod
    def of(cls, rows: Rows, scores: Floats, *, penalty: float) -> Self:
        """Fitted with this penalty, in prompts.

        Raises:
            InputError: as :func:`column_means`.
        """
        means = column_means(rows, scores)
        used, matrix = _matrix(rows)
        known = ~np.isnan(scores)
        left = np.where(known, scores - means, 0).astype(np.float64)

        def curve(weights: Doubles) -> Doubles:
            out: Doubles = matrix.T @ np.where(known, matrix @ weights, 0) + penalty * weights
            return out

        weights = conjugate_gradients(curve, np.asarray(matrix.T @ left))
        columns, meaning = rows.columns.shape[1], rows.embedding.shape[1]
        by_words = np.zeros((rows.size, scores.shape[1]), dtype=np.float32)
        by_words[used] = weights[columns + meaning :]
        # The matrix held scaled features; predictions are made of the plain ones.
        return cls(
            means=means,
            by_columns=(weights[:columns] * _column_scale(columns)).astype(np.float32),
            by_meaning=(weights[columns : columns + meaning] * _MEANING_SHARE**0.5).astype(np.float32),
            by_words=by_words,
        )

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m), within 0..1 or a little outside."""
        level = self.means + rows.columns @ self.by_columns + rows.embedding @ self.by_meaning
        words = [
            rows.weights[start:end] @ self.by_words[rows.places[start:end]]
            for start, end in zip(rows.starts[:-1].tolist(), rows.starts[1:].tolist(), strict=True)
        ]
        return np.asarray(level + np.stack(words), dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact: of the words those that have a weight, in half precision."""
        used = np.flatnonzero(self.by_words.any(axis=1))
        return {
            "means": self.means,
            "by_columns": self.by_columns,
            "by_meaning": self.by_meaning,
            "places": used.astype(np.int32),
            "by_words": self.by_words[used].astype(np.float16),
            "size": np.array(len(self.by_words)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        by_words = np.zeros((int(arrays["size"]), len(arrays["means"])), dtype=np.float32)
        by_words[arrays["places"]] = arrays["by_words"]
        return cls(
            means=arrays["means"], by_columns=arrays["by_columns"], by_meaning=arrays["by_meaning"], by_words=by_words
        )


def conjugate_gradients(curve: Callable[[Doubles], Doubles], slopes: Doubles) -> Doubles:
    """Solves ``curve(x) = slopes``, shape (p, m), each column on its own; ``curve`` is linear and positive.

    M. R. Hestenes and E. Stiefel, 1952. Stops when every column is within a ten-thousandth, or after 60 rounds.
    """
    found = np.zeros_like(slopes)
    left, way = slopes.copy(), slopes.copy()
    size = np.square(left).sum(axis=0)
    enough = _SETTLED**2 * size
    for _ in range(_ROUNDS):
        if (size <= enough).all():
            break
        bent = curve(way)
        steep = (way * bent).sum(axis=0)
        step = np.divide(size, steep, out=np.zeros_like(size), where=steep > 0)
        found += step * way
        left -= step * bent
        now = np.square(left).sum(axis=0)
        way = left + np.divide(now, size, out=np.zeros_like(now), where=size > 0) * way
        size = now
    return found


def _matrix(rows: Rows) -> tuple[Places, Any]:
    """The places in use, and all scaled features of the rows as one sparse matrix."""
    from scipy import sparse  # noqa: PLC0415 - takes a quarter of a second to import, needed to fit only

    used, places = np.unique(rows.places, return_inverse=True)
    words = sparse.csr_matrix(
        (rows.weights.astype(np.float64), places, rows.starts), shape=(len(rows), max(1, len(used)))
    )[:, : len(used)]
    dense = np.concatenate(
        [rows.columns * _column_scale(rows.columns.shape[1]), rows.embedding * _MEANING_SHARE**0.5], axis=1
    )
    return used, sparse.hstack([sparse.csr_matrix(dense.astype(np.float64)), words], format="csr")


def _column_scale(columns: int) -> float:
    return float((_COLUMNS_SHARE / max(1, columns)) ** 0.5)


def _fit(rows: Rows, scores: Floats, setting: float, seed: int) -> Ridge:
    del seed
    return Ridge.of(rows, scores, penalty=setting)


RIDGE = Family("ridge", "penalty", PENALTIES, _fit, Ridge.from_arrays, reads_words=True)
