"""Which logged questions are worth a label of the expensive model, and which labels to trust afterwards.

After Z. Chen et al., "Label-free node classification on graphs with large language models (LLM-GNN)", ICLR 2024:
questions near the centre of their cluster are answered best, so density and another rank are added; of the labels that
come back, those are dropped that are unsure and whose loss hardly narrows the classes.
"""

import heapq
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.routing.learning.kmeans import distances, kmeans
from coreagent.routing.learning.neighbours import unit_rows
from coreagent.routing.outcomes import Floats

Doubles = NDArray[np.float64]

ALPHA = 0.33
"""The share of density in the published examples."""
_PER_DOLLAR = 10**12


@dataclass(frozen=True, slots=True)
class Pick:
    """A row worth a label: its value in 0..1, what the label costs in dollars, its class, and why in words."""

    row: int
    value: float
    usd: float
    kind: int
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Picks in the order to label them, what they cost in dollars together, and how many rows there were."""

    picks: tuple[Pick, ...]
    usd: float
    of: int

    @property
    def rows(self) -> NDArray[np.int64]:
        """The picked rows, in the order to label them."""
        return np.array([pick.row for pick in self.picks], dtype=np.int64)


def density(rows: Floats, centres: Floats, places: NDArray[np.int64]) -> Doubles:
    """``1 / (1 + distance to the row's own centre)``, shape (n,): 1 at the centre."""
    out: Doubles = 1 / (1 + distances(rows, centres, places).astype(np.float64))
    return out


def percentile_ranks(values: NDArray[np.floating]) -> Doubles:
    """The share of all values that are smaller, shape (n,): 0 for the least, (n - 1) / n for the greatest.

    Raises:
        InputError: no values, or one that is not a number.
    """
    if not values.size or np.isnan(values).any():
        raise InputError("values to rank are missing or not numbers", mend="Leave such rows out.")
    out: Doubles = np.searchsorted(np.sort(values), values, side="left") / values.size
    return out


def combined_ranks(first: NDArray[np.floating], second: NDArray[np.floating], *, alpha: float = ALPHA) -> Doubles:
    """``alpha * rank(first) + (1 - alpha) * rank(second)``, shape (n,), by :func:`percentile_ranks`.

    Raises:
        InputError: as :func:`percentile_ranks`, or shapes that do not fit, or ``alpha`` outside 0..1.
    """
    if first.shape != second.shape or not 0 <= alpha <= 1:
        raise InputError(f"ranks of {first.shape} and {second.shape} values by {alpha:g} do not add up")
    return alpha * percentile_ranks(first) + (1 - alpha) * percentile_ranks(second)


def worth_labelling(
    embeddings: Floats,
    uncertainty: NDArray[np.floating],
    usd_per_label: NDArray[np.floating] | float,
    budget_usd: float,
    *,
    kinds: NDArray[np.int64] | None = None,
    disagreement: NDArray[np.floating] | None = None,
    alpha: float = ALPHA,
    clusters: int = 32,
    seed: int = 0,
) -> Selection:
    """The rows to have labelled for at most ``budget_usd`` dollars, most useful first.

    A row's value is ``alpha * rank(density) + (1 - alpha) * rank(uncertainty)``; with ``disagreement`` the second rank
    is the mean of both. Rows of a class add less the more of it is chosen: what is maximised is the sum over classes of
    the square root of their values, greedily by gain and greedily by gain per dollar, and the better of the two counts
    (J. Leskovec et al., KDD 2007). Within a class rows come by value, or by value per dollar. Classes are the clusters
    of the embeddings unless ``kinds`` says otherwise.

    Args:
        embeddings: Shape (n, d).
        uncertainty: Shape (n,), greater where the router knows less: for example ``p * (1 - p)``.
        usd_per_label: Dollars for the label of each row, shape (n,), or of any.
        budget_usd: Dollars in all; never exceeded.
        kinds: A class for each row, shape (n,).
        disagreement: Shape (n,), greater where predictors say different things.
        alpha: The share of density in a value, in 0..1.
        clusters: How many centres density is measured from.
        seed: Of the clusters.

    Raises:
        InputError: no rows, shapes that do not fit, a value that is not finite, a cost that is not above 0, or a
            budget that pays for no label at all.
    """
    count = len(embeddings)
    usd = np.broadcast_to(np.asarray(usd_per_label, dtype=np.float64), (count,))
    _check(count, uncertainty, usd, budget_usd, kinds, disagreement)
    units = unit_rows(embeddings)
    centres, places = kmeans(units, clusters, seed=seed)
    dense = percentile_ranks(density(units, centres, places))
    unsure = percentile_ranks(uncertainty)
    other = unsure if disagreement is None else (unsure + percentile_ranks(disagreement)) / 2
    # A row of no value is still worth a label when there is money left.
    values = np.maximum(alpha * dense + (1 - alpha) * other, 1e-9)
    classes = places if kinds is None else kinds
    chosen = max(
        (_greedy(values, usd, classes, budget_usd, per_dollar=per_dollar) for per_dollar in (False, True)),
        key=lambda rows: _worth(values, classes, rows),
    )
    picks = tuple(
        Pick(row, float(values[row]), float(usd[row]), int(classes[row]), _reason(row, dense, unsure, disagreement))
        for row in chosen
    )
    return Selection(picks, float(usd[chosen].sum()), count)


def keep_labels(
    labels: Sequence[Hashable], confidence: NDArray[np.floating], *, remove: float = 0.2, alpha: float = 0.5
) -> NDArray[np.bool_]:
    """Which labels to keep, shape (n,): the share ``remove`` is dropped, the least worth keeping first.

    A label is worth ``alpha * rank(confidence) + (1 - alpha) * rank(diversity)``, where diversity is the entropy of all
    kept labels less that without this one: dropping the rare label narrows the classes, dropping one of many even
    widens them. It is measured anew after each label dropped; the last label of a class always stays. The first of
    equals goes first.

    Raises:
        InputError: no labels, shapes that do not fit, a confidence that is not a number, or a share outside 0..1.
    """
    if len(labels) != len(confidence) or not 0 <= remove < 1 or not 0 <= alpha <= 1:
        raise InputError(f"{len(labels)} labels, {len(confidence)} confidences, share {remove:g} do not fit together")
    ranks = percentile_ranks(np.asarray(confidence, dtype=np.float64))
    left: dict[Hashable, list[int]] = defaultdict(list)
    for row in np.argsort(-ranks, kind="stable").tolist():
        left[labels[row]].append(row)
    for rows in left.values():
        # The least sure last, of equals the first row last.
        rows.sort(key=lambda row: (-ranks[row], -row))
    kept = np.ones(len(labels), dtype=np.bool_)
    for _ in range(int(remove * len(labels) + 1e-9)):
        diversity = _diversity({label: len(rows) for label, rows in left.items()})
        worth = {
            label: alpha * float(ranks[rows[-1]]) + (1 - alpha) * diversity[label]
            for label, rows in left.items()
            if len(rows) > 1
        }
        if not worth:
            break
        least = min(worth, key=lambda label: (worth[label], left[label][-1]))
        kept[left[least].pop()] = False
    return kept


def _diversity(counts: dict[Hashable, int]) -> dict[Hashable, float]:
    """For each class: the share of labels that lose less entropy by being dropped than one of this class."""
    sizes = np.array(list(counts.values()), dtype=np.float64)
    total = sizes.sum()
    # sum of n log n: the entropy is log(total) less its share.
    mass = float((sizes * np.log(np.maximum(sizes, 1))).sum())
    without = mass - sizes * np.log(np.maximum(sizes, 1)) + (sizes - 1) * np.log(np.maximum(sizes - 1, 1))
    rest = max(total - 1, 1.0)
    # Rounded, so that classes of one size are equals.
    apart = (np.log(total) - mass / total) - (np.log(rest) - without / rest)
    lost = [round(float(value), 12) for value in apart.tolist()]
    return {
        label: sum(counts[other] for other, theirs in zip(counts, lost, strict=True) if theirs < own) / float(total)
        for label, own in zip(counts, lost, strict=True)
    }


def _check(
    count: int,
    uncertainty: NDArray[np.floating],
    usd: Doubles,
    budget_usd: float,
    kinds: NDArray[np.int64] | None,
    disagreement: NDArray[np.floating] | None,
) -> None:
    others = [entry for entry in (uncertainty, disagreement, kinds) if entry is not None]
    if not count or any(entry.shape != (count,) for entry in others):
        raise InputError(f"{count} embeddings do not fit the values beside them", mend="Give one value a row.")
    if not all(np.isfinite(entry).all() for entry in others):
        raise InputError("an uncertainty is not finite", mend="Leave such rows out.")
    if not (np.isfinite(usd).all() and (usd > 0).all()):
        raise InputError("the cost of a label is not above 0 dollars", mend="Give the model a price.")
    if not budget_usd >= usd.min():
        raise InputError(
            f"${budget_usd:g} pays for no label: the cheapest costs ${usd.min():g}", mend="Raise the budget."
        )


def _greedy(
    values: Doubles, usd: Doubles, classes: NDArray[np.int64], budget_usd: float, *, per_dollar: bool
) -> list[int]:
    """Rows in the order chosen: of each class the best left, and of those the one that adds most."""
    # Whole numbers, so that ten labels of a cent fit into ten cents.
    cost = [round(value * _PER_DOLLAR) for value in usd.tolist()]
    left, cheapest = round(min(budget_usd, 2 * float(usd.sum())) * _PER_DOLLAR), min(cost)
    price = usd if per_dollar else np.ones_like(usd)
    waiting: dict[int, list[int]] = defaultdict(list)
    for row in np.lexsort((-np.arange(len(values)), values / price)).tolist():
        waiting[int(classes[row])].append(row)
    sums = dict.fromkeys(waiting, 0.0)

    def head(kind: int) -> tuple[float, int, int]:
        row = waiting[kind][-1]
        return -float(((sums[kind] + values[row]) ** 0.5 - sums[kind] ** 0.5) / price[row]), row, kind

    heap = [head(kind) for kind in waiting]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and left >= cheapest:
        _, row, kind = heapq.heappop(heap)
        waiting[kind].pop()
        if cost[row] <= left:
            chosen.append(row)
            left -= cost[row]
            sums[kind] += float(values[row])
        if waiting[kind]:
            heapq.heappush(heap, head(kind))
    return chosen


def _worth(values: Doubles, classes: NDArray[np.int64], rows: Sequence[int]) -> float:
    sums: dict[int, float] = defaultdict(float)
    for row in rows:
        sums[int(classes[row])] += float(values[row])
    return float(sum(value**0.5 for value in sums.values()))


def _reason(row: int, dense: Doubles, unsure: Doubles, disagreement: NDArray[np.floating] | None) -> str:
    said = (
        f"more typical than {dense[row]:.0%} of the questions",
        f"predicted less surely than {unsure[row]:.0%}",
        *(() if disagreement is None else (f"disagreement {disagreement[row]:.2g}",)),
    )
    return ", ".join(said)
