"""Several predictors and how much each counts, both chosen on prompts left out.

L. Breiman, "Stacked regressions", Machine Learning 24, 1996: weights that are not negative and sum to one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import UnknownNameError
from coreagent.routing.learning.folds import deal, held_out
from coreagent.routing.learning.predictors.base import Family, Fitted, Places, Rows, error, nested, under
from coreagent.routing.learning.predictors.factorisation import FACTORISATION
from coreagent.routing.learning.predictors.forest import FOREST
from coreagent.routing.learning.predictors.logistic import LOGISTIC
from coreagent.routing.learning.predictors.ridge import RIDGE
from coreagent.routing.learning.predictors.similarity import CLUSTERS, ELO, KNN
from coreagent.routing.outcomes import Floats

FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (FOREST, RIDGE, LOGISTIC, FACTORISATION, KNN, CLUSTERS, ELO)
}
DEFAULT = ("forest",)
"""Trees on form and meaning. A ridge on words beside them predicts scores a little closer, and chooses no better."""
_INNER_FOLDS = 4
_STEPS = 10
"""Weights are tried in tenths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A predictor of the blend: its family, its weight, the setting it was fitted with, its error on left-out rows."""

    family: str
    weight: float
    setting: float
    error: float
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Blend:
    """The weighted mean of its members."""

    members: tuple[Member, ...]

    @classmethod
    def fit(
        cls,
        rows: Rows,
        scores: Floats,
        groups: Places,
        *,
        seed: int,
        families: Sequence[str] = DEFAULT,
    ) -> tuple[Self, Floats]:
        """The blend, and its predictions of every row by members fitted on other groups, shape (n, m).

        Those predictions are what calibration may be fitted on: of the settings and weights, a handful of numbers,
        they are not independent. A family that gets no weight is left out.

        Raises:
            UnknownNameError: a family that does not exist.
            InputError: no rows, shapes that do not fit, fewer than two groups, a model without any score.
        """
        unknown = [name for name in families if name not in FAMILIES]
        if unknown or not families:
            raise UnknownNameError("predictor", unknown[0] if unknown else "", FAMILIES)
        folds = deal(groups, count=_INNER_FOLDS, seed=seed)
        tried = [_chosen(FAMILIES[name], rows, scores, folds, seed) for name in dict.fromkeys(families)]
        weights = min(_weights(len(tried)), key=lambda some: error(_mixed(some, [one[1] for one in tried]), scores))
        members = tuple(
            Member(
                family=name,
                weight=weight,
                setting=setting,
                error=error(predicted, scores),
                fitted=FAMILIES[name].fit(rows, scores, setting, seed),
            )
            for name, weight, (setting, predicted) in zip(dict.fromkeys(families), weights, tried, strict=True)
            if weight > 0
        )
        return cls(members), _mixed(weights, [predicted for _, predicted in tried])

    def predict(self, rows: Rows) -> Floats:
        """Predicted scores, shape (n, m)."""
        out = self.members[0].weight * self.members[0].fitted.predict(rows)
        for member in self.members[1:]:
            out = out + member.weight * member.fitted.predict(rows)
        return out.astype(np.float32)

    @property
    def reads_words(self) -> bool:
        """Whether a row needs its terms."""
        return any(FAMILIES[one.family].reads_words for one in self.members)

    @property
    def words(self) -> str:
        """What it is made of, for the head of an artefact."""
        return " + ".join(
            f"{one.weight:g} {one.family} ({FAMILIES[one.family].setting} {one.setting:g})" for one in self.members
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        out: dict[str, NDArray[Any]] = {
            "families": np.array([one.family for one in self.members], dtype=np.str_),
            "numbers": np.array([[one.weight, one.setting, one.error] for one in self.members]),
        }
        for one in self.members:
            out |= nested(one.family, one.fitted.arrays())
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing, or a family that this package does not have.
        """
        numbers = arrays["numbers"].tolist()
        return cls(
            tuple(
                Member(
                    family=name,
                    weight=weight,
                    setting=setting,
                    error=missed,
                    fitted=FAMILIES[name].read(under(name, arrays)),
                )
                for name, (weight, setting, missed) in zip(arrays["families"].tolist(), numbers, strict=True)
            )
        )


def _chosen(family: Family, rows: Rows, scores: Floats, folds: Places, seed: int) -> tuple[float, Floats]:
    """The setting that predicts left-out rows best, the first of equals, and those predictions."""
    tried: list[tuple[float, float, Floats]] = []
    for setting in family.settings:

        def predict(fitting: NDArray[np.bool_], left: NDArray[np.bool_], setting: float = setting) -> Floats:
            return family.fit(rows.take(fitting), scores[fitting], setting, seed).predict(rows.take(left))

        predicted = held_out(folds, scores.shape[1], predict)
        tried.append((error(predicted, scores), setting, predicted))
    _, best, predicted = min(tried, key=lambda entry: entry[0])
    return best, predicted


def _weights(count: int) -> Iterator[tuple[float, ...]]:
    """All weights in tenths that sum to one, more on the first ones first."""

    def parts(left: int, places: int) -> Iterator[tuple[int, ...]]:
        if places == 1:
            yield (left,)
            return
        for first in range(left, -1, -1):
            for rest in parts(left - first, places - 1):
                yield (first, *rest)

    for some in parts(_STEPS, count):
        yield tuple(part / _STEPS for part in some)


def _mixed(weights: Sequence[float], predictions: Sequence[Floats]) -> Floats:
    out: Floats = np.tensordot(np.array(weights, dtype=np.float32), np.stack(predictions), axes=1)
    return out
