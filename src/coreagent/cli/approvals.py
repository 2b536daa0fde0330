"""A person at the terminal decides on a call."""

import sys

import click

from coreagent.cli.interrupts import interruptible
from coreagent.cli.text import printable
from coreagent.events import ApprovalNeeded
from coreagent.front import CoreAgent


async def settle(agent: CoreAgent, event: ApprovalNeeded) -> bool:
    """Ask at the terminal; False when there is none, and the run then waits. The default is no.

    Raises:
        Abort: Ctrl-C, or the end of the input; nothing is decided.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    call = event.call
    click.echo(f"\n{printable(call.tool)} {printable(call.arguments)}", err=True)
    click.echo(f"  {call.effect}: {printable(call.reason)}", err=True)
    if call.changes:
        click.echo(f"  changes: {printable(call.changes)}", err=True)
    with interruptible():
        if click.confirm("  run it?", default=False, err=True):
            await agent.approve(call.id)
        else:
            reason = click.prompt("  why not (optional)", default="", show_default=False, err=True)
            await agent.deny(call.id, reason)
    return True
