"""Answers and events for people."""

import textwrap
from collections.abc import Iterable, Sequence
from functools import cache

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coreagent.answer import Answer
from coreagent.cli.failures import report_stop
from coreagent.cli.text import printable
from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError
from coreagent.event_lines import step_line
from coreagent.events import ADVICE, Event, ModelFinished, Routed, ToolFinished
from coreagent.routing.explain import explain as explain_decision

SHOWN_QUESTION_CHARS = 400
TABLE_WIDTH = 160
TEXT_WIDTH = 100


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line, like every other error."""
        raise


@cache
def console() -> Console:
    """Standard output: no colour where there is no terminal, and then wide enough that no table cell is cut."""
    wide = _Console(highlight=False)
    return wide if wide.is_terminal else _Console(highlight=False, width=TABLE_WIDTH)


def text_width() -> int:
    """Columns of running text: those of the terminal up to 100, and 80 in a file."""
    return min(console().width, TEXT_WIDTH) if console().is_terminal else 80


def new_table(*headings: str, whole: str = "") -> Table:
    """A plain table that cuts nothing: what does not fit goes on below, and the column ``whole`` is never folded."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == whole)
    return table


def print_table(table: Table) -> None:
    """Print, without the spaces that fill the last column."""
    with console().capture() as captured:
        console().print(table)
    console().file.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def print_answer(answer: Answer, *, events: Sequence[Event] = (), explain: bool = False, told: bool = False) -> None:
    """Question, answer, citations, verdict and cost; with ``explain`` the table of steps and each real choice.

    ``told`` leaves question and answer out: they were printed as they were written. Why an answer is only partial
    goes to standard error first.
    """
    if answer.error:
        tell_stop(answer, events, shown=True)
    if not told:
        _print_block("Q", textwrap.shorten(printable(answer.question), SHOWN_QUESTION_CHARS, placeholder=" ..."))
        click.echo()
        _print_block("A", printable(answer.text))
    click.echo()
    for number, citation in enumerate(answer.citations, start=1):
        _print_block(f"   [{number}]", printable(str(citation)), style="cyan")
    if answer.status in ("partial", "refused"):
        console().print(Text(f"   {answer.status}", style="yellow"))
    _print_block("  ", _closing(answer), style="dim")
    if explain:
        click.echo()
        print_table(steps_table(events))
        for decision in answer.decisions:
            if sum(entry.excluded != f"not a {decision.role}" for entry in decision.candidates) > 1:
                words = printable(explain_decision(decision, width=text_width() - 3))
                click.echo("\n" + textwrap.indent(words, "   "))


def tell_stop(answer: Answer, events: Sequence[Event], *, shown: bool) -> None:
    """Why and where the run was cut short, as numbered in the table of steps."""
    calls = [event for event in events if isinstance(event, ModelFinished)]
    failed = bool(calls) and bool(calls[-1].error)
    report_stop(
        answer,
        step=len(calls) + (not failed),
        before=not failed or answer.error == BudgetExceededError.__name__,
        shown=shown,
    )


def _print_block(mark: str, text: str, *, style: str = "") -> None:
    """Wrapped text after a mark, continued under its beginning. What the author laid out in lines stays so."""
    head = f"{mark} " if mark[:1] == " " else f"{mark}  "
    width = max(40, text_width() - len(head))
    lines = [line for part in text.splitlines() or [""] for line in _wrapped(part, width)]
    for index, line in enumerate(lines):
        before = head if index == 0 else " " * len(head)
        console().print(Text.assemble((before, "bold"), (line, style)), soft_wrap=True)


def _wrapped(line: str, width: int) -> list[str]:
    """Columns of a table or of code can not be wrapped; a long address must stay whole to be copied."""
    if line.startswith(("|", "    ", "\t")):
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def _closing(answer: Answer) -> str:
    parts = [f"verified: {answer.verdict}" if answer.verdict.outcome != "unverified" else "not verified"]
    if answer.label.sensitivity > 0:
        parts.append(f"label: {answer.label.sensitivity}")
    notes = answer.notes[:-1] if answer.error else answer.notes
    parts += [*(printable(note) for note in notes), f"{answer.seconds:.1f} s", f"${answer.cost_usd:.4g}"]
    return " · ".join(parts)


def steps_table(events: Iterable[Event]) -> Table:
    """One line for each model call and each tool call, in the order they ended."""
    table = new_table("step", "role", "model or tool", "time", "cost", "why")
    decisions: dict[tuple[str, str], Decision] = {}
    number = 0
    for event in events:
        if isinstance(event, Routed):
            decisions[event.decision.subtask, event.decision.role] = event.decision
        elif isinstance(event, ModelFinished):
            number += 1
            decision = decisions.get((event.subtask, event.role))
            why = f"failed: {event.error}" if event.error else decision.reason if decision else ""
            if event.subtask.startswith(ADVICE) and not event.error:
                why = f"adviser for {event.subtask.removeprefix(ADVICE)}"
            if decision and event.model != decision.model and not event.error:
                why = f"{decision.model} failed"
            if decision and decision.escalated_from:
                why += f", escalated from {decision.escalated_from}"
            _row(table, str(number), event.role, event.model, event.seconds, f"${event.cost_usd:.4g}", why)
        elif isinstance(event, ToolFinished):
            why = f"failed: {event.error}" if event.error else f"for {event.subtask}"
            _row(table, "", "", f"  {event.tool}", event.seconds, "", why)
    return table


def _row(table: Table, step: str, role: str, name: str, seconds: float, cost: str, why: str) -> None:
    cells = (step, role, name, f"{seconds * 1000:.0f} ms", cost, why)
    table.add_row(*(Text(printable(cell)) for cell in cells))


def print_step(event: object) -> None:
    """One dim line to standard error for an event that is worth one."""
    line = step_line(event)
    if line:
        click.secho(f"  {printable(line)}", dim=True, err=True)
