"""Outcome tables in files: sums that a small model does too, and law that a large one alone knows."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MODELS = ("small", "large")
USD = {"small": 0.0001, "large": 0.01}
_SUMS = ("What is {a} plus {b}?", "Add {a} to {b}.")
_LAW = ("Which clause of contract {a} covers outage {b}?", "Does paragraph {a} bind roaming partner {b}?")


def prompts(count: int, *, seed: int = 0) -> list[tuple[str, bool]]:
    """Different prompts, each with whether it is easy; kinds alternate."""
    draw = random.Random(seed)
    return [
        (
            draw.choice(_LAW if number % 2 else _SUMS).format(a=1_000 * seed + number, b=draw.randint(1, 999)),
            number % 2 == 0,
        )
        for number in range(count)
    ]


def rows(count: int, *, models: Sequence[str] = MODELS, seed: int = 0, **more: Any) -> list[dict[str, Any]]:
    """A line for each prompt and model. The small model fails at law and rarely at sums, the large one rarely."""
    draw = random.Random(seed + 1)
    return [
        {
            "prompt": prompt,
            "model": model,
            "score": int(draw.random() < (0.95 if easy or model != "small" else 0.05)),
            "usd": USD.get(model, 0.001),
            **more,
        }
        for prompt, easy in prompts(count, seed=seed)
        for model in models
    ]


def write_rows(path: Path | str, lines: Sequence[dict[str, Any]]) -> str:
    """As JSON Lines; gives the path."""
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


SETTINGS = "\n".join(
    f'[models.{name}]\nbase_url = "http://127.0.0.1:9/v1"\nparams_b = {size}\nplacement = "{place}"\n'
    f"price = {{input_usd_per_mtok = {usd}, output_usd_per_mtok = {usd}}}\n"
    for name, size, place, usd in (("small", 1.0, "device", 1.0), ("large", 70.0, "cloud", 30.0))
)
"""Settings with both models: a small one on the device, a large one in the cloud."""
