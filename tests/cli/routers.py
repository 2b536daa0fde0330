"""What the tests of ``coreagent route`` share: tables of outcomes and a trained router in the current folder."""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.evaluation.outcome_files import SETTINGS, rows, write_rows

from coreagent.evaluation.routing import train_router

COUNT = 80


@cache
def _kept() -> Path:
    """Trained once for all tests."""
    folder = Path(mkdtemp(prefix="coreagent-router-"))
    atexit.register(shutil.rmtree, folder)
    train_router([write_rows(folder / "table.jsonl", rows(COUNT, role="summarizer"))], out=folder / "router.npz")
    return folder


def write_table(name: str = "table.jsonl", count: int = COUNT, *, seed: int = 0) -> str:
    """A table of the models small and large; gives its name."""
    return write_rows(name, rows(count, seed=seed, role="summarizer"))


def write_router(name: str = "router.npz") -> str:
    """A router that was trained on :func:`write_table`; gives its name."""
    shutil.copy(_kept() / "router.npz", name)
    return name


def write_settings() -> None:
    """Settings with both models in the current folder."""
    Path("coreagent.toml").write_text(SETTINGS, encoding="utf-8")
