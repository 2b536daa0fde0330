"""Fit the weights of the built-in guard, and report both of its errors on prompts that were not fitted on.

    python -m benchmarks.fit_guard --data DIR [--report]

``DIR`` (default: the environment variable COREAGENT_DATA) holds ``cyberseceval``, ``piguard``, ``bipia``,
``open_telco/train``, and for the report ``opseval``, ``bfcl_v4`` and ``oranbench``. Writes
``agents/guard/bundled/guard.npz``; with ``--report`` it only measures the one in the package.

A logistic function over the signs of ``coreagent.agents.guard.features``. No weight is below 0: no sign of misuse may
make a prompt look safer. Weights are drawn towards 2, not towards 0, so that a sign of which the data hold no example
(few of them ask for harm) still puts a prompt in doubt; how strongly is chosen by five folds within the fitted half.
One prompt in ten is taken for an attack; sources of one kind weigh alike. Half of the prompts of each source, by their
fingerprint, are fitted on; the report is on the other halves, and on sources of which nothing was fitted on.

The signs were written before any fit. A first fit, with as many attacks as benign prompts and a fixed ridge, was looked
at on the held-out halves: it gave every prompt a risk of .44, which is why the share of attacks was lowered.
"""

import argparse
import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from coreagent.agents.guard.features import FEATURES, signs
from coreagent.agents.guard.fitted import KIND, VERSION, FittedGuard
from coreagent.artefacts import Artefact, Head, save_artefact
from coreagent.fingerprints import fingerprint

PLACE = Path(__file__).resolve().parent.parent / "agents" / "guard" / "bundled" / "guard.npz"
THRESHOLDS = (0.3, 0.5, 0.7)
TELECOM_ROWS = 200
RIDGES = (1e-4, 1e-3, 1e-2)
DRAWN_TO = 2.0
ATTACKS = 0.1
FOLDS = 5
Floats = NDArray[np.float64]


def attacks(data: Path) -> dict[str, list[str]]:
    """Attack prompts by source: what a user, or a text that a user brings, says."""
    rows = _json(data / "cyberseceval" / "prompt_injection.json")
    found: dict[str, list[str]] = {}
    for kind in ("direct", "indirect"):
        found[f"cyberseceval {kind}"] = [row["user_input"] for row in rows if row["injection_type"] == kind]
    return found


def benign(data: Path) -> dict[str, list[str]]:
    """Benign prompts by source; the first two were made to look like attacks."""
    telecom: list[str] = []
    for path in sorted((data / "open_telco" / "train").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            telecom += [_question(json.loads(line)) for _, line in zip(range(TELECOM_ROWS), file, strict=False)]
    return {
        "NotInject": [row["prompt"] for row in _json(data / "piguard" / "NotInject_one.json")],
        "cyberseceval benign cyber": [row["mutated_prompt"] for row in _json(data / "cyberseceval" / "mitre_frr.json")],
        "Open-Telco train": telecom,
    }


def unseen_attacks(data: Path) -> dict[str, list[str]]:
    """Attacks of which nothing is fitted on: ordinary requests that ride in data."""
    found: dict[str, list[str]] = {}
    for name in ("text", "code"):
        groups: Mapping[str, list[str]] = _json(data / "bipia" / f"{name}_attack_train.json")
        found[f"bipia {name}"] = [prompt for prompts in groups.values() for prompt in prompts]
    return found


def unseen_benign(data: Path) -> dict[str, list[str]]:
    """Benign prompts of which nothing is fitted on."""
    rows = [json.loads(line) for line in (data / "bfcl_v4" / "BFCL_v4_simple_python.json").open(encoding="utf-8")]
    opseval: list[str] = []
    for path in sorted((data / "opseval").glob("*/*.json")):
        opseval += [str(row["question"]) for row in _json(path)]
    oran: list[str] = []
    for path in sorted((data / "oranbench").glob("fin_*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                oran.append(str(json.loads(line)[0]))
            except (ValueError, IndexError, KeyError, TypeError):
                continue  # The published files hold broken rows.
    return {
        "BFCL questions": [row["question"][0][0]["content"] for row in rows],
        "OpsEval": opseval,
        "ORAN-Bench": oran,
    }


def fit(bad: Mapping[str, Sequence[str]], good: Mapping[str, Sequence[str]]) -> FittedGuard:
    """Weights; sources of one kind count alike. The ridge is chosen by folds within what is given."""
    rows: list[Floats] = []
    labels: list[float] = []
    shares: list[float] = []
    folds: list[int] = []
    for label, kind_share, sources in ((1.0, ATTACKS, bad), (0.0, 1 - ATTACKS, good)):
        for prompts in sources.values():
            rows += [_row(prompt) for prompt in prompts]
            labels += [label] * len(prompts)
            shares += [kind_share / len(sources) / len(prompts)] * len(prompts)
            folds += [int(fingerprint(prompt)[:8], 16) % FOLDS for prompt in prompts]
    table, wanted, weight, fold = np.stack(rows), np.array(labels), np.array(shares), np.array(folds)

    def judged(ridge: float) -> float:
        lost = 0.0
        for number in range(FOLDS):
            inside = fold != number
            numbers = _solve(table[inside], wanted[inside], weight[inside], ridge)
            lost += _loss(table[~inside], wanted[~inside], weight[~inside], numbers)
        return lost

    ridge = min(RIDGES, key=judged)
    numbers: list[float] = np.round(_solve(table, wanted, weight, ridge), 4).tolist()
    return FittedGuard(weights=dict(zip(FEATURES, numbers, strict=False)), bias=numbers[-1])


def _loss(table: Floats, wanted: Floats, weight: Floats, numbers: Floats) -> float:
    logits = table @ numbers
    return float(weight @ (np.logaddexp(0, logits) - wanted * logits))


def _solve(table: Floats, wanted: Floats, weight: Floats, ridge: float) -> Floats:
    def loss(current: Floats) -> tuple[float, Floats]:
        far = current[:-1] - DRAWN_TO
        slope = table.T @ (weight * (expit(table @ current) - wanted))
        slope[:-1] += 2 * ridge * far
        return _loss(table, wanted, weight, current) + ridge * float(far @ far), slope

    bounds = [(0.0, None)] * len(FEATURES) + [(None, None)]
    start = np.array([DRAWN_TO] * len(FEATURES) + [0.0])
    solved: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return solved


def _row(prompt: str) -> Floats:
    found = signs(prompt)
    return np.array([*(found.get(name, 0.0) for name in FEATURES), 1.0])


def halves(sources: Mapping[str, Iterable[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Each source in two, by the fingerprints of its prompts: fitted on, and held out."""
    ours: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    for name, prompts in sources.items():
        for prompt in dict.fromkeys(prompts):
            half = ours if int(fingerprint(prompt)[-1], 16) < 8 else others
            half.setdefault(name, []).append(prompt)
    return ours, others


def _table(guard: FittedGuard, sources: Mapping[str, Sequence[str]], *, attack: bool, note: str) -> dict[str, float]:
    """Print the error at each threshold: attacks missed, or benign prompts flagged."""
    shares: dict[str, float] = {}
    for name, prompts in sources.items():
        risks = np.array([guard.risk(prompt) for prompt in prompts])
        wrong = [float((risks < bound).mean() if attack else (risks >= bound).mean()) for bound in THRESHOLDS]
        shares[name] = wrong[1]
        shown = "  ".join(f"{share:6.1%}" for share in wrong)
        print(f"  {'missed ' if attack else 'flagged'}  {name:<28}{len(prompts):>6}   {shown}   {note}")
    return shares


def report(guard: FittedGuard, data: Path) -> dict[str, float]:
    """Both errors by source at the thresholds."""
    bad, good = attacks(data), benign(data)
    held_bad, held_good = halves(bad)[1], halves(good)[1]
    print(f"errors at risk {', '.join(f'{bound:g}' for bound in THRESHOLDS)}: attacks below, benign at or above it")
    shares = _table(guard, held_bad, attack=True, note="held-out half")
    shares |= _table(guard, held_good, attack=False, note="held-out half")
    shares |= _table(guard, unseen_attacks(data), attack=True, note="source never fitted on")
    shares |= _table(guard, unseen_benign(data), attack=False, note="source never fitted on")
    ours_bad, ours_good = halves(bad)[0], halves(good)[0]
    for name in bad:
        without = {key: value for key, value in ours_bad.items() if key != name}
        _table(fit(without, ours_good), {name: held_bad[name]}, attack=True, note="fitted without this source")
    for name in good:
        without = {key: value for key, value in ours_good.items() if key != name}
        _table(fit(ours_bad, without), {name: held_good[name]}, attack=False, note="fitted without this source")
    prompts = [prompt for listed in held_good.values() for prompt in listed]
    started = time.perf_counter()
    for prompt in prompts:
        guard.risk(prompt)
    print(f"{(time.perf_counter() - started) / len(prompts) * 1e3:.2f} ms a prompt")
    long = "Why does the handover of cell 17 fail? " * 5_000
    started = time.perf_counter()
    guard.risk(long)
    print(f"{(time.perf_counter() - started) * 1e3:.0f} ms for a prompt of {len(long):,} characters")
    return shares


def main() -> None:
    """Fit and write, then report; or only report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("COREAGENT_DATA"), required=False)
    parser.add_argument("--report", action="store_true", help="measure the guard of the package")
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("give --data or set COREAGENT_DATA")
    data = Path(arguments.data)
    if arguments.report:
        report(FittedGuard.load(PLACE), data)
        return
    bad, good = halves(attacks(data))[0], halves(benign(data))[0]
    guard = fit(bad, good)
    for name, weight in sorted(guard.weights.items(), key=lambda pair: -pair[1]):
        print(f"  {weight:6.2f}  {name}")
    print(f"  {guard.bias:6.2f}  (bias)")
    shares = report(guard, data)
    prompts = [prompt for listed in (*bad.values(), *good.values()) for prompt in listed]
    digest = hashlib.sha256("\x1e".join(prompts).encode(errors="replace")).hexdigest()
    head = Head(
        kind=KIND,
        version=VERSION,
        data_hash=digest,
        created=datetime.now(UTC).date().isoformat(),
        package=metadata.version("coreagent"),
        features=FEATURES,
        scores=shares,
        notes="benchmarks/fit_guard.py; scores: share missed or flagged at risk 0.5 on held-out prompts, by source",
    )
    weights = np.array([*(guard.weights[name] for name in FEATURES), guard.bias])
    save_artefact(PLACE, Artefact(head, {"weights": weights}, frozenset(fingerprint(prompt) for prompt in prompts)))
    print(f"wrote {PLACE.name} from {len(prompts)} prompts")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _question(row: Mapping[str, Any]) -> str:
    return str(row.get("question") or row.get("prompt") or row.get("input") or "")


if __name__ == "__main__":
    main()
