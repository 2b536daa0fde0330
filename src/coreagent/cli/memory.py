"""``coreagent memory``."""

import asyncio
import textwrap
import time

import click
from rich.text import Text

from coreagent.agents.memory import LongTermMemory, MemoryItem
from coreagent.cli.agent import open_agent
from coreagent.cli.confirm import confirmed
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import printable
from coreagent.errors import UsageError
from coreagent.labels import Label, Sensitivity


@click.group()
def command() -> None:
    """List, search and delete what is remembered across sessions."""


def _memory(ctx: click.Context) -> LongTermMemory:
    memory = open_agent(ctx).system.memory
    if not isinstance(memory, LongTermMemory):
        raise UsageError("memory is switched off", mend="Set memory = true under [agent] in coreagent.toml.")
    return memory


@command.command("list")
@click.option("--kind", type=click.Choice(["fact", "episode"]))
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.pass_context
def list_(ctx: click.Context, kind: str | None, limit: int) -> None:
    """List items, newest first."""
    _print(_memory(ctx).list(kind, limit=limit))  # type: ignore[arg-type]  # click checked it


@command.command("search")
@click.argument("question")
@click.pass_context
def search(ctx: click.Context, question: str) -> None:
    """Show what would be recalled for QUESTION."""
    label = Label(Sensitivity.CONFIDENTIAL)
    _print(asyncio.run(_memory(ctx).recall(question, label=label, limit=10)))


@command.command("delete")
@click.argument("item")
@click.pass_context
def delete(ctx: click.Context, item: str) -> None:
    """Forget ITEM (its id, or a beginning of it that is unique)."""
    _memory(ctx).delete(item)
    click.echo(f"forgot {item}")


@command.command("clear")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def clear(ctx: click.Context, yes: bool) -> int:
    """Forget everything."""
    memory = _memory(ctx)
    if not confirmed("Forget everything?", yes=yes):
        return 1
    click.echo(f"forgot {memory.clear()} items")
    return 0


def _print(items: tuple[MemoryItem, ...]) -> None:
    table = new_table("item", "kind", "when", "label", "text", whole="item")
    for item in items:
        when = time.strftime("%Y-%m-%d", time.localtime(item.created_s))
        text = Text(printable(textwrap.shorten(item.text, 160, placeholder=" ...")))
        table.add_row(item.id, item.kind, when, str(item.label), text)
    print_table(table)
