"""From command-line options to what an evaluation is run with. Loads no graph and no corpus."""

from pathlib import Path

import click

from coreagent.cli.app import Place
from coreagent.evaluation.runs import Bench
from coreagent.settings import Environment, open_settings


def open_bench(ctx: click.Context, *, data: Path | None = None, replay_only: bool = False) -> Bench:
    """The settings and home of this invocation.

    Raises:
        SettingsError: the settings are wrong, or name code and were not chosen by name.
    """
    place: Place = ctx.obj
    environment = Environment()
    opened = open_settings(place.config, environment)
    return Bench(
        settings=opened.settings,
        environment=environment,
        home=place.home,
        data=data,
        base=opened.base,
        replay_only=replay_only,
    )
