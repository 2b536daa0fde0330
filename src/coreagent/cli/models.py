"""``coreagent models``."""

import asyncio
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from coreagent.cli.agent import open_agent
from coreagent.cli.app import Place
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import printable
from coreagent.errors import ModelError
from coreagent.front import CoreAgent
from coreagent.models.add import add_model, stated_price
from coreagent.models.check import CheckReport, check_named
from coreagent.models.prices import price_words
from coreagent.plans import ROLES
from coreagent.settings import CONFIG_NAME, Environment, find_config, load_settings


@click.group()
def command() -> None:
    """List, add and check models."""


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the models with what routing knows of them."""
    table = new_table("model", "roles", "placement", "clearance", "quality", "price", "context", whole="model")
    for card in open_agent(ctx).system.registry.cards:
        quality = "not measured" if card.quality is None else f"{card.quality:.2f}"
        cells = (
            card.name,
            ", ".join(card.roles),
            card.placement,
            str(card.clearance),
            quality,
            price_words(card.price),
        )
        table.add_row(*(Text(printable(cell)) for cell in cells), f"{card.context_tokens:,}")
    print_table(table)


@command.command("add", short_help="Write a model into coreagent.toml, and call it once.")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), help="A role it may play; all when not given."
)
@click.option("--adapter", type=click.Choice(["openai_compatible", "litellm"]))
@click.option("--base-url", help="Address of an OpenAI-compatible endpoint, for example http://127.0.0.1:8000/v1.")
@click.option("--model", "remote", help="Its name at the endpoint, when it differs.")
@click.option("--api-key-env", help="Environment variable that holds the key.")
@click.option("--price", help='"free", or dollars per million tokens as INPUT,OUTPUT.')
@click.option("--placement", type=click.Choice(["device", "site", "cloud"]))
@click.option("--clearance", type=click.Choice(["public", "internal", "confidential"]))
@click.option("--context-tokens", type=click.IntRange(min=256))
@click.option("--quality", type=click.FloatRange(0, 1), help="Expected share of good answers, if you know it.")
@click.option("--check/--no-check", "checked", default=True, help="Call it once.")
@click.pass_context
def add(ctx: click.Context, /, name: str, remote: str | None, price: str | None, checked: bool, **fields: Any) -> int:
    """Write model NAME into coreagent.toml, and call it once.

    NAME such as ollama/qwen3:8b or vllm/MODEL is taken to be on this machine; any other NAME is a LiteLLM name.
    """
    place: Place = ctx.obj
    path = find_config(place.config if place.config and place.config.exists() else None, Environment())
    path = place.config or path or Path(CONFIG_NAME)
    roles = list(fields.pop("roles")) or None
    add_model(path, name, {**fields, "roles": roles, "model": remote, "price": stated_price(price)})
    click.echo(f"added {name} to {path}")
    if not checked:
        return 0
    agent = CoreAgent(settings=load_settings(path), home=place.home)
    return asyncio.run(_check(agent, (name,)))


@command.command("check", short_help="Call each model once.")
@click.argument("names", nargs=-1)
@click.pass_context
def check_(ctx: click.Context, names: tuple[str, ...]) -> int:
    """Call each model once (all when no NAME is given): reached, tools, JSON schema, price."""
    return asyncio.run(_check(open_agent(ctx), names))


async def _check(agent: CoreAgent, names: tuple[str, ...]) -> int:
    async with agent:
        registry = agent.system.registry
        cards = [registry.card(name) for name in names] or list(registry.cards)
        reports = [await check_named(registry, card.name) for card in cards if card.adapter != "builtin" or names]
        if not reports:
            click.echo("only built-in models are configured; they need no check. Add one: coreagent models add NAME")
        for report in reports:
            _print_report(report)
        return 0 if all(report.reached for report in reports) else ModelError.exit_code


def _print_report(report: CheckReport) -> None:
    if report.reached:
        words = {True: "yes", False: "no", None: "not tried"}
        click.echo(
            f"{report.name}: reached in {report.latency_ms or 0:.0f} ms · tools: {words[report.tools]}"
            f" · JSON schema: {words[report.json_schema]} · streaming: {words[report.streaming]}"
            f" · price: {report.price} · ctx {report.context_tokens:,}"
        )
    else:
        click.echo(f"{report.name}: not reached")
    for problem in report.problems:
        click.echo(f"  {printable(problem)}")
