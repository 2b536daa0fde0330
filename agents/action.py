"""The action module: every tool call goes through the gate, which looks before and after.

Propose (validate, review), perhaps ask a person, then perform. A write is journalled before it starts and after it
ends, under a key made of run, tool and arguments: a run that was killed and resumed, or planned again, finds the
finished write and does not repeat it.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from pydantic import TypeAdapter

from coreagent.agents.security import SecurityModule
from coreagent.answer import Evidence
from coreagent.errors import CoreAgentError, ToolFailedError, ToolTimeoutError
from coreagent.events import Event, FeedbackSource, ToolFinished, ToolStarted
from coreagent.labels import PUBLIC, Label, strictest
from coreagent.messages import ToolCall, sound
from coreagent.runs import Journal
from coreagent.secrets import mask
from coreagent.telemetry import Telemetry
from coreagent.tools.registry import ToolRegistry
from coreagent.tools.tool import Previewing, Tool, ToolContext, ToolResult

SUMMARY_CHARS = 400
CHANGES_CHARS = 4_000
"""Of a preview; more nobody reads before agreeing."""
PREVIEW_TIMEOUT_S = 5.0
Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A validated call with the gate's ruling on it. ``arguments`` is canonical JSON.

    ``changes`` says in words what it would change, with secrets masked, where the tool has a preview. ``edited``: a
    person put these arguments in place of the model's.
    """

    call_id: str
    subtask: str
    tool: str
    arguments: str
    verdict: Literal["allow", "ask", "deny"]
    reason: str
    effect: str = "read"
    label: Label = PUBLIC
    changes: str = ""
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one proposal. ``error`` is empty on success; ``source`` says who reported a failure.

    ``kind`` is the class name of what a tool raised and ``mend`` how to go on; ``error`` has the mend's words too.
    """

    call_id: str
    subtask: str
    tool: str
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    label: Label = PUBLIC
    error: str = ""
    source: FeedbackSource = "tool"
    kind: str = ""
    mend: str = ""


class ActionModule(Protocol):
    """Turns a model's wish into a ruled proposal, and a proposal into an outcome."""

    @property
    def tools(self) -> ToolRegistry:
        """What can be done."""
        ...

    def propose(self, call: ToolCall, subtask: str, *, label: Label, emit: Emit) -> Proposal:
        """Validate and review."""
        ...

    async def preview(self, proposal: Proposal, *, run_id: str, corpora: tuple[str, ...]) -> Proposal:
        """With what it would change, where a person is to be asked; failures become words."""
        ...

    async def perform(self, proposal: Proposal, *, run_id: str, corpora: tuple[str, ...], emit: Emit) -> Outcome:
        """Run it; failures become outcomes."""
        ...


def idempotency_key(run_id: str, tool: str, arguments: str) -> str:
    """SHA-256 over run, tool and canonical arguments: the same write of the same run has the same key."""
    return hashlib.sha256(json.dumps([run_id, tool, arguments]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class GatedAction:
    """The gate over a registry of tools."""

    tools: ToolRegistry
    security: SecurityModule
    journal: Journal
    telemetry: Telemetry

    def propose(self, call: ToolCall, subtask: str, *, label: Label, emit: Emit) -> Proposal:
        """Validate the arguments and let the security module rule.

        Raises:
            UnknownNameError: no such tool.
            ToolArgumentsError: the arguments do not fit; the message names the field.
        """
        tool = self.tools.get(call.name)
        arguments = canonical(self.tools.validate(call.name, call.arguments).model_dump(mode="json"))
        ruling, screened = self.security.review_call(tool.info, arguments, label)
        emit(screened)
        return Proposal(
            call_id=call.id,
            subtask=subtask,
            tool=call.name,
            arguments=arguments,
            verdict=ruling.verdict,
            reason=ruling.reason,
            effect=tool.info.effect,
            label=label,
        )

    async def preview(self, proposal: Proposal, *, run_id: str, corpora: tuple[str, ...]) -> Proposal:
        """A proposal that a person is asked about with what its tool says it would change; any other as it is.

        Never raises for what a preview does wrong, and never waits longer than ``PREVIEW_TIMEOUT_S``: a person can
        decide without it.
        """
        tool = self.tools.get(proposal.tool)
        if proposal.verdict != "ask" or not isinstance(tool, Previewing):
            return proposal
        key = idempotency_key(run_id, proposal.tool, proposal.arguments)
        context = _context(proposal, key, run_id, corpora)
        try:
            arguments = self.tools.validate(proposal.tool, proposal.arguments)
            changes = await asyncio.wait_for(tool.preview(arguments, context), PREVIEW_TIMEOUT_S)
        except TimeoutError:
            changes = f"its preview failed: no word within {PREVIEW_TIMEOUT_S:g} s"
        except Exception as error:  # noqa: BLE001  (a preview may be anybody's code, and never ends a run)
            changes = f"its preview failed: {type(error).__name__}: {error}"
        return replace(proposal, changes=_shortened(mask(sound(changes))))

    async def perform(self, proposal: Proposal, *, run_id: str, corpora: tuple[str, ...], emit: Emit) -> Outcome:
        """Run an allowed or approved proposal. Never raises for what a tool does wrong: that is an outcome."""
        tool = self.tools.get(proposal.tool)
        if proposal.verdict == "deny":
            return _refused(proposal)
        started = time.perf_counter()
        emit(ToolStarted(proposal.call_id, proposal.tool, mask(proposal.arguments), proposal.subtask))
        result, raised, replayed = None, None, False
        try:
            result, replayed = await self._run_once(tool, proposal, run_id, corpora)
        except CoreAgentError as failure:
            raised = failure
        error = f"{raised} {raised.mend}".strip() if raised else ""
        summary = mask(result.text if result else "")[:SUMMARY_CHARS]
        seconds = time.perf_counter() - started
        emit(ToolFinished(proposal.call_id, proposal.tool, proposal.subtask, summary, seconds, mask(error), replayed))
        if result is None:
            failed = _outcome(proposal, error=error, source=tool.info.source)
            return replace(failed, kind=type(raised).__name__, mend=raised.mend if raised else "")
        screened = self.security.screen_result(tool.info, result)
        emit(screened)
        joined = strictest([proposal.label, screened.label, *(item.label for item in result.evidence)])
        return _outcome(proposal, text=result.text, evidence=result.evidence, label=joined, source=tool.info.source)

    async def _run_once(
        self, tool: Tool, proposal: Proposal, run_id: str, corpora: tuple[str, ...]
    ) -> tuple[ToolResult, bool]:
        key = idempotency_key(run_id, proposal.tool, proposal.arguments)
        if tool.info.effect == "read":
            return await self._run(tool, proposal, key, run_id, corpora), False
        entry = self.journal.begin(key, proposal.tool, proposal.arguments)
        if entry.result is not None:
            return _RESULT.validate_json(entry.result), True
        # A write that started and never ended runs again under the same key: the tool hands the key on, so that what
        # it changes can tell the repetition.
        result = await self._run(tool, proposal, key, run_id, corpora)
        self.journal.finish(key, _RESULT.dump_json(result).decode())
        return result, False

    async def _run(self, tool: Tool, proposal: Proposal, key: str, run_id: str, corpora: tuple[str, ...]) -> ToolResult:
        info = tool.info
        context = _context(proposal, key, run_id, corpora)
        arguments = self.tools.validate(info.name, proposal.arguments)
        call = ToolCall(proposal.call_id, info.name, proposal.arguments)
        with self.telemetry.tool_span(info, call):
            try:
                return await asyncio.wait_for(tool.run(arguments, context), info.timeout_s)
            except TimeoutError as error:
                raise ToolTimeoutError(
                    f"no result within {info.timeout_s:g} s", tool=info.name, mend="Raise the tool's timeout_s."
                ) from error
            except CoreAgentError:
                raise
            except Exception as error:
                raise ToolFailedError(
                    f"it raised {type(error).__name__}: {mask(str(error))}", tool=info.name
                ) from error


_RESULT: TypeAdapter[ToolResult] = TypeAdapter(ToolResult)


def _context(proposal: Proposal, key: str, run_id: str, corpora: tuple[str, ...]) -> ToolContext:
    return ToolContext(
        run_id=run_id, call_id=proposal.call_id, idempotency_key=key, label=proposal.label, corpora=corpora
    )


def _shortened(text: str) -> str:
    return text if len(text) <= CHANGES_CHARS else f"{text[:CHANGES_CHARS]} ... (cut)"


DENIED = "denied by a person"


def as_decided(proposal: Proposal, earlier: Iterable[Proposal]) -> Proposal:
    """A person's no holds for the whole run: the same call proposed again is denied without asking again."""
    for other in earlier:
        same = (other.tool, other.arguments) == (proposal.tool, proposal.arguments)
        if same and other.verdict == "deny" and other.reason.startswith(DENIED):
            return replace(proposal, verdict="deny", reason=other.reason)
    return proposal


def canonical(arguments: dict[str, Any]) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refused(proposal: Proposal) -> Outcome:
    source: FeedbackSource = "human" if proposal.reason.startswith(DENIED) else "tool"
    return _outcome(proposal, error=f"not allowed: {proposal.reason}", source=source)


def _outcome(
    proposal: Proposal,
    *,
    text: str = "",
    evidence: tuple[Evidence, ...] = (),
    label: Label | None = None,
    error: str = "",
    source: FeedbackSource = "tool",
) -> Outcome:
    return Outcome(
        call_id=proposal.call_id,
        subtask=proposal.subtask,
        tool=proposal.tool,
        text=text,
        evidence=evidence,
        label=label or proposal.label,
        error=error,
        source=source,
    )
