"""``coreagent graph``."""

import click

from coreagent.cli.agent import open_agent
from coreagent.errors import UnknownNameError
from coreagent.graphs.core import core
from coreagent.graphs.draw import ascii_graph, mermaid
from coreagent.graphs.tool_use import tool_use

_GRAPHS = {"core": core, "tool_use": tool_use}


@click.group()
def command() -> None:
    """Draw the graphs."""


@command.command("show")
@click.argument("name", default="core")
@click.option("--format", "form", type=click.Choice(["ascii", "mermaid", "both"]), default="both")
@click.pass_context
def show(ctx: click.Context, name: str, form: str) -> None:
    """Draw graph NAME (core or tool_use)."""
    if name not in _GRAPHS:
        raise UnknownNameError("graph", name, _GRAPHS)
    graph = _GRAPHS[name](open_agent(ctx).system.deps).compile()
    if form in ("ascii", "both"):
        click.echo(ascii_graph(graph))
    if form in ("mermaid", "both"):
        click.echo(mermaid(graph))
