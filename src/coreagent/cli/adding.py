"""What ``coreagent corpus add`` shows: a bar while files go in, then what became of them."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from coreagent.cli.failures import report
from coreagent.cli.text import json_text, printable
from coreagent.errors import KnowledgeError
from coreagent.knowledge.reports import AddReport, Step

_LISTED = 20
_LINE_SECONDS = 5.0


@contextmanager
def shown_progress() -> Generator[Callable[[Step], None]]:
    """A callback that shows each step: a bar on a terminal, else a line every few seconds; on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task, started = bar.add_task("counting files", total=None, rate=""), time.monotonic()

        def show(step: Step) -> None:
            bar.update(
                task,
                completed=step.files,
                total=step.total or None,
                description=_counted(step),
                rate=_rate(step, seconds=time.monotonic() - started),
            )

        yield show


class _Lines:
    """Prints where the work stands, seldom enough for a log."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if now - self._last >= _LINE_SECONDS:
            self._last = now
            click.echo(f"{_counted(step)}, {_rate(step, seconds=now - self._started)}", err=True)


def _counted(step: Step) -> str:
    return f"{step.files:,} of {step.total:,} files" if step.total else f"{step.files:,} files"


def _rate(step: Step, *, seconds: float) -> str:
    rate = f"{step.chunks:,} chunks, {step.chunks / max(seconds, 1e-9):,.0f}/s"
    if not step.total or step.files >= step.total:
        return rate
    left = int(seconds / step.files * (step.total - step.files)) + 1
    minutes, left = divmod(left, 60)
    return f"{rate}, about {f'{minutes:,} min ' if minutes else ''}{left} s left"


def print_report(added: AddReport, *, as_json: bool) -> int:
    """Print what was added and what was not; gives the exit code."""
    if as_json:
        click.echo(json_text(_plain(added), indent=2))
    else:
        _print_words(added)
    done = added.added + added.replaced + added.unchanged
    if added.failed:
        count = f"{len(added.failed):,} of {len(added.failed) + done:,} files" if done else "no document"
        verb = "could not be added" if done else "was added"
        mend = "Mend what is listed as failed, then run it again: what is in already is passed over."
        return report(KnowledgeError(f"{count} {verb} to corpus {added.corpus!r}", mend=mend))
    if done:
        return 0
    mend = "Name PDF, Office, HTML, Markdown or text files, or archives or folders of them."
    return report(KnowledgeError(f"no document was added to corpus {added.corpus!r}", mend=mend))


def _print_words(added: AddReport) -> None:
    rate = added.chunks / added.seconds if added.seconds else 0.0
    click.echo(
        f"{added.corpus}: {added.added} added, {added.replaced} replaced, {added.unchanged} unchanged,"
        f" {len(added.failed)} failed, {len(added.skipped)} skipped; {added.chunks} new chunks"
        f" in {added.seconds:.1f} s ({rate:.0f} chunks/s)"
    )
    _print_list("failed", added.failed)
    _print_list("skipped", added.skipped)


def _print_list(word: str, rows: Sequence[tuple[Path, str]]) -> None:
    for path, reason in rows[:_LISTED]:
        click.echo(f"  {word} {printable(str(path))}: {printable(reason)}")
    if len(rows) > _LISTED:
        click.echo(f"  and {len(rows) - _LISTED:,} more {word}; list them all with --json")


def _plain(added: AddReport) -> dict[str, object]:
    rows = {
        word: [{"path": str(path), "reason": reason} for path, reason in listed]
        for word, listed in (("failed", added.failed), ("skipped", added.skipped))
    }
    return {**asdict(added), **rows}
