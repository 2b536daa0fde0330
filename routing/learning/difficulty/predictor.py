"""Predicts each model's chance at a question from its wording alone: ``logistic(ability - difficulty)``.

Weaker than similarity where a question is like those recorded, but it holds where none is: what a router falls back on.
A model that was not in the table needs an ability only, which a few scored questions give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.rasch import Doubles, ability, logistic
from coreagent.routing.learning.difficulty.within import Difficulty
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest

_NEWCOMER_SPREAD = 1.0
"""Standard deviation of abilities, in logits, around that of the known models: the prior of a newcomer's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DifficultyPredictor:
    """``abilities`` (logits) by model; ``name`` is what a Decision calls it. Fulfils Predictor."""

    name: str
    difficulty: Difficulty
    abilities: Mapping[str, float]

    @classmethod
    def fit(cls, outcomes: Outcomes, *, name: str = "difficulty") -> Self:
        """From recorded outcomes; rows of one domain count as one task.

        Raises:
            InputError: fewer than 30 questions tell anything, or no model is right at some and wrong at others.
        """
        groups = np.unique(np.array(outcomes.domains), return_inverse=True)[1]
        difficulty = Difficulty.fit(outcomes.prompts, outcomes.scores, groups)
        hard = difficulty.of_all(outcomes.prompts, own=1)
        known = np.flatnonzero(outcomes.known.any(axis=0)).tolist()
        abilities = {outcomes.models[place]: ability(outcomes.scores[:, place], hard) for place in known}
        return cls(name=name, difficulty=difficulty, abilities=abilities)

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        """Of the models whose ability is known; empty without a text."""
        if not request.text.strip():
            return {}
        hard = self.difficulty.of(request.text)
        able = [(model, self.abilities[model]) for model in models if model in self.abilities]
        chances = logistic(np.array([value for _, value in able]) - hard).tolist()
        return {model: Prediction(chance) for (model, _), chance in zip(able, chances, strict=True)}

    def scores(self, texts: Sequence[str], models: Sequence[str]) -> Floats:
        """Predicted scores, shape (n, m).

        Raises:
            InputError: the ability of a model is not known.
        """
        missing = [model for model in models if model not in self.abilities]
        if missing:
            raise InputError(f"the ability of {missing[0]} is not known", mend="Add it from a few scored questions.")
        able: Doubles = np.array([self.abilities[model] for model in models])
        return logistic(able - self.difficulty.of_all(texts)[:, None]).astype(np.float32)

    def with_ability(self, model: str, value: float) -> Self:
        """The same with this model at this ability, in logits; nothing else changes.

        Raises:
            InputError: the ability is not finite.
        """
        if not np.isfinite(value):
            raise InputError(f"an ability of {value} for {model}", mend="Give a finite number of logits.")
        return replace(self, abilities={**self.abilities, model: float(value)})

    def adopt(self, model: str, texts: Sequence[str], scores: NDArray[np.floating]) -> Self:
        """The same with a model that scored so, in 0..1, shape (n,), at these questions; a few are enough.

        Its ability is pulled to the mean of the known models' as by about four questions of middling difficulty.

        Raises:
            InputError: no score is known, one is outside 0..1, or they do not pair with the questions.
        """
        column = np.asarray(scores, dtype=np.float32)
        if column.shape != (len(texts),):
            raise InputError(f"scores of shape {column.shape} do not pair with {len(texts)} questions")
        if ((column < 0) | (column > 1)).any():
            raise InputError(f"a score of {model} is outside 0..1", mend="Scale scores to 0..1.")
        prior = float(np.mean(list(self.abilities.values()))) if self.abilities else 0.0
        hard = self.difficulty.of_all(texts)
        return self.with_ability(model, ability(column, hard, prior=prior, spread=_NEWCOMER_SPREAD))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            **self.difficulty.arrays(),
            "models": np.array(list(self.abilities), dtype=np.str_),
            "abilities": np.array(list(self.abilities.values())),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, name: str = "difficulty") -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
            ValueError: they do not fit each other or the columns of this version.
        """
        models, abilities = arrays["models"].tolist(), arrays["abilities"].tolist()
        return cls(
            name=name,
            difficulty=Difficulty.from_arrays(arrays),
            abilities=dict(zip(models, abilities, strict=True)),
        )
