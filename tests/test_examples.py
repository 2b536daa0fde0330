"""Every example runs, offline, and prints what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PROMISES = {
    "ask.py": "built-in models, no LLM",
    "learned_routing.py": "answer (summarizer) -> strong/model: best trade",
    "make_documents.py": "7 documents in docs",
    "measure.py": "of 4 questions",
    "own_corpus.py": "4 hours",
    "own_graph.py": "complete: ",
    "real_models.py": "summarizer -> site/writer",
    "scripted_test.py": "passed: The power is 23 dBm",
    "write_with_approval.py": "complete - ",
}


def test_every_example_has_a_promise() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted(PROMISES)


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_it_runs(name: str, own_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:coreagent", str(EXAMPLES / name)],
        env={**os.environ, "COREAGENT_HOME": str(own_home)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PROMISES[name] in done.stdout
