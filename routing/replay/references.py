"""The lines that every router is held against: one model alone, chance, the length of the prompt, and the oracle."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from coreagent.routing.outcomes import Outcomes
from coreagent.routing.replay.curves import Floats
from coreagent.routing.replay.expected import means
from coreagent.routing.replay.played import Played, joined
from coreagent.routing.replay.splits import SEED, Split

BEST_SINGLE, CHEAPEST_SINGLE = "best single", "cheapest single"
RANDOM, BEST_RANDOM = "random", "best of 100 random"
LENGTH, ORACLE = "prompt length", "oracle"
RANDOM_ROUTERS = 100


def references(outcomes: Outcomes, splits: Sequence[Split] = (), *, seed: int = SEED) -> tuple[Played, ...]:
    """All of them, in the order above. What is chosen or cut by looking at rows looks at those of ``splits`` to fit on.

    The best of 100 random routers and the oracle are chosen with the measured scores: that is what they are.
    """

    def split_by_split(play: Callable[[Outcomes, Outcomes], Played]) -> Played:
        parts = [
            (split.rows, play(outcomes.take(split.rows), (split.fitting or outcomes).only(outcomes.models)))
            for split in splits or (Split(np.arange(len(outcomes))),)
        ]
        return joined(parts, len(outcomes))

    best, cheapest = split_by_split(best_single), split_by_split(cheapest_single)
    return (
        replace(best, name=_named(BEST_SINGLE, best, outcomes)),
        replace(cheapest, name=_named(CHEAPEST_SINGLE, cheapest, outcomes)),
        random_choice(outcomes),
        best_of_random(outcomes, seed=seed),
        split_by_split(prompt_length),
        oracle(outcomes),
    )


def price_order(known: Outcomes) -> list[int]:
    """Columns from the cheapest to the dearest by mean dollars; those without a price last.

    Where nothing has a price, a model that scores better is taken to be the dearer.
    """
    usd, quality = means(known.usd).tolist(), means(known.scores).tolist()
    return sorted(range(len(usd)), key=lambda column: (*_last(usd[column]), *_last(quality[column]), column))


def _last(value: float) -> tuple[bool, float]:
    return math.isnan(value), 0.0 if math.isnan(value) else value


def best_column(known: Outcomes) -> int:
    """The column of the best mean score; the cheaper of equals."""
    quality = means(known.scores)
    return max(price_order(known), key=lambda column: -math.inf if math.isnan(quality[column]) else quality[column])


def best_single(outcomes: Outcomes, known: Outcomes) -> Played:
    """The model with the best mean score over ``known``, always."""
    return single(outcomes, best_column(known), BEST_SINGLE)


def cheapest_single(outcomes: Outcomes, known: Outcomes) -> Played:
    """The model with the least mean dollars over ``known``, always."""
    return single(outcomes, price_order(known)[0], CHEAPEST_SINGLE)


def single(outcomes: Outcomes, column: int, name: str) -> Played:
    """One model, always."""
    return Played.choosing(name, outcomes, np.full(len(outcomes), column))


def random_choice(outcomes: Outcomes) -> Played:
    """The expected outcome of choosing evenly among the models with a score in the row: exact, nothing is drawn."""
    n, m = len(outcomes), len(outcomes.models)
    known = outcomes.known
    counts = known.sum(axis=1, keepdims=True)
    shares: Floats = known / np.maximum(counts, 1)

    def expected(table: Floats) -> Floats:
        return np.where(counts[:, 0] > 0, np.where(known, table * shares, 0.0).sum(axis=1), math.nan)

    return Played(
        name=RANDOM,
        scores=expected(outcomes.scores.astype(np.float64)),
        usd=expected(outcomes.usd.astype(np.float64)),
        seconds=expected(outcomes.seconds.astype(np.float64)),
        calls=shares,
        answered_by=np.full(n, -1, dtype=np.int64),
        refused=np.zeros(n, dtype=np.bool_),
        predicted=np.zeros((n, m)) if m == 2 else None,
        predicted_usd=np.zeros((n, m)) if m == 2 else None,
    )


def best_of_random(outcomes: Outcomes, *, count: int = RANDOM_ROUTERS, seed: int = SEED) -> Played:
    """The best mean score of ``count`` routers that choose each row's model by chance: what luck alone can show.

    A. Alizadeh et al., "Duo-LLM" (arXiv:2410.10846), hold trained routers against this line.
    """
    drawn = np.random.default_rng(seed)
    known = outcomes.known
    kept: tuple[float, Played] | None = None
    for _ in range(count):
        # The largest of random numbers, among the models that have a score.
        columns = np.where(known, drawn.random(known.shape, dtype=np.float32), -1.0).argmax(axis=1)
        scores = outcomes.scores[np.arange(len(outcomes)), columns]
        value = float(np.nanmean(scores)) if known.any() else -math.inf
        if kept is None or value > kept[0]:
            kept = value, Played.choosing(BEST_RANDOM, outcomes, columns)
    if kept is None:
        raise ValueError("no random router was asked for")
    return kept[1]


def prompt_length(outcomes: Outcomes, known: Outcomes) -> Played:
    """The longer the prompt, the dearer the model: a class of length for each model, all as common in ``known``."""
    order = np.array(price_order(known))
    lengths = np.array([len(prompt) for prompt in outcomes.prompts], dtype=np.float64)
    bounds = np.quantile([len(prompt) for prompt in known.prompts], np.arange(1, len(order)) / len(order))
    played = Played.choosing(LENGTH, outcomes, order[np.searchsorted(bounds, lengths, side="left")])
    if len(order) != 2:
        return played
    preference = np.zeros((len(lengths), 2))
    preference[:, order[1]] = lengths
    return replace(played, predicted=preference, predicted_usd=np.zeros_like(preference))


def oracle(outcomes: Outcomes) -> Played:
    """The best recorded score of each row, from the cheapest model that has it."""
    scores = np.where(outcomes.known, outcomes.scores, -1.0)
    best = scores == scores.max(axis=1, keepdims=True)
    usd = outcomes.usd.astype(np.float64)
    usd = np.where(np.isnan(usd), np.inf, usd)
    rank = np.empty(scores.shape[1])
    rank[price_order(outcomes)] = np.arange(scores.shape[1])
    cheapest = np.where(best, usd, np.inf).min(axis=1, keepdims=True)
    # Of equals in dollars, or where none has a price, the one that is cheaper on the whole.
    candidates = best & ((usd == cheapest) | np.isinf(cheapest))
    columns = np.where(candidates, rank, np.inf).argmin(axis=1)
    played = Played.choosing(ORACLE, outcomes, columns)
    return replace(played, predicted=outcomes.scores.astype(np.float64), predicted_usd=outcomes.usd.astype(np.float64))


def _named(name: str, played: Played, outcomes: Outcomes) -> str:
    chosen: list[int] = played.answered_by.tolist()
    counts = Counter(chosen)
    models = [outcomes.models[column] for column, _ in counts.most_common()]
    return f"{name}: {models[0]}" + (f" and {len(models) - 1} more" if len(models) > 1 else "")
