"""What a trained router is worth on a kind of question that it never saw, in one command.

    python -m benchmarks.routing.new_task --data DIR        (a quarter of an hour)

``DIR`` (or ``COREAGENT_DATA``) holds ``llmrouter_ulab``. Each of its tasks is left out in turn; the router is fitted on
the others and routes the one left out to the model it predicts best, with caution and without. The last line is the
same over held-out prompts of the tasks it was fitted on, averaged over the rounds: what caution costs.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.routing.cross_fit import setup

from coreagent.evals.routing.tables import read_outcome_table
from coreagent.evals.statistics import compare_means
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.outcomes import Floats, Outcomes


def read_tasks(folder: Path) -> Outcomes:
    """The nine-model table with each question's task as its domain."""
    outcomes = read_outcome_table(folder / "dcrouter_train.json.gz")
    tasks: dict[str, str] = {}
    with gzip.open(folder / "default_query_train.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            tasks[str(row["query"]).strip()] = str(row["task_name"])
    return replace(outcomes, domains=tuple(tasks.get(prompt.strip(), "") for prompt in outcomes.prompts))


def routed(predicted: Floats, scores: Floats) -> Floats:
    """Score of the model predicted best, a row."""
    chosen: Floats = scores[np.arange(len(scores)), predicted.argmax(axis=1)]
    return chosen


def shown(lines: Mapping[str, Floats]) -> str:
    """The mean of each."""
    return "  ".join(f"{float(values.mean()):7.3f}" for values in lines.values())


def main() -> None:
    """Leave each task out, print one line a task and the means."""
    where = setup(__doc__ or "", None)
    table = read_tasks(where.data / "llmrouter_ulab")
    # Tasks are told to caution alone: a domain would be a feature that no new task has.
    plain = replace(table, domains=("",) * len(table))
    tasks = np.array(table.domains)
    embedder = StaticEmbedder.load()
    lines: dict[str, list[Floats]] = {name: [] for name in ("single", "router", "cautious", "oracle")}
    known: dict[str, list[float]] = {"router": [], "cautious": []}
    print(f"{'left out':22} {'rows':>5}  single  router  cautious  oracle")
    for task in sorted(set(tasks.tolist()) - {""}):
        out, kept = tasks == task, tasks != task
        scores = table.scores[out]
        trained = fit_router(plain.take(kept), embedder)
        cautious = fit_router(table.take(kept), embedder, cautious=True)
        careful = replace(trained.router, caution=cautious.router.caution)
        best = int(np.nanmean(table.scores[kept], axis=0).argmax())
        found = {
            "single": scores[:, best],
            "router": routed(trained.router.scores(plain.take(out)), scores),
            "cautious": routed(careful.scores(plain.take(out)), scores),
            "oracle": scores.max(axis=1),
        }
        for name, values in found.items():
            lines[name].append(values)
        mixed = careful.caution
        assert mixed is not None
        inside = mixed.held_out(table.take(kept), embedder.embed_queries(table.take(kept).prompts), trained.held_out)
        known["router"].append(float(routed(trained.held_out, table.scores[kept]).mean()))
        known["cautious"].append(float(routed(inside, table.scores[kept]).mean()))
        print(
            f"{task:22} {int(out.sum()):5}  " + "  ".join(f"{values.mean():6.3f}" for values in found.values()),
            flush=True,
        )
    whole = {name: np.concatenate(values) for name, values in lines.items()}
    print(f"{'all':22} {len(whole['single']):5}  {shown(whole)}")
    for name in ("router", "cautious"):
        less = compare_means(whole[name].tolist(), whole["single"].tolist())
        apart = less.difference
        print(
            f"{name} less best single: {apart.value:+.3f} [{apart.low:+.3f}, {apart.high:+.3f}], p {less.p_value:.4f}"
        )
    print(f"on tasks it knows: router {np.mean(known['router']):.4f}, cautious {np.mean(known['cautious']):.4f}")


if __name__ == "__main__":
    main()
