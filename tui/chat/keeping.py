"""The conversation store from the app's loop: each call runs in one thread, in the order they were made."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, ParamSpec, TypeVar

from coreagent.answer import Answer
from coreagent.conversations.records import Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import CoreAgentError

P = ParamSpec("P")
R = TypeVar("R")


class Keeper:
    """Keeps what is said. One thread, so that what was said first is also written first.

    An answer that can not be written, because the disk is full, is shown all the same and held in ``unsaved``; it is
    written with the next one that can.
    """

    def __init__(self, store: ConversationStore, *, on_problem: Callable[[CoreAgentError], None] | None = None) -> None:
        self.store = store
        self.on_problem = on_problem
        self.unsaved: list[Turn] = []
        self._told = ""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="conversations")

    async def do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it behind the screen. Raises what ``work`` raises."""
        loop = asyncio.get_running_loop()
        # A cancelled wait does not undo what is under way: a finished turn is written whatever happens to the screen.
        return await asyncio.shield(loop.run_in_executor(self._thread, lambda: work(*args, **kwargs)))

    async def started(self, turn: Turn, run_id: str) -> None:
        """The run's id is known; a failure is told, not raised."""
        await self._try(self.store.started, turn.id, run_id)

    async def note(self, turn: Turn, text: str) -> None:
        """What was said so far; a failure is told, not raised."""
        await self._try(self.store.note, turn.id, text)

    async def end(
        self,
        turn: Turn,
        state: Literal["waiting", "finished", "stopped", "failed"],
        *,
        answer: Answer | None,
        text: str,
        error: str = "",
        mend: str = "",
    ) -> Turn:
        """The turn as it ended, written down or held until it can be."""
        ended = replace(
            turn,
            state=state,
            run_id=answer.run_id if answer else turn.run_id,
            answer=answer,
            text=text,
            error=error,
            mend=mend,
            ended_s=time.time(),
        )
        self.unsaved.append(ended)
        await self.save_held()
        return ended

    async def save_held(self) -> None:
        """Write what could not be written before; a failure is told, not raised."""
        while self.unsaved:
            turn = self.unsaved[0]
            done = await self._try(
                self.store.end,
                turn.id,
                turn.state,
                answer=turn.answer,
                text=turn.text,
                error=turn.error,
                mend=turn.mend,
            )
            if not done:
                return
            self.unsaved.remove(turn)

    async def close(self) -> None:
        """Write what is left and close the file."""
        await self.save_held()
        await self.do(self.store.close)
        self._thread.shutdown()

    async def _try(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            await self.do(work, *args, **kwargs)
        except CoreAgentError as error:
            # A full disk fails once a second: it is told once.
            if self.on_problem is not None and str(error) != self._told:
                self.on_problem(error)
            self._told = str(error)
            return False
        self._told = ""
        return True
