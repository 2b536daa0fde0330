"""Answers and events for people."""

import textwrap
from collections.abc import Iterable
from functools import cache

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coreagent.answer import Answer
from coreagent.cli.text import printable
from coreagent.decision import Decision
from coreagent.events import (
    Escalated,
    Event,
    Feedback,
    ModelFinished,
    Planned,
    Recalled,
    Routed,
    Screened,
    ToolFinished,
    ToolStarted,
    Verified,
    Warned,
)
from coreagent.routing.explain import explain as explain_decision

SHOWN_QUESTION_CHARS = 400
PIPED_WIDTH = 160


@cache
def console() -> Console:
    """Standard output: no colour where there is no terminal, and then wide enough that no table cell is cut."""
    wide = Console(highlight=False)
    return wide if wide.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


def print_answer(answer: Answer, *, events: Iterable[Event] = (), explain: bool = False) -> None:
    """Question, answer, citations, verdict and cost; with ``explain`` the table of steps and each real choice."""
    _print_block("Q", textwrap.shorten(printable(answer.question), SHOWN_QUESTION_CHARS, placeholder=" ..."))
    click.echo()
    _print_block("A", printable(answer.text))
    click.echo()
    for number, citation in enumerate(answer.citations, start=1):
        console().print(Text(f"   [{number}] {printable(str(citation))}", style="cyan"))
    if answer.status in ("partial", "refused"):
        console().print(Text(f"   {answer.status}", style="yellow"))
    console().print(Text(f"   {_closing(answer)}", style="dim"))
    if explain:
        click.echo()
        console().print(steps_table(events))
        for decision in answer.decisions:
            if sum(entry.excluded != f"not a {decision.role}" for entry in decision.candidates) > 1:
                click.echo("\n" + textwrap.indent(printable(explain_decision(decision)), "   "))


def _print_block(mark: str, text: str) -> None:
    width = max(40, min(console().width, 110) - 4)
    lines = [line for part in text.splitlines() or [""] for line in textwrap.wrap(part, width) or [""]]
    for index, line in enumerate(lines):
        console().print(Text.assemble((f"{mark}  " if index == 0 else "   ", "bold"), line))


def _closing(answer: Answer) -> str:
    parts = [f"verified: {answer.verdict}" if answer.verdict.outcome != "unverified" else "not verified"]
    if answer.label.sensitivity > 0:
        parts.append(f"label: {answer.label.sensitivity}")
    parts += [*(printable(note) for note in answer.notes), f"{answer.seconds:.1f} s", f"${answer.cost_usd:.4g}"]
    return " · ".join(parts)


def steps_table(events: Iterable[Event]) -> Table:
    """One line for each model call and each tool call, in the order they ended."""
    table = Table("step", "role", "model or tool", "time", "cost", "why", box=None, pad_edge=False, padding=(0, 2, 0, 1))
    decisions: dict[tuple[str, str], Decision] = {}
    number = 0
    for event in events:
        if isinstance(event, Routed):
            decisions[event.decision.subtask, event.decision.role] = event.decision
        elif isinstance(event, ModelFinished):
            number += 1
            decision = decisions.get((event.subtask, event.role))
            why = f"failed: {event.error}" if event.error else decision.reason if decision else ""
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


def step_line(event: object) -> str:
    """An event in one line; empty for those that need none."""
    match event:
        case Screened(findings=findings, stage=stage) if findings:
            return f"security ({stage}): {'; '.join(findings)}"
        case Recalled(items=items):
            return f"recalled {len(items)} from memory"
        case Planned(plan=plan, attempt=attempt):
            tasks = "; ".join(f"{task.id} {task.tool or task.role}" for task in plan.subtasks)
            return f"{'new plan' if attempt else 'plan'}: {tasks}"
        case Routed(decision=decision):
            return f"{decision.role} -> {decision.model} ({decision.reason})"
        case ModelFinished(model=model, seconds=seconds, cost_usd=cost, error=error):
            return f"{model} {'failed' if error else 'done'} in {seconds:.2f} s, ${cost:.4g}{': ' + error if error else ''}"
        case ToolStarted(tool=tool, arguments=arguments):
            return f"{tool} {textwrap.shorten(arguments, 160, placeholder=' ...')}"
        case ToolFinished(tool=tool, error=error, seconds=seconds, replayed=replayed):
            done = f"failed: {error}" if error else "done before, not repeated" if replayed else "done"
            return f"{tool} {done} in {seconds:.2f} s"
        case Feedback(source=source, text=text):
            return f"feedback ({source}): {text}"
        case Verified(verdict=verdict):
            return f"verdict: {verdict}"
        case Escalated(from_model=old, to_model=new):
            return f"escalated: {old} -> {new}"
        case Warned(message=message):
            return f"warning: {message}"
        case _:
            return ""
