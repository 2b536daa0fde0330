"""``coreagent route add``."""

from pathlib import Path

import click

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.parameters import NamedPath
from coreagent.cli.routes.sources import places_of, with_router, with_sources
from coreagent.cli.text import printable
from coreagent.evaluation.routing import add_model


@click.command("add")
@click.argument("model")
@with_sources
@with_router(required=True)
@click.option("-o", "--out", type=NamedPath(path_type=Path), help="Another file to write; the router's own without it.")
@click.option("--force", is_flag=True, help="Replace the file of --out.")
@click.pass_context
def command(
    ctx: click.Context, model: str, sources: tuple[Path, ...], router: Path, out: Path | None, *, force: bool
) -> None:
    """Add MODEL to a trained router from a few dozen scored questions; nothing changes for the other models.

    A SOURCE is an outcome table with scores of MODEL, or the folder of an evaluation run. Operating points stay those
    of the models that the router was trained with.
    """
    bench = open_bench(ctx)
    done = add_model(model, places_of(bench, sources), router=router, out=out, force=force, settings=bench.settings)
    new = done.newcomer
    click.echo(
        printable(f"{model}: mean score {new.mean:.3f} [{new.low:.3f}, {new.high:.3f}], from {new.rows:,} questions")
    )
    if done.held_out:
        click.echo(f"- {done.held_out:,} of them it was trained on: what was predicted without them counts")
    if done.left_out:
        click.echo(f"- {done.left_out:,} more left out: it was trained on them, and no such prediction is kept")
    if model not in bench.settings.models:
        click.echo(printable(f"- no model of the settings has this name: coreagent models add {model}"))
    click.echo(printable(f"saved: {done.path}"))
