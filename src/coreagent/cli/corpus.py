"""``coreagent corpus``."""

import asyncio
import textwrap
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from coreagent.cli.agent import open_agent
from coreagent.cli.render import console
from coreagent.cli.text import printable
from coreagent.labels import Sensitivity

_LABELS = click.Choice([str(level) for level in Sensitivity])


@click.group()
def command() -> None:
    """Add, list, search, show and remove corpora."""


@command.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the corpus; made when it does not exist.")
@click.option("--label", type=_LABELS, help="How far its text may travel; public for a new corpus.")
@click.pass_context
def add(ctx: click.Context, paths: tuple[Path, ...], name: str, label: str | None) -> int:
    """Read files and folders (Markdown, reStructuredText, plain text) into a corpus."""
    library = open_agent(ctx).system.library
    with Progress(
        TextColumn("{task.description}"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), console=console()
    ) as progress:
        task = progress.add_task("documents", total=None)
        report = library.add(
            paths,
            name=name,
            label=Sensitivity.parse(label) if label else None,
            progress=lambda path, outcome: progress.advance(task),
        )
    done = report.added + report.replaced + report.unchanged
    rate = report.chunks / report.seconds if report.seconds else 0.0
    click.echo(
        f"{report.corpus}: {report.added} added, {report.replaced} replaced, {report.unchanged} unchanged,"
        f" {len(report.skipped)} skipped; {report.chunks} new chunks in {report.seconds:.1f} s ({rate:.0f} chunks/s)"
    )
    for path, reason in report.skipped:
        click.echo(f"  skipped {printable(str(path))}: {printable(reason)}")
    return 0 if done else 8


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the corpora."""
    table = Table("corpus", "label", "documents", "chunks", "characters", box=None, pad_edge=False)
    for info in open_agent(ctx).system.library.list():
        table.add_row(info.name, str(info.label), f"{info.documents:,}", f"{info.chunks:,}", f"{info.characters:,}")
    console().print(table)


@command.command("search")
@click.argument("query")
@click.option("--corpus", "corpora", multiple=True)
@click.option("--limit", type=click.IntRange(1, 100), default=6)
@click.option("--explain", is_flag=True, help="Show the lexical and dense score of each hit.")
@click.pass_context
def search(ctx: click.Context, query: str, corpora: tuple[str, ...], limit: int, explain: bool) -> None:
    """Find the passages nearest to QUERY."""
    found = asyncio.run(open_agent(ctx).system.library.search(query, corpora=corpora, limit=limit))
    for number, hit in enumerate(found.hits, start=1):
        where = hit.evidence.citation
        scores = f"  lexical {hit.lexical:.2f}  dense {hit.dense:.2f}" if explain else ""
        click.echo(f"[{number}] {hit.score:.2f}{scores}  {printable(str(where))} ({where.start}-{where.end})")
        click.echo(textwrap.indent(printable(textwrap.shorten(hit.evidence.text, 300, placeholder=" ...")), "    "))
    click.echo(f"confidence that anything relevant was found: {found.confidence:.2f}")


@command.command("show")
@click.argument("name")
@click.argument("document", required=False)
@click.pass_context
def show(ctx: click.Context, name: str, document: str | None) -> None:
    """List the documents of corpus NAME, or print DOCUMENT."""
    documents = open_agent(ctx).system.library.show(name, document)
    if document:
        click.echo(printable(documents[0].text))
        return
    table = Table("document", "title", "chunks", "characters", box=None, pad_edge=False)
    for info in documents:
        table.add_row(info.slug, printable(info.title), str(info.chunks), f"{info.characters:,}")
    console().print(table)


@command.command("remove")
@click.argument("name")
@click.confirmation_option(prompt="Delete the corpus and its indexes?")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Delete corpus NAME. The files it was made from stay."""
    open_agent(ctx).system.library.remove(name)
    click.echo(f"removed {name}")


@command.command("audit")
@click.argument("name")
@click.pass_context
def audit(ctx: click.Context, name: str) -> int:
    """Prove that every chunk of corpus NAME can be found."""
    report = open_agent(ctx).system.library.audit(name)
    click.echo(printable(str(report)))
    return 0 if report.ok else 8
