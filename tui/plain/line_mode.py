"""A conversation in lines: questions and commands are read, answers are said, everything is kept."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from coreagent.budget import UNLIMITED
from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import CoreAgentError, RunError, UsageError
from coreagent.tui.chat.conversing import Conversing
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.plain.line_commands import LineCommands
from coreagent.tui.plain.lines import Lines
from coreagent.tui.plain.voice import Voice
from coreagent.tui.prompt.commands import Commands, Unknown, question_of

if TYPE_CHECKING:
    from coreagent.tui.seams.engine import Engine

ON_INTERRUPT = "  nothing is under way; /quit or Ctrl-D ends\n"


class LineMode:
    """Holds the open conversation and goes through its lines one after the other."""

    def __init__(
        self,
        store: ConversationStore,
        engine: Callable[[], "Engine"],
        *,
        say: Callable[[str], None],
        tell: Callable[[str], None],
        lines: Lines,
        interactive: bool,
    ) -> None:
        """``say`` writes answers, ``tell`` all else. ``interactive``: a person sits there and can be asked."""
        self.tell = tell
        self.say = say
        self.interactive = interactive
        self.voice = Voice(say, tell, asks=lines if interactive else None, live=interactive)
        self.keeper = Keeper(store, on_problem=self.voice.problem)
        self._lines = lines
        self._open_engine = engine
        self._engine: Engine | None = None
        self._conversing: Conversing | None = None
        self._ended = False

    @property
    def open(self) -> Conversing:
        """The open conversation.

        Raises:
            RunError: none is.
        """
        if self._conversing is None:
            raise RunError("no conversation is open", mend="/new begins one.")
        return self._conversing

    async def engine(self) -> "Engine":
        """The system, opened at the first call."""
        if self._engine is None:
            self._engine = self._open_engine()
        return self._engine

    def chosen(self) -> Turn:
        """The last turn.

        Raises:
            RunError: nothing was said yet.
        """
        turn = self.voice.last
        if turn is None:
            raise RunError("nothing was said yet", mend="Ask something first.")
        return turn

    async def run(self, conversation: str, question: str) -> bool:
        """Until the end of the input or ``/quit``; False when a question was not answered.

        ``conversation`` is an id, its beginning, ``last``, or empty for a new one; ``question`` is asked first.

        Raises:
            CoreAgentError: the conversation can not be opened.
        """
        acts = LineCommands(self)
        with _Interrupts(self._interrupted):
            try:
                store = self.keeper.store
                await self.show(await self.keeper.do(store.get, conversation) if conversation else await self._new())
                if question:
                    await self._line(question, acts)
                while not self._ended:
                    line = await self._lines.next("> ")
                    if line is None:
                        break
                    if line.strip():
                        await self._line(line, acts)
            finally:
                await self._close()
        return not self.voice.failed

    async def show(self, conversation: Conversation) -> None:
        """Open a conversation and tell where it stands.

        Raises:
            RunError: another app has it open.
        """
        store = self.keeper.store
        owner = await self.keeper.do(store.claim, conversation.id)
        if owner is not None:
            raise RunError(
                f"{conversation.title or conversation.id} is open in another app (process {owner.pid} on {owner.host})",
                mend="Close it there, or branch from it: coreagent chats export and import --copy.",
            )
        await self._leave()
        conversing = Conversing(conversation, keeper=self.keeper, engine=self.engine, listener=self.voice)
        await conversing.opened()
        self._conversing = conversing
        turns = await self.keeper.do(store.turns, conversation.id, limit=1)
        self.voice.last = turns[-1] if turns else None
        if turns:
            conversing.asking = turns[-1].asking
            self.tell(f"  {conversation.title} · {conversation.turns} turns · {conversation.id}\n")

    async def new(self) -> None:
        """Begin a conversation."""
        await self.show(await self._new())

    async def settled(self) -> None:
        """Wait until what was asked has ended."""
        await self.open.idle()

    def end(self) -> None:
        """Read no further line."""
        self._ended = True

    async def _new(self) -> Conversation:
        return await self.keeper.do(self.keeper.store.new)

    async def _line(self, line: str, acts: LineCommands) -> None:
        try:
            called = acts.commands.parse(line)
            if isinstance(called, Unknown):
                raise _unknown(called, acts.commands)
            if called is not None:
                await acts.run(called)
                return
            conversing = self.open
            if conversing.limits == UNLIMITED:
                conversing.limits = (await (await self.engine()).facts()).budget
            if not await self.keeper.do(self.keeper.store.holds, conversing.conversation.id):
                raise RunError("another app has taken this conversation over", mend="/new begins one here.")
            conversing.ask(question_of(line.strip()))
            await self.settled()
        except CoreAgentError as error:
            self.voice.refused(line, error)

    def _interrupted(self) -> None:
        if self._conversing is not None and self._conversing.busy:
            self._stopping = asyncio.ensure_future(self._conversing.stop())
        elif self.interactive:
            self.tell(ON_INTERRUPT)
        else:
            self.end()

    async def _leave(self) -> None:
        if self._conversing is not None:
            await self._conversing.stop()
            with suppress(CoreAgentError):
                # Deleted meanwhile by another app: there is nothing to give back then.
                await self.keeper.do(self.keeper.store.release, self._conversing.conversation.id)
        self._conversing = None

    async def _close(self) -> None:
        await self._leave()
        await self.keeper.close()
        if self._engine is not None:
            await self._engine.close()


class _Interrupts:
    """Ctrl-C calls ``act`` instead of ending the program, where the loop can do that."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def __enter__(self) -> None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._act)

    def __exit__(self, *_: object) -> None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def _unknown(called: Unknown, commands: Commands) -> UsageError:
    close = f"Did you mean /{called.close}?" if called.close else "/help lists them."
    return UsageError(f"there is no command /{called.name}", mend=f"{close} //{called.name} asks it as text.")
