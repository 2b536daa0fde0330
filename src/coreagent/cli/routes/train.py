"""``coreagent route train``."""

import json
import math
import textwrap
from pathlib import Path
from typing import Any

import click

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.parameters import NamedPath
from coreagent.cli.render import new_table, print_table, text_width
from coreagent.cli.routes.sources import places_of, with_json, with_local, with_prices, with_role, with_sources
from coreagent.cli.text import json_text, printable
from coreagent.evals.report.words import difference, dollars, estimate, p_value
from coreagent.evals.routing.report import report_data
from coreagent.evaluation.routing import TrainingResult, train_router
from coreagent.evaluation.routing.training import ROUTER_LINE
from coreagent.routing.learning.folds import SEED
from coreagent.routing.learning.predictors.blend import DEFAULT, FAMILIES

_SHOWN = (ROUTER_LINE, "best single", "cheapest single", "random", "oracle")


@click.command("train")
@with_sources
@click.option(
    "-o",
    "--out",
    type=NamedPath(path_type=Path),
    default=Path("router.npz"),
    show_default=True,
    help="The file to write.",
)
@click.option("--wish", default="", help='What it aims at: "at most 1 point below the best model", "80 % local" ...')
@with_prices
@with_local
@with_role
@click.option("--domain", default="", help="Rows of this domain alone.")
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="Of folds and draws.")
@click.option(
    "--family",
    "families",
    multiple=True,
    type=click.Choice(sorted(FAMILIES)),
    help="A kind of predictor that may take part; several are weighed on prompts left out. forest when not given.",
)
@click.option("--cautious", is_flag=True, help="Do not trust it where a question is like none of these.")
@click.option("--force", is_flag=True, help="Replace the file.")
@with_json
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    out: Path,
    wish: str,
    prices: Path | None,
    local: tuple[str, ...],
    role: str | None,
    domain: str,
    seed: int,
    *,
    families: tuple[str, ...],
    cautious: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train a router on recorded outcomes and save it; no model is asked.

    A SOURCE is an outcome table (CSV or JSONL: prompt, model, score, and role, tokens, usd, seconds where known; or a
    column of scores for each model), or the folder of an evaluation run. Several are put together.
    """
    bench = open_bench(ctx)
    result = train_router(
        places_of(bench, sources),
        out=out,
        wish=wish,
        settings=bench.settings,
        prices=prices,
        local=local,
        role=role or "",
        domain=domain,
        seed=seed,
        force=force,
        cautious=cautious,
        families=families or DEFAULT,
    )
    if as_json:
        click.echo(json_text(_data(result), indent=1))
        return
    _tell_outcomes(result)
    _tell_worth(result)
    _tell_use(result, bench.base or Path())


def _say(text: str, indent: str = "") -> None:
    for line in textwrap.wrap(printable(text), text_width(), subsequent_indent=indent, break_on_hyphens=False):
        click.echo(line)


def _tell_outcomes(result: TrainingResult) -> None:
    table = result.outcomes
    roles = ", ".join(sorted({role for role in table.roles if role}))
    _say(
        f"{len(table):,} rows, {len(set(table.groups.tolist())):,} prompts, {len(table.models)} models"
        + (f"; roles: {roles}" if roles else "")
    )
    for remark in table.remarks:
        _say(f"- {remark}", "  ")
    click.echo()
    models = new_table("model", "mean score", "known", "gaps", "$ per 1,000", whole="model")
    known = {line.name: line for line in result.report.models}
    for column, name in enumerate(table.models):
        scores = table.scores[:, column]
        told = int(table.known[:, column].sum())
        mean = f"{float(scores[table.known[:, column]].mean()):.3f}"
        usd = known[name].usd if name in known else math.nan
        models.add_row(*map(printable, (name, mean, f"{told:,}", f"{len(table) - told:,}", dollars(1_000 * usd))))
    print_table(models)


def _tell_worth(result: TrainingResult) -> None:
    report = result.report
    of_role = f" of {result.role}" if result.role else ""
    click.echo(f"\nOn prompts left out of the fitting ({report.rows:,} rows{of_role}):")
    lines = new_table("", "score [95 %]", "$ per 1,000", whole="score [95 %]")
    for name in _SHOWN:
        line = report.line(name)
        lines.add_row(*map(printable, (line.name, estimate(line.quality), dollars(1_000 * line.usd.value))))
    print_table(lines)
    against = report.line(ROUTER_LINE).against_best
    if against is not None:
        click.echo(f"against the best single: {difference(against.difference)}, p {p_value(against.p_value)}")
    click.echo(f"calibration error (ECE): {result.ece_raw:.3f} before calibration, {result.ece:.3f} after")
    if result.drafts:
        click.echo(f"the verifier's score is calibrated with {result.drafts:,} drafts")
    click.echo()
    if result.point is None:
        _say("operating point: the best predicted model, for there are too few costs to trade quality against")
    else:
        _say(f"operating point: {result.point.words}; it was chosen on these rows", "  ")


def _tell_use(result: TrainingResult, base: Path) -> None:
    file = result.path.absolute()
    if file.is_relative_to(base.absolute()):
        file = file.relative_to(base.absolute())
    click.echo(printable(f"\nsaved: {result.path}"))
    click.echo("Use it, in coreagent.toml:\n")
    click.echo(printable(f"[routing]\nrouter = {json.dumps(str(file), ensure_ascii=False)}"))
    wish = result.router.standing.wish if result.router.standing else ""
    click.echo(printable(f"wish = {json.dumps(wish)}" if wish else 'policy = "learned"'))
    click.echo('\nand see it decide: coreagent ask --explain "..."')


def _data(result: TrainingResult) -> dict[str, Any]:
    standing = result.router.standing
    return {
        "path": str(result.path),
        "rows": len(result.outcomes),
        "models": list(result.outcomes.models),
        "remarks": list(result.outcomes.remarks),
        "made_of": result.router.head.notes,
        "data_hash": result.router.head.data_hash,
        "wish": standing.wish if standing else "",
        "policy": standing.settled if standing else "",
        "operating_point": result.point.words if result.point else "",
        "ece_raw": result.ece_raw,
        "ece": result.ece,
        "verdicts": result.drafts,
        "held_out": report_data(result.report),
    }
