"""``coreagent runs``."""

import asyncio
import json
import time

import click
from rich.table import Table
from rich.text import Text

from coreagent.answer import Answer
from coreagent.cli.agent import open_agent
from coreagent.cli.approvals import settle
from coreagent.cli.failures import exit_code_of
from coreagent.cli.render import console, print_answer, print_step, step_line
from coreagent.cli.text import printable
from coreagent.errors import UsageError
from coreagent.events import ApprovalNeeded, RunFinished, event_to_json
from coreagent.front import CoreAgent


@click.group()
def command() -> None:
    """List, show, resume and prune runs. RUN is an id, its beginning, or "last"."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20)
@click.option("--status", type=click.Choice(["running", "waiting", "finished", "failed", "interrupted"]))
@click.pass_context
def list_(ctx: click.Context, limit: int, status: str | None) -> None:
    """List the newest runs."""
    table = Table(box=None, pad_edge=False)
    table.add_column("run", no_wrap=True, min_width=24)
    for heading in ("started", "status", "cost", "question"):
        table.add_column(heading)
    for run in open_agent(ctx).system.store.list(limit, status):  # type: ignore[arg-type]  # click checked it
        started = time.strftime("%m-%d %H:%M", time.localtime(run.started_s))
        cost = f"${run.answer.cost_usd:.4g}" if run.answer else ""
        question = Text(printable(" ".join(run.question.split()))[:60], no_wrap=True, overflow="ellipsis")
        table.add_row(run.run_id, started, run.status, cost, question)
    console().print(table)


@command.command("show")
@click.argument("run", default="last")
@click.option("--events", "with_events", is_flag=True, help="Every event, one line each.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines.")
@click.pass_context
def show(ctx: click.Context, run: str, with_events: bool, as_json: bool) -> None:
    """Show a run: its answer with the decisions behind it, or its events."""
    store = open_agent(ctx).system.store
    stored = store.get(run)
    if as_json:
        for entry in store.events(stored.run_id):
            click.echo(json.dumps({"seq": entry.seq, "at": entry.at_s, **event_to_json(entry.event)}))
        return
    click.echo(f"{stored.run_id}  {stored.status}\n")
    entries = store.events(stored.run_id)
    if with_events or stored.answer is None:
        for entry in entries:
            line = step_line(entry.event) or type(entry.event).__name__
            click.echo(f"{entry.at_s - stored.started_s:8.3f} s  {printable(line)}")
    if stored.answer is not None:
        print_answer(stored.answer, events=[entry.event for entry in entries], explain=True)


@command.command("resume")
@click.argument("run", default="last")
@click.option("--approve", multiple=True, metavar="CALL", help="Agree to this waiting call.")
@click.option("--deny", multiple=True, metavar="CALL", help="Refuse this waiting call.")
@click.option("--reason", default="", help="Why it is refused.")
@click.pass_context
def resume(ctx: click.Context, run: str, approve: tuple[str, ...], deny: tuple[str, ...], reason: str) -> int:
    """Go on with a run that waits, failed or was interrupted; nothing that was finished is repeated."""
    return asyncio.run(_resume(open_agent(ctx), run, approve, deny, reason))


async def _resume(
    agent: CoreAgent, run: str, approve: tuple[str, ...], deny: tuple[str, ...], reason: str
) -> int:
    async with agent:
        run_id = agent.system.store.get(run).run_id
        await agent.pending(run_id)
        for call_id in approve:
            await agent.approve(call_id)
        for call_id in deny:
            await agent.deny(call_id, reason)
        answer: Answer | None = None
        async for event in agent.resume(run_id):
            if isinstance(event, RunFinished):
                answer = event.answer
            elif isinstance(event, ApprovalNeeded) and not await settle(agent, event):
                call = event.call
                click.echo(f"waits: {call.id}  {call.tool} {printable(call.arguments)}", err=True)
            print_step(event)
        if answer is None:
            return exit_code_of(Answer(run_id=run_id, question="", text="", status="waiting"))
        print_answer(answer)
        return exit_code_of(answer)


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=0), help="Keep this many of the newest runs.")
@click.option("--older-than-days", type=click.FloatRange(min=0), help="Delete runs older than this.")
@click.pass_context
def prune(ctx: click.Context, keep: int | None, older_than_days: float | None) -> None:
    """Delete old runs with their events. Running and waiting ones stay."""
    if keep is None and older_than_days is None:
        raise UsageError("nothing says what to delete", mend="Give --keep N or --older-than-days D.")
    seconds = None if older_than_days is None else older_than_days * 86_400
    deleted = open_agent(ctx).system.store.prune(keep=keep, older_than_s=seconds)
    click.echo(f"deleted {deleted} runs")
