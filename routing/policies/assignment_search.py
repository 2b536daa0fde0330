"""Branch and bound over the sets of experts in use, for :mod:`coreagent.routing.policies.assignment`."""

import math
from dataclasses import dataclass
from itertools import accumulate

Picks = tuple[int, ...]
"""The expert of each category, by its place."""

_SLACK = 1e-9
"""Bounds are sums in another order than the scores they bound; nothing within this of the best is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Names in order; ``scores`` by expert, then category; ``weights`` of categories add up to 1."""

    categories: tuple[str, ...]
    experts: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    sizes: tuple[float, ...]

    def score(self, picks: Picks) -> float:
        """Weighted mean score."""
        return math.fsum(w * self.scores[pick][c] for c, (w, pick) in enumerate(zip(self.weights, picks, strict=True)))

    def active(self, picks: Picks) -> float:
        """Weighted mean size."""
        return math.fsum(w * self.sizes[pick] for w, pick in zip(self.weights, picks, strict=True))

    def key(self, picks: Picks) -> tuple[float, float, Picks]:
        """Least for the best; experts are in the order of their names. Rounded, so that equal sums are equal."""
        return (-round(self.score(picks), 12), round(self.active(picks), 9), picks)


def search(problem: Problem, budget: float) -> Picks | None:
    """The expert of each category, the best within the budget; None when no expert fits it."""
    run = _Search(problem, budget)
    run.visit((), list(run.undominated), budget * (1 + 1e-12))
    return run.best


class _Search:
    """One search. Given the experts in use, each category takes the one it ranks first: score, size, name."""

    def __init__(self, problem: Problem, budget: float) -> None:
        self.problem = problem
        self.best: Picks | None = None
        self._best_key: tuple[float, float, Picks] | None = None
        self._places = range(len(problem.weights))
        everyone = range(len(problem.sizes))
        self.ranks = [[0] * len(problem.weights) for _ in everyone]
        for c in self._places:
            in_order = sorted(everyone, key=lambda e: (-problem.scores[e][c], problem.sizes[e], e))
            for rank, expert in enumerate(in_order):
                self.ranks[expert][c] = rank
        worst = [min(row[c] for row in problem.scores) for c in self._places]
        self.values = [[w * (row[c] - worst[c]) for c, w in enumerate(problem.weights)] for row in problem.scores]
        self._floor = math.fsum(w * low for w, low in zip(problem.weights, worst, strict=True))
        fitting = [e for e in everyone if problem.sizes[e] <= budget * (1 + 1e-12)]
        self.undominated = [e for e in fitting if not any(self._dominates(other, e) for other in fitting)]

    def _dominates(self, one: int, other: int) -> bool:
        """No larger, and ranked before the other in every category: then the other is never needed."""
        if one == other or self.problem.sizes[one] > self.problem.sizes[other]:
            return False
        return all(a < b for a, b in zip(self.ranks[one], self.ranks[other], strict=True))

    def visit(self, picks: Picks, candidates: list[int], left: float) -> None:
        """All sets that hold the experts of ``picks`` and some of the candidates within ``left``."""
        if picks:
            self._note(picks)
        sizes = self.problem.sizes
        have = [self.values[pick][c] for c, pick in enumerate(picks)] if picks else [0.0] * len(self._places)
        gains: dict[int, float] = {}
        for expert in candidates:
            if sizes[expert] <= left and self._is_better_somewhere(expert, picks):
                mine = self.values[expert]
                gains[expert] = sum(mine[c] - have[c] for c in self._places if mine[c] > have[c])
        # The most gain for its size first: the fractional knapsack reads it in this order, and so does the search.
        order = sorted(gains, key=lambda e: (-gains[e] / sizes[e], sizes[e], e))
        reached = sum(have)
        if not order or self._is_hopeless(order, gains, picks, reached, left):
            return
        # What each category would take if all that are left, from a place of the order on, could be had.
        dreams = list(accumulate(reversed(order), lambda dream, expert: self._with(expert, dream), initial=picks))
        for at, expert in enumerate(order):
            rest = order[at:]
            if at and self._is_hopeless(rest, gains, picks, reached, left):
                return
            if self._is_settled(dreams[len(rest)], picks, left):
                return
            self.visit(self._with(expert, picks), rest[1:], left - sizes[expert])

    def _note(self, picks: Picks) -> None:
        key = self.problem.key(picks)
        if self._best_key is None or key < self._best_key:
            self.best, self._best_key = picks, key

    def _is_better_somewhere(self, expert: int, picks: Picks) -> bool:
        ranks = self.ranks[expert]
        return not picks or any(ranks[c] < self.ranks[pick][c] for c, pick in enumerate(picks))

    def _with(self, expert: int, picks: Picks) -> Picks:
        if not picks:
            return (expert,) * len(self._places)
        ranks = self.ranks
        return tuple(expert if ranks[expert][c] < ranks[pick][c] else pick for c, pick in enumerate(picks))

    def _is_hopeless(
        self, order: list[int], gains: dict[int, float], picks: Picks, reached: float, left: float
    ) -> bool:
        """True when a fractional knapsack of the gains stays below the best found so far.

        It is a bound because gains never grow as others join: the score of a set is submodular.
        """
        if self._best_key is None:
            return False
        best = -self._best_key[0] - self._floor
        most = reached
        for expert in order:
            size = self.problem.sizes[expert]
            if size > left:
                most += gains[expert] * left / size
                break
            left -= size
            most += gains[expert]
        if most > best + _SLACK:
            return False
        return most < best - _SLACK or self._least_active(order, picks) > self._best_key[1] + _SLACK

    def _least_active(self, order: list[int], picks: Picks) -> float:
        """A bound from below on the average active size, with any of these."""
        sizes = self.problem.sizes
        least = min(sizes[expert] for expert in order)
        own = [sizes[pick] for pick in picks] or [math.inf] * len(self._places)
        return sum(w * min(least, size) for w, size in zip(self.problem.weights, own, strict=True))

    def _is_settled(self, dream: Picks, picks: Picks, left: float) -> bool:
        """True when the experts of ``dream`` are within ``left``, or no better than the best found so far anyway.

        Nothing between ``picks`` and ``dream`` can be better than it.
        """
        if sum(self.problem.sizes[expert] for expert in set(dream) - set(picks)) <= left:
            self._note(dream)
            return True
        return self._best_key is not None and self.problem.key(dream) >= self._best_key
