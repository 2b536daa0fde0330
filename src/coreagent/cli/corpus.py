"""``coreagent corpus``."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import click
from rich.text import Text

from coreagent.cli.adding import print_report, shown_progress
from coreagent.cli.agent import open_agent
from coreagent.cli.confirm import confirmed
from coreagent.cli.corpus_eval import evaluate
from coreagent.cli.corpus_stats import stats
from coreagent.cli.failures import report
from coreagent.cli.render import new_table, print_table
from coreagent.cli.searching import search
from coreagent.cli.text import printable
from coreagent.errors import KnowledgeError
from coreagent.knowledge.reports import DocumentInfo
from coreagent.labels import Sensitivity

_LABELS = click.Choice([str(level) for level in Sensitivity])
_COLUMNS: dict[str, Callable[[DocumentInfo], str]] = {
    "document": lambda info: info.slug,
    "title": lambda info: info.title,
    "number": lambda info: info.specification.number,
    "version": lambda info: info.specification.version,
    "release": lambda info: info.specification.release,
    "language": lambda info: info.language,
    "chunks": lambda info: str(info.chunks),
    "characters": lambda info: f"{info.characters:,}",
}
_WHERE_KNOWN = ("number", "version", "release", "language")
"""Columns that are shown when any document has one."""


@click.group()
def command() -> None:
    """Add, list, search, measure, show and remove corpora."""


@command.command("add", short_help="Read files, folders and archives into a corpus.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the corpus; made when it does not exist.")
@click.option("--label", type=_LABELS, help="How far its text may travel; public for a new corpus.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="Where files are converted.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done with every file as one JSON object.")
@click.pass_context
def add(
    ctx: click.Context,
    paths: tuple[Path, ...],
    name: str,
    label: str | None,
    engine: Literal["local", "ray"],
    as_json: bool,
) -> int:
    """Read files, folders and archives into a corpus.

    PDF, DOCX, PPTX, XLSX, HTML, Markdown, reStructuredText, YANG, OpenAPI, captures, logs and plain text; zip and tar
    archives of them. Unchanged files are passed over, so an interrupted import is taken up by the same command.
    """
    library = open_agent(ctx).system.library
    with shown_progress() as progress:
        added = library.add(
            paths, name=name, label=Sensitivity.parse(label) if label else None, engine=engine, progress=progress
        )
    return print_report(added, as_json=as_json)


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the corpora."""
    table = new_table("corpus", "label", "documents", "chunks", "characters", whole="corpus")
    for info in open_agent(ctx).system.library.list():
        table.add_row(info.name, str(info.label), f"{info.documents:,}", f"{info.chunks:,}", f"{info.characters:,}")
    print_table(table)


command.add_command(search)
command.add_command(evaluate)
command.add_command(stats)


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
    columns = {name: [told(info) for info in documents] for name, told in _COLUMNS.items()}
    # Few corpora are of standards only, and many are of none.
    kept = {name: cells for name, cells in columns.items() if name not in _WHERE_KNOWN or any(cells)}
    table = new_table(*kept, whole="document")
    for cells in zip(*kept.values(), strict=True):
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


@command.command("audit", short_help="Check corpus NAME, and that its chunks are found.")
@click.argument("name")
@click.option("--deep", is_flag=True, help="Ask both indexes for every chunk, not for 200 of them.")
@click.pass_context
def audit(ctx: click.Context, name: str, deep: bool) -> int:
    """Check corpus NAME: its rows, texts and vectors, and that its chunks can be found."""
    audited = open_agent(ctx).system.library.audit(name, deep=deep)
    state = "sound" if audited.ok else f"{len(audited.problems)} problems"
    click.echo(f"{name}: {audited.documents} documents, {audited.chunks} chunks: {state}")
    for problem in audited.problems:
        click.echo(f"  {printable(problem)}")
    if audited.ok:
        return 0
    mend = f"Make it anew from its stored text: coreagent corpus rebuild {name}"
    return report(KnowledgeError(f"corpus {name!r} is damaged", mend=mend))


@command.command("rebuild", short_help="Make corpus NAME anew from its stored text.")
@click.argument("name")
@click.pass_context
def rebuild(ctx: click.Context, name: str) -> int:
    """Make corpus NAME anew from its stored text, with the embedder of the settings.

    The files it was made from are not needed. The old one answers until the new one is whole; interrupted, run it
    again.
    """
    done = open_agent(ctx).system.library.rebuild(name)
    resumed = f", {done.resumed} of them done before" if done.resumed else ""
    click.echo(f"{name}: {done.documents} documents made anew{resumed}")
    return 0
