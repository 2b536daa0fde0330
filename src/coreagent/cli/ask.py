"""``coreagent ask``."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from coreagent.budget import Budget
from coreagent.cli.agent import open_agent, parse_models
from coreagent.cli.hearing import Showing, conclude, hear
from coreagent.cli.parameters import Amount, NamedPath
from coreagent.errors import InputError, UsageError
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
    flags: dict[str, float]
    showing: Showing


@click.command()
@click.argument("question", nargs=-1)
@click.option("--intent", "intent_file", type=NamedPath(path_type=Path), help="Ask what a JSON intent file says.")
@click.option("--model", "models", multiple=True, metavar="ROLE=NAME", help="Use this model for a role.")
@click.option("--corpus", "corpora", multiple=True, help="Search this corpus; may be given several times.")
@click.option("--budget-usd", type=Amount(min=0), help="Dollars this run may spend.")
@click.option("--budget-tokens", type=click.IntRange(min=1), help="Tokens this run may use.")
@click.option("--budget-calls", type=click.IntRange(min=1), help="Model calls it may make.")
@click.option("--budget-seconds", type=Amount(min=0, min_open=True), help="Seconds it may take.")
@click.option("--budget-wh", type=Amount(min=0), help="Watt-hours its models may consume.")
@click.option("--flag", "flags", multiple=True, metavar="NAME=WEIGHT", help="Weigh an objective: size=0.3, energy=1.")
@click.option("--stream", is_flag=True, help="Print the steps (to standard error) and the answer as they come.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as one JSON object, and nothing else.")
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
    budget_calls: int | None,
    budget_seconds: float | None,
    budget_wh: float | None,
    flags: tuple[str, ...],
    stream: bool,
    as_json: bool,
    graph: Literal["core", "tool_use"] | None,
    explain: bool,
) -> int:
    """Ask QUESTION, or read it from standard input when it is "-".

    A question that begins with a dash stands after two dashes: coreagent ask -- "-110 dBm: is that weak?"
    """
    request = Request(
        intent=_intent(question, intent_file),
        models=parse_models(models),
        corpora=corpora,
        budget=Budget(usd=budget_usd, tokens=budget_tokens, calls=budget_calls, seconds=budget_seconds, wh=budget_wh),
        flags=_weights(flags),
        showing=Showing(steps=stream and not as_json, as_json=as_json, explain=explain),
    )
    return asyncio.run(_ask(open_agent(ctx, graph=graph), request))


async def _ask(agent: CoreAgent, request: Request) -> int:
    showing = request.showing
    async with agent:
        events = agent.stream(
            request.intent,
            corpora=request.corpora,
            models=request.models,
            budget=request.budget,
            flags=request.flags,
            tokens=showing.steps,
        )
        heard = await hear(agent, events, showing)
    return conclude(heard, showing)


def _weights(pairs: tuple[str, ...]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for pair in pairs:
        name, _, weight = pair.partition("=")
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            problem = f"--flag {pair!r} is not of the form name=weight"
            raise UsageError(problem, mend="For example --flag size=0.3.") from None
    return weights


def _intent(question: tuple[str, ...], intent_file: Path | None) -> Intent:
    if intent_file is not None:
        if question:
            raise UsageError("a question and --intent were both given", mend="Give one of them.")
        return intent_from_json(_decode(_read_file(intent_file), str(intent_file)))
    if question == ("-",):
        return intent_from_text(_decode(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"))
    return intent_from_text(_argument(" ".join(question)))


def _argument(text: str) -> str:
    """The text that was meant: in a locale without UTF-8 the bytes of the command line come as surrogates."""
    try:
        return os.fsencode(text).decode()
    except UnicodeError:
        return text


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
