"""A session: ask, stream, resume, approve. Everything above knows a system only through this and its events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from langgraph.types import Command, Durability
from langsmith.run_helpers import tracing_context  # pyright: ignore[reportUnknownVariableType]
from pydantic import TypeAdapter

from coreagent.agents.action import ActionModule
from coreagent.answer import Answer
from coreagent.errors import CoreAgentError, RunError, UnknownNameError
from coreagent.events import (
    ApprovalNeeded,
    Event,
    PendingCall,
    RunFailed,
    RunFinished,
    RunStarted,
)
from coreagent.graphs.blueprint import Blueprint, Graph
from coreagent.graphs.checkpoints import LeanSqliteSaver, open_checkpoints
from coreagent.graphs.deps import LiveRuns, new_run_id
from coreagent.graphs.edits import changed_arguments
from coreagent.graphs.listening import listening
from coreagent.graphs.state import RunOptions
from coreagent.intents import Intent, intent_from_text
from coreagent.runs import RunState, RunStore
from coreagent.telemetry import Telemetry

SUPERSTEP_LIMIT = 2_600
"""Enough for 500 steps of a loop (think, call, approve, act, observe) and for what stands before and after them."""
_INTENT = TypeAdapter(Intent)


class Session(Protocol):
    """What the terminal app, the evaluator and the command line need of a system."""

    def stream(self, question: str | Intent, *, options: RunOptions | None = None) -> AsyncIterator[Event]:
        """Ask, and hear everything that happens."""
        ...

    async def ask(self, question: str | Intent, *, options: RunOptions | None = None) -> Answer:
        """Ask, and get the answer."""
        ...

    def resume(self, run_id: str) -> AsyncIterator[Event]:
        """Go on with a run that waits, failed or was interrupted."""
        ...

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        """Agree to a call that waits, with other arguments when they are given."""
        ...

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits."""
        ...


@dataclass(slots=True)
class _Waiting:
    """One interrupt of a run that a person is to answer, and the answer once there is one."""

    run_id: str
    interrupt_id: str
    call: PendingCall
    reply: dict[str, Any] | None = None


@dataclass(slots=True)
class GraphSession:
    """Runs blueprints with checkpoints, the run store and telemetry.

    A run uses ``blueprint``, or the one of ``others`` that its options name, and goes on with it when it is resumed.
    ``checkpoints`` None keeps them in no file: such runs can not wait for a person or be resumed. ``gate`` is what a
    person's own arguments for a waiting call go through; None: they can not be given.
    """

    blueprint: Blueprint
    live: LiveRuns
    store: RunStore | None
    telemetry: Telemetry
    checkpoints: Path | None
    config_digest: str = ""
    durability: Durability = "async"
    others: tuple[Blueprint, ...] = ()
    gate: ActionModule | None = None
    _graphs: dict[str, Graph] = field(default_factory=dict[str, Graph])
    _saver: LeanSqliteSaver | None = None
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    _waiting: dict[str, _Waiting] = field(default_factory=dict[str, _Waiting])
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, question: str | Intent, *, options: RunOptions | None = None) -> Answer:
        """The answer, whole or partial; ``status`` is ``waiting`` when a person must approve a call.

        Raises:
            CoreAgentError: nothing came of the run; its state is kept and it can be resumed.
        """
        return await answer_of(self.stream(question, options=options))

    async def stream(self, question: str | Intent, *, options: RunOptions | None = None) -> AsyncGenerator[Event]:
        """Events as they happen; the last is ``RunFinished``, or ``ApprovalNeeded`` when nobody answered it.

        Raises:
            CoreAgentError: after ``RunFailed`` was sent.
        """
        intent = question if isinstance(question, Intent) else intent_from_text(question)
        chosen = options or RunOptions(run_id="")
        if intent.constraints.budget_usd is not None and chosen.budget.usd is None:
            chosen = replace(chosen, budget=replace(chosen.budget, usd=intent.constraints.budget_usd))
        if intent.constraints.latency_s is not None and chosen.budget.seconds is None:
            chosen = replace(chosen, budget=replace(chosen.budget, seconds=intent.constraints.latency_s))
        chosen = replace(chosen, run_id=chosen.run_id or new_run_id(), graph=chosen.graph or self.blueprint.name)
        graph = await self._open(chosen.graph)
        if self.store is not None:
            self.store.begin(chosen.run_id, _INTENT.dump_json(intent).decode(), self.config_digest)
        start = {"question": intent.goal, "intent": intent, "options": chosen}
        async with aclosing(self._run(graph, chosen.run_id, start, RunStarted(chosen.run_id, intent.goal))) as events:
            async for event in events:
                yield event

    async def resume(self, run_id: str) -> AsyncGenerator[Event]:
        """Go on where the run stopped: finished steps and finished writes are not repeated.

        Raises:
            RunError: there is no checkpoint of it, or it is finished.
            UnknownNameError: no such run.
        """
        stored = None
        if self.store is not None:
            stored = self.store.get(run_id)
            run_id = stored.run_id
            if stored.status == "finished":
                raise RunError(f"the run {run_id} is finished", mend=f"See its answer: coreagent runs show {run_id}.")
        graph = await self._graph_of(run_id)
        snapshot = await graph.aget_state(_config(run_id))
        if not snapshot.values:
            raise RunError(
                f"the run {run_id} has no checkpoint to go on from",
                mend="It stopped before its first step: ask the question again.",
            )
        if self.store is not None:
            self.store.begin(run_id, stored.intent_json if stored else "{}", self.config_digest)
        self._note_interrupts(run_id, snapshot.interrupts)
        question = str(snapshot.values.get("question", ""))
        start = self._replies(run_id) if snapshot.interrupts else None
        async with aclosing(self._run(graph, run_id, start, RunStarted(run_id, question, resumed=True))) as events:
            async for event in events:
                yield event

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        """Agree to a call that waits in this session.

        ``arguments`` is the JSON of a person who changed them; they go through the gate like those of a model. Where
        one of these errors is raised, the call goes on waiting.

        Raises:
            UnknownNameError: no such call waits.
            ToolArgumentsError: the arguments do not fit, or hold a mask in the place of a secret.
            ActionDeniedError: the security module denies the call with these arguments.
            UsageError: this session has no gate to send them through.
        """
        call = self._waiting_call(call_id).call
        changed = "" if arguments is None else changed_arguments(self.gate, call, arguments)
        self._reply(call_id, {"approved": True, "arguments": changed})

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits in this session; the reason is feedback to the planning module.

        Raises:
            UnknownNameError: no such call waits.
        """
        self._reply(call_id, {"approved": False, "reason": reason})

    async def pending(self, run_id: str) -> tuple[PendingCall, ...]:
        """Calls of a stopped run that wait for a person; they can then be approved or denied here.

        Raises:
            UnknownNameError: no such run.
        """
        if self.store is not None:
            run_id = self.store.get(run_id).run_id
        snapshot = await (await self._graph_of(run_id)).aget_state(_config(run_id))
        self._note_interrupts(run_id, snapshot.interrupts)
        return tuple(interrupt.value for interrupt in snapshot.interrupts)

    async def close(self) -> None:
        """Close the checkpoint file. Safe to call twice."""
        self._graphs.clear()
        self._saver = None
        await self._exits.aclose()

    async def _open(self, name: str) -> Graph:
        async with self._opening:
            if self._saver is None and self.checkpoints is not None:
                self._saver = await self._exits.enter_async_context(open_checkpoints(self.checkpoints))
            if name not in self._graphs:
                known = self._blueprints
                if name not in known:
                    raise UnknownNameError("graph", name, known)
                self._graphs[name] = known[name].compile(checkpointer=self._saver)
            return self._graphs[name]

    @property
    def _blueprints(self) -> dict[str, Blueprint]:
        return {blueprint.name: blueprint for blueprint in (*self.others, self.blueprint)}

    async def _graph_of(self, run_id: str) -> Graph:
        """The graph that a stopped run was started with, as its checkpoint says."""
        graph = await self._open(self.blueprint.name)
        stored = await self._saver.aget_tuple(_config(run_id)) if self._saver is not None else None
        values = stored.checkpoint["channel_values"] if stored is not None else {}
        # Before the first step the input stands in the start channel alone.
        options: RunOptions | None = values.get("options") or values.get("__start__", {}).get("options")
        return await self._open(options.graph) if options is not None and options.graph else graph

    async def _run(self, graph: Graph, run_id: str, start: Any, first: Event) -> AsyncGenerator[Event]:
        """Drive the graph, pausing at approvals while somebody answers them."""
        status: RunState = "interrupted"
        answer: Answer | None = None
        try:
            yield self._record(run_id, first)
            with self.telemetry.agent_span(run_id):
                while True:
                    async for event in self._step(graph, run_id, start):
                        if isinstance(event, RunFinished):
                            answer, status = event.answer, "finished"
                        yield event
                    waiting = self._waiting_of(run_id)
                    if not waiting:
                        break
                    for entry in waiting:
                        yield self._record(run_id, ApprovalNeeded(run_id, entry.call))
                    if any(entry.reply is None for entry in waiting):
                        status = "waiting"
                        break
                    start = self._replies(run_id)
            if status == "finished" and self._saver is not None:
                await self._saver.adelete_thread(run_id)
        except CoreAgentError as error:
            status = "failed"
            yield self._record(run_id, RunFailed(run_id, type(error).__name__, str(error), error.mend))
            raise
        finally:
            self.live.close(run_id)
            if self.store is not None:
                self.store.finish(run_id, status, answer)

    async def _step(self, graph: Graph, run_id: str, start: Any) -> AsyncGenerator[Event]:
        """One drive of the graph up to its end or to an interrupt, heard event by event."""
        for entry in self._waiting_of(run_id):
            del self._waiting[entry.call.id]
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def hear(event: Event) -> None:
            # Recorded as it happens, however slow the consumer is.
            events.put_nowait(self._record(run_id, event))

        with listening(hear):
            drive = asyncio.create_task(self._drive(graph, run_id, start))
        drive.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await drive
        finally:
            if not drive.done():
                drive.cancel()
                await asyncio.wait([drive])

    async def _drive(self, graph: Graph, run_id: str, start: Any) -> None:
        durability: Durability | None = None
        if self._saver is not None:
            durability = "sync" if self._blueprints[graph.name].durability == "sync" else self.durability
        # langgraph would send every run to its maker's service where a variable of theirs is set.
        with tracing_context(enabled=False):
            # Of the stream modes this one needs no task beside each step's own, and it tells of interrupts.
            compiled: Any = graph
            stream: Any = compiled.astream(start, _config(run_id), stream_mode="updates", durability=durability)
            async for update in stream:
                if "__interrupt__" in update:
                    self._note_interrupts(run_id, update["__interrupt__"])

    def _record(self, run_id: str, event: Event) -> Event:
        if self.store is not None:
            self.store.append(run_id, event)
        return event

    def _note_interrupts(self, run_id: str, interrupts: Any) -> None:
        for interrupt in interrupts:
            self._waiting.setdefault(interrupt.value.id, _Waiting(run_id, interrupt.id, interrupt.value))

    def _waiting_of(self, run_id: str) -> list[_Waiting]:
        return [entry for entry in self._waiting.values() if entry.run_id == run_id]

    def _waiting_call(self, call_id: str) -> _Waiting:
        if call_id not in self._waiting:
            raise UnknownNameError("waiting call", call_id, self._waiting)
        return self._waiting[call_id]

    def _reply(self, call_id: str, reply: dict[str, Any]) -> None:
        self._waiting_call(call_id).reply = reply

    def _replies(self, run_id: str) -> Command[Any] | None:
        """Resume with the answers there are; calls without one are asked again."""
        entries = self._waiting_of(run_id)
        replies = {entry.interrupt_id: entry.reply for entry in entries if entry.reply is not None}
        return Command(resume=replies) if replies else None


async def answer_of(events: AsyncIterator[Event]) -> Answer:
    """Run a stream to its end and give its answer; a run that waits for a person gives a ``waiting`` answer."""
    question, answer = "", None
    waiting: list[ApprovalNeeded] = []
    async for event in events:
        if isinstance(event, RunStarted):
            question = event.question
        elif isinstance(event, RunFinished):
            answer = event.answer
        elif isinstance(event, ApprovalNeeded):
            waiting.append(event)
    if answer is not None:
        return answer
    if not waiting:
        raise RunError("the run ended without an answer", mend="See what happened: coreagent runs show last.")
    calls = "; ".join(f"{item.call.id}: {item.call.tool} {item.call.arguments}" for item in waiting)
    run_id = waiting[0].run_id
    return Answer(run_id=run_id, question=question, text=f"Waiting for approval of {calls}", status="waiting")


def _config(run_id: str) -> Any:
    return {"configurable": {"thread_id": run_id}, "recursion_limit": SUPERSTEP_LIMIT}
