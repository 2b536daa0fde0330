"""The engine as the app uses it: every call crosses into the engine's thread and its outcome comes back."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from coreagent.answer import Citation
from coreagent.plans import RoleName
from coreagent.terminal.thread import SWITCH_INTERVAL_S, EngineThread
from coreagent.tui.seams.chat import Clause, Question, Timed
from coreagent.tui.seams.corpora import Added, Adding, CorpusState, DocumentState, Passage
from coreagent.tui.seams.engine import Facts
from coreagent.tui.seams.memory import Remembered
from coreagent.tui.seams.models import ModelState, TestCall
from coreagent.tui.seams.settings import Problem, SettingsFile

if TYPE_CHECKING:
    from coreagent.events import PendingCall
    from coreagent.terminal.inside import Inside

T = TypeVar("T")


class Crossing:
    """The engine's thread and what lives in it, made there at the first call."""

    def __init__(self, config: Path | None, home: Path | None) -> None:
        self._config, self._home = config, home
        self._inside: Inside | None = None
        self.thread = EngineThread()

    @property
    def inside(self) -> "Inside":
        """For the engine's thread only: loading it takes seconds."""
        if self._inside is None:
            from coreagent.terminal.inside import Inside  # noqa: PLC0415  (it loads every package of a core-agent)

            self._inside = Inside(self._config, self._home)
        return self._inside

    async def call(self, work: Callable[["Inside"], Awaitable[T]]) -> T:
        """Await ``work`` in the engine's thread."""

        async def there() -> T:
            return await work(self.inside)

        return await self.thread.call(there)

    def stream(self, events: "Callable[[Inside], AsyncGenerator[Timed]]") -> AsyncGenerator[Timed]:
        """The events, in order. After one that waits for a person the run rests until the next is asked for."""
        return self.thread.stream(lambda: events(self.inside), waits=_waits)

    async def close(self) -> None:
        """Close what was made, and the thread."""
        if not self.thread.closed and self._inside is not None:
            await self.thread.call(self._inside.close)
        await asyncio.to_thread(self.thread.close)


def _waits(timed: Timed) -> bool:
    from coreagent.terminal.chat import waits_for_person  # noqa: PLC0415  (loaded by now, in the engine's thread)

    return waits_for_person(timed)


class LiveChat:
    """See :class:`coreagent.tui.seams.chat.Chat`."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing

    def ask(self, question: Question) -> AsyncGenerator[Timed]:
        """Ask; closing the iterator stops the run."""
        return self._crossing.stream(lambda inside: inside.chat.ask(question))

    def resume(self, run_id: str) -> AsyncGenerator[Timed]:
        """Go on with a run."""
        return self._crossing.stream(lambda inside: inside.chat.resume(run_id))

    async def pending(self, run_id: str) -> "tuple[PendingCall, ...]":
        """Calls of a stopped run that wait for a person."""
        return await self._crossing.call(lambda inside: inside.chat.pending(run_id))

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        """Agree to a call."""
        await self._crossing.call(lambda inside: inside.chat.approve(call_id, arguments))

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call."""
        await self._crossing.call(lambda inside: inside.chat.deny(call_id, reason))

    async def events(self, run_id: str) -> tuple[Timed, ...]:
        """Everything that happened in a run."""
        return await self._crossing.call(lambda inside: inside.chat.events(run_id))

    async def clause(self, citation: Citation, *, around: int = 4_000) -> Clause:
        """The source of a citation."""
        return await self._crossing.call(lambda inside: inside.chat.clause(citation, around=around))


class LiveModels:
    """See :class:`coreagent.tui.seams.models.Models`."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing

    async def list(self) -> tuple[ModelState, ...]:
        """All models."""
        return await self._crossing.call(lambda inside: inside.models.list())

    async def test(self, model: str) -> TestCall:
        """Call it once."""
        return await self._crossing.call(lambda inside: inside.models.test(model))

    async def fix(self, role: RoleName, model: str | None) -> None:
        """Write into the settings that ``model`` plays ``role``."""
        await self._crossing.call(lambda inside: inside.models.fix(role, model))

    async def add(self, name: str, fields: dict[str, Any]) -> None:
        """Write a model into the settings."""
        await self._crossing.call(lambda inside: inside.models.add(name, fields))


class LiveCorpora:
    """See :class:`coreagent.tui.seams.corpora.Corpora`."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing

    async def list(self) -> tuple[CorpusState, ...]:
        """All corpora."""
        return await self._crossing.call(lambda inside: inside.corpora.list())

    async def documents(self, corpus: str) -> tuple[DocumentState, ...]:
        """Its documents."""
        return await self._crossing.call(lambda inside: inside.corpora.documents(corpus))

    async def read(self, corpus: str, document: str) -> Clause:
        """A whole document."""
        return await self._crossing.call(lambda inside: inside.corpora.read(corpus, document))

    async def add(
        self, paths: Sequence[Path], *, name: str, label: str = "", progress: Callable[[Adding], None] | None = None
    ) -> Added:
        """Read files and folders into a corpus; ``progress`` is called on the caller's loop."""
        loop = asyncio.get_running_loop()

        def tell(done: Adding) -> None:
            if progress is not None:
                loop.call_soon_threadsafe(progress, done)

        return await self._crossing.call(
            lambda inside: inside.corpora.add(paths, name=name, label=label, progress=tell)
        )

    async def search(self, query: str, *, corpora: Sequence[str] = (), limit: int = 20) -> tuple[Passage, ...]:
        """Passages, best first."""
        return await self._crossing.call(lambda inside: inside.corpora.search(query, corpora=corpora, limit=limit))

    async def remove(self, corpus: str) -> None:
        """Delete a corpus."""
        await self._crossing.call(lambda inside: inside.corpora.remove(corpus))


class LiveMemory:
    """See :class:`coreagent.tui.seams.memory.Memory`."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing

    async def list(self, words: str = "", *, limit: int = 200) -> tuple[Remembered, ...]:
        """Newest first, or what would be recalled."""
        return await self._crossing.call(lambda inside: inside.memory.list(words, limit=limit))

    async def forget(self, item: str) -> None:
        """Delete one."""
        await self._crossing.call(lambda inside: inside.memory.forget(item))

    async def clear(self) -> int:
        """Delete all."""
        return await self._crossing.call(lambda inside: inside.memory.clear())


class LiveSettings:
    """See :class:`coreagent.tui.seams.settings.SettingsDesk`."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing

    async def read(self) -> SettingsFile:
        """The file in use."""
        return await self._crossing.call(lambda inside: inside.settings.read())

    async def check(self, text: str) -> Problem | None:
        """What is wrong with a text."""
        return await self._crossing.call(lambda inside: inside.settings.check(text))

    async def save(self, text: str, *, before: str) -> None:
        """Write the text and use it from the next question on."""
        await self._crossing.call(lambda inside: inside.settings.save(text, before=before))


class LiveEngine:
    """See :class:`coreagent.tui.seams.engine.Engine`. Constructing it loads nothing."""

    def __init__(self, config: Path | None, home: Path | None) -> None:
        """As ``coreagent --config`` and ``--home``."""
        self._crossing = Crossing(config, home)
        self.chat = LiveChat(self._crossing)
        self.models = LiveModels(self._crossing)
        self.corpora = LiveCorpora(self._crossing)
        self.memory = LiveMemory(self._crossing)
        self.settings = LiveSettings(self._crossing)

    async def facts(self) -> Facts:
        """As they are now."""
        return await self._crossing.call(lambda inside: inside.facts())

    async def close(self) -> None:
        """Stop what runs and give everything back. Safe to call twice."""
        await self._crossing.close()


def open_engine(config: Path | None, home: Path | None) -> LiveEngine:
    """The engine of an invocation. It returns at once; the first call to it loads the packages, in its own thread."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return LiveEngine(config, home)
