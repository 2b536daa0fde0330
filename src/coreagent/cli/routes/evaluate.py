"""``coreagent route evaluate``."""

from pathlib import Path
from typing import Any

import click

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.parameters import NamedPath
from coreagent.cli.routes.sources import (
    places_of,
    report_width,
    with_json,
    with_local,
    with_overlap,
    with_prices,
    with_role,
    with_router,
    with_sources,
)
from coreagent.cli.text import json_text, printable
from coreagent.evals.routing.report import report_data, report_markdown, report_text
from coreagent.evaluation.routing import evaluate_policies
from coreagent.routing.learning.folds import SEED


@click.command("evaluate")
@with_sources
@click.option("--policy", "policies", multiple=True, help='"within(usd=0.01) | best()", "learned" ... Repeatable.')
@with_router()
@click.option("--folds", type=click.IntRange(2), help="Fit a router in each of so many folds, on the others.")
@click.option("--fit-on", multiple=True, type=NamedPath(path_type=Path), help="Fit one on these outcomes. Repeatable.")
@click.option("--wish", default="", help='What learned() aims at: "at most $2 per 1,000" ...')
@with_prices
@with_local
@click.option("--complete", is_flag=True, help="Only rows that have a score of every model.")
@with_overlap
@with_role
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="Of folds and draws.")
@with_json
@click.option("--markdown", is_flag=True, help="The report as Markdown.")
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool, markdown: bool, **options: Any) -> None:
    """Replay policies on recorded outcomes; no model is asked.

    A SOURCE is an outcome table or the folder of an evaluation run. Rows that the router was fitted on are refused,
    or dropped as --overlap says.
    """
    bench = open_bench(ctx)
    report = evaluate_policies(
        places_of(bench, options["sources"]),
        options["policies"],
        router=options["router"],
        folds=options["folds"] or 0,
        fit_on=places_of(bench, options["fit_on"]),
        wish=options["wish"],
        settings=bench.settings,
        prices=options["prices"],
        local=options["local"],
        role=options["role"] or "",
        complete=options["complete"],
        overlap=options["overlap"],
        seed=options["seed"],
    )
    if as_json:
        click.echo(json_text(report_data(report), indent=1))
    else:
        text = report_markdown(report) if markdown else report_text(report, width=report_width())
        click.echo(printable(text.rstrip("\n")))
