"""Which logged questions are worth being scored by an expensive model, within a budget."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError, UsageError
from coreagent.evals.routing.prices import TokenEstimate, read_prices
from coreagent.evaluation.routing.files import free_place, load_router
from coreagent.evaluation.routing.sources import cards_of, read_outcomes_of
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.active import Selection, worth_labelling
from coreagent.routing.outcomes import Outcomes
from coreagent.settings import Settings
from coreagent.wiring.models import bundled_embedder

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What to have scored: ``questions`` has the rows that had no score, ``chosen`` those worth one, best first."""

    model: str
    questions: Outcomes
    chosen: Selection

    def lines(self) -> Iterator[dict[str, Any]]:
        """Lines of a long outcome table whose scores are to be filled in, best first."""
        for pick in self.chosen.picks:
            yield {
                "prompt": self.questions.prompts[pick.row],
                "role": self.questions.roles[pick.row],
                "domain": self.questions.domains[pick.row],
                "model": self.model,
                "score": None,
                "reason": pick.reason,
            }

    def save(self, path: Path) -> None:
        """Write the lines, whole or not at all.

        Raises:
            OSError: it can not be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            unfinished.write_text("".join(json.dumps(line) + "\n" for line in self.lines()), encoding="utf-8")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def choose_labels(
    sources: Sequence[Path | str],
    *,
    model: str,
    budget_usd: float,
    out: Path | str | None = None,
    router: Path | str | None = None,
    usd_per_label: float | None = None,
    settings: Settings | None = None,
    prices: Path | None = None,
    seed: int = 0,
    force: bool = False,
    embedder: Embedder | None = None,
) -> Labels:
    """The questions whose score by ``model`` would teach most, for at most ``budget_usd`` dollars.

    How unsure one is of a question comes from the router's predictions, else from how far the known scores disagree. A
    label costs ``usd_per_label`` dollars, or what the model's price comes to for the tokens of the question and of its
    usual answer. ``out`` gets the lines of :meth:`Labels.lines`.

    Raises:
        InputError: outcomes that can not be read, no question without a score, or a budget that pays for none.
        UsageError: nobody states what a label costs, or there is a file at ``out`` and ``force`` is not said.
        SettingsError: the router can not be loaded.
        OSError: it can not be written.
    """
    place = free_place(Path(out).expanduser(), force=force) if out is not None else None
    chosen_embedder = embedder or bundled_embedder()
    trained = load_router(router, chosen_embedder) if router is not None else None
    read = read_outcomes_of(sources, settings=settings, prices=prices)
    questions = _unscored(read, model)
    usd = usd_per_label if usd_per_label is not None else _usd(read, questions, model, settings, prices)
    disagreement: Doubles | None = None
    if trained is None:
        uncertainty = _disagreement(questions)
    else:
        predicted = trained.scores(questions).astype(np.float64)
        among = [trained.models.index(model)] if model in trained.models else list(range(len(trained.models)))
        uncertainty = (predicted * (1 - predicted))[:, among].mean(axis=1)
        disagreement = np.ptp(predicted, axis=1) if len(trained.models) > 1 else None
    selection = worth_labelling(
        chosen_embedder.embed_queries(questions.prompts),
        uncertainty,
        usd,
        budget_usd,
        disagreement=disagreement,
        clusters=min(32, len(questions)),
        seed=seed,
    )
    labels = Labels(model=model, questions=questions, chosen=selection)
    if place is not None:
        labels.save(place)
    return labels


def _unscored(outcomes: Outcomes, model: str) -> Outcomes:
    """One row for each prompt and role that the model has no score of."""
    scored = outcomes.known[:, outcomes.models.index(model)] if model in outcomes.models else np.zeros(len(outcomes))
    pairs = list(zip(outcomes.groups.tolist(), outcomes.roles, strict=True))
    seen = {pair for pair, known in zip(pairs, scored.tolist(), strict=True) if known}
    rows: list[int] = []
    for row, pair in enumerate(pairs):
        if pair not in seen:
            seen.add(pair)
            rows.append(row)
    if not rows:
        raise InputError(f"{model} has a score at every question", mend="Name another model, or more questions.")
    return outcomes.take(np.array(rows))


def _disagreement(outcomes: Outcomes) -> Doubles:
    """``q (1 - q)`` of the mean known score: most where half of the models are right, or where nothing is known."""
    counts = outcomes.known.sum(axis=1)
    sums = np.where(outcomes.known, outcomes.scores, 0).sum(axis=1, dtype=np.float64)
    mean: Doubles = np.full(len(outcomes), 0.5)
    np.divide(sums, counts, out=mean, where=counts > 0)
    return mean * (1 - mean)


def _usd(read: Outcomes, questions: Outcomes, model: str, settings: Settings | None, prices: Path | None) -> Doubles:
    """Dollars of each label, from the model's price and tokens that are known or estimated."""
    cards = cards_of(settings)
    listed = read_prices(prices) if prices else {}
    price = listed.get(model) or (cards[model].price if model in cards else None)
    if price is None or not price.known or price.cost_usd(1, 1) <= 0:
        raise UsageError(
            f"nobody says what a label of {model} costs",
            mend="Say it: --usd-per-label X, a price list (--prices), or a price in the settings.",
        )
    usual = TokenEstimate()
    lengths = np.array([len(prompt) for prompt in questions.prompts], dtype=np.float64)
    sent = np.ceil(lengths / usual.characters_a_token)
    recorded = questions.input_tokens
    known = ~np.isnan(recorded)
    most = np.where(known, recorded, 0).max(axis=1)
    sent = np.where(known.any(axis=1), most, sent)
    written = read.output_tokens[:, read.models.index(model)] if model in read.models else np.zeros(0)
    told = written[~np.isnan(written)]
    answer = float(told.mean()) if len(told) else usual.usual_output_tokens
    return np.array([price.cost_usd(tokens, answer) for tokens in sent.tolist()])
