"""``coreagent route sweep``."""

import dataclasses
from pathlib import Path

import click

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.render import new_table, print_table
from coreagent.cli.routes.sources import places_of, with_json, with_overlap, with_role, with_router, with_sources
from coreagent.cli.text import json_text, printable
from coreagent.evaluation.routing import FlagSweep, sweep_flag
from coreagent.routing.learning.folds import SEED
from coreagent.routing.policies.flags import FLAGS
from coreagent.routing.replay.splits import Overlap


@click.command("sweep")
@with_sources
@click.option("--flag", type=click.Choice(FLAGS), required=True, help="The objective whose weight is swept.")
@with_router()
@with_overlap
@with_role
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="Of folds and draws.")
@with_json
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    flag: str,
    router: Path | None,
    overlap: Overlap,
    role: str | None,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Sweep the weight of an objective on recorded outcomes and show what it trades; no model is asked.

    What a model costs in the objective is read from the settings. Without --router a router is fitted that predicts
    each prompt from others.
    """
    bench = open_bench(ctx)
    found = sweep_flag(
        places_of(bench, sources),
        flag=flag,
        settings=bench.settings,
        router=router,
        overlap=overlap,
        role=role or "",
        seed=seed,
    )
    if as_json:
        click.echo(json_text(dataclasses.asdict(found), indent=1))
        return
    _tell(found)


def _tell(found: FlagSweep) -> None:
    click.echo(printable(f"{found.rows:,} rows, losses by {found.predicted_by}; {found.flag} of each model:"))
    for name, cost in zip(found.models, found.costs, strict=True):
        click.echo(printable(f"  {cost:.2f}  {name}"))
    click.echo()
    table = new_table("weight", "mean loss", f"mean {found.flag}", "", "share of prompts")
    for point, shares in zip(found.points, found.shares, strict=True):
        ranked = sorted(zip(shares, found.models, strict=True), key=lambda pair: (-pair[0], pair[1]))
        told = ", ".join(f"{name} {100 * share:.0f} %" for share, name in ranked if share > 0)
        mark = "*" if point.undominated else ""
        table.add_row(f"{point.weight:g}", f"{point.mean_loss:.3f}", f"{point.mean_cost:.3f}", mark, printable(told))
    print_table(table)
    click.echo("\n*: no other weight has both less loss and a lower cost")
    click.echo(f"the model predicted best was one of the best at {found.accuracy:.1%} of prompts")
    for remark in found.remarks:
        click.echo(printable(f"- {remark}"))
