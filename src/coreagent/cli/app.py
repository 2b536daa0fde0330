"""The command tree. Commands are imported when they are invoked, so that ``--help`` answers at once."""

import asyncio
import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from coreagent.cli.failures import EXIT_CODES, report, report_system, report_usage, silence_output
from coreagent.cli.interrupts import INTERRUPTED
from coreagent.cli.lazy import LazyGroup
from coreagent.cli.logs import set_up_logs
from coreagent.cli.parameters import NamedPath
from coreagent.cli.text import make_output_sturdy
from coreagent.errors import CoreAgentError, UnknownNameError, UsageError

_COMMANDS = {
    "ask": ("coreagent.cli.ask", "Ask a question and get a cited, verified answer."),
    "chat": ("coreagent.cli.chat", "Hold a conversation, line by line."),
    "corpus": ("coreagent.cli.corpus", "Add, list, search, measure, show and remove corpora."),
    "eval": ("coreagent.cli.evals.command", "Measure systems on benchmarks, compare them, report."),
    "route": ("coreagent.cli.routes.command", "Train, measure and explain which model does which call."),
    "models": ("coreagent.cli.models", "List, add and check models."),
    "runs": ("coreagent.cli.runs", "List, show, resume and prune runs."),
    "chats": ("coreagent.cli.chats", "List, search, show, export and import conversations."),
    "memory": ("coreagent.cli.memory", "List, search and delete what is remembered."),
    "graph": ("coreagent.cli.graph", "Draw the graphs."),
    "doctor": ("coreagent.cli.doctor", "Check the installation and say how to mend it."),
    "completion": ("coreagent.cli.completion", "Print the shell completion script."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where this invocation reads its settings from and keeps its data; None means the default."""

    config: Path | None
    home: Path | None


class ReaderGoneError(Exception):
    """Who read our output went away, as in ``coreagent runs list | head``. Not an OSError: click exits on those."""


class Application(LazyGroup):
    """The top of the tree."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A bare question is not a command; say how to ask it."""
        unknown = bool(args) and args[0] not in self.modules and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:
            mend = f'Commands: {", ".join(self.modules)}. To ask a question: coreagent ask "..."'
            raise UnknownNameError("command", args[0], self.modules, mend=mend)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error


_EPILOG = "Exit codes: " + "; ".join(f"{code} {words}" for code, words in EXIT_CODES.items()) + "."


@click.group(
    cls=Application,
    modules=_COMMANDS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--config", type=NamedPath(path_type=Path), help="Settings file instead of the one that is found.")
@click.option("--home", type=NamedPath(path_type=Path), help="Folder of corpora, runs and memory.")
@click.version_option(package_name="coreagent")
@click.pass_context
def application(ctx: click.Context, config: Path | None, home: Path | None) -> None:
    """Multi-agent LLM orchestration for telecom and network operations."""
    ctx.obj = Place(config, home)


def main(argv: list[str] | None = None) -> None:
    """Run a command and exit with its code: see ``coreagent --help``."""
    # Loading the packages makes over 100,000 objects that stay: with the usual threshold of 700 the collector goes
    # through them again and again, for a fifteenth of the time to a first answer.
    gc.set_threshold(50_000, 20, 20)
    code = run(sys.argv[1:] if argv is None else argv)
    if code == INTERRUPTED:
        # All that matters is closed by now; a second Ctrl-C must not meet the interpreter while it takes itself apart.
        os._exit(code)
    sys.exit(code)


def run(argv: list[str]) -> int:
    """Run a command; gives the exit code. A user's mistake is one or two lines, never a traceback."""
    make_output_sturdy()
    set_up_logs()
    try:
        code = _invoke(argv)
        sys.stdout.flush()
        return code
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except (ReaderGoneError, BrokenPipeError):
        silence_output()
        return 0
    except OSError as error:
        silence_output()
        return report_system(error)


def _invoke(argv: list[str]) -> int:
    try:
        result: Any = application.main(argv, prog_name="coreagent", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return UsageError.exit_code
    except click.ClickException as error:
        return report_usage(error)
    except CoreAgentError as error:
        return report(error)
