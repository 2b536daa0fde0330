"""What the predictors on features share: the rows they see, what each can do, and how gaps in the scores are met."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.outcomes import Floats

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Features of n calls. ``columns``, shape (n, c), are scaled; row r has terms ``places[starts[r]:starts[r+1]]``.

    ``weights`` go with ``places``, which lie in 0..``size``; ``embedding``, shape (n, d), has rows of unit length.
    """

    columns: Floats
    embedding: Floats
    starts: Places
    places: Places
    weights: Floats
    size: int

    def __len__(self) -> int:
        """Rows."""
        return len(self.columns)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Rows":
        """These rows only, in this order."""
        chosen = np.arange(len(self))[rows].tolist()
        spans = [slice(self.starts[row], self.starts[row + 1]) for row in chosen]
        lengths = [span.stop - span.start for span in spans]
        empty = self.places[:0], self.weights[:0]
        return Rows(
            columns=self.columns[chosen],
            embedding=self.embedding[chosen],
            starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            places=np.concatenate([empty[0], *(self.places[span] for span in spans)]),
            weights=np.concatenate([empty[1], *(self.weights[span] for span in spans)]),
            size=self.size,
        )


class Fitted(Protocol):
    """A predictor of scores: what it gives for a row is no chance yet, until it is calibrated."""

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m)."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of predictor: how one is fitted and read, and the values of its one setting to choose from.

    ``reads_words`` says that it needs the terms of a row, which cost a decision a third of its features' time.
    ``fit(rows, scores, setting, seed)`` gets scores of shape (n, m), NaN where nothing is known, and raises InputError
    when there are no rows, shapes do not fit, or a model has no score.
    """

    name: str
    setting: str
    settings: tuple[float, ...]
    fit: Callable[[Rows, Floats, float, int], Fitted]
    read: Callable[[Mapping[str, NDArray[Any]]], Fitted]
    reads_words: bool = False


def column_means(rows: Rows, scores: Floats) -> Floats:
    """Mean score of each model over the rows where it is known, shape (m,), after checking that all fits.

    Raises:
        InputError: no rows, shapes that do not fit, or a model without any score.
    """
    if scores.ndim != 2 or len(scores) != len(rows) or not scores.size:
        raise InputError(f"features of {len(rows)} rows and scores of shape {scores.shape} do not fit")
    known = ~np.isnan(scores)
    counts = known.sum(axis=0)
    if not counts.all():
        raise InputError(
            f"model {int(np.argmin(counts)) + 1} of {len(counts)} has no score in these rows",
            mend="Leave the model out, or score it on some of them.",
        )
    means: Floats = (np.where(known, scores, 0).sum(axis=0) / counts).astype(np.float32)
    return means


def completed(scores: Floats, means: Floats) -> Floats:
    """Scores with gaps filled: the model's mean, moved by how far the row's known scores lie from their means.

    The move is pulled to none as by one more known score, so a row with few scores stays near the means.
    """
    known = ~np.isnan(scores)
    apart = np.where(known, scores - means, 0)
    moved = apart.sum(axis=1, keepdims=True) / (1 + known.sum(axis=1, keepdims=True))
    filled: Floats = np.where(known, scores, np.clip(means + moved, 0, 1)).astype(np.float32)
    return filled


def nested(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays under ``prefix.`` in one mapping of an artefact."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What :func:`nested` put there."""
    start = f"{prefix}."
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


def error(predicted: Floats, scores: Floats) -> float:
    """How far predictions are from what tells the models of a row apart: the mean squared distance of deviations.

    A score's deviation is from the mean of the row's known scores, which is what a choice of model depends on. With one
    known score in every row it is the plain mean squared distance. Infinite where nothing is known.
    """
    known = ~np.isnan(scores)
    several = known & (known.sum(axis=1, keepdims=True) > 1)
    if not known.any():
        return float("inf")
    apart = np.where(known, predicted.astype(np.float64) - np.where(known, scores, 0), 0)
    if not several.any():
        return float(np.square(apart[known]).mean())
    apart -= apart.sum(axis=1, keepdims=True) / np.maximum(1, known.sum(axis=1, keepdims=True))
    return float(np.square(apart[several]).mean())
