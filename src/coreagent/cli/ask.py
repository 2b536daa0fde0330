"""``coreagent ask``."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from pydantic import TypeAdapter

from coreagent.answer import Answer
from coreagent.budget import Budget
from coreagent.cli.agent import open_agent, parse_models
from coreagent.cli.approvals import settle
from coreagent.cli.failures import INTERRUPTED, exit_code_of
from coreagent.cli.render import print_answer, print_step
from coreagent.cli.text import printable
from coreagent.errors import InputError, UsageError
from coreagent.events import ApprovalNeeded, Event, RunFinished, RunStarted, Token
from coreagent.front import CoreAgent
from coreagent.intents import MAX_GOAL_CHARS, Intent, intent_from_json, intent_from_text
from coreagent.plans import RoleName

MAX_BYTES = 4 * MAX_GOAL_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of one question."""

    intent: Intent
    models: dict[RoleName, str]
    corpora: tuple[str, ...]
    budget: Budget
    stream: bool
    as_json: bool
    explain: bool


@click.command()
@click.argument("question", nargs=-1)
@click.option("--intent", "intent_file", type=click.Path(path_type=Path), help="Ask what a JSON intent file says.")
@click.option("--model", "models", multiple=True, metavar="ROLE=NAME", help="Use this model for a role.")
@click.option("--corpus", "corpora", multiple=True, help="Search this corpus; may be given several times.")
@click.option("--budget-usd", type=click.FloatRange(min=0), help="Dollars this run may spend.")
@click.option("--budget-tokens", type=click.IntRange(min=1), help="Tokens this run may use.")
@click.option("--budget-seconds", type=click.FloatRange(min=0, min_open=True), help="Seconds it may take.")
@click.option("--stream", is_flag=True, help="Print the answer as it is written, and the steps before it.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@click.option("--graph", type=click.Choice(["core", "tool_use"]), help="Plan ahead, or step by step (tool_use).")
@click.option("--explain", is_flag=True, help="Show which role ran on which model, and why.")
@click.pass_context
def command(
    ctx: click.Context,
    question: tuple[str, ...],
    intent_file: Path | None,
    models: tuple[str, ...],
    corpora: tuple[str, ...],
    budget_usd: float | None,
    budget_tokens: int | None,
    budget_seconds: float | None,
    stream: bool,
    as_json: bool,
    graph: Literal["core", "tool_use"] | None,
    explain: bool,
) -> int:
    """Ask QUESTION, or read it from standard input when it is "-"."""
    request = Request(
        intent=_intent(question, intent_file),
        models=parse_models(models),
        corpora=corpora,
        budget=Budget(usd=budget_usd, tokens=budget_tokens, seconds=budget_seconds),
        stream=stream,
        as_json=as_json,
        explain=explain,
    )
    return asyncio.run(_ask(open_agent(ctx, graph=graph), request))


async def _ask(agent: CoreAgent, request: Request) -> int:
    run_id = ""
    try:
        async with agent:
            answer: Answer | None = None
            waiting: list[ApprovalNeeded] = []
            seen: list[Event] = []
            streaming = request.stream and not request.as_json
            events = agent.stream(
                request.intent,
                corpora=request.corpora,
                models=request.models,
                budget=request.budget,
                tokens=streaming,
            )
            async for event in events:
                seen.append(event)
                if isinstance(event, RunStarted):
                    run_id = event.run_id
                elif isinstance(event, RunFinished):
                    answer = event.answer
                elif isinstance(event, ApprovalNeeded) and not await settle(agent, event):
                    waiting.append(event)
                if streaming:
                    _print_live(event)
            if answer is None:
                return _print_waiting(run_id, waiting)
            _print(answer, request, seen)
            return exit_code_of(answer)
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo(f"\ninterrupted; go on with: coreagent runs resume {run_id}" if run_id else "\ninterrupted", err=True)
        return INTERRUPTED


def _print_live(event: object) -> None:
    if isinstance(event, Token):
        click.echo(printable(event.text), nl=False)
        sys.stdout.flush()
    else:
        print_step(event)


def _print(answer: Answer, request: Request, events: list[Event]) -> None:
    if request.as_json:
        click.echo(TypeAdapter(Answer).dump_json(answer, indent=2).decode())
    else:
        if request.stream:
            click.echo()
        print_answer(answer, events=events, explain=request.explain)


def _print_waiting(run_id: str, waiting: list[ApprovalNeeded]) -> int:
    click.echo("stopped: a person must decide on", err=True)
    for event in waiting:
        call = event.call
        click.echo(f"  {call.id}  {call.tool} {printable(call.arguments)}  ({call.effect}: {call.reason})", err=True)
    first = waiting[0].call.id if waiting else "CALL"
    click.echo(f"go on with: coreagent runs resume {run_id} --approve {first}   (or --deny {first})", err=True)
    return exit_code_of(Answer(run_id=run_id, question="", text="", status="waiting"))


def _intent(question: tuple[str, ...], intent_file: Path | None) -> Intent:
    if intent_file is not None:
        if question:
            raise UsageError("a question and --intent were both given", mend="Give one of them.")
        return intent_from_json(_decode(_read_file(intent_file), str(intent_file)))
    if question == ("-",):
        return intent_from_text(_decode(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"))
    return intent_from_text(" ".join(question))


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}", mend="Check the path of --intent.") from error


def _decode(raw: bytes, where: str) -> str:
    if len(raw) > MAX_BYTES:
        raise InputError(
            f"{where} holds more than {MAX_BYTES:,} bytes",
            mend="Add long material as a corpus (coreagent corpus add FILE --name NAME) and ask about it.",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text: {error.reason}", mend="Convert it: iconv -t UTF-8.") from error
