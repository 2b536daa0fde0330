"""The four calibrators, and how an artefact keeps them. Each rises, keeps within 0..1 and passes gaps (NaN) on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import SettingsError

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Scores as they are, cut to 0..1."""

    def __call__(self, scores: NDArray[np.floating]) -> Doubles:
        """Chances of being right for scores of any shape."""
        out: Doubles = np.clip(np.asarray(scores, dtype=np.float64), 0, 1)
        return out


@dataclass(frozen=True, slots=True)
class Constant:
    """One chance whatever the score: what is left when all rows have one outcome or one score."""

    chance: float

    def __call__(self, scores: NDArray[np.floating]) -> Doubles:
        """Chances of being right for scores of any shape."""
        values = np.asarray(scores, dtype=np.float64)
        out: Doubles = np.where(np.isnan(values), np.nan, self.chance)
        return out


@dataclass(frozen=True, slots=True)
class Platt:
    """``1 / (1 + exp(-(slope * score + intercept)))``, slope never below 0."""

    slope: float
    intercept: float

    def __call__(self, scores: NDArray[np.floating]) -> Doubles:
        """Chances of being right for scores of any shape."""
        return logistic(self.slope * np.asarray(scores, dtype=np.float64) + self.intercept)


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """A rising line through knots: ``chances`` at ``scores``, straight between them, level beyond."""

    scores: Doubles
    chances: Doubles

    def __call__(self, scores: NDArray[np.floating]) -> Doubles:
        """Chances of being right for scores of any shape."""
        out: Doubles = np.interp(np.asarray(scores, dtype=np.float64), self.scores, self.chances)
        return out


Calibrator = Unchanged | Constant | Platt | Isotonic


def calibrators_as_arrays(calibrators: Sequence[Calibrator]) -> dict[str, NDArray[Any]]:
    """For an artefact: the kind of each, where its numbers end, and the numbers of all."""
    kinds, numbers = zip(*(_numbers(one) for one in calibrators), strict=True) if calibrators else ((), ())
    return {
        "calibrator_kinds": np.array(kinds, dtype=np.int64),
        "calibrator_ends": np.cumsum([len(part) for part in numbers]).astype(np.int64),
        "calibrator_numbers": np.concatenate(numbers) if numbers else np.zeros(0),
    }


def calibrators_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> tuple[Calibrator, ...]:
    """As :func:`calibrators_as_arrays` wrote them.

    Raises:
        KeyError: an array is missing.
        SettingsError: numbers that are no calibrator.
    """
    parts = np.split(np.asarray(arrays["calibrator_numbers"], dtype=np.float64), arrays["calibrator_ends"][:-1])
    return tuple(
        _calibrator(kind, part) for kind, part in zip(arrays["calibrator_kinds"].tolist(), parts, strict=False)
    )


def _numbers(calibrator: Calibrator) -> tuple[int, Doubles]:
    match calibrator:
        case Unchanged():
            return 0, np.zeros(0)
        case Constant(chance):
            return 1, np.array([chance])
        case Platt(slope, intercept):
            return 2, np.array([slope, intercept])
        case Isotonic(scores, chances):
            return 3, np.concatenate([scores, chances])


def _calibrator(kind: int, numbers: Doubles) -> Calibrator:
    match kind, len(numbers):
        case 0, 0:
            return Unchanged()
        case 1, 1:
            return Constant(float(numbers[0]))
        case 2, 2 if numbers[0] >= 0:
            return Platt(float(numbers[0]), float(numbers[1]))
        case 3, length if length >= 2 and length % 2 == 0 and _rises(numbers, length // 2):
            return Isotonic(numbers[: length // 2], numbers[length // 2 :])
        case _:
            raise SettingsError("holds a calibrator that can not be read", mend="Train the router again.")


def _rises(numbers: Doubles, half: int) -> bool:
    return bool((np.diff(numbers[:half]) > 0).all() and (np.diff(numbers[half:]) >= 0).all())


def logistic(values: Doubles) -> Doubles:
    """``1 / (1 + exp(-value))`` of each."""
    # The tail form that never overflows.
    small = np.exp(-np.abs(values))
    out: Doubles = np.where(values >= 0, 1, small) / (1 + small)
    return out
