"""One subtask: its role's model proposes tool calls, or writes an intermediate text. Nothing is changed here."""

import asyncio
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from coreagent.agents.action import Outcome, Proposal, as_decided
from coreagent.agents.caller import Caller, CallerOutput, CallerTask
from coreagent.agents.summarizer import Summarizer, SummarizerTask
from coreagent.budget import Budget
from coreagent.events import Warned
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import emitter
from coreagent.graphs.nodes.gather import confidence
from coreagent.graphs.nodes.guard import STOPPING, stopped
from coreagent.graphs.state import ActInput, CallInput, SubtaskResult
from coreagent.labels import Label, strictest
from coreagent.messages import ToolCall


@dataclass(frozen=True, slots=True)
class CallNode:
    """Asks the role's model; sends each proposal to ``act``, or to ``approve`` when a person must agree."""

    deps: Deps
    caller: Caller
    summarizer: Summarizer

    async def run(self, task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        """A subtask that can not be done is a failed result; its siblings go on, and ``gather`` ends the run."""
        try:
            if task["subtask"].role == "caller":
                return await self._propose(task, runtime)
            return await self._write(task, runtime)
        except STOPPING as error:
            emitter(runtime)(Warned(f"{task['subtask'].id}: {error}"))
            failed = SubtaskResult(subtask=task["subtask"].id, error=str(error))
            return Command(update={"results": {failed.subtask: failed}, "stopped": stopped(error)}, goto="gather")

    async def _propose(self, task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        deps, subtask = self.deps, task["subtask"]
        ledger = deps.live.ledger(task["options"], task["spent"])
        called = await deps.calls.make(
            self.caller,
            CallerTask(
                subtask=subtask,
                question=task["question"],
                tools=deps.agent.action.tools.about(task["question"]).specs(),
                results=tuple((result.subtask, result.text) for result in task["results"]),
                profile=deps.agent.profile.choose("caller", subtask.domain).text,
                feedback=task["feedback"],
            ),
            work=_work(task),
            ledger=ledger,
            emit=emitter(runtime),
        )
        update: dict[str, Any] = {"decisions": (called.decision,), "spent": ledger.spent}
        if not called.output.calls:
            return Command(update=update | _nothing_to_call(task, called.output), goto="gather")
        wishes = enumerate(called.output.calls, 1)
        proposals = await asyncio.gather(*(self._proposal(task, number, wish, runtime) for number, wish in wishes))
        update["proposals"] = {proposal.call_id: proposal for proposal in proposals}
        update["security_log"] = tuple(f"before {p.tool} {p.call_id}: {p.verdict}" for p in proposals)
        return Command(update=update, goto=[_sent(task, proposal) for proposal in proposals])

    async def _proposal(self, task: CallInput, number: int, wish: ToolCall, runtime: Runtime[None]) -> Proposal:
        # A person answers by this id alone, so it is unique among all runs.
        call_id = f"{task['options'].run_id[-8:]}.{task['subtask'].id}.{number}"
        proposal = self.deps.agent.action.propose(
            ToolCall(call_id, wish.name, wish.arguments),
            task["subtask"].id,
            label=_label(task),
            emit=emitter(runtime),
        )
        proposal = as_decided(proposal, task["earlier"])
        # Here, because the node that waits for the person runs again from its top once they have answered.
        options = task["options"]
        return await self.deps.agent.action.preview(proposal, run_id=options.run_id, corpora=options.corpora)

    async def _write(self, task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        deps, subtask = self.deps, task["subtask"]
        ledger = deps.live.ledger(task["options"], task["spent"])
        evidence = tuple(item for result in task["results"] for item in result.evidence)
        called = await deps.calls.make(
            self.summarizer,
            SummarizerTask(
                question=subtask.instruction,
                evidence=evidence,
                profile=deps.agent.profile.choose("summarizer", subtask.domain).text,
            ),
            work=_work(task),
            ledger=ledger,
            emit=emitter(runtime),
        )
        cited = tuple(evidence[number - 1] for number in called.output.cited)
        result = SubtaskResult(subtask=subtask.id, text=called.output.text, evidence=cited, label=_label(task))
        update = {"decisions": (called.decision,), "spent": ledger.spent, "results": {subtask.id: result}}
        return Command(update=update, goto="gather")


def call_node(deps: Deps) -> CallNode:
    """The node; its caller's arguments are validated by the tools at hand."""
    tools = deps.agent.action.tools
    return CallNode(deps, Caller(lambda call: tools.validate(call.name, call.arguments)), Summarizer())


def _label(task: CallInput) -> Label:
    """Arguments and texts are made from the subtask and from what it depends on."""
    return strictest([task["subtask"].label, *(result.label for result in task["results"])])


def _work(task: CallInput) -> Work:
    subtask = task["subtask"]
    found = [item for result in task["results"] for item in result.evidence]
    return Work(
        subtask=subtask.id,
        label=_label(task),
        options=task["options"],
        text=subtask.instruction,
        domain=subtask.domain,
        budget=Budget(usd=subtask.budget_usd),
        retrieval=confidence(found) if task["results"] else None,
    )


def _sent(task: CallInput, proposal: Proposal) -> Send:
    target = "approve" if proposal.verdict == "ask" else "act"
    return Send(target, ActInput(options=task["options"], proposal=proposal))


def _nothing_to_call(task: CallInput, output: CallerOutput) -> dict[str, Any]:
    """The caller said what is missing: a failed subtask, and feedback for the next plan."""
    subtask = task["subtask"]
    result = SubtaskResult(subtask=subtask.id, error=output.text, label=_label(task))
    outcome = Outcome(call_id=subtask.id, subtask=subtask.id, tool=subtask.tool, error=output.text)
    return {"results": {subtask.id: result}, "outcomes": {subtask.id: outcome}}
