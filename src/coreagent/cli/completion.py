"""``coreagent completion``."""

import click
from click.shell_completion import get_completion_class

from coreagent.cli.app import application


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL: put `eval "$(coreagent completion bash)"` into ~/.bashrc."""
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(application, {}, "coreagent", "_COREAGENT_COMPLETE").source())
