"""Routing questions of tables that nothing was fitted on, in one command.

    python -m benchmarks.routing.transfer --data DIR

``DIR`` (or ``COREAGENT_DATA``) holds ``llmrouter_ulab`` and ``routellm``. Everything is fitted on the first alone,
without the questions that stand, nearly or exactly, in the second; then the second's prompts are ordered by each
score, and the first so many go to the strong model. APGR is the area under the share of the quality gap recovered
against the share of strong calls (I. Ong et al., "RouteLLM", arXiv:2406.18665), ties in random order. Intervals are the
bootstrap's over prompts; what is fitted stays as it is.

The second part fits without one task at a time and orders that task's questions, for every pair of models of which the
strong is better there by .07 or more and the weak is right at .3 or more. Its last column orders by predicted gain:
20 questions of the task, drawn with the seed, say each model's ability there, and where both models fail at the hard
questions the gain is at the easy ones. The areas of all columns are over the other questions.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from benchmarks.routing.transfer_tables import TARGETS, Target, apart, read_target, read_training, without
from numpy.typing import NDArray

from coreagent.evals.statistics import CONFIDENCE, SEED, Estimate
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.difficulty.predictor import DifficultyPredictor
from coreagent.routing.outcomes import Floats, Outcomes

Doubles = NDArray[np.float64]
Scorer = Callable[[Sequence[str]], Doubles]
"""From prompts to scores, shape (n,): the greater goes to the strong model first."""

RESAMPLES = 2_000
FAMILIES = (("gsm8k", "agentverse-mgsm"),)
"""Tasks with questions of one source are left out together."""
LEFT_OUT = (
    "arc_challenge",
    "commonsense_qa",
    "openbook_qa",
    "mmlu",
    "gsm8k",
    "math",
    "mbpp",
    "human_eval",
    "natural_qa",
)
SEEN = 20
"""Questions of a task left out that say how able each model is there."""
_GAP, _WEAK = 0.07, 0.3
_RIDGE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """APGR of a table in the order of one score; ``counts`` are how often each prompt is drawn."""

    rank: NDArray[np.int64]
    share: Doubles
    gain: Doubles

    @classmethod
    def of(cls, scores: Doubles, weak: Floats, strong: Floats) -> "Area":
        """Prompts of one score share a rank, so that they come in random order on average."""
        _, rank = np.unique(-scores, return_inverse=True)
        return cls(rank, np.ones(len(scores)), strong.astype(np.float64) - weak.astype(np.float64))

    def value(self, counts: Doubles | None = None) -> float:
        """Straight between ranks."""
        drawn = self.share if counts is None else counts
        size = int(self.rank.max()) + 1
        share = np.concatenate(([0.0], np.cumsum(np.bincount(self.rank, drawn, size))))
        gain = np.concatenate(([0.0], np.cumsum(np.bincount(self.rank, drawn * self.gain, size))))
        return float(np.trapezoid(gain, share) / (share[-1] * gain[-1]))


def estimates(target: Target, scores: dict[str, Doubles], against: str) -> dict[str, tuple[Estimate, Estimate]]:
    """APGR of each score, and its difference to the one named, with intervals from the same resamples."""
    areas = {name: Area.of(values, target.weak, target.strong) for name, values in scores.items()}
    n = len(target.prompts)
    rng = np.random.default_rng(SEED)
    drawn = {name: np.empty(RESAMPLES) for name in areas}
    for place in range(RESAMPLES):
        counts = np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
        for name, one in areas.items():
            drawn[name][place] = one.value(counts)
    found = {name: one.value() for name, one in areas.items()}
    return {
        name: (
            _estimate(found[name], drawn[name], n),
            _estimate(found[name] - found[against], drawn[name] - drawn[against], n),
        )
        for name in areas
    }


def characters(prompts: Sequence[str]) -> Doubles:
    """Prompt length alone."""
    return np.array([float(len(prompt)) for prompt in prompts])


def naive_ridge(training: Outcomes, embedder: Embedder) -> Scorer:
    """What the best third of the models scores more than the worst, by ridge regression on the prompt's embedding."""
    means = np.nanmean(training.scores, axis=0)
    order = np.argsort(means)
    third = max(1, len(order) // 3)
    gains = training.scores[:, order[-third:]].mean(axis=1) - training.scores[:, order[:third]].mean(axis=1)
    rows = embedder.embed_queries(training.prompts).astype(np.float64)
    centre = rows.mean(axis=0)
    inner = (rows - centre).T @ (rows - centre) + _RIDGE * np.eye(rows.shape[1])
    outer: Doubles = (rows - centre).T @ (gains - gains.mean())
    weights = _solved(inner, outer)

    def score(prompts: Sequence[str]) -> Doubles:
        out: Doubles = (embedder.embed_queries(prompts) - centre) @ weights
        return out

    return score


def by_difficulty(training: Outcomes) -> Scorer:
    """The project's: what is predicted to be hard goes to the strong model."""
    return DifficultyPredictor.fit(training).difficulty.of_all


def report_targets(training: Outcomes, targets: Sequence[Target], embedder: Embedder) -> None:
    """The first part."""
    fitted: dict[str, Scorer] = {
        "prompt length": characters,
        "ridge on embeddings": naive_ridge(training, embedder),
        "difficulty": by_difficulty(training),
        "difficulty, no gsm8k or mmlu": by_difficulty(without(training, ("gsm8k", "mmlu"))),
    }
    for target in targets:
        scores = {name: scorer(target.prompts) for name, scorer in fitted.items()}
        scores["random"] = np.random.default_rng(SEED).random(len(target.prompts))
        scores["oracle"] = (target.strong - target.weak).astype(np.float64)
        print(
            f"\n{target.name}: {len(target.prompts)} prompts, weak {target.weak.mean():.3f},"
            f" strong {target.strong.mean():.3f}"
        )
        print(f"{'score':<30}{'APGR':<24}less prompt length")
        for name, (area, difference) in estimates(target, scores, "prompt length").items():
            print(f"{name:<30}{area!s:<24}{difference}")


def predicted_gain(fitted: DifficultyPredictor, seen: Outcomes, rest: Sequence[str]) -> tuple[Floats, Doubles]:
    """Scores (n, m) of the models at the rest by their abilities at the questions seen, and difficulties (n,)."""
    for place, model in enumerate(seen.models):
        fitted = fitted.adopt(model, seen.prompts, seen.scores[:, place])
    return fitted.scores(rest, seen.models), fitted.difficulty.of_all(rest)


def report_left_out(training: Outcomes, embedder: Embedder) -> None:
    """The second part."""
    columns = ("length", "ridge", "difficulty", "gain")
    print(f"\n{'task left out':<18}{'pairs':>6}" + "".join(f"{column:>12}" for column in columns))
    rows: list[list[float]] = []
    for task in LEFT_OUT:
        family = next((names for names in FAMILIES if task in names), (task,))
        rest, left = without(training, family), training.take(np.array(training.domains) == task)
        order = np.random.default_rng(SEED).permutation(len(left))
        seen, asked = left.take(np.sort(order[:SEEN])), left.take(np.sort(order[SEEN:]))
        means = left.scores.mean(axis=0)
        pairs = [
            (weak, strong)
            for weak, strong in product(range(len(means)), repeat=2)
            if means[strong] - means[weak] >= _GAP and means[weak] >= _WEAK
        ]
        predicted, hard = predicted_gain(DifficultyPredictor.fit(rest), seen, asked.prompts)
        same = [characters(asked.prompts), naive_ridge(rest, embedder)(asked.prompts), hard]
        areas = [
            [
                Area.of(scores, asked.scores[:, weak], asked.scores[:, strong]).value()
                for scores in (*same, predicted[:, strong].astype(np.float64) - predicted[:, weak])
            ]
            for weak, strong in pairs
        ]
        rows.append(np.mean(areas, axis=0).tolist())
        print(f"{task:<18}{len(pairs):>6}" + "".join(f"{value:>12.3f}" for value in rows[-1]))
    print(f"{'mean':<24}" + "".join(f"{value:>12.3f}" for value in np.mean(rows, axis=0).tolist()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both parts."""
    parser = argparse.ArgumentParser(description="Routing tables that nothing was fitted on.")
    parser.add_argument("--data", type=Path, default=os.environ.get("COREAGENT_DATA"), help="the data folder")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("name the data folder with --data or COREAGENT_DATA")
    targets = [read_target(options.data / "routellm" / name) for name in TARGETS]
    whole = read_training(options.data / "llmrouter_ulab")
    training, dropped = apart(whole, targets)
    listed = ", ".join(f"{count} of {task}" for task, count in sorted(dropped.items()))
    print(f"fitted on {len(training)} of {len(whole)} questions; left out, as they are routed here: {listed}")
    embedder = StaticEmbedder.load()
    report_targets(training, targets, embedder)
    report_left_out(training, embedder)
    return 0


def _solved(inner: Doubles, outer: Doubles) -> Doubles:
    out: Doubles = np.linalg.solve(inner, outer).astype(np.float64)
    return out


def _estimate(value: float, drawn: Doubles, n: int) -> Estimate:
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    return Estimate(value, low, high, n)


if __name__ == "__main__":
    sys.exit(main())
