"""``coreagent route label``."""

import textwrap
from pathlib import Path

import click

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.parameters import Amount, NamedPath
from coreagent.cli.render import new_table, print_table
from coreagent.cli.routes.sources import places_of, with_prices, with_router, with_sources
from coreagent.cli.text import printable
from coreagent.evals.report.words import dollars
from coreagent.evaluation.routing import choose_labels

_SHOWN = 10


@click.command("label")
@with_sources
@click.option("--model", required=True, help="The expensive model whose scores are to be bought.")
@with_router()
@click.option("--budget-usd", type=Amount(min=0, min_open=True), required=True, help="Dollars in all.")
@click.option("--usd-per-label", type=Amount(min=0, min_open=True), help="Dollars for one, instead of the price.")
@with_prices
@click.option("--out", type=NamedPath(path_type=Path), help="Write them as JSON Lines, scores to be filled in.")
@click.option("--force", is_flag=True, help="Replace the file of --out.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the clusters of questions.")
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    model: str,
    router: Path | None,
    budget_usd: float,
    usd_per_label: float | None,
    prices: Path | None,
    out: Path | None,
    seed: int,
    *,
    force: bool,
) -> None:
    """Choose the questions most worth scoring with an expensive model, within a budget.

    Of the questions in each SOURCE that the model has no score of: those that are typical of many others and whose
    outcome is least sure, by the router's predictions or by how far the known scores disagree.
    """
    bench = open_bench(ctx)
    labels = choose_labels(
        places_of(bench, sources),
        model=model,
        budget_usd=budget_usd,
        out=out,
        router=router,
        usd_per_label=usd_per_label,
        settings=bench.settings,
        prices=prices,
        seed=seed,
        force=force,
    )
    chosen = labels.chosen
    click.echo(
        printable(f"{len(chosen.picks):,} of {chosen.of:,} questions without a score of {model}: {dollars(chosen.usd)}")
    )
    click.echo()
    table = new_table("question", "why")
    for pick in chosen.picks[:_SHOWN]:
        question = textwrap.shorten(labels.questions.prompts[pick.row], 60, placeholder=" ...")
        table.add_row(*map(printable, (question, pick.reason)))
    print_table(table)
    if len(chosen.picks) > _SHOWN:
        click.echo(f"and {len(chosen.picks) - _SHOWN:,} more")
    if out is not None:
        click.echo(printable(f"\nsaved: {out}"))
        click.echo(printable(f"Fill in the scores, then: coreagent route train {' '.join(map(str, (*sources, out)))}"))
