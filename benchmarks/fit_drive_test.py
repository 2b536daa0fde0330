"""Fits and evaluates the decision tree of `diagnose_drive_test` on the TeleLogs rows of Open-Telco.

`python benchmarks/fit_drive_test.py --data DIR` cross-validates and writes `tools/drive_test/tree.json`; with
`--report` it evaluates the shipped tree on the held-out lite rows instead. `DIR` (default: the environment
variable COREAGENT_DATA) holds `open_telco/train` and `open_telco/lite`.

The top of the tree is fixed: the limits that the questions and the trade state. Only the splits below it are
fitted, by CART with the Gini impurity; depth, leaf size and smoothing are chosen by cross-validation inside
the training rows. All folds keep the rows of one drive together: the rows are variants of few drives.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from coreagent.tools.drive_test.causes import Cause, match_options
from coreagent.tools.drive_test.diagnose import DecisionTree, Node, diagnose, load_tree
from coreagent.tools.drive_test.features import extract_features
from coreagent.tools.drive_test.tables import parse_drive_test

SEED = 20250507
FOLDS = 10
ARTEFACT = Path(__file__).resolve().parent.parent / "tools" / "drive_test" / "tree.json"

# The first five stand in the questions or follow from them ("frequent" is the third handover in ten samples;
# a collision must fill more than half of the section). The sixth is geometry: it starts above the beam.
DOMAIN_RULES: tuple[tuple[str, str, float], ...] = (
    ("speed_kmh", ">", 40.0),
    ("resource_blocks", "<", 160.0),
    ("distance_m", ">", 1000.0),
    ("handovers", ">", 2.0),
    ("mod30_share", ">", 0.5),
    ("beam_excess_deg", ">", 0.0),
)
# What the fitted part may look at. Positions, times and identities are left out: they would name the drive.
FITTED_FEATURES = (
    *("handover_gain_mbps", "handover_gain_ratio", "neighbour_gap_db", "min_neighbour_gap_db"),
    *("other_site_gap_db", "other_site_share", "overlap_share", "top_other_site_share"),
    *("rsrp_dbm", "sinr_db"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled drive test; `drive` is the time of its first sample."""

    features: Mapping[str, Any]
    cause: Cause
    drive: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What cross-validation chooses: splits below the domain rules, rows per leaf, smoothing in rows."""

    depth: int
    min_leaf: int
    smoothing: float


GRID = tuple(Settings(*choice) for choice in product((0, 1, 2, 3, 4), (3, 5, 8), (0.25, 1.0)))


def read_jsonl(path: Path) -> list[dict[str, str]]:
    """Reads the rows of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def to_row(record: Mapping[str, str]) -> Row:
    """Turns a question with its gold label into features and the canonical cause."""
    test = parse_drive_test(record["question"])
    gold = {option.label: cause for cause, option in match_options(test.options).items()}
    return Row(asdict(extract_features(test)), gold[record["answer"]], test.samples[0].time)


def fit(rows: Sequence[Row], settings: Settings) -> DecisionTree:
    """Hangs the fitted splits under the chain of domain rules."""

    def chain(rules: Sequence[tuple[str, str, float]], left: Sequence[Row]) -> Node:
        if not rules:
            return grow(left, settings.depth, settings.min_leaf)
        feature, operator, limit = rules[0]
        node = Node(counts=count(left), feature=feature, operator=operator, limit=limit)
        yes, no = partition(left, lambda row: node.answer(known(row, feature)))
        return replace(node, yes=Node(counts=count(yes)), no=chain(rules[1:], no))

    return DecisionTree(chain(DOMAIN_RULES, rows), settings.smoothing)


def grow(rows: Sequence[Row], depth: int, min_leaf: int) -> Node:
    """One CART node: the split that lowers the Gini impurity most, or a leaf."""
    counts = count(rows)
    best = best_split(rows, min_leaf) if depth > 0 and len(counts) > 1 else None
    if not best:
        return Node(counts=counts)
    feature, limit = best
    yes, no = partition(rows, lambda row: known(row, feature) > limit)
    yes_node, no_node = grow(yes, depth - 1, min_leaf), grow(no, depth - 1, min_leaf)
    return Node(counts=counts, feature=feature, limit=limit, yes=yes_node, no=no_node)


def best_split(rows: Sequence[Row], min_leaf: int) -> tuple[str, float] | None:
    """The feature and limit, half-way between two values, with the lowest weighted impurity."""
    best: tuple[float, str, float] | None = None
    floor = gini(count(rows)) * len(rows) - 1e-9
    for feature in FITTED_FEATURES:
        if any(row.features[feature] is None for row in rows):
            continue
        ordered = sorted(rows, key=lambda row: known(row, feature))
        low: Counter[Cause] = Counter()
        high = count(rows)
        for size, (row, following) in enumerate(pairwise(ordered), start=1):
            low[row.cause] += 1
            high[row.cause] -= 1
            value, after = known(row, feature), known(following, feature)
            if value == after or size < min_leaf or len(rows) - size < min_leaf:
                continue
            impurity = size * gini(low) + (len(rows) - size) * gini(high)
            if impurity < (best[0] if best else floor):
                best = (impurity, feature, round((value + after) / 2, 3))
    return best[1:] if best else None


def gini(counts: Mapping[Cause, int]) -> float:
    """Gini impurity of a set of rows."""
    return 1.0 - sum((rows / sum(counts.values())) ** 2 for rows in counts.values())


def count(rows: Sequence[Row]) -> Counter[Cause]:
    """Rows per cause."""
    return Counter(row.cause for row in rows)


def known(row: Row, feature: str) -> float:
    """The value of a feature; NaN, which no comparison accepts, when it is unknown."""
    value = row.features[feature]
    return math.nan if value is None else float(value)


def partition(rows: Sequence[Row], test: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Rows that pass the test and rows that do not."""
    return [row for row in rows if test(row)], [row for row in rows if not test(row)]


def folds(rows: Sequence[Row], seed: int) -> Iterator[tuple[list[Row], list[Row]]]:
    """Training and test rows of each fold; all rows of a drive fall into the same fold."""
    drives = sorted({row.drive for row in rows})
    random.Random(seed).shuffle(drives)
    fold_of = {drive: index % FOLDS for index, drive in enumerate(drives)}
    for fold in range(FOLDS):
        yield [r for r in rows if fold_of[r.drive] != fold], [r for r in rows if fold_of[r.drive] == fold]


def judge(tree: DecisionTree, rows: Sequence[Row]) -> list[tuple[bool, float, float]]:
    """For each row: whether the first answer is right, its confidence, the probability of the gold cause."""
    judged: list[tuple[bool, float, float]] = []
    for row in rows:
        probabilities, _ = tree.distribution(row.features)
        best = max(probabilities, key=lambda cause: probabilities[cause])
        judged.append((best is row.cause, probabilities[best], probabilities[row.cause]))
    return judged


def select(rows: Sequence[Row], seed: int) -> Settings:
    """The simplest shape within one standard error of the best accuracy, then the least log loss."""
    judged = {s: [v for train, test in folds(rows, seed) for v in judge(fit(train, s), test)] for s in GRID}
    accuracy = {s: sum(right for right, _, _ in values) / len(values) for s, values in judged.items()}
    best = max(accuracy.values())
    error = math.sqrt(best * (1 - best) / len(rows))
    shape = min((s for s in GRID if accuracy[s] >= best - error), key=lambda s: (s.depth, -s.min_leaf))
    same_shape = [s for s in GRID if (s.depth, s.min_leaf) == (shape.depth, shape.min_leaf)]
    return min(same_shape, key=lambda s: -sum(math.log(gold) for _, _, gold in judged[s]))


def hand_rules(row: Row) -> Cause:
    """The hand rules of the baseline: textbook limits in a fixed order, no geometry and nothing fitted."""
    rules = (
        (Cause.SPEED, known(row, "speed_kmh") > 40),
        (Cause.RESOURCE_BLOCKS, known(row, "resource_blocks") < 160),
        (Cause.OVERSHOOT, known(row, "distance_m") > 1000),
        (Cause.HANDOVERS, known(row, "handovers") >= 3),
        (Cause.DOWNTILT, known(row, "tilt_deg") >= 20),
        (Cause.PCI_MOD_30, known(row, "mod30_share") > 0.5),
        (Cause.OVERLAP, known(row, "other_site_share") > 0.5),
    )
    return next((cause for cause, fires in rules if fires), Cause.BETTER_NEIGHBOUR)


def wilson(right: int, total: int) -> str:
    """Accuracy with its 95 % Wilson interval, as text."""
    z, share = 1.959964, right / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return f"{share:.3f} [{max(0.0, centre - half):.3f}, {min(1.0, centre + half):.3f}] ({right}/{total})"


def print_baselines(rows: Sequence[Row], most_common: Cause) -> None:
    """Prints what the most common training class and the hand rules reach."""
    constant = sum(row.cause is most_common for row in rows)
    print(f"most common class {most_common.value:<16}", wilson(constant, len(rows)))
    print(f"{'hand rules':<34}", wilson(sum(hand_rules(row) is row.cause for row in rows), len(rows)))


def print_calibration(judged: Sequence[tuple[bool, float, float]]) -> None:
    """Prints mean confidence against accuracy in bands of confidence."""
    for low, high in ((0.0, 0.9), (0.9, 0.97), (0.97, 1.01)):
        band = [(right, confidence) for right, confidence, _ in judged if low <= confidence < high]
        if band:
            share, mean = (sum(column) / len(band) for column in zip(*band, strict=True))
            print(f"  mean confidence {mean:.3f}: right {share:.3f} of {len(band)}")


def to_json(node: Node) -> dict[str, Any]:
    """A node as plain data, causes by name."""
    data: dict[str, Any] = {"counts": {cause.value: node.counts[cause] for cause in Cause if node.counts.get(cause)}}
    if node.yes and node.no:
        data |= {"feature": node.feature, "operator": node.operator, "limit": node.limit}
        data |= {"yes": to_json(node.yes), "no": to_json(node.no)}
    return data


def run_fit(data: Path) -> None:
    """Cross-validates with the selection inside each fold, then fits on all rows and writes the tree."""
    path = data / "open_telco" / "train" / "telelogs.jsonl.gz"
    rows = [to_row(record) for record in read_jsonl(path)]
    most_common = count(rows).most_common(1)[0][0]
    outer = [(select(train, SEED + 1), train, test) for train, test in folds(rows, SEED)]
    judged = [value for settings, train, test in outer for value in judge(fit(train, settings), test)]
    figure = wilson(sum(right for right, _, _ in judged), len(judged))
    print(f"{len(rows)} rows of {len({row.drive for row in rows})} drives, {FOLDS} folds by drive, seed {SEED}")
    print_baselines(rows, most_common)
    domain = fit(rows, Settings(0, 1, 1.0))
    print(f"{'domain rules alone':<34}", wilson(sum(right for right, _, _ in judge(domain, rows)), len(rows)))
    print(f"{'tree, nested cross-validation':<34}", figure)
    print_calibration(judged)
    settings = select(rows, SEED)
    tree = fit(rows, settings)
    print(f"{settings}; on its own training rows", wilson(sum(r for r, _, _ in judge(tree, rows)), len(rows)))
    provenance = {
        "script": "benchmarks/fit_drive_test.py",
        "data": "Open-Telco train split, telelogs.jsonl.gz",
        "data_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(rows),
        "seed": SEED,
        "cross_validated_accuracy": figure,
        "settings": asdict(settings),
        "fixed_rules": [f"{feature} {operator} {limit:g}" for feature, operator, limit in DOMAIN_RULES],
    }
    artefact = {"provenance": provenance, "smoothing": settings.smoothing, "tree": to_json(tree.root)}
    ARTEFACT.write_text(json.dumps(artefact, indent=1) + "\n", encoding="utf-8")
    print("wrote", ARTEFACT.name)


def run_report(data: Path) -> None:
    """Evaluates the shipped artefact, through `diagnose`, on the lite rows."""
    records = read_jsonl(data / "open_telco" / "lite" / "telelogs.jsonl.gz")
    seen = {record["question"] for record in read_jsonl(data / "open_telco" / "train" / "telelogs.jsonl.gz")}
    root = load_tree().root
    most_common = max(root.counts, key=lambda cause: root.counts[cause])
    rows = [to_row(record) for record in records]
    answers = [diagnose(record["question"]).label for record in records]
    right = sum(answer == record["answer"] for answer, record in zip(answers, records, strict=True))
    print(f"{len(rows)} lite rows, {sum(r['question'] in seen for r in records)} of them also training rows")
    print_baselines(rows, most_common)
    print(f"{'shipped tree':<34}", wilson(right, len(records)))
    print_calibration(judge(load_tree(), rows))
    misses = Counter((r["answer"], a) for a, r in zip(answers, records, strict=True) if a != r["answer"])
    print("misses (gold, answer):", dict(misses))


def main() -> None:
    """Parses the command line and runs the fit or the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("COREAGENT_DATA"), help="folder with open_telco/")
    parser.add_argument("--report", action="store_true", help="evaluate the shipped tree on the lite rows")
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("give --data DIR or set COREAGENT_DATA to the folder that holds open_telco/")
    (run_report if arguments.report else run_fit)(arguments.data)


if __name__ == "__main__":
    main()
