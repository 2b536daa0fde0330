"""One subtask: its role's model proposes tool calls, or writes an intermediate text. Nothing is changed here."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from coreagent.agents.action import Outcome, Proposal
from coreagent.agents.caller import Caller, CallerTask
from coreagent.agents.summarizer import Summarizer, SummarizerTask
from coreagent.events import Warned
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.nodes.guard import STOPPING, stopped
from coreagent.graphs.state import ActInput, CallInput, SubtaskResult
from coreagent.labels import strictest
from coreagent.messages import ToolCall

CallNode = Callable[[CallInput, Runtime[None]], Awaitable[Command[Any]]]
SUMMARIZER = Summarizer()


def call_node(deps: Deps) -> CallNode:
    """Ask the role's model; send each proposal to ``act``, or to ``approve`` when a person must agree."""
    tools = deps.agent.action.tools

    def check(call: ToolCall) -> object:
        return tools.validate(call.name, call.arguments)

    caller = Caller(check)

    async def call(task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        try:
            return await (propose if task["subtask"].role == "caller" else write)(task, runtime)
        except STOPPING as error:
            runtime.stream_writer(Warned(f"{task['subtask'].id}: {error}"))
            failed = SubtaskResult(subtask=task["subtask"].id, error=str(error))
            update = {"results": {failed.subtask: failed}, "stopped": stopped(error)}
            return Command(update=update, goto="gather")

    async def propose(task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        subtask, options = task["subtask"], task["options"]
        run = deps.live.of(options, task["account"])
        label = strictest([subtask.label, *(result.label for result in task["results"])])
        called = await deps.calls.make(
            caller,
            CallerTask(
                subtask=subtask,
                question=task["question"],
                tools=tools.specs(),
                results=tuple((result.subtask, result.text) for result in task["results"]),
                profile=deps.agent.profile.choose("caller", subtask.domain).text,
                feedback=task["feedback"],
            ),
            work=_work(task, "caller"),
            ledger=run.ledger,
            emit=runtime.stream_writer,
        )
        run.usage += called.usage
        update: dict[str, Any] = {"decisions": (called.decision,), "account": run.account}
        if not called.output.calls:
            result = SubtaskResult(subtask=subtask.id, error=called.output.text, label=label)
            outcome = Outcome(call_id=subtask.id, subtask=subtask.id, tool=subtask.tool, error=result.error)
            update |= {"results": {subtask.id: result}, "outcomes": {subtask.id: outcome}}
            return Command(update=update, goto="gather")
        proposals = [
            deps.agent.action.propose(
                ToolCall(f"{subtask.id}.{number}", wish.name, wish.arguments),
                subtask.id,
                label=label,
                emit=runtime.stream_writer,
            )
            for number, wish in enumerate(called.output.calls, start=1)
        ]
        update["proposals"] = {proposal.call_id: proposal for proposal in proposals}
        update["security_log"] = tuple(f"before {p.tool} {p.call_id}: {p.verdict}" for p in proposals)
        return Command(update=update, goto=_send(task, proposals))

    async def write(task: CallInput, runtime: Runtime[None]) -> Command[Any]:
        subtask = task["subtask"]
        run = deps.live.of(task["options"], task["account"])
        evidence = tuple(item for result in task["results"] for item in result.evidence)
        label = strictest([subtask.label, *(result.label for result in task["results"])])
        called = await deps.calls.make(
            SUMMARIZER,
            SummarizerTask(
                question=subtask.instruction,
                evidence=evidence,
                profile=deps.agent.profile.choose("summarizer", subtask.domain).text,
            ),
            work=_work(task, "summarizer"),
            ledger=run.ledger,
            emit=runtime.stream_writer,
        )
        run.usage += called.usage
        cited = tuple(evidence[number - 1] for number in called.output.cited)
        result = SubtaskResult(subtask=subtask.id, text=called.output.text, evidence=cited, label=label)
        update = {"decisions": (called.decision,), "account": run.account, "results": {subtask.id: result}}
        return Command(update=update, goto="gather")

    return call


def _work(task: CallInput, role: str) -> Work:
    subtask = task["subtask"]
    return Work(
        subtask=subtask.id,
        label=strictest([subtask.label, *(result.label for result in task["results"])]),
        domain=subtask.domain,
        budget_usd=subtask.budget_usd,
        pinned=task["options"].models.get(role, ""),
    )


def _send(task: CallInput, proposals: Sequence[Proposal]) -> list[Send]:
    return [
        Send(
            "approve" if proposal.verdict == "ask" else "act",
            ActInput(options=task["options"], proposal=proposal),
        )
        for proposal in proposals
    ]
