"""Made-up outcomes: longer questions are harder inside every task, while the task of the longest is the easiest."""

from collections.abc import Callable

import numpy as np
import pytest

from coreagent.routing.learning.difficulty.rasch import logistic
from coreagent.routing.outcomes import Outcomes

_THINGS = ("antenna", "router", "cell", "switch", "fibre", "mast", "modem", "relay")
_TASKS = ("short", "middle", "long")
_MODELS = ("small", "middling", "large")


def _question(steps: int, rng: np.random.Generator) -> str:
    """A sum in so many steps."""
    lines = [
        f"Then {rng.integers(2, 90)} more {rng.choice(_THINGS)}s, which are {rng.choice(_THINGS)}s, are added."
        for _ in range(steps)
    ]
    return " ".join([f"There is one {rng.choice(_THINGS)}.", *lines, "How many are there?"])


def _outcomes(per_task: int = 150, seed: int = 0, *, gaps: float = 0.0) -> Outcomes:
    """Three tasks and three models."""
    rng = np.random.default_rng(seed)
    prompts: list[str] = []
    domains: list[str] = []
    hard: list[float] = []
    for number, task in enumerate(_TASKS):
        for _ in range(per_task):
            extra = int(rng.integers(0, 6))
            prompts.append(_question(1 + 6 * number + extra, rng))
            domains.append(task)
            hard.append(0.6 * (extra - 2.5) - 1.5 * number)
    able = np.array([-2.0, -1.0, 0.5])
    scores = (rng.random((len(hard), 3)) < logistic(able - np.array(hard)[:, None])).astype(np.float32)
    scores[rng.random(scores.shape) < gaps] = np.nan
    return Outcomes.of(prompts, _MODELS, scores, domains=domains)


@pytest.fixture
def outcomes() -> Callable[..., Outcomes]:
    """``outcomes(per_task, seed, gaps=share)``."""
    return _outcomes


@pytest.fixture
def question() -> Callable[[int, np.random.Generator], str]:
    """``question(steps, rng)``."""
    return _question
