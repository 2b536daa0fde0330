"""``coreagent corpus``."""

import asyncio
import textwrap
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from coreagent.cli.agent import open_agent
from coreagent.cli.confirm import confirmed
from coreagent.cli.failures import report
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import printable
from coreagent.errors import KnowledgeError
from coreagent.labels import Sensitivity

_LABELS = click.Choice([str(level) for level in Sensitivity])


@click.group()
def command() -> None:
    """Add, list, search, show and remove corpora."""


@command.command("add", short_help="Read files and folders into a corpus.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the corpus; made when it does not exist.")
@click.option("--label", type=_LABELS, help="How far its text may travel; public for a new corpus.")
@click.pass_context
def add(ctx: click.Context, paths: tuple[Path, ...], name: str, label: str | None) -> int:
    """Read files and folders (Markdown, reStructuredText, plain text) into a corpus.

    Unchanged files are passed over, so an interrupted import is taken up by the same command.
    """
    library = open_agent(ctx).system.library
    errors = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} documents"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("", total=None)
        added = library.add(
            paths,
            name=name,
            label=Sensitivity.parse(label) if label else None,
            progress=lambda path, outcome: progress.advance(task),
        )
    done = added.added + added.replaced + added.unchanged
    rate = added.chunks / added.seconds if added.seconds else 0.0
    click.echo(
        f"{added.corpus}: {added.added} added, {added.replaced} replaced, {added.unchanged} unchanged,"
        f" {len(added.skipped)} skipped; {added.chunks} new chunks in {added.seconds:.1f} s ({rate:.0f} chunks/s)"
    )
    for path, reason in added.skipped:
        click.echo(f"  skipped {printable(str(path))}: {printable(reason)}")
    if done:
        return 0
    mend = (
        "Mend what is listed as skipped, then run it again." if added.skipped else "Name Markdown, .rst or .txt files."
    )
    return report(KnowledgeError(f"no document was added to corpus {name!r}", mend=mend))


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the corpora."""
    table = new_table("corpus", "label", "documents", "chunks", "characters", whole="corpus")
    for info in open_agent(ctx).system.library.list():
        table.add_row(info.name, str(info.label), f"{info.documents:,}", f"{info.chunks:,}", f"{info.characters:,}")
    print_table(table)


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
    table = new_table("document", "title", "chunks", "characters", whole="document")
    for info in documents:
        cells = (info.slug, info.title, str(info.chunks), f"{info.characters:,}")
        table.add_row(*(Text(printable(cell)) for cell in cells))
    print_table(table)


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, name: str, yes: bool) -> int:
    """Delete corpus NAME. The files it was made from stay."""
    library = open_agent(ctx).system.library
    library.check((name,))
    if not confirmed(f"Delete corpus {name} and its indexes?", yes=yes):
        return 1
    library.remove(name)
    click.echo(f"removed {name}")
    return 0


@command.command("audit")
@click.argument("name")
@click.pass_context
def audit(ctx: click.Context, name: str) -> int:
    """Prove that every chunk of corpus NAME can be found."""
    audited = open_agent(ctx).system.library.audit(name)
    state = "sound" if audited.ok else f"{len(audited.problems)} problems"
    click.echo(f"{name}: {audited.documents} documents, {audited.chunks} chunks: {state}")
    for problem in audited.problems:
        click.echo(f"  {printable(problem)}")
    if audited.ok:
        return 0
    mend = f"Make it anew: coreagent corpus remove {name} && coreagent corpus add PATH --name {name}"
    return report(KnowledgeError(f"corpus {name!r} is damaged", mend=mend))
