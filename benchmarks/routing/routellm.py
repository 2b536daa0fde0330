"""Weak or strong on RouteLLM's tables, in domain: fitted on four folds, measured on the fifth, in one command.

    python -m benchmarks.routing.routellm --data DIR

``DIR`` (or ``COREAGENT_DATA``) holds ``routellm/mmlu`` and ``routellm/gsm8k``. Contaminated prompts are dropped.
Prompts are ordered by the predicted gain of the strong model, and the first so many go to it. PGR = (quality - weak) /
(strong - weak), APGR is the area under it against the share of strong calls, CPT(x) the smallest share at which it
reaches x (I. Ong et al., "RouteLLM", arXiv:2406.18665). All folds are ordered together; ``by fold`` is the mean of the
folds' own areas. Settings, weights and calibration are chosen inside the four folds. Intervals are the bootstrap's
over prompts, with what is fitted as it is.
"""

import sys
from collections.abc import Sequence

import numpy as np
from benchmarks.routing.cross_fit import Setup, learned, print_calibration, setup, tfidf_ridge
from benchmarks.routing.transfer import Area, characters, estimates
from benchmarks.routing.transfer_tables import TARGETS, Target, read_target
from numpy.typing import NDArray

from coreagent.evals.statistics import SEED
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.models.embedding import Embedder
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.routing.replay.curves import cpt
from coreagent.routing.replay.sweeps import two_model_sweep

Doubles = NDArray[np.float64]
_TRAINED, _RIDGE = "trained router", "TF-IDF ridge"


def gain(predicted: Floats) -> Doubles:
    """What the strong model, the second, is predicted to add."""
    out: Doubles = predicted[:, 1].astype(np.float64) - predicted[:, 0]
    return out


def by_fold(target: Target, scores: Doubles, folds: NDArray[np.int64]) -> float:
    """The mean of the folds' own areas, over folds in which the strong model is better."""
    areas: list[float] = []
    for fold in np.unique(folds).tolist():
        here = folds == fold
        if target.strong[here].mean() > target.weak[here].mean():
            areas.append(Area.of(scores[here], target.weak[here], target.strong[here]).value())
    return float(np.mean(areas))


def report(target: Target, embedder: Embedder, options: Setup) -> None:
    """The lines of one table."""
    weak, strong = float(target.weak.mean()), float(target.strong.mean())
    print(f"\n{target.name}: {len(target.prompts)} prompts, weak {weak:.3f}, strong {strong:.3f}")
    outcomes = Outcomes.of(target.prompts, ("weak", "strong"), np.stack([target.weak, target.strong], axis=1))
    fitted = learned(outcomes, embedder, options)
    scores = {
        "random": np.random.default_rng(SEED).random(len(target.prompts)),
        "prompt length": characters(target.prompts),
        _RIDGE: gain(tfidf_ridge(outcomes, fitted.folds)),
        _TRAINED: gain(fitted.predicted),
        "oracle": target.strong.astype(np.float64) - target.weak,
    }
    print(f"{'order':<18}{'APGR':<24}{'by fold':<10}{'CPT(50 %)':<11}{'CPT(80 %)':<11}less {_RIDGE}")
    for name, (area, difference) in estimates(target, scores, _RIDGE).items():
        curve = two_model_sweep(scores[name], (target.weak, target.strong)).curve()
        shares = "".join(f"{cpt(curve, weak, strong, part):<11.3f}" for part in (0.5, 0.8))
        print(f"{name:<18}{area!s:<24}{by_fold(target, scores[name], fitted.folds):<10.3f}{shares}{difference}")
    print_calibration(outcomes, fitted.predicted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines of every table there is."""
    options = setup("RouteLLM's tables, in domain.", arguments)
    embedder = StaticEmbedder.load()
    for name in TARGETS:
        report(read_target(options.data / "routellm" / name), embedder, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
