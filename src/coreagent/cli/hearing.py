"""A run followed to its end: what ``ask`` and ``runs resume`` have in common."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import click
from pydantic import TypeAdapter

from coreagent.answer import Answer
from coreagent.cli.approvals import settle
from coreagent.cli.failures import exit_code_of, report, report_interrupted
from coreagent.cli.live import LiveAnswer
from coreagent.cli.render import print_answer, print_step, tell_stop
from coreagent.cli.text import json_text, printable
from coreagent.errors import CoreAgentError
from coreagent.events import ApprovalNeeded, Event, RunFinished, RunStarted, Token
from coreagent.front import CoreAgent


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How a run is shown: its steps as they happen, the whole answer as JSON, the reasons behind it."""

    steps: bool = False
    as_json: bool = False
    explain: bool = False


@dataclass(slots=True)
class Heard:
    """What came of a run. ``failure`` is what went wrong after the answer was there."""

    run_id: str = ""
    question: str = ""
    answer: Answer | None = None
    told: str = ""
    interrupted: bool = False
    failure: CoreAgentError | None = None
    waiting: list[ApprovalNeeded] = field(default_factory=list[ApprovalNeeded])
    events: list[Event] = field(default_factory=list[Event])


async def hear(agent: CoreAgent, events: AsyncIterator[Event], showing: Showing) -> Heard:
    """Take every event, ask a person where one must agree, and note what comes of it. Ctrl-C ends the run.

    Raises:
        CoreAgentError: nothing came of the run.
    """
    heard = Heard()
    live = LiveAnswer()
    try:
        async for event in events:
            heard.events.append(event)
            if isinstance(event, RunStarted):
                heard.run_id, heard.question = event.run_id, event.question
            elif isinstance(event, RunFinished):
                heard.answer = event.answer
            elif isinstance(event, ApprovalNeeded) and not await settle(agent, event):
                heard.waiting.append(event)
            if showing.steps and isinstance(event, Token):
                live.take(event)
            elif showing.steps:
                live.end()
                print_step(event)
    except (KeyboardInterrupt, asyncio.CancelledError, click.Abort):
        heard.interrupted = True
    except CoreAgentError as error:
        if heard.answer is None:
            raise
        heard.failure = error
    finally:
        live.end()
    heard.told = live.text
    return heard


def conclude(heard: Heard, showing: Showing) -> int:
    """Print what came of a run; gives the exit code."""
    answer = heard.answer
    if answer is None:
        return report_interrupted(heard.run_id) if heard.interrupted else _print_waiting(heard, showing)
    if showing.as_json:
        if answer.error:
            tell_stop(answer, heard.events, shown=False)
        _print_json(answer)
    else:
        told = bool(heard.told) and heard.told.strip() == answer.text.strip()
        print_answer(answer, events=heard.events, explain=showing.explain, told=told)
    return exit_code_of(answer) if heard.failure is None else report(heard.failure)


def _print_waiting(heard: Heard, showing: Showing) -> int:
    click.echo("stopped: a person must decide on", err=True)
    for event in heard.waiting:
        call = event.call
        words = f"{call.id}  {call.tool} {call.arguments}  ({call.effect}: {call.reason})"
        click.echo(f"  {printable(words)}", err=True)
    first = heard.waiting[0].call.id if heard.waiting else "CALL"
    click.echo(f"go on with: coreagent runs resume {heard.run_id} --approve {first}   (or --deny {first})", err=True)
    answer = Answer(run_id=heard.run_id, question=heard.question, text="", status="waiting")
    if showing.as_json:
        _print_json(answer)
    return exit_code_of(answer)


def _print_json(answer: Answer) -> None:
    click.echo(json_text(TypeAdapter(Answer).dump_python(answer, mode="json"), indent=2))
