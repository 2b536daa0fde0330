"""Runs of the core-agent, as they happen and as they were."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

from coreagent.answer import Citation
from coreagent.errors import UnknownNameError
from coreagent.events import ApprovalNeeded, Event, PendingCall
from coreagent.front import CoreAgent
from coreagent.plans import RoleName
from coreagent.terminal.agents import Agents, Held
from coreagent.terminal.source import clause_of
from coreagent.tui.seams.chat import Clause, Question, Timed


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call that waits for a person: its run, and the core-agent that knows of it."""

    run_id: str
    held: Held


def waits_for_person(timed: Timed) -> bool:
    """True of an event after which the run goes on only when somebody decided."""
    return isinstance(timed.event, ApprovalNeeded)


class ChatInside:
    """See :class:`coreagent.tui.seams.chat.Chat`. For the engine's loop."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._waiting: dict[str, _Waiting] = {}

    async def ask(self, question: Question) -> AsyncGenerator[Timed]:
        """Ask; closing it stops the run."""
        held = self._agents.now
        async with self._agents.lease(held) as agent, aclosing(_asked(agent, question)) as events:
            async for event in events:
                self._note(event, held)
                yield Timed(time.time(), event)

    async def resume(self, run_id: str) -> AsyncGenerator[Timed]:
        """Go on with a run, on the core-agent that knows what was decided of its calls."""
        knowing = [waiting.held for waiting in self._waiting.values() if waiting.run_id == run_id]
        held = next((entry for entry in knowing if not entry.closed), self._agents.now)
        async with self._agents.lease(held) as agent, aclosing(agent.resume(run_id)) as events:
            async for event in events:
                self._note(event, held)
                yield Timed(time.time(), event)

    async def pending(self, run_id: str) -> tuple[PendingCall, ...]:
        """Calls of a stopped run that wait for a person."""
        held = self._agents.now
        async with self._agents.lease(held) as agent:
            calls = await agent.pending(run_id)
        for call in calls:
            self._waiting[call.id] = _Waiting(run_id, held)
        return calls

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        """Agree to a call."""
        async with self._agents.lease(await self._knowing(call_id)) as agent:
            await agent.approve(call_id, arguments=arguments)

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call."""
        async with self._agents.lease(await self._knowing(call_id)) as agent:
            await agent.deny(call_id, reason)

    async def events(self, run_id: str) -> tuple[Timed, ...]:
        """Everything that happened in a run."""
        async with self._agents.lease() as agent:
            stored = await asyncio.to_thread(agent.system.store.events, run_id)
        return tuple(Timed(entry.at_s, entry.event) for entry in stored)

    async def clause(self, citation: Citation, *, around: int = 4_000) -> Clause:
        """The source of a citation."""
        async with self._agents.lease() as agent:
            return await asyncio.to_thread(clause_of, citation, agent.system, around=around)

    async def _knowing(self, call_id: str) -> Held:
        """The core-agent that a waiting call is known to; where that one is closed, the present one learns of it."""
        waiting = self._waiting.get(call_id)
        if waiting is None:
            raise UnknownNameError("waiting call", call_id, self._waiting)
        if waiting.held.closed:
            await self.pending(waiting.run_id)
        return self._waiting[call_id].held

    def _note(self, event: Event, held: Held) -> None:
        if isinstance(event, ApprovalNeeded):
            self._waiting[event.call.id] = _Waiting(event.run_id, held)


def _asked(agent: CoreAgent, question: Question) -> AsyncGenerator[Event]:
    asking = question.asking
    options = agent.options(
        corpora=asking.corpora,
        models=cast("dict[RoleName, str]", asking.models),
        budget=asking.budget,
        flags=asking.flags,
        tokens=True,
        prompts=True,
        earlier=question.earlier,
        label=question.label,
    )
    return agent.system.session.stream(question.text, options=replace(options, graph=asking.graph))
