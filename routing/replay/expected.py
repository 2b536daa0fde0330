"""What is known of the models before a row is routed: cards made of other rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from coreagent.models.card import UNKNOWN_PRICE, Latency, ModelCard, Price
from coreagent.routing.eligibility import card_quality
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.predictor import Prediction, Predictor
from coreagent.routing.replay.curves import Floats
from coreagent.routing.request import RoutingRequest

LEAST_SCORES = 20
"""Scores of a domain that a card's own figure for it takes."""
_CONTEXT_TOKENS = 10_000_000


def means(table: NDArray[np.floating]) -> Floats:
    """The mean of what is known in each column, (m,); NaN where nothing is."""
    known = ~np.isnan(table)
    counts = known.sum(axis=0)
    sums = np.where(known, table, 0.0).sum(axis=0, dtype=np.float64)
    out: Floats = np.full(len(counts), math.nan)
    np.divide(sums, counts, out=out, where=counts > 0)
    return out


def cards_of(known: Outcomes) -> dict[str, ModelCard]:
    """Cards whose quality, price and latency are the means of what is recorded, scores by domain among them.

    Their price is that of one answer of one token, so that a request of one output token costs the mean of the model's
    calls. A model without a recorded price has an unknown one.
    """
    quality, usd, seconds = means(known.scores), means(known.usd), means(known.seconds)
    by_domain = _by_domain(known)
    cards: dict[str, ModelCard] = {}
    for column, name in enumerate(known.models):
        price = float(usd[column])
        wait = float(seconds[column])
        cards[name] = ModelCard(
            name=name,
            adapter="scripted",
            model=name,
            context_tokens=_CONTEXT_TOKENS,
            max_output_tokens=1,
            price=UNKNOWN_PRICE if math.isnan(price) else Price(0.0, price * 1_000_000),
            latency=None if math.isnan(wait) else Latency(ttft_s=wait),
            quality=None if math.isnan(quality[column]) else float(quality[column]),
            scores={domain: float(row[column]) for domain, row in by_domain.items() if not math.isnan(row[column])},
        )
    return cards


def filled(cards: Mapping[str, ModelCard], known: Outcomes) -> dict[str, ModelCard]:
    """The cards of models that the table has, with recorded quality where a card states none."""
    recorded = cards_of(known)
    return {
        name: replace(
            cards[name],
            quality=recorded[name].quality if cards[name].quality is None else cards[name].quality,
            scores={**recorded[name].scores, **cards[name].scores},
        )
        for name in known.models
        if name in cards
    }


def _by_domain(known: Outcomes) -> dict[str, Floats]:
    domains = np.array(known.domains)
    found: dict[str, Floats] = {}
    for domain in sorted(set(known.domains) - {""}):
        table = known.scores[domains == domain]
        enough = (~np.isnan(table)).sum(axis=0) >= LEAST_SCORES
        found[domain] = np.where(enough, means(table), math.nan)
    return found


@dataclass(frozen=True, slots=True)
class Sized:
    """A predictor, if there is one, with the mean number of tokens that each model wrote where nobody predicts it."""

    cards: Mapping[str, ModelCard]
    tokens: Mapping[str, float]
    inner: Predictor | None = None

    @property
    def name(self) -> str:
        """As the predictor inside is called."""
        return self.inner.name if self.inner else "recorded"

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        """What the predictor inside says, else what the card says, with sizes."""
        told: Mapping[str, Prediction] = self.inner.predict(request, models) if self.inner else {}
        out: dict[str, Prediction] = {}
        for model in models:
            prediction = told.get(model) or Prediction(card_quality(self.cards[model], request)[0])
            if prediction.output_tokens is None and model in self.tokens:
                prediction = replace(prediction, output_tokens=self.tokens[model])
            out[model] = prediction
        return out
