"""Is a model there, and can it do what its card says? One tiny call for each question."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from coreagent.errors import CoreAgentError, ModelError
from coreagent.messages import Message
from coreagent.models.chat import ChatModel, ChatRequest, Completion, ResponseSchema, TextDelta, ToolSpec
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.prices import PRICE_MEND, price_words
from coreagent.models.registry import ModelRegistry

_MAX_TOKENS = 64
_PLAIN = ChatRequest(messages=(Message.user("Reply with the single word ready."),), max_tokens=_MAX_TOKENS)
_TOOL = ToolSpec(
    "report_status",
    "Report the status of a cell.",
    {
        "type": "object",
        "properties": {"cell": {"type": "string"}},
        "required": ["cell"],
        "additionalProperties": False,
    },
)
_WITH_TOOL = ChatRequest(
    messages=(Message.user("Report the status of cell A1."),),
    tools=(_TOOL,),
    tool_choice="required",
    max_tokens=_MAX_TOKENS,
)
_SCHEMA = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}
_WITH_SCHEMA = ChatRequest(
    messages=(Message.user('Reply with the JSON object {"ready": true}.'),),
    response_schema=ResponseSchema("status", _SCHEMA),
    max_tokens=_MAX_TOKENS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What was found. ``latency_ms`` is of one whole tiny call; None means not tried.

    ``problems`` holds one line for each failure, with the way to mend it.
    """

    name: str
    reached: bool
    latency_ms: float | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    streaming: bool | None = None
    price: str = ""
    context_tokens: int = 0
    problems: tuple[str, ...] = ()


async def check(model: ChatModel, *, now: Callable[[], float] = time.perf_counter) -> CheckReport:
    """Try a model at each of its endpoints; every failure ends up in the report, none is raised.

    The built-in models run in this process and take the roles' own requests only, so their card is their report.
    """
    if isinstance(model, Dispatched):
        reports = await asyncio.gather(*(check(endpoint.model, now=now) for endpoint in model.endpoints))
        return _together(reports, [endpoint.address for endpoint in model.endpoints])
    card = model.card
    price = price_words(card.price)
    if card.adapter == "builtin":
        return CheckReport(
            name=card.name,
            reached=True,
            latency_ms=0.0,
            tools=card.tools,
            json_schema=card.json_schema,
            streaming=True,
            price=price,
            context_tokens=card.context_tokens,
        )
    problems: list[str] = []
    started = now()
    reached = await _try(model, _PLAIN, _any_answer, problems, "call", mend="")
    latency_ms = (now() - started) * 1_000
    tools = json_schema = streaming = None
    if reached:
        streaming = await _streams(model, problems)
        if card.tools:
            tools = await _try(model, _WITH_TOOL, _calls_tool, problems, "tools", mend="tools = false")
        if card.json_schema:
            json_schema = await _try(
                model, _WITH_SCHEMA, _keeps_schema, problems, "JSON schema", mend="json_schema = false"
            )
    if not card.price.known:
        problems.append(f"price: unknown, so calls under a dollar limit are refused. {PRICE_MEND}")
    return CheckReport(
        name=card.name,
        reached=reached,
        latency_ms=latency_ms if reached else None,
        tools=tools,
        json_schema=json_schema,
        streaming=streaming,
        price=price,
        context_tokens=card.context_tokens,
        problems=tuple(problems),
    )


async def check_named(registry: ModelRegistry, name: str) -> CheckReport:
    """Try the model of this name; that it can not even be built is in the report too.

    Raises:
        UnknownNameError: there is no such model.
    """
    card = registry.card(name)
    try:
        return await check(registry.get(card.name))
    except CoreAgentError as error:
        return CheckReport(name=card.name, reached=False, problems=(f"{error} {error.mend}".strip(),))


def _together(reports: Sequence[CheckReport], addresses: Sequence[str]) -> CheckReport:
    """One report on several endpoints: what not all of them can do the model can not; the slowest time counts."""
    first = reports[0]
    said_by_all = [problem for problem in first.problems if all(problem in report.problems for report in reports)]
    problems = [
        f"{address}: {problem}"
        for address, report in zip(addresses, reports, strict=True)
        for problem in report.problems
        if problem not in said_by_all
    ]
    times = [report.latency_ms for report in reports if report.latency_ms is not None]
    return replace(
        first,
        reached=all(report.reached for report in reports),
        latency_ms=max(times, default=None),
        tools=_every(report.tools for report in reports),
        json_schema=_every(report.json_schema for report in reports),
        streaming=_every(report.streaming for report in reports),
        problems=(*problems, *said_by_all),
    )


def _every(found: Iterable[bool | None]) -> bool | None:
    tried = [value for value in found if value is not None]
    return all(tried) if tried else None


async def _try(
    model: ChatModel,
    request: ChatRequest,
    fault: Callable[[Completion], str],
    problems: list[str],
    subject: str,
    *,
    mend: str,
) -> bool:
    """One call; ``fault`` gives what is wrong with the answer, or nothing. ``mend`` is a line for the settings."""
    setting = f"Set {mend} for this model, or start its server with support for it." if mend else ""
    try:
        found = fault(await model.complete(request))
    except ModelError as error:
        problems.append(_line(subject, error, setting))
        return False
    except CoreAgentError as error:
        problems.append(_line(subject, error, ""))
        return False
    if found:
        problems.append(f"{subject}: {found}. {setting}".rstrip())
    return not found


async def _streams(model: ChatModel, problems: list[str]) -> bool:
    pieces = 0
    try:
        async for chunk in model.stream(_PLAIN):
            pieces += isinstance(chunk, TextDelta)
    except CoreAgentError as error:
        problems.append(_line("streaming", error, ""))
        return False
    if not pieces:
        problems.append("streaming: no text came in pieces. Look at the settings of the server.")
    return pieces > 0


def _line(subject: str, error: CoreAgentError, setting: str) -> str:
    return " ".join(part for part in (f"{subject}: {error}.", setting or error.mend) if part)


def _any_answer(completion: Completion) -> str:
    # A model that thinks first may use up a tiny limit without a word; it was reached all the same.
    return "" if completion.text or completion.finish_reason == "length" else "an empty answer"


def _calls_tool(completion: Completion) -> str:
    if not completion.tool_calls:
        return "the model answered without the tool call it was required to make"
    call = completion.tool_calls[0]
    if call.name != _TOOL.name:
        return f"the model called {call.name!r}, which it was not offered"
    return "" if _is_object_with(call.arguments, "cell", str) else "the tool's arguments do not fit its schema"


def _keeps_schema(completion: Completion) -> str:
    return "" if _is_object_with(completion.text, "ready", bool) else "the answer does not fit the schema"


def _is_object_with(text: str, key: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(text)[key], kind)
    except (ValueError, KeyError, TypeError):
        return False
