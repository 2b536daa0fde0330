"""``coreagent doctor``."""

import asyncio
from collections.abc import Iterable

import click

from coreagent.cli.app import Place
from coreagent.cli.text import printable
from coreagent.doctor import Finding, State, diagnose
from coreagent.front import CoreAgent
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.models.check import check
from coreagent.settings import Environment, Settings

_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command()
@click.option("--endpoints/--no-endpoints", default=True, help="Call each configured model once.")
@click.pass_context
def command(ctx: click.Context, endpoints: bool) -> int:
    """Check the installation and say how to mend what is wrong. Exits with 1 when something fails."""
    place: Place = ctx.obj
    agent = CoreAgent(home=place.home)
    ctx.call_on_close(agent.close_sync)
    findings = diagnose(
        Environment(),
        config=place.config,
        home=place.home,
        embedder=lambda: StaticEmbedder.load().identity,
        primer=lambda: _primer(agent),
        endpoints=_reach if endpoints else None,
    )
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        click.secho(mark, fg=colour, nl=False)
        click.echo(f"  {finding.name}: {printable(finding.what)}")
        if finding.mend:
            click.echo(f"      {printable(finding.mend)}")
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def _primer(agent: CoreAgent) -> str:
    info = next(entry for entry in agent.system.library.list() if entry.name == "primer")
    return f"{info.documents} articles, {info.chunks} chunks"


def _reach(settings: Settings) -> Iterable[Finding]:
    return asyncio.run(_reach_all(settings))


async def _reach_all(settings: Settings) -> list[Finding]:
    async with CoreAgent(settings=settings) as agent:
        findings: list[Finding] = []
        for name in settings.models:
            report = await check(agent.system.registry.get(name))
            what = f"reached in {report.latency_ms or 0:.0f} ms" if report.reached else "not reached"
            state: State = "fail" if not report.reached else "warn" if report.problems else "ok"
            findings.append(Finding(f"model {name}", state, what, "; ".join(report.problems)))
        return findings
