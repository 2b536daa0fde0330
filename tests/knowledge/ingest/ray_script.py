"""Adds a folder by way of a Ray cluster that it starts on this machine; run as a program, since Ray starts others."""

import json
import sys
from pathlib import Path
from typing import Any

import ray as _ray  # pyright: ignore[reportMissingImports]

from coreagent.knowledge.ingest.jobs import Job, Limits
from coreagent.knowledge.ingest.pipeline import Intake
from coreagent.knowledge.ingest.ray_engine import RayEngine
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Sensitivity
from coreagent.testing.hash_embedder import HashEmbedder

ray: Any = _ray


def main(docs: Path, program: str) -> None:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    embedder, store = HashEmbedder(), Store.open(None)

    def corpus() -> CorpusRow:
        return store.create("mine", label=Sensitivity.PUBLIC, embedder=embedder.identity)

    engine = RayEngine(Limits(file_seconds=20, file_memory_mb=256), workers=2, program=(program,))
    try:
        intake = Intake(store, corpus, embedder=embedder, engine=engine, known={})
        report = intake.run([docs]).report("mine", seconds=1)
        # What is still in flight is given up.
        engine.submit(Job(source=docs / "00.txt", shown="x", name="x"))
    finally:
        engine.close()
    failed = {path.name: reason for path, reason in report.failed}
    stored = sorted(row.path for row in store.documents(store.corpus("mine")))
    print(json.dumps({"added": report.added, "failed": failed, "stored": stored}))
    store.close()
    ray.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
