"""``coreagent corpus stats``."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from coreagent.cli.agent import open_agent
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import json_text, printable

if TYPE_CHECKING:
    from coreagent.knowledge.inventory import Inventory

_TOP = 8


@click.command("stats")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def stats(ctx: click.Context, name: str, as_json: bool) -> None:
    """Count what is in corpus NAME."""
    found = open_agent(ctx).system.library.stats(name)
    if as_json:
        click.echo(json_text(plain(found), indent=2))
        return
    counts = found.stats
    table = new_table("figure", "value", whole="figure")
    for heading, value in (
        ("corpus", f"{found.name}, {found.label}, made {found.created}"),
        ("documents", f"{counts.documents:,}"),
        ("clauses", f"{counts.clauses:,}"),
        ("chunks", f"{counts.chunks:,}"),
        ("characters", f"{counts.characters:,}"),
        ("chunk size", f"p50 {found.chunk_p50:,.0f}, p95 {found.chunk_p95:,.0f} characters"),
        ("chunks by kind", _counted(counts.kinds)),
        ("languages", _counted(counts.languages)),
        ("formats", _counted(counts.formats)),
        ("labels", _counted(counts.labels)),
        ("licences", _counted(counts.licences)),
        ("specifications", _counted(found.specifications)),
        ("releases", _counted(counts.releases)),
        ("equal chunks", f"{counts.duplicates:,}"),
        ("near-duplicates", _groups(found.near_duplicates)),
        ("glossary terms", f"{counts.terms:,}"),
        ("embedder", f"{found.embedder.name}, {found.embedder.dimensions} dimensions, {found.embedder.digest[:12]}"),
        ("size", _size(found)),
    ):
        table.add_row(heading, Text(printable(value)))
    print_table(table)


def plain(found: "Inventory") -> dict[str, Any]:
    """As JSON values: the fields of ``Inventory``, with those of its ``stats`` beside them."""
    values = asdict(found)
    counts = values.pop("stats")
    return {**values, "label": str(found.label), **counts}


def _counted(counts: dict[str, int]) -> str:
    """The most frequent; a document that does not say is counted last."""
    named = {key: count for key, count in counts.items() if key}
    parts = [f"{key} {count:,}" for key, count in list(named.items())[:_TOP]]
    if len(named) > _TOP:
        parts.append(f"{len(named) - _TOP:,} more")
    if named and counts.get(""):
        parts.append(f"not said {counts['']:,}")
    return ", ".join(parts) or "none"


def _groups(groups: tuple[tuple[str, ...], ...]) -> str:
    if not groups:
        return "none"
    copies = sum(len(group) - 1 for group in groups)
    shown = f"{', '.join(groups[0][:3])}{' ...' if len(groups[0]) > 3 else ''}"
    return f"{copies:,} documents too many in {len(groups):,} groups, the largest: {shown}"


def _size(found: "Inventory") -> str:
    own = f"text {_bytes(found.text_bytes)}, vectors {_bytes(found.vector_bytes)}"
    return f"{own}; the folder of all corpora {_bytes(found.disk_bytes)}"


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
