"""Names the cause of a slow road section, with the numbers that speak for it.

The decision is a walk down one binary tree kept as data in `tree.json`: first the limits that the trade
agrees on (40 km/h, 160 resource blocks, 1 km, ...), then a few splits fitted on labelled drive tests.
Nothing is random and nothing is learned at run time.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from coreagent.tools.drive_test.causes import CANONICAL, Cause, match_options
from coreagent.tools.drive_test.features import Features, extract_features
from coreagent.tools.drive_test.tables import parse_drive_test

__all__ = ["CauseScore", "DecisionTree", "Diagnosis", "Node", "diagnose", "load_tree"]


@dataclass(frozen=True, slots=True)
class CauseScore:
    """The probability of one cause; `label` is empty when the text does not offer this cause."""

    cause: Cause
    score: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The most likely cause and what speaks for it.

    Attributes:
        label: The label the text gives this cause ("C6"); the name of the cause when the text offers no list.
        cause: The canonical cause.
        confidence: Probability that the cause is right, in [0, 1], as estimated on drive tests like the
            fitted ones.
        explanation: One sentence on why this cause slows a section.
        evidence: Sentences with the measured numbers.
        path: The comparisons that led here, in order, as "feature value > limit: yes".
        scores: Every cause on offer, most likely first; the scores add up to 1.
        features: All features of the degraded section.
    """

    label: str
    cause: Cause
    confidence: float
    explanation: str
    evidence: tuple[str, ...]
    path: tuple[str, ...]
    scores: tuple[CauseScore, ...]
    features: Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the tree: a leaf when `yes` and `no` are None.

    `counts` are the fitted rows of each cause that reached the node; the question is
    `feature` `operator` `limit`, with operator ">" or "<".
    """

    counts: Mapping[Cause, int]
    feature: str = ""
    operator: str = ">"
    limit: float = 0.0
    yes: Node | None = None
    no: Node | None = None

    @property
    def rows(self) -> int:
        """Fitted rows that reached the node."""
        return sum(self.counts.values())

    def answer(self, value: float) -> bool:
        """Whether a value of the feature goes to `yes`."""
        return value > self.limit if self.operator == ">" else value < self.limit

    def concludes(self, causes: Set[Cause]) -> bool:
        """Whether the node can still end in one of the causes: False for a leaf that stands for another."""
        if self.yes or self.no:
            return True
        return max(self.counts, key=lambda cause: self.counts[cause], default=None) in causes


@dataclass(frozen=True, slots=True)
class DecisionTree:
    """The tree and `smoothing`, the weight in rows that a parent's distribution has in its child's."""

    root: Node
    smoothing: float

    def distribution(
        self, features: Mapping[str, float | None], offered: Set[Cause] = frozenset(Cause)
    ) -> tuple[dict[Cause, float], tuple[str, ...]]:
        """Probabilities of the offered causes and the path taken.

        An unknown feature follows both branches, each with the weight of its fitted rows, so that what was
        not measured lowers the confidence. A leaf whose cause is not on offer is passed by.
        """
        path: list[str] = []
        uniform = {cause: 1.0 / len(Cause) for cause in Cause}
        blend = self._walk(self.root, uniform, features, offered, path)
        total = sum(blend[cause] for cause in offered)
        return {cause: blend[cause] / total for cause in Cause if cause in offered}, tuple(path)

    def _walk(
        self,
        node: Node,
        prior: Mapping[Cause, float],
        features: Mapping[str, float | None],
        offered: Set[Cause],
        path: list[str],
    ) -> dict[Cause, float]:
        weight = node.rows + self.smoothing
        here = {cause: (node.counts.get(cause, 0) + self.smoothing * prior[cause]) / weight for cause in Cause}
        if node.yes is None or node.no is None:
            return here
        value = features[node.feature]
        question = f"{node.operator} {node.limit:g}"
        if not (node.yes.concludes(offered) and node.no.concludes(offered)):
            open_branch = node.yes if node.yes.concludes(offered) else node.no
            return self._walk(open_branch, here, features, offered, path)
        if value is not None:
            answer = node.answer(value)
            path.append(f"{node.feature} {value:.4g} {question}: {'yes' if answer else 'no'}")
            return self._walk(node.yes if answer else node.no, here, features, offered, path)
        path.append(f"{node.feature} unknown {question}: both")
        yes = self._walk(node.yes, here, features, offered, path)
        no = self._walk(node.no, here, features, offered, path)
        share = (node.yes.rows + 0.5) / (node.rows + 1.0)
        return {cause: share * yes[cause] + (1.0 - share) * no[cause] for cause in Cause}


def diagnose(text: str, *, tree: DecisionTree | None = None) -> Diagnosis:
    """Names the cause of the slow section in a text with a drive-test and an engineering-parameter table.

    When the text lists candidate causes, only those are considered and the answer carries the text's own
    label.

    Args:
        text: Free text with the two pipe tables.
        tree: Another decision tree than the one shipped with the package.

    Raises:
        DriveTestFormatError: A table, or what a table cannot do without, is missing.
    """
    test = parse_drive_test(text)
    features = extract_features(test)
    offered = match_options(test.options)
    values: dict[str, Any] = asdict(features)
    probabilities, path = (tree or load_tree()).distribution(values, frozenset(offered) or frozenset(Cause))
    ranked = sorted(probabilities, key=lambda cause: -probabilities[cause])
    labels = {cause: option.label for cause, option in offered.items()}
    best = ranked[0]
    return Diagnosis(
        label=labels.get(best, best.value),
        cause=best,
        confidence=probabilities[best],
        explanation=CANONICAL[best].explanation,
        evidence=_evidence(best, values, test.threshold_mbps),
        path=path,
        scores=tuple(CauseScore(cause, probabilities[cause], labels.get(cause, "")) for cause in ranked),
        features=features,
    )


@cache
def load_tree() -> DecisionTree:
    """The decision tree shipped with the package."""
    artefact = json.loads(
        resources.files("coreagent.tools.drive_test").joinpath("tree.json").read_text(encoding="utf-8")
    )
    return DecisionTree(_node(artefact["tree"]), float(artefact["smoothing"]))


def _node(data: Mapping[str, Any]) -> Node:
    counts = {Cause(name): int(rows) for name, rows in data["counts"].items()}
    if "feature" not in data:
        return Node(counts=counts)
    return Node(
        counts=counts,
        feature=data["feature"],
        operator=data["operator"],
        limit=float(data["limit"]),
        yes=_node(data["yes"]),
        no=_node(data["no"]),
    )


def _evidence(cause: Cause, values: Mapping[str, float | None], threshold_mbps: float) -> tuple[str, ...]:
    first = (
        f"throughput averages {values['throughput_mbps']:.0f} Mbps over {values['section_samples']} samples "
        f"(threshold {threshold_mbps:g} Mbps)"
    )
    known = (
        template.format_map(values)
        for template in CANONICAL[cause].evidence
        if all(values[field] is not None for _, field, _, _ in string.Formatter().parse(template) if field)
    )
    return (first, *known)
