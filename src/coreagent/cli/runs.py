"""``coreagent runs``."""

import asyncio
import textwrap
import time

import click
from rich.text import Text

from coreagent.cli.agent import open_agent
from coreagent.cli.hearing import Showing, conclude, hear
from coreagent.cli.parameters import Amount
from coreagent.cli.render import new_table, print_answer, print_table
from coreagent.cli.text import json_text, printable
from coreagent.errors import UsageError
from coreagent.event_lines import step_line
from coreagent.events import event_to_json
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
    table = new_table("run", "started", "status", "cost", "question", whole="run")
    for run in open_agent(ctx).system.store.list(limit, status):  # type: ignore[arg-type]  # click checked it
        started = time.strftime("%m-%d %H:%M", time.localtime(run.started_s))
        cost = f"${run.answer.cost_usd:.4g}" if run.answer else ""
        question = Text(printable(textwrap.shorten(run.question, 60, placeholder=" ...")))
        table.add_row(run.run_id, started, run.status, cost, question)
    print_table(table)


@command.command("show", short_help="Show a run: its answer, or its events.")
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
            click.echo(json_text({"seq": entry.seq, "at": entry.at_s, **event_to_json(entry.event)}))
        return
    click.echo(f"{stored.run_id}  {stored.status}\n")
    entries = store.events(stored.run_id)
    if with_events or stored.answer is None:
        for entry in entries:
            line = step_line(entry.event) or type(entry.event).__name__
            click.echo(f"{entry.at_s - stored.started_s:8.3f} s  {printable(line)}")
    if stored.answer is not None:
        print_answer(stored.answer, events=[entry.event for entry in entries], explain=True)


@command.command("resume", short_help="Go on with a run that was stopped.")
@click.argument("run", default="last")
@click.option("--approve", multiple=True, metavar="CALL", help="Agree to this waiting call.")
@click.option("--deny", multiple=True, metavar="CALL", help="Refuse this waiting call.")
@click.option("--reason", default="", help="Why it is refused.")
@click.option("--stream", is_flag=True, help="Print the steps (to standard error) as they come.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as one JSON object, and nothing else.")
@click.pass_context
def resume(
    ctx: click.Context,
    run: str,
    approve: tuple[str, ...],
    deny: tuple[str, ...],
    reason: str,
    stream: bool,
    as_json: bool,
) -> int:
    """Go on with a run that waits, failed or was interrupted; nothing that was finished is repeated."""
    showing = Showing(steps=stream and not as_json, as_json=as_json)
    return asyncio.run(_resume(open_agent(ctx), run, showing, approve, deny, reason))


async def _resume(
    agent: CoreAgent, run: str, showing: Showing, approve: tuple[str, ...], deny: tuple[str, ...], reason: str
) -> int:
    async with agent:
        run_id = agent.system.store.get(run).run_id
        await agent.pending(run_id)
        for call_id in approve:
            await agent.approve(call_id)
        for call_id in deny:
            await agent.deny(call_id, reason)
        heard = await hear(agent, agent.resume(run_id), showing)
    return conclude(heard, showing)


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=0), help="Keep this many of the newest runs.")
@click.option("--older-than-days", type=Amount(min=0), help="Delete runs older than this.")
@click.pass_context
def prune(ctx: click.Context, keep: int | None, older_than_days: float | None) -> None:
    """Delete old runs with their events, and answers kept for replays. Running and waiting ones stay."""
    if keep is None and older_than_days is None:
        raise UsageError("nothing says what to delete", mend="Give --keep N or --older-than-days D.")
    seconds = None if older_than_days is None else older_than_days * 86_400
    system = open_agent(ctx).system
    deleted = system.store.prune(keep=keep, older_than_s=seconds)
    forgotten = 0 if seconds is None else system.answers.prune(older_than_s=seconds)
    click.echo(f"deleted {deleted} runs" + (f" and {forgotten} kept answers of models" if forgotten else ""))
