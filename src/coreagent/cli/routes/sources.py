"""What the commands that read outcomes share: their sources, their options, and how wide a report is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from coreagent.cli.evals.runs import chosen_run
from coreagent.cli.parameters import NamedPath
from coreagent.cli.render import console
from coreagent.evaluation.runs import Bench
from coreagent.plans import ROLES

FILE_WIDTH, MOST_WIDTH = 120, 160

with_sources = click.argument("sources", nargs=-1, required=True, type=NamedPath(path_type=Path), metavar="SOURCE...")
"""Outcome tables, or folders of evaluation runs."""
with_role = click.option("--role", type=click.Choice(ROLES), help="Rows of this role alone.")
with_prices = click.option(
    "--prices",
    type=NamedPath(path_type=Path),
    help="Price list: a JSON object of models with input_price and output_price, dollars per million tokens.",
)
with_local = click.option(
    "--local", multiple=True, metavar="MODEL", help="A model that is not in the cloud. Repeatable."
)
with_overlap = click.option(
    "--overlap",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="What happens to rows that something was fitted on.",
)
with_json = click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")


def with_router(*, required: bool = False) -> Callable[[Any], Any]:
    """The option ``--router``."""
    return click.option(
        "--router", type=NamedPath(path_type=Path), required=required, help="A file of coreagent route train."
    )


def places_of(bench: Bench, sources: Sequence[Path]) -> list[Path]:
    """The sources, those of runs also by name alone below the folder of runs."""
    return [chosen_run(bench, source) for source in sources]


def report_width() -> int:
    """Columns for a report: those of the terminal, and in a file as many as intervals need."""
    return min(console().width, MOST_WIDTH) if console().is_terminal else FILE_WIDTH
