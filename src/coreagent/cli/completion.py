"""``coreagent completion``."""

import click
from click.shell_completion import get_completion_class

from coreagent.cli.app import application


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    r"""Print the completion script of SHELL: bash, zsh or fish.

    \b
    bash   eval "$(coreagent completion bash)"    into ~/.bashrc
    zsh    eval "$(coreagent completion zsh)"     into ~/.zshrc
    fish   coreagent completion fish | source     into ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(application, {}, "coreagent", "_COREAGENT_COMPLETE").source())
