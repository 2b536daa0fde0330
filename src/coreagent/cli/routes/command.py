"""``coreagent route``."""

import click

from coreagent.cli.lazy import LazyGroup

_HERE = "coreagent.cli.routes"
_COMMANDS = {
    "explain": (f"{_HERE}.explain", "Say which model did each call of a run, and why."),
    "train": (f"{_HERE}.train", "Train a router on recorded outcomes."),
    "evaluate": (f"{_HERE}.evaluate", "Replay policies on recorded outcomes; no model is asked."),
    "replay": (f"{_HERE}.replay", "Say what a recorded run would have cost under another policy."),
    "show": (f"{_HERE}.show", "Show what a trained router knows and was trained on."),
    "add": (f"{_HERE}.add", "Add a model to a trained router from a few dozen scored questions."),
    "label": (f"{_HERE}.label", "Choose the questions most worth scoring with an expensive model."),
    "sweep": (f"{_HERE}.sweep", "Sweep the weight of an objective and show what it trades."),
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Train, measure and explain which model does which call."""
