"""Whole suites routed among real models under a total-size budget, solved exactly, against every single model.

    python -m benchmarks.routing.open_telco_profile --data DIR [--splits 200] [--size params_b]

``DIR`` (or ``COREAGENT_DATA``) holds ``open_telco/model_suite_profile.csv``: accuracy, sample size and parameters of 31
models on each suite. Each suite gets one expert; the experts in use must fit the budget together
(:mod:`coreagent.routing.policies.assignment`). Suites count the same, as on the published leaderboard.

A choice that is made and reported on the same rows looks better than it is: the expert of a suite is the winner of 31,
and part of why it won is luck. So each suite's rows are also split in two at random, experts chosen on one half and
reported on the other. What each model got right in a half is drawn from what it got right in all (hypergeometric),
independently of the other models, for which rows those were is not in the table. A half has half the rows, so its
choices are noisier than the whole table's: the truth lies between the two.
"""

import argparse
import csv
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coreagent.evals.report.plain_text import table_text
from coreagent.evals.report.sections import Table
from coreagent.routing.policies.assignment import Assignment, Scores, assign, frontier

SEED = 7
BUDGETS = (3.0, 10.0, 20.0, 32.0, 64.0, 128.0, 256.0)
"""Billions of parameters of all experts together."""


@dataclass(frozen=True, slots=True)
class Profile:
    """By suite and model: right answers and rows; by model: its size."""

    right: dict[str, dict[str, int]]
    rows: dict[str, int]
    sizes: dict[str, float]

    @property
    def scores(self) -> Scores:
        """Accuracy by suite and model."""
        return {suite: {m: count / self.rows[suite] for m, count in row.items()} for suite, row in self.right.items()}


def main() -> None:
    """Read, solve, split, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("COREAGENT_DATA"))
    parser.add_argument("--splits", type=int, default=200, help="random halves that are drawn")
    parser.add_argument("--size", choices=("params_b", "weights_gb"), default="params_b", help="what the budget bounds")
    chosen = parser.parse_args()
    if chosen.data is None:
        parser.error("name the data folder: --data DIR, or COREAGENT_DATA")
    profile = read_profile(Path(chosen.data) / "open_telco" / "model_suite_profile.csv", chosen.size)
    print(
        f"{len(profile.sizes)} models, {len(profile.rows)} suites, {sum(profile.rows.values()):,} rows;"
        f" sizes are {chosen.size}\n"
    )
    points = frontier(profile.scores, weights=_even(profile), sizes=profile.sizes)
    print(frontier_text(points, profile))
    print(singles_text(points, profile))
    print(halves_text(profile, chosen.splits))


def read_profile(path: Path, size: str) -> Profile:
    """Suites that every model was measured on; the others can not be routed among all."""
    right: dict[str, dict[str, int]] = defaultdict(dict)
    rows: dict[str, int] = {}
    sizes: dict[str, float] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            rows[line["suite"]] = int(line["n"])
            right[line["suite"]][line["model"]] = round(float(line["accuracy"]) * int(line["n"]))
            sizes[line["model"]] = float(line[size])
    whole = {suite: row for suite, row in right.items() if len(row) == len(sizes)}
    return Profile(whole, {suite: rows[suite] for suite in whole}, sizes)


def frontier_text(points: tuple[Assignment, ...], profile: Profile) -> str:
    """Every assignment that is the best at some budget, with the best single model of the same budget."""
    rows: list[tuple[str, ...]] = []
    for point in points:
        single, alone = best_single(profile, point.total_size)
        suites = Counter(point.experts.values())
        rows.append(
            (
                f"{point.total_size:g}",
                f"{point.score:.3f}",
                f"{point.average_active:.1f}",
                f"{alone:.3f}",
                f"{point.score - alone:+.3f}",
                single,
                ", ".join(f"{expert} {count}" for expert, count in suites.most_common()),
            )
        )
    headings = ("size", "score", "active", "single", "gain", "best single model", "experts, and suites of each")
    table = Table(headings=headings, rows=tuple(rows), words=frozenset((5, 6)))
    return (
        "Frontier (chosen and reported on the same rows: optimistic)\n\n"
        + table_text(table)
        + "\n\nsize: of all experts in use; active: mean size of the one that answers; single: the best one model of at"
        " most that size.\n"
    )


def singles_text(points: tuple[Assignment, ...], profile: Profile) -> str:
    """Every model alone, against the frontier at its size."""
    means = _means(profile.scores)
    rows: list[tuple[str, ...]] = []
    for model in sorted(means, key=lambda name: -means[name]):
        there = max((point.score for point in points if point.total_size <= profile.sizes[model] + 1e-9), default=0.0)
        rows.append(
            (model, f"{profile.sizes[model]:g}", f"{means[model]:.3f}", f"{there:.3f}", f"{there - means[model]:+.3f}")
        )
    headings = ("model", "size", "alone", "routed", "gain")
    return (
        "Every single model, and the best routing of its size\n\n"
        + table_text(Table(headings=headings, rows=tuple(rows)))
        + "\n"
    )


def halves_text(profile: Profile, splits: int) -> str:
    """Experts and the single model chosen on one half, reported on both."""
    drawn = np.random.default_rng(SEED)
    found: dict[float, list[tuple[float, float, float, float]]] = defaultdict(list)
    weights = _even(profile)
    for _ in range(splits):
        one, other = halves(profile, drawn)
        for budget in BUDGETS:
            if budget < min(profile.sizes.values()):
                continue
            routed = assign(one.scores, weights=weights, sizes=profile.sizes, budget=budget)
            model, seen = best_single(one, budget)
            later = float(np.mean([other.scores[suite][expert] for suite, expert in routed.experts.items()]))
            found[budget].append((routed.score, later, seen, _means(other.scores)[model]))
    rows: list[tuple[str, ...]] = []
    for budget, draws in found.items():
        chosen, later, single_seen, single = np.array(draws).T
        gain = later - single
        low, high = np.quantile(gain, [0.025, 0.975])
        rows.append(
            (
                f"{budget:g}",
                f"{chosen.mean():.3f}",
                f"{later.mean():.3f}",
                f"{(chosen - later).mean():+.3f}",
                f"{single_seen.mean():.3f}",
                f"{single.mean():.3f}",
                f"{gain.mean():+.3f} [{low:+.3f}, {high:+.3f}]",
            )
        )
    headings = (
        "budget",
        "chosen half",
        "other half",
        "curse",
        "single chosen",
        "single other",
        "gain on the other half",
    )
    table = Table(headings=headings, rows=tuple(rows))
    return (
        f"Chosen on one half of each suite, reported on the other ({splits} random halves, means)\n\n"
        + table_text(table)
        + "\n\ncurse: what choosing and reporting on the same rows adds; gain: routed less the single model chosen on"
        " the same half, with the range of 95 % of the splits.\n"
    )


def halves(profile: Profile, drawn: np.random.Generator) -> tuple[Profile, Profile]:
    """The rows of each suite parted at random."""
    one: dict[str, dict[str, int]] = {}
    other: dict[str, dict[str, int]] = {}
    for suite, row in profile.right.items():
        half = profile.rows[suite] // 2
        first = {
            model: int(drawn.hypergeometric(count, profile.rows[suite] - count, half)) for model, count in row.items()
        }
        one[suite] = first
        other[suite] = {model: count - first[model] for model, count in row.items()}
    sizes = {suite: count // 2 for suite, count in profile.rows.items()}
    rest = {suite: count - count // 2 for suite, count in profile.rows.items()}
    return Profile(one, sizes, profile.sizes), Profile(other, rest, profile.sizes)


def best_single(profile: Profile, budget: float) -> tuple[str, float]:
    """The model of at most that size with the best mean accuracy over suites; the smaller of equals."""
    means = _means(profile.scores)
    fitting = [model for model in means if profile.sizes[model] <= budget + 1e-9]
    best = max(fitting, key=lambda model: (means[model], -profile.sizes[model], model))
    return best, means[best]


def _means(scores: Scores) -> dict[str, float]:
    models = next(iter(scores.values()))
    return {model: float(np.mean([row[model] for row in scores.values()])) for model in models}


def _even(profile: Profile) -> dict[str, float]:
    return dict.fromkeys(profile.right, 1.0)


if __name__ == "__main__":
    main()
