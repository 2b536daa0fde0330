"""The feature row of one call: its form, its meaning along the main directions of the embedding, and its words.

What a maker has learned of prompts alone (means, spreads, directions, term weights) is in it; no score plays a part.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.cheap_features import COLUMNS, cheap_features
from coreagent.routing.learning.predictors.base import Rows
from coreagent.routing.learning.text_features import PLACES, TermWeights
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.request import RoutingRequest

DIRECTIONS = 16
"""Main directions of the embedding that become columns."""
_MOST_DOMAINS = 16
_FEWEST_OF_A_DOMAIN = 10
_ROLES = ("planner", "caller", "summarizer", "verifier")
_NO_TERMS = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
_FARTHEST = 4.0
"""Scaled columns end here: one odd prompt must not outweigh a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureMaker:
    """Makes rows. ``means`` and ``spreads``, shape (c,), scale the columns; ``directions`` has shape (d, k)."""

    means: Floats
    spreads: Floats
    centre: Floats
    directions: Floats
    terms: TermWeights
    domains: tuple[str, ...]

    @classmethod
    def of(cls, outcomes: Outcomes, embeddings: Floats) -> tuple[Self, Rows]:
        """A maker for prompts like these, and their rows; ``embeddings`` has shape (n, d).

        Raises:
            InputError: embeddings of another number of prompts, or not finite.
        """
        if embeddings.ndim != 2 or len(embeddings) != len(outcomes) or not np.isfinite(embeddings).all():
            raise InputError(
                f"embeddings of shape {embeddings.shape} do not fit {len(outcomes)} prompts, or are not finite"
            )
        often = Counter(domain for domain in outcomes.domains if domain).most_common(_MOST_DOMAINS)
        domains = tuple(sorted(domain for domain, count in often if count >= _FEWEST_OF_A_DOMAIN))
        centre, directions = _main_directions(embeddings)
        terms = TermWeights.of(outcomes.prompts)
        start = cls(
            means=np.zeros(0, dtype=np.float32),
            spreads=np.zeros(0, dtype=np.float32),
            centre=centre,
            directions=directions,
            terms=terms,
            domains=domains,
        )
        raw = np.stack(
            [
                start._raw(text, role, domain, confidence, embedding)
                for text, role, domain, confidence, embedding in zip(
                    outcomes.prompts, outcomes.roles, outcomes.domains, _confidences(outcomes), embeddings, strict=True
                )
            ]
        )
        spreads = raw.std(axis=0)
        # A column that never moved says nothing: it stays 0 whatever comes.
        spreads[spreads < 1e-6] = np.inf
        maker = cls(
            means=raw.mean(axis=0),
            spreads=spreads,
            centre=centre,
            directions=directions,
            terms=terms,
            domains=domains,
        )
        return maker, maker._rows(maker._scaled(raw), outcomes.prompts, embeddings)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        return (
            *COLUMNS,
            *(f"role {role}" for role in _ROLES),
            *(f"domain {domain}" for domain in self.domains),
            "evidence known",
            "evidence confidence",
            *(f"meaning {number + 1}" for number in range(self.directions.shape[1])),
        )

    def row(self, request: RoutingRequest, embedding: Floats, *, words: bool = True) -> Rows:
        """One row for one call; ``embedding``, shape (d,), is that of its text. Without ``words`` it has no terms."""
        raw = self._raw(request.text, request.role, request.domain, request.retrieval, embedding)
        places, weights = self.terms.terms(request.text) if words else _NO_TERMS
        return Rows(
            columns=self._scaled(raw)[None, :],
            embedding=embedding[None, :],
            starts=np.array([0, len(places)]),
            places=places,
            weights=weights,
            size=PLACES,
        )

    def rows(self, outcomes: Outcomes, embeddings: Floats) -> Rows:
        """Rows of other prompts, made in the same way."""
        raw = [
            self._raw(text, role, domain, confidence, embedding)
            for text, role, domain, confidence, embedding in zip(
                outcomes.prompts, outcomes.roles, outcomes.domains, _confidences(outcomes), embeddings, strict=True
            )
        ]
        return self._rows(self._scaled(np.stack(raw)), outcomes.prompts, embeddings)

    def _raw(self, text: str, role: str, domain: str, confidence: float | None, embedding: Floats) -> Floats:
        given = [float(role == name) for name in _ROLES]
        given += [float(domain == name) for name in self.domains]
        given += [0.0, 0.0] if confidence is None else [1.0, confidence]
        meaning = (embedding - self.centre) @ self.directions
        return np.concatenate((cheap_features(text), given, meaning), dtype=np.float32)

    def _scaled(self, raw: Floats) -> Floats:
        out: Floats = np.minimum(np.maximum((raw - self.means) / self.spreads, -_FARTHEST), _FARTHEST)
        return out

    def _rows(self, columns: Floats, texts: Sequence[str], embeddings: Floats) -> Rows:
        found = [self.terms.terms(text) for text in texts]
        return Rows(
            columns=columns,
            embedding=embeddings,
            starts=np.cumsum([0, *(len(places) for places, _ in found)], dtype=np.int64),
            places=np.concatenate([places for places, _ in found]),
            weights=np.concatenate([weights for _, weights in found]),
            size=PLACES,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {
            "means": self.means,
            "spreads": self.spreads,
            "centre": self.centre,
            "directions": self.directions,
            "term_weights": self.terms.weights,
            "domains": np.array(self.domains, dtype=np.str_),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
        """
        return cls(
            means=arrays["means"],
            spreads=arrays["spreads"],
            centre=arrays["centre"],
            directions=arrays["directions"],
            terms=TermWeights(arrays["term_weights"]),
            domains=tuple(arrays["domains"].tolist()),
        )


def _confidences(outcomes: Outcomes) -> tuple[float | None, ...]:
    return outcomes.retrieval or (None,) * len(outcomes)


def _main_directions(embeddings: Floats) -> tuple[Floats, Floats]:
    """The mean, and the directions of most spread, each pointing to where its largest entry is positive."""
    centre = embeddings.mean(axis=0)
    apart = embeddings - centre
    _, vectors = np.linalg.eigh((apart.T @ apart).astype(np.float64))
    count = min(DIRECTIONS, embeddings.shape[1], max(1, len(embeddings) // 4))
    directions = vectors[:, ::-1][:, :count]
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(count)])
    return centre, (directions * np.where(signs == 0, 1, signs)).astype(np.float32)
