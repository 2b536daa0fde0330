"""Errors as lines on the terminal, and what each exit code means."""

import os
import sys
from contextlib import suppress

import click

from coreagent import errors
from coreagent.answer import Answer
from coreagent.cli.interrupts import INTERRUPTED
from coreagent.cli.text import printable
from coreagent.errors import CoreAgentError, ModelError, SecurityError, UsageError

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
    """Print an error and its mend to standard error, one line each; gives the exit code."""
    return _print("error", str(error), error.mend, error.exit_code)


def report_usage(error: click.ClickException) -> int:
    """Print what is wrong with the command line, and where its help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message().rstrip()
    mend = f"See: {context.command_path if context else 'coreagent'} --help"
    return _print("error", message[:1].lower() + message[1:], mend, UsageError.exit_code)


def report_system(error: OSError) -> int:
    """Print what the system refused."""
    cause = error.strerror or str(error)
    where = f"{error.filename}: " if error.filename else ""
    return _print("error", f"{where}{cause[:1].lower()}{cause[1:]}", "Check disk space and rights: coreagent doctor", 1)


def report_stop(answer: Answer, *, step: int, before: bool, shown: bool) -> None:
    """Say on standard error why the run of a partial answer was cut short.

    ``before`` is true when step number ``step`` was never begun; ``shown`` when the answer is printed for people.
    """
    tail = ". Partial answer below." if shown else ""
    cause = (answer.notes[-1] if answer.notes else answer.error).rstrip(".")
    _print(f"stopped {'before' if before else 'at'} step {step}", f"{cause}{tail}", answer.mend, 0)


def report_interrupted(run_id: str) -> int:
    """Say that Ctrl-C was heard and how to take the run up again; gives the exit code."""
    mend = f"Go on with it: coreagent runs resume {run_id}" if run_id else ""
    return _print("interrupted", "the run is kept" if run_id else "nothing was begun", mend, INTERRUPTED)


def _print(kind: str, cause: str, mend: str, code: int) -> int:
    click.echo(f"{kind}: {printable(' '.join(cause.split()))}", err=True)
    if mend:
        click.echo(f"  {printable(' '.join(mend.split()))}", err=True)
    return code


def exit_code_of(answer: Answer) -> int:
    """0 for an answer, also for an honest "not found"; else the code of what cut the run short."""
    if answer.status == "waiting":
        return WAITING
    if answer.status == "refused":
        return SecurityError.exit_code
    if not answer.error:
        return 0
    kind = getattr(errors, answer.error, ModelError)
    return kind.exit_code if issubclass(kind, CoreAgentError) else ModelError.exit_code


def silence_output() -> None:
    """Send what is still buffered nowhere, so that the exit does not trip on a reader that left or a full disk."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
