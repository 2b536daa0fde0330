"""A person agrees to a deletion."""

import sys

import click

from coreagent.errors import UsageError


def confirmed(question: str, *, yes: bool) -> bool:
    """True when ``--yes`` was given or a person says so at the terminal; the default is no.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nobody is at the terminal to confirm this", mend="Give --yes to do it without asking.")
    if click.confirm(question, default=False, err=True):
        return True
    click.echo("nothing was changed", err=True)
    return False
