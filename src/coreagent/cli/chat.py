"""``coreagent chat``."""

import asyncio
import sys

import click

from coreagent.cli.app import Place
from coreagent.conversations.database import conversations_path
from coreagent.conversations.store import ConversationStore
from coreagent.settings import Environment
from coreagent.terminal.engine import open_engine
from coreagent.tui.plain.line_mode import LineMode
from coreagent.tui.plain.lines import Lines


@click.command()
@click.argument("question", nargs=-1)
@click.option("--chat", "conversation", default="", metavar="ID", help="Go on with this one: an id, or last.")
@click.option("--continue", "go_on", is_flag=True, help="Go on with the conversation used last.")
@click.pass_context
def command(ctx: click.Context, question: tuple[str, ...], conversation: str, go_on: bool) -> int:
    """Hold a conversation: each line is a question, or a command such as /help. QUESTION is asked first.

    Everything said is kept, and found again by "coreagent chats". From a pipe each line is asked; answers go to
    standard output, all else to standard error. The exit code is 1 when some question was not answered.
    """
    place: Place = ctx.obj
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    mode = LineMode(
        ConversationStore(conversations_path(place.home or Environment().home)),
        lambda: open_engine(place.config, place.home),
        say=_say,
        tell=_tell,
        lines=Lines(),
        interactive=interactive,
    )
    if interactive:
        _tell("Ask a question about your network, O-RAN or your own documents. /help lists the commands.\n")
    answered = asyncio.run(mode.run("last" if go_on else conversation, " ".join(question)))
    return 0 if answered or interactive else 1


def _say(text: str) -> None:
    click.echo(text, nl=False)


def _tell(text: str) -> None:
    click.secho(text, nl=False, dim=True, err=True)
