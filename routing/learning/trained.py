"""A trained router: what an artefact holds, and the predictor that a decision asks."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.artefacts import Artefact, Head, load_artefact, save_artefact
from coreagent.errors import InputError, SettingsError
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.adoption import Newcomer
from coreagent.routing.learning.calibration import apply_columns
from coreagent.routing.learning.calibrators import (
    Calibrator,
    calibrators_as_arrays,
    calibrators_from_arrays,
)
from coreagent.routing.learning.caution import Caution
from coreagent.routing.learning.features import FeatureMaker
from coreagent.routing.learning.output_length import OutputLength
from coreagent.routing.learning.predictors.base import Rows, nested, under
from coreagent.routing.learning.predictors.blend import Blend
from coreagent.routing.learning.standing import Standing
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.policies.choosing import best
from coreagent.routing.policy import Policy
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest

KIND, VERSION = "router", 1
POOLED = ""
"""The part that was fitted on all rows."""
_STEPS = 1024
_AGAIN = "Train it again: coreagent route train."


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What was fitted for one role: scores, their calibration a model, and output lengths.

    ``_table``, shape (1025 m,), holds the calibrators at raw scores from 0 to 1 in equal steps, step by step: one
    look-up instead of a call a model.
    """

    blend: Blend
    calibrators: tuple[Calibrator, ...]
    lengths: OutputLength
    _table: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Draw up the table."""
        steps = np.repeat(np.linspace(0, 1, _STEPS + 1)[:, None], len(self.calibrators), axis=1)
        object.__setattr__(self, "_table", apply_columns(self.calibrators, steps).astype(np.float32).ravel())

    def scores(self, rows: Rows) -> Floats:
        """Calibrated scores in 0..1, shape (n, m); straight lines between the steps of the table."""
        raw = self.blend.predict(rows)
        at = np.minimum(np.maximum(raw, 0), 1) * np.float32(_STEPS)
        below = np.minimum(at.astype(np.int64), _STEPS - 1)
        models = len(self.calibrators)
        place = below * models + np.arange(models)
        low = self._table.take(place)
        above = self._table.take(place + models)
        out: Floats = np.asarray(low + (at - below) * (above - low), dtype=np.float32)
        return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedRouter:
    """Fulfils Predictor. ``parts`` by role, :data:`POOLED` always among them.

    ``roles`` are those of the rows it was fitted on; it has no say for another, unless the rows had none. ``newcomers``
    are models added after training, by name. ``fitted_on`` holds the fingerprints of the prompts. ``standing`` is what
    it was worth on prompts left out, ``verdicts`` the calibration of a verifier's score; None: not known. ``caution``
    takes its predictions back where a question is like none it was fitted on; None: it was not asked for.
    """

    name: str
    embedder: Embedder
    models: tuple[str, ...]
    features: FeatureMaker
    parts: Mapping[str, Part]
    roles: frozenset[str]
    head: Head
    fitted_on: frozenset[str]
    newcomers: Mapping[str, Newcomer] = field(default_factory=dict[str, Newcomer])
    standing: Standing | None = None
    verdicts: Calibrator | None = None
    caution: Caution | None = None

    def operating(self, wish: str = "", *, local: frozenset[str] = frozenset()) -> Policy:
        """The policy that grants a wish in words, its own when empty; ``local`` names models that are not in the cloud.

        Without either it is the best predicted model.

        Raises:
            InputError: the wish can not be read or granted, or nothing is known to grant it on.
        """
        wanted = wish or (self.standing.wish if self.standing else "")
        if not wanted:
            return best()
        if self.standing is None:
            raise InputError(f"{self.name} does not know what it was worth", mend=_AGAIN)
        return self.standing.policy(wanted, np.array([name in local for name in self.models]))

    def calibrate_verdict(self, score: float) -> float:
        """The chance that a draft with this score of a verifier is right; the score itself where nobody measured it."""
        return score if self.verdicts is None else float(self.verdicts(np.array([score]))[0])

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        """Predictions for those of ``models`` that it knows; empty without a text, or for a role it never saw.

        Raises:
            ModelError: the embedder is an endpoint and did not answer.
        """
        if not request.text.strip() or not (POOLED in self.roles or request.role in self.roles):
            return {}
        part = self.parts.get(request.role) or self.parts[POOLED]
        embedding = self.embedder.embed_queries([request.text])[0]
        row = self.features.row(request, embedding, words=part.blend.reads_words)
        scores = part.scores(row)
        if self.caution is not None:
            scores = self.caution.mixed(request.text, embedding, scores, self.models)
        lengths = part.lengths.predict(row)[0].tolist()
        known = {
            name: (quality, None if math.isnan(tokens) else tokens)
            for name, quality, tokens in zip(self.models, scores[0].tolist(), lengths, strict=True)
        }
        for name, newcomer in self.newcomers.items():
            known[name] = float(newcomer.predict(scores)[0]), None
        return {name: Prediction(*known[name]) for name in models if name in known}

    def scores(self, outcomes: Outcomes) -> Floats:
        """Predicted scores of :attr:`models`, shape (n, m), for the prompts of a table.

        Raises:
            ModelError: the embedder is an endpoint and did not answer.
        """
        embeddings = self.embedder.embed_queries(outcomes.prompts)
        rows = self.features.rows(outcomes, embeddings)
        out = self.parts[POOLED].scores(rows)
        roles = np.array(outcomes.roles)
        for role, part in self.parts.items():
            here = roles == role
            if role != POOLED and here.any():
                out[here] = part.scores(rows.take(here))
        if self.caution is not None:
            for place, text in enumerate(outcomes.prompts):
                out[place] = self.caution.mixed(text, embeddings[place], out[place : place + 1], self.models)[0]
        return out

    def with_newcomer(self, name: str, newcomer: Newcomer) -> Self:
        """The same with one more model; what is predicted of the others does not change.

        Raises:
            InputError: it knows a model of this name.
        """
        if name in self.models:
            raise InputError(f"the router was trained with {name}", mend="Give the new model another name.")
        return replace(self, newcomers={**self.newcomers, name: newcomer})

    def save(self, path: Path) -> None:
        """Write the artefact, whole or not at all.

        Raises:
            OSError: it can not be written.
        """
        identity = self.embedder.identity
        about = {
            "models": self.models,
            "embedder": [identity.name, identity.dimensions, identity.digest],
            "roles": sorted(self.roles),
            "parts": list(self.parts),
            "newcomers": list(self.newcomers),
        }
        arrays: dict[str, NDArray[Any]] = {"about": np.array(json.dumps(about))}
        arrays |= nested("features", self.features.arrays())
        for number, part in enumerate(self.parts.values()):
            arrays |= nested(f"part{number}.blend", part.blend.arrays())
            arrays |= nested(f"part{number}.lengths", part.lengths.arrays())
            arrays |= nested(f"part{number}", calibrators_as_arrays(part.calibrators))
        for number, newcomer in enumerate(self.newcomers.values()):
            arrays |= nested(f"newcomer{number}", newcomer.arrays())
        if self.standing is not None:
            arrays |= nested("standing", self.standing.arrays())
        if self.verdicts is not None:
            arrays |= nested("verdicts", calibrators_as_arrays([self.verdicts]))
        if self.caution is not None:
            arrays |= nested("caution", self.caution.arrays())
        save_artefact(path, Artefact(self.head, arrays, self.fitted_on))

    @classmethod
    def load(cls, path: Path, embedder: Embedder) -> Self:
        """Read one; ``embedder`` must be the one it was trained with.

        Raises:
            SettingsError: no such file, no trained router, a damaged one, one of another version of this package, or
                one that was trained with another embedder.
        """
        artefact = load_artefact(path, kind=KIND, version=VERSION, mend=_AGAIN)
        try:
            about = json.loads(str(artefact.arrays["about"]))
            name, dimensions, digest = about["embedder"]
            identity = embedder.identity
            if (identity.name, identity.dimensions, identity.digest) != (name, dimensions, digest):
                raise SettingsError(
                    f"was trained with the embedder {name!r} ({digest[:8]}), not {identity.name!r}"
                    f" ({identity.digest[:8]})",
                    path=str(path),
                    mend="Set that embedder, or train the router again: coreagent route train.",
                )
            return cls(
                name=f"{path.name}@{artefact.head.data_hash[:8]}",
                embedder=embedder,
                models=tuple(about["models"]),
                features=FeatureMaker.from_arrays(under("features", artefact.arrays)),
                parts={role: _part(artefact, number) for number, role in enumerate(about["parts"])},
                roles=frozenset(about["roles"]),
                head=artefact.head,
                fitted_on=artefact.fitted_on,
                newcomers={
                    new: Newcomer.from_arrays(under(f"newcomer{number}", artefact.arrays))
                    for number, new in enumerate(about["newcomers"])
                },
                standing=Standing.from_arrays(standing) if (standing := under("standing", artefact.arrays)) else None,
                caution=Caution.from_arrays(caution) if (caution := under("caution", artefact.arrays)) else None,
                verdicts=calibrators_from_arrays(verdicts)[0]
                if (verdicts := under("verdicts", artefact.arrays))
                else None,
            )
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise SettingsError("is damaged", path=str(path), mend=_AGAIN) from error


def _part(artefact: Artefact, number: int) -> Part:
    arrays = under(f"part{number}", artefact.arrays)
    return Part(
        blend=Blend.from_arrays(under("blend", arrays)),
        calibrators=calibrators_from_arrays(arrays),
        lengths=OutputLength.from_arrays(under("lengths", arrays)),
    )
