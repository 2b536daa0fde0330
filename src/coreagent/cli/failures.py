"""Errors as lines on the terminal, and what each exit code means."""

import click

from coreagent.answer import Answer
from coreagent.cli.text import printable
from coreagent.errors import BudgetExceededError, CoreAgentError, ModelError, SecurityError

INTERRUPTED = 130
WAITING = 10

EXIT_CODES = {
    0: "answered",
    1: "other error",
    2: "wrong usage",
    3: "settings",
    4: "model",
    5: "budget (a partial answer is printed)",
    6: "tool",
    7: "security",
    8: "corpus",
    9: "run store",
    WAITING: "a call waits for approval",
    INTERRUPTED: "interrupted",
}


def report(error: CoreAgentError) -> int:
    """Print an error and its mend to standard error; gives the exit code."""
    click.echo(f"error: {printable(str(error))}", err=True)
    if error.mend:
        click.echo(f"  {printable(error.mend)}", err=True)
    return error.exit_code


def exit_code_of(answer: Answer) -> int:
    """0 for an answer, also for an honest "not found"; else the code of what cut the run short."""
    if answer.status == "waiting":
        return WAITING
    if answer.status == "refused":
        return SecurityError.exit_code
    if answer.error == BudgetExceededError.__name__:
        return BudgetExceededError.exit_code
    return ModelError.exit_code if answer.error else 0
