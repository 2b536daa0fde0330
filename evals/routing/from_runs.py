"""Outcome tables from evaluation runs: who answered what, how well, and at what price.

A trial gives a row and a cell for each role that one model alone played in it: bare models play the role "", agents
planner, caller and summarizer. The score of the trial counts for each of them, so systems that differ in one role only
show what that role's model is worth. A verifier is no cell: its verdicts stand beside the answers, and
:func:`verdict_pairs` says how they relate to right and wrong. Trials that failed or were skipped are gaps.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.answer import UNVERIFIED
from coreagent.errors import InputError
from coreagent.evals.account.drafts import rounds_of, shown_of
from coreagent.evals.account.roles import calls_of
from coreagent.evals.routing.cells import Cells
from coreagent.evals.routing.streaming import Dropped
from coreagent.evals.run_folder import RunFolder
from coreagent.evals.samples import Sample
from coreagent.evals.suite import Suite
from coreagent.evals.suites.catalogue import OWN, suite
from coreagent.evals.system import CallRecord
from coreagent.evals.trials import ATTEMPTED, TrialRecord
from coreagent.events import Event, Planned, Routed, RunStarted, Verified, event_from_json
from coreagent.routing.outcomes import Outcomes

_ROLES = ("", "planner", "caller", "summarizer")
_TELLING = frozenset(kind.__name__ for kind in (Planned, Routed, RunStarted, Verified))
_ANSWERING = ("", "summarizer")


@dataclass(frozen=True, slots=True, eq=False)
class VerdictPairs:
    """Drafts that a verifier looked at and a suite could judge: its ``scores`` (n,) in 0..1 and ``right`` (n,).

    ``writers`` names the model that wrote each.
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    writers: tuple[str, ...]

    def __len__(self) -> int:
        """Drafts."""
        return len(self.scores)


def outcomes_of_runs(folders: Sequence[Path], *, suites: Mapping[str, Suite] | None = None) -> Outcomes:
    """One table of all runs, in each run's own order of options. Epochs and equal cells of several runs are averaged.

    The prompt of a row is what routing saw: the question, or a caller's instruction. Ids are ``suite/sample``, groups
    the questions themselves, however their options are ordered. ``suites`` are those of the runs by name; without them
    they are looked up.

    Raises:
        InputError: no folder is given, one holds no run or a damaged one, or nothing in them can be used.
        UnknownNameError: a suite of a run is not known any more.
    """
    cells, dropped = Cells(), Dropped()
    clusters: dict[str, str] = {}
    digest = hashlib.sha256()
    for folder, record, sample, judge, _ in _records(folders, suites):
        row_id = f"{record.key.suite}/{record.key.sample}"
        clusters[row_id] = sample.cluster
        digest.update(f"{folder.path.name} {record.key} {record.score!r}\n".encode(errors="replace"))
        if record.outcome not in ATTEMPTED:
            dropped.add(f"are gaps: {record.outcome}", str(record.key))
            continue
        seen = _Seen.of(record, sample, judge)
        for role, calls in _by_role(record).items():
            _add(cells, dropped, record, seen, role, calls, row_id)
    try:
        outcomes = cells.outcomes(data_hash=digest.hexdigest(), remarks=dropped.remarks())
    except InputError as error:
        told = f": {'; '.join(dropped.remarks())}" if dropped.counts else ""
        raise InputError(
            f"no outcome of a model in {', '.join(str(folder) for folder in folders)}{told}",
            mend="Run models alone, or agents with one model in each role.",
        ) from error
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(clusters[row_id], len(numbers)) for row_id in outcomes.ids]
    return replace(outcomes, groups=np.array(groups, dtype=np.int64))


def verdict_pairs(folders: Sequence[Path], *, suites: Mapping[str, Suite] | None = None) -> VerdictPairs:
    """Every draft of these runs with what the verifier gave it and whether it was right.

    Raises:
        InputError: as :func:`outcomes_of_runs`; no draft is no error.
        UnknownNameError: a suite of a run is not known any more.
    """
    scores: list[float] = []
    right: list[bool] = []
    writers: list[str] = []
    for _, record, sample, judge, think in _records(folders, suites):
        for round_ in rounds_of(record, sample, judge, think=think) if record.events else ():
            draft = round_.draft
            if draft is not None and draft.checked and draft.right is not None and 0 <= draft.score <= 1:
                scores.append(draft.score)
                right.append(draft.right)
                writers.append(draft.writer)
    return VerdictPairs(np.array(scores, dtype=np.float64), np.array(right, dtype=np.bool_), tuple(writers))


def _records(
    folders: Sequence[Path], suites: Mapping[str, Suite] | None
) -> Iterator[tuple[RunFolder, TrialRecord, Sample, Suite, bool]]:
    """Trials of the runs' own order of options whose sample is known, and whether they were asked to think.

    In the order of their keys: what is learned from a run is the same however its trials overtook each other.
    """
    if not folders:
        raise InputError("no run is named", mend="Name the folder of at least one run: coreagent eval runs.")
    for path in folders:
        folder = RunFolder(path).as_it_stands()
        manifest = folder.manifest()
        known = suites or {
            plan.suite: suite(f"{OWN}{plan.data}" if plan.suite.startswith(OWN) and plan.suite != OWN else plan.suite)
            for plan in manifest.plan.suites
        }
        samples = {(name, sample.id): sample for name, sample in folder.samples()}
        for record in folder.sorted_records():
            sample, judge = samples.get((record.key.suite, record.key.sample)), known.get(record.key.suite)
            if record.key.variant == 0 and sample is not None and judge is not None:
                yield folder, record, sample, judge, manifest.plan.think


@dataclass(frozen=True, slots=True)
class _Seen:
    """What routing saw in one trial: the question, instructions by subtask, domains by role, verdicts by writer."""

    question: str
    instructions: Mapping[str, str]
    subtasks: Mapping[str, frozenset[str]]
    domains: Mapping[str, str]
    verdicts: Mapping[str, float]

    @classmethod
    def of(cls, record: TrialRecord, sample: Sample, judge: Suite) -> "_Seen":
        question = ""
        instructions: dict[str, str] = {}
        subtasks: dict[str, set[str]] = defaultdict(set)
        domains: dict[str, str] = {}
        verdicts: dict[str, float] = {}
        for event in _told(record):
            match event:
                case RunStarted():
                    question = event.question
                case Planned():
                    instructions |= {task.id: task.instruction for task in event.plan.subtasks}
                case Routed(decision=decision):
                    subtasks[decision.role].add(decision.subtask)
                    domains.setdefault(decision.role, decision.domain)
                case Verified(verdict=verdict) if verdict.outcome != UNVERIFIED.outcome and 0 <= verdict.score <= 1:
                    verdicts[event.writer] = verdict.score
                case _:
                    pass
        return cls(
            question or judge.question(shown_of(sample, record)),
            instructions,
            {role: frozenset(names) for role, names in subtasks.items()},
            domains,
            verdicts,
        )

    def prompt(self, role: str) -> str:
        """What was routed for the role; empty where it was several things."""
        if role != "caller":
            return self.question
        asked = {self.instructions.get(name, "") for name in self.subtasks.get(role, ())}
        return asked.pop() if len(asked) == 1 else ""


def _told(record: TrialRecord) -> Iterator[Event]:
    for entry in record.events:
        if entry.get("event") in _TELLING:
            try:
                yield event_from_json(dict(entry))
            except ValueError:
                continue


def _by_role(record: TrialRecord) -> dict[str, list[CallRecord]]:
    calls: dict[str, list[CallRecord]] = defaultdict(list)
    for call in calls_of(record):
        calls[call.role].append(call)
    return {role: calls[role] for role in _ROLES if role in calls}


def _add(
    cells: Cells,
    dropped: Dropped,
    record: TrialRecord,
    seen: _Seen,
    role: str,
    calls: Sequence[CallRecord],
    row_id: str,
) -> None:
    models = {call.model for call in calls if not call.error}
    prompt = seen.prompt(role)
    if len(models) != 1 or not prompt.strip():
        why = "several models played the role" if len(models) > 1 else "no model answered"
        dropped.add(f"left out: {why if len(models) != 1 else 'several instructions in one trial'}", str(record.key))
        return
    (model,) = models
    values = {
        "scores": record.score,
        "usd": sum(call.usd for call in calls),
        "input_tokens": float(sum(call.input_tokens for call in calls)),
        "output_tokens": float(sum(call.output_tokens for call in calls)),
        # An answer from the store says nothing of how long the model takes.
        "seconds": math.nan if _any_replayed(calls) else sum(call.seconds for call in calls),
        "verdicts": seen.verdicts.get(model, math.nan) if role in _ANSWERING else math.nan,
    }
    cells.add(prompt, model, values, role=role, domain=seen.domains.get(role, ""), row_id=row_id)


def _any_replayed(calls: Iterable[CallRecord]) -> bool:
    return any(call.replayed for call in calls)
