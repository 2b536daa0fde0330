"""``coreagent route explain``."""

import textwrap

import click

from coreagent.cli.agent import open_agent
from coreagent.cli.render import text_width
from coreagent.cli.text import json_text, printable
from coreagent.events import event_to_json
from coreagent.routing.explain import explain
from coreagent.routing.replay.recorded import recorded_calls


@click.command("explain")
@click.argument("run", default="last")
@click.option("--subtask", help="Only the calls of this subtask.")
@click.option("--json", "as_json", is_flag=True, help="The decisions as JSON lines.")
@click.pass_context
def command(ctx: click.Context, run: str, subtask: str | None, as_json: bool) -> None:
    """Say which model did each call of RUN, what else there was, and why. RUN is an id, its beginning, or "last"."""
    store = open_agent(ctx).system.store
    stored = store.get(run)
    events = [entry.event for entry in store.events(stored.run_id)]
    calls = [call for call in recorded_calls(events) if subtask in (None, call.decision.subtask)]
    if as_json:
        for event in events:
            fields = event_to_json(event)
            if fields["event"] == "Routed" and subtask in (None, fields["decision"]["subtask"]):
                click.echo(json_text(fields["decision"]))
        return
    click.echo(f"{stored.run_id}  {printable(textwrap.shorten(stored.question, 90, placeholder=' ...'))}")
    if not calls:
        click.echo("\nno model was called" + (f" for {printable(subtask)}" if subtask else ""))
    for call in calls:
        click.echo(f"\n{printable(explain(call.decision, width=text_width()))}")
        click.echo(f"  it took {call.seconds:.3g} s and cost ${call.usd:.4g}")
