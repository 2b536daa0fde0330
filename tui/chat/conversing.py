"""One open conversation: it asks, stops, goes on, and keeps what is said. It knows no screen."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from coreagent.budget import UNLIMITED, Budget
from coreagent.conversations.records import Asking, Conversation, Turn
from coreagent.errors import CoreAgentError, RunError
from coreagent.events import ApprovalNeeded, PendingCall, RunStarted, Token
from coreagent.labels import PUBLIC
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.chat.allowance import SpentSoFar, left_of, spent_on, tighter
from coreagent.tui.chat.earlier import EXCHANGES, earlier_of, label_of
from coreagent.tui.chat.heard import Heard
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.chat.listener import Listener
from coreagent.tui.seams.chat import Question, Timed
from coreagent.tui.seams.engine import Engine

NOTE_EVERY_S = 1.0
"""How often what was said so far is written down: a killed process loses no more than that of an answer."""


class Conversing:
    """The controller of one conversation. Questions are answered one after the other; ``queue`` holds further ones."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        keeper: Keeper,
        engine: Callable[[], Awaitable[Engine]],
        listener: Listener,
        limits: Budget = UNLIMITED,
    ) -> None:
        """``limits`` are the settings' for one run; :attr:`budget` is this conversation's own."""
        self.conversation = conversation
        self.asking = Asking()
        self.label = PUBLIC
        """The least label of what is asked here; that of what was said is joined to it."""
        self.budget = UNLIMITED
        self.limits = limits
        self.queue: list[tuple[str, Asking]] = []
        self.allowed: set[str] = set()
        self._spent: dict[str, SpentSoFar] = {}
        self._keeper, self._engine, self._listener = keeper, engine, listener
        self._task: asyncio.Task[None] | None = None
        self._turn: Turn | None = None

    @property
    def busy(self) -> bool:
        """An answer is under way."""
        return self._task is not None and not self._task.done()

    @property
    def turn(self) -> Turn | None:
        """The turn under way, or the last one."""
        return self._turn

    async def opened(self) -> None:
        """Add up what was spent before. Call it once."""
        turns = await self._keeper.do(self._keeper.store.turns, self.conversation.id)
        self._spent = {turn.id: spent_on([turn]) for turn in turns}

    @property
    def spent(self) -> SpentSoFar:
        """By all answers of this conversation."""
        return sum(self._spent.values(), SpentSoFar())

    def ask(self, text: str, asking: Asking | None = None) -> None:
        """Ask, or queue the question while another is answered."""
        how = asking or self.asking
        if self.busy:
            self.queue.append((text, how))
        else:
            self._start(self._new_turn(text, how))

    def again(self, turn: Turn, asking: Asking) -> None:
        """Answer a question once more, beside its answers so far.

        Raises:
            RunError: an answer is under way.
        """
        self._check_idle()
        self._start(self._new_turn(turn.question, asking, position=turn.position))

    def go_on(self, turn: Turn) -> None:
        """Take up a turn that waits, was stopped, or failed.

        Raises:
            RunError: an answer is under way, or there is nothing to go on with.
        """
        self._check_idle()
        if turn.state in ("finished", "running"):
            raise RunError("this answer is whole", mend="Ask it again beside itself: /again.")
        self._start(self._taken_up(turn))

    async def stop(self) -> bool:
        """Stop the answer under way and forget what is queued; False when there is none."""
        self.queue.clear()
        task = self._task
        if task is None or task.done():
            return False
        task.cancel()
        await asyncio.wait([task])
        return True

    async def idle(self) -> None:
        """Wait until everything asked so far has ended."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def branch(self, turn: Turn) -> Conversation:
        """A new conversation that holds everything up to and with this turn."""
        return await self._keeper.do(self._keeper.store.branch, turn.id)

    async def branch_before(self, turn: Turn) -> Conversation:
        """A new conversation that holds everything before this turn: for a question that is asked otherwise."""
        if turn.position == 0:
            return await self._keeper.do(self._keeper.store.new)
        store = self._keeper.store
        before = await self._keeper.do(store.turns, self.conversation.id, before=turn.position, limit=1)
        return await self._keeper.do(store.branch, before[-1].id)

    # --- one turn ----------------------------------------------------------

    def _check_idle(self) -> None:
        if self.busy:
            raise RunError("an answer is under way", mend="Wait for its end, or stop it.")

    def _start(self, turn: Awaitable[None]) -> None:
        self._task = asyncio.ensure_future(self._run(turn))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._listener.crashed(error)

    async def _run(self, turn: Awaitable[None]) -> None:
        try:
            await turn
        except CoreAgentError as error:
            self._listener.problem(error)
        if self.queue:
            text, asking = self.queue.pop(0)
            self._start(self._new_turn(text, asking))

    async def _new_turn(self, text: str, asking: Asking, *, position: int | None = None) -> None:
        store = self._keeper.store
        try:
            await self._keeper.save_held()
            budget = left_of(self.budget, self.spent)
            before = await self._keeper.do(store.turns, self.conversation.id, before=position, limit=EXCHANGES)
            begun = asyncio.ensure_future(
                self._keeper.do(store.begin, self.conversation.id, text, asking=asking, position=position)
            )
            turn, stopped = await _kept(begun)
        except CoreAgentError as error:
            self._listener.refused(text, error)
            return
        question = Question(
            text=text,
            asking=replace(asking, budget=tighter(tighter(asking.budget, budget), self.limits)),
            earlier=earlier_of(before),
            label=self.label.join(label_of(before)),
        )
        self._listener.began(turn)
        if stopped:
            await self._settle(turn, Heard(), "stopped")
            return
        await self._follow(turn, self._asked(question))

    async def _asked(self, question: Question) -> AsyncIterator[Timed]:
        engine = await self._engine()
        async with aclosing(_Closable(engine.chat.ask(question))) as heard:
            async for timed in heard:
                yield timed

    async def _taken_up(self, turn: Turn) -> None:
        engine = await self._engine()
        if turn.state == "waiting":
            for call in await engine.chat.pending(turn.run_id):
                if not await self._rule(engine, turn, call):
                    return
        await self._keeper.do(self._keeper.store.reopen, turn.id)
        turn = replace(turn, state="running", error="", mend="")
        self._listener.began(turn)
        await self._follow(turn, engine.chat.resume(turn.run_id))

    async def _follow(self, turn: Turn, events: AsyncIterator[Timed]) -> None:
        heard, noted_s = Heard(run_id=turn.run_id), time.monotonic()
        self._turn = turn
        try:
            async with aclosing(_Closable(events)) as stream:
                async for timed in stream:
                    heard.take(timed)
                    self._listener.heard(turn, timed)
                    match timed.event:
                        case RunStarted(run_id=run_id):
                            await self._keeper.started(turn, run_id)
                        case Token() if time.monotonic() - noted_s >= NOTE_EVERY_S:
                            noted_s = time.monotonic()
                            await self._keeper.note(turn, heard.text)
                        case ApprovalNeeded(call=call):
                            await self._decide(turn, call, heard)
                        case _:
                            pass
        except asyncio.CancelledError:
            await self._settle(turn, heard, "waiting" if heard.waiting else "stopped")
            raise
        except CoreAgentError as error:
            await self._settle(turn, heard, "failed", error)
        else:
            await self._settle(turn, heard, "finished" if heard.answer else "waiting" if heard.waiting else "stopped")

    async def _decide(self, turn: Turn, call: PendingCall, heard: Heard) -> None:
        before = heard.waiting
        # The app may be closed while a person thinks.
        heard.waiting = True
        decided = await self._rule(await self._engine(), turn, call)
        heard.waiting = before or not decided

    async def _rule(self, engine: Engine, turn: Turn, call: PendingCall) -> bool:
        """Ask a person, unless the tool is allowed for this session; False when it is left for later."""
        while True:
            ruling = Ruling("allow") if call.tool in self.allowed else await self._listener.rule(turn, call)
            if ruling is None:
                return False
            try:
                if ruling.kind == "deny":
                    await engine.chat.deny(call.id, ruling.reason)
                else:
                    await engine.chat.approve(call.id, ruling.arguments)
                    if ruling.kind == "allow_session":
                        self.allowed.add(call.tool)
            except CoreAgentError as error:
                # Arguments that do not fit: the call goes on waiting, and the person is asked again.
                self.allowed.discard(call.tool)
                self._listener.problem(error)
                continue
            return True

    async def _settle(
        self,
        turn: Turn,
        heard: Heard,
        state: Literal["waiting", "finished", "stopped", "failed"],
        error: CoreAgentError | None = None,
    ) -> None:
        ended = await self._keeper.end(
            turn,
            state,
            answer=heard.answer or heard.partial(turn.question, turn.text),
            text=heard.text or turn.text,
            error=str(error) if error else "",
            mend=error.mend if error else "",
        )
        self._spent[ended.id] = spent_on([ended])
        self._turn = ended
        self._listener.settled(ended)


async def _kept(begun: "asyncio.Future[Turn]") -> tuple[Turn, bool]:
    """The turn, which is written whether or not it was stopped in that moment; and whether it was."""
    try:
        return await asyncio.shield(begun), False
    except asyncio.CancelledError:
        return await begun, True


class _Closable:
    """An iterator that can be closed, whether or not it knows how."""

    def __init__(self, events: AsyncIterator[Timed]) -> None:
        self._events = events

    def __aiter__(self) -> AsyncIterator[Timed]:
        return self._events.__aiter__()

    async def aclose(self) -> None:
        """Stop the run behind it."""
        close = getattr(self._events, "aclose", None)
        if close is not None:
            await close()
