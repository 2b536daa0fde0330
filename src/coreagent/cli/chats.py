"""``coreagent chats``."""

import time
from pathlib import Path

import click
from rich.text import Text

from coreagent.cli.app import Place
from coreagent.cli.confirm import confirmed
from coreagent.cli.parameters import NamedPath
from coreagent.cli.render import console, new_table, print_answer, print_table
from coreagent.cli.text import printable
from coreagent.conversations.database import conversations_path
from coreagent.conversations.export import EXPORT_KINDS, ExportKind, export_text, write_export
from coreagent.conversations.importing import import_into
from coreagent.conversations.records import Hit, Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import RunError
from coreagent.settings import Environment

_ENDINGS: dict[str, ExportKind] = {".md": "markdown", ".html": "html", ".htm": "html", ".jsonl": "jsonl"}


@click.group()
def command() -> None:
    """List, search, show, export and import conversations. CHAT is an id, its beginning, or "last"."""


def _store(ctx: click.Context) -> ConversationStore:
    place: Place = ctx.obj
    store = ConversationStore(conversations_path(place.home or Environment().home))
    ctx.call_on_close(store.close)
    return store


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20)
@click.pass_context
def list_(ctx: click.Context, limit: int) -> None:
    """List conversations, the last used first."""
    table = new_table("chat", "last used", "turns", "cost", "title", whole="chat")
    for chat in _store(ctx).list(limit):
        used = time.strftime("%m-%d %H:%M", time.localtime(chat.updated_s))
        title = Text(printable(chat.title or "(a draft)"))
        table.add_row(chat.id, used, f"{chat.turns:,}", f"${chat.usd:.4g}", title)
    print_table(table)


@command.command("show")
@click.argument("chat", default="last")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many of the last turns.")
@click.pass_context
def show(ctx: click.Context, chat: str, limit: int | None) -> None:
    """Show a conversation."""
    store = _store(ctx)
    found = store.get(chat)
    click.echo(f"{found.id}  {printable(found.title)}")
    for turn in store.turns(found.id, limit=limit):
        click.echo()
        _print_turn(turn)


@command.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--chat", default="", help="Only in this conversation.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20)
@click.pass_context
def search(ctx: click.Context, words: tuple[str, ...], chat: str, limit: int) -> None:
    """Find turns that hold all WORDS, in question or answer; the last word may go on.

    "Words in quotes" must follow each other.
    """
    store = _store(ctx)
    within = store.get(chat).id if chat else ""
    # The shell took the quotation marks away.
    asked = " ".join(f'"{word}"' if " " in word else word for word in words)
    hits = store.search(asked, limit=limit, conversation=within)
    for hit in hits:
        _print_hit(hit)
    if not hits:
        click.echo("nothing found", err=True)


@command.command("export")
@click.argument("chat", default="last")
@click.option("--format", "kind", type=click.Choice(EXPORT_KINDS), help="Markdown, if the file's name does not say.")
@click.option("--output", type=NamedPath(path_type=Path, dir_okay=False), help="Write this file instead of printing.")
@click.pass_context
def export(ctx: click.Context, chat: str, kind: ExportKind | None, output: Path | None) -> None:
    """Write a conversation as Markdown, as a web page (html), or as JSON lines that can be imported again."""
    store = _store(ctx)
    found = store.get(chat)
    turns = store.turns(found.id)
    chosen: ExportKind = kind or _ENDINGS.get(output.suffix.lower() if output else "", "markdown")
    if output is None:
        click.echo(export_text(chosen, found, turns), nl=False)
        return
    write_export(output, chosen, found, turns)
    click.echo(f"wrote {len(turns)} turns to {output}")


@command.command("import")
@click.argument("file", type=NamedPath(path_type=Path))
@click.option("--copy", "as_copy", is_flag=True, help="As a new conversation, even if it is here already.")
@click.pass_context
def import_(ctx: click.Context, file: Path, as_copy: bool) -> None:
    """Take in the conversations of FILE (JSON lines from "export"), all or none; what is here already stays."""
    for taken in import_into(_store(ctx), file, as_copy=as_copy):
        known = f", {taken.known} were here already" if taken.known else ""
        click.echo(f"{taken.conversation.id}  {taken.added} turns added{known}")


@command.command("rename")
@click.argument("chat")
@click.argument("title")
@click.pass_context
def rename(ctx: click.Context, chat: str, title: str) -> None:
    """Give a conversation another title."""
    store = _store(ctx)
    found = store.get(chat)
    store.rename(found.id, title)
    click.echo(f"{found.id}  {printable(store.get(found.id).title)}")


@command.command("delete")
@click.argument("chat")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def delete(ctx: click.Context, chat: str, yes: bool) -> int:
    """Delete a conversation with all its turns."""
    store = _store(ctx)
    found = store.get(chat)
    if not confirmed(f"Delete {printable(found.title or found.id)!r} with {found.turns} turns?", yes=yes):
        return 1
    owner = store.claim(found.id)
    if owner is not None:
        raise RunError(f"process {owner.pid} on {owner.host} has {found.id} open", mend="Close it there first.")
    store.delete(found.id)
    click.echo(f"deleted {found.id}")
    return 0


def _print_turn(turn: Turn) -> None:
    if turn.answer is not None:
        print_answer(turn.answer)
        return
    click.echo(f"Q  {printable(turn.question)}")
    if turn.text:
        click.echo(f"\nA  {printable(turn.text)}")
    click.echo(" ".join(filter(None, (f"\n   {turn.state}", printable(turn.error), printable(turn.mend)))))


def _print_hit(hit: Hit) -> None:
    line = Text(hit.excerpt)
    for start, end in hit.marks:
        line.stylize("bold", start, end)
    asked = time.strftime("%Y-%m-%d", time.localtime(hit.asked_s))
    click.echo(f"{hit.conversation}  turn {hit.position + 1}  {asked}  {printable(hit.title)}")
    console().print(Text.assemble("   ", line), soft_wrap=True)
