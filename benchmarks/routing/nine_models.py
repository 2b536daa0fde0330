"""Nine models' recorded outcomes: fitted on four folds, routed on the fifth, in one command.

    python -m benchmarks.routing.nine_models --data DIR

``DIR`` (or ``COREAGENT_DATA``) holds ``llmrouter_ulab`` (https://github.com/ulab-uiuc/LLMRouter) with its price list.
The model of the highest predicted score answers. The table has no token counts, so a call's cost is the model's price a
token, and a router's cost the mean over prompts, as if all models wrote the same.

``price to 50%`` trades: the model of the highest ``predicted - rate * price``. The rate is chosen on held-out
predictions of the fitting rows: the best quality there below that share of the best single model's price. Settings,
weights and calibration are chosen inside the four folds as well. Intervals are the bootstrap's over prompts.

Where ``dcrouter_test.json.gz`` lies beside the table, a router fitted on the whole table is also measured on those of
its prompts that the table does not hold.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.routing.cross_fit import CrossFit, Setup, learned, nearest, print_calibration, setup, tfidf_ridge
from numpy.typing import NDArray

from coreagent.evals.statistics import compare_means, mean
from coreagent.evals.suites.outcome_table import read_outcomes
from coreagent.fingerprints import fingerprint
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.outcomes import Floats, Outcomes

Doubles = NDArray[np.float64]
_TABLE, _OTHERS, _PRICES = "dcrouter_train.json.gz", "dcrouter_test.json.gz", "default_llm.json"
_SHARES = (0.9, 0.7, 0.5, 0.45, 0.35, 0.25)
"""Prices to stay below, as shares of the best single model's."""
_RATES = np.concatenate(([0.0], np.geomspace(0.002, 2.0, 120)))


def read_prices(folder: Path, models: Sequence[str]) -> Doubles:
    """Dollars per million tokens, in and out alike in this list, shape (m,).

    Raises:
        KeyError: a model has no price.
    """
    listed = json.loads((folder / _PRICES).read_text(encoding="utf-8"))
    return np.array([(listed[name]["input_price"] + listed[name]["output_price"]) / 2 for name in models])


def picked(table: NDArray[np.floating], chosen: NDArray[np.int64]) -> Doubles:
    """The chosen entry of each row, (n,)."""
    out: Doubles = table[np.arange(len(table)), chosen].astype(np.float64)
    return out


def traded(fitted: CrossFit, outcomes: Outcomes, prices: Doubles, most: float) -> NDArray[np.int64]:
    """The choice (n,) that stays below ``most`` dollars on the fitting rows, by a rate chosen there, fold by fold."""
    chosen = np.empty(len(outcomes), dtype=np.int64)
    for fold, trained in enumerate(fitted.trained):
        inner = trained.held_out
        tried: list[tuple[float, float]] = []
        for rate in _RATES.tolist():
            choice = (inner - rate * prices).argmax(axis=1).astype(np.int64)
            if prices[choice].mean() <= most:
                tried.append((float(picked(trained.outcomes.scores, choice).mean()), -rate))
        rate = -max(tried)[1] if tried else float(_RATES[-1])
        left = fitted.folds == fold
        chosen[left] = (fitted.predicted[left] - rate * prices).argmax(axis=1)
    return chosen


def best_single(outcomes: Outcomes, folds: NDArray[np.int64]) -> NDArray[np.int64]:
    """The model of the best mean over the other folds, for each row."""
    chosen = np.empty(len(outcomes), dtype=np.int64)
    for fold in np.unique(folds).tolist():
        chosen[folds == fold] = np.argmax(outcomes.scores[folds != fold].mean(axis=0))
    return chosen


def report(outcomes: Outcomes, prices: Doubles, choices: dict[str, NDArray[np.int64]], single: str) -> None:
    """A line for each way to choose, against the best single model."""
    base = picked(outcomes.scores, choices[single])
    base_price = float(prices[choices[single]].mean())
    print(f"{'choice':<34}{'score':<24}{'price share':<13}less {single}")
    for name, chosen in choices.items():
        scores = picked(outcomes.scores, chosen)
        against = compare_means(scores, base)
        told = "" if name == single else f"{against.difference} (p = {against.p_value:.4f})"
        print(f"{name:<34}{mean(scores)!s:<24}{prices[chosen].mean() / base_price:<13.2f}{told}")


def report_others(outcomes: Outcomes, others: Outcomes, prices: Doubles, options: Setup) -> None:
    """A router fitted on the whole table, on prompts of the other one that it does not hold."""
    seen = outcomes.fingerprints()
    fresh = others.only(outcomes.models).take(np.array([fingerprint(prompt) not in seen for prompt in others.prompts]))
    trained = fit_router(outcomes, StaticEmbedder.load(), seed=options.seed, families=options.families)
    print(f"\n{len(fresh)} of {len(others)} other prompts; {trained.router.head.notes}")
    predicted = trained.router.scores(fresh)
    single = np.full(len(fresh), int(np.argmax(outcomes.scores.mean(axis=0))), dtype=np.int64)
    choices = {"best single": single, "trained router": predicted.argmax(axis=1).astype(np.int64)}
    choices["oracle"] = fresh.scores.argmax(axis=1).astype(np.int64)
    report(fresh, prices, choices, "best single")
    print_calibration(fresh, predicted)


def read_table(path: Path) -> Outcomes:
    """One file of the published form."""
    table = read_outcomes(path)
    return Outcomes.of(table.prompts, table.models, np.array(table.scores), data_hash=table.data_hash)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the choices and what they cost."""
    options = setup("Nine models' recorded outcomes.", arguments)
    folder = options.data / "llmrouter_ulab"
    outcomes = read_table(folder / _TABLE)
    prices, embedder = read_prices(folder, outcomes.models), StaticEmbedder.load()
    print(f"{len(outcomes)} prompts, {len(outcomes.models)} models")
    fitted = learned(outcomes, embedder, options)
    single = best_single(outcomes, fitted.folds)
    rng = np.random.default_rng(options.seed)

    def best(predicted: Floats) -> NDArray[np.int64]:
        return np.asarray(predicted.argmax(axis=1), dtype=np.int64)

    choices = {
        "random": rng.integers(len(prices), size=len(outcomes)),
        "best single": single,
        "nearest prompts": best(nearest(outcomes, fitted.folds, embedder)),
        "TF-IDF ridge": best(tfidf_ridge(outcomes, fitted.folds)),
        "trained router": best(fitted.predicted),
    }
    base_price = float(prices[single].mean())
    for share in _SHARES:
        choices[f"trained router, price to {share:.0%}"] = traded(fitted, outcomes, prices, share * base_price)
    # Of equally right models the cheapest.
    choices["oracle"] = best((outcomes.scores - 1e-4 * prices).astype(np.float32))
    report(outcomes, prices, choices, "best single")
    print_calibration(outcomes, fitted.predicted)
    if (folder / _OTHERS).is_file():
        report_others(outcomes, read_table(folder / _OTHERS), prices, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
