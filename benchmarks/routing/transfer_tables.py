"""The tables of the transfer benchmark: nine models' outcomes to fit on, and weak against strong to route.

LLMRouter's table (https://github.com/ulab-uiuc/LLMRouter) keeps the options of its choice questions beside the
questions; they are put under them here, as they were when the models answered. RouteLLM's tables
(https://github.com/lm-sys/RouteLLM) hold prompts as asked.
"""

import ast
import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.evals.suites.outcome_table import read_outcomes
from coreagent.messages import sound
from coreagent.routing.learning.difficulty.features import parts, words
from coreagent.routing.outcomes import Floats, Outcomes

TARGETS = ("mmlu", "gsm8k")
_GRAMS = 8
_NEAR = 0.2
"""A question asks nearly the same as one that is routed when more of its runs of eight words stand in one of those."""
_SAME_SOURCE = {"gsm8k": ("agentverse-mgsm",)}
"""Tasks made of a target's own test questions: all are left out, as other rows of the target are routed elsewhere."""
_ASKED_FOR = re.compile(r"\s*After careful thought, put you[^\n]*$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """A table to route: right or wrong in 0..1 of the weak and the strong model, shape (n,), at each prompt."""

    name: str
    prompts: tuple[str, ...]
    weak: Floats
    strong: Floats


def read_target(folder: Path) -> Target:
    """Contaminated prompts are left out; the weaker model of the two is the weak one."""
    found = read_outcomes(folder)
    scores = np.array(found.scores, dtype=np.float32)
    weak, strong = np.argsort(scores.mean(axis=0))[[0, -1]].tolist()
    return Target(name=folder.name, prompts=found.prompts, weak=scores[:, weak], strong=scores[:, strong])


def read_training(folder: Path) -> Outcomes:
    """The nine models' outcomes, a domain for each task, options under the questions that have any."""
    found = read_outcomes(folder / "dcrouter_train.json.gz")
    asked: dict[str, dict[str, Any]] = {}
    with gzip.open(folder / "default_query_train.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            asked.setdefault(sound(row["query"]), row)
    rows = [asked[prompt] for prompt in found.prompts]
    return Outcomes.of(
        [_with_options(prompt, row) for prompt, row in zip(found.prompts, rows, strict=True)],
        found.models,
        found.scores,
        domains=[str(row["task_name"]) for row in rows],
        ids=found.ids,
        data_hash=found.data_hash,
    )


def apart(training: Outcomes, targets: Iterable[Target]) -> tuple[Outcomes, dict[str, int]]:
    """The rows that ask nothing that is routed, and how many were left out of each task."""
    targets = tuple(targets)
    whole, runs = set[tuple[str, ...]](), set[tuple[str, ...]]()
    for target in targets:
        for prompt in target.prompts:
            said = _said(prompt)
            whole.add(said)
            runs.update(_runs(said))
    own = {task for target in targets for task in _SAME_SOURCE.get(target.name, ())}
    kept = np.ones(len(training), dtype=np.bool_)
    dropped: dict[str, int] = {}
    for place, (prompt, task) in enumerate(zip(training.prompts, training.domains, strict=True)):
        said = _said(prompt)
        near = _runs(said)
        if task in own or said in whole or (near and sum(run in runs for run in near) > _NEAR * len(near)):
            kept[place] = False
            dropped[task] = dropped.get(task, 0) + 1
    return training.take(kept), dropped


def without(training: Outcomes, tasks: Iterable[str]) -> Outcomes:
    """The rows of all other tasks."""
    left: NDArray[np.bool_] = ~np.isin(np.array(training.domains), list(tasks))
    return training.take(left)


def _said(prompt: str) -> tuple[str, ...]:
    # Numbers count here: two sums with other numbers are two questions.
    stem = parts(_ASKED_FOR.sub("", prompt))[0]
    return tuple(re.findall(r"[a-z0-9]+", stem.lower()) or words(stem))


def _runs(said: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [said[place : place + _GRAMS] for place in range(len(said) - _GRAMS + 1)]


def _with_options(prompt: str, row: dict[str, Any]) -> str:
    if row["metric"] != "em_mc" or not row["choices"]:
        return _ASKED_FOR.sub("", prompt)
    choices: Any = ast.literal_eval(row["choices"]) if isinstance(row["choices"], str) else row["choices"]
    texts: list[Any] = choices if str(row["choices"]).startswith("[") else choices["text"]
    lines = [f"{letter}. {str(text).strip()}" for letter, text in zip("ABCDEFGHIJ", texts, strict=False)]
    return "\n".join([prompt.rstrip(), *lines, "Answer:"])
