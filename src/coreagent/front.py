"""The front door for Python: a core-agent that is ready to be asked."""

import asyncio
import atexit
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from coreagent.agents.memory import MemoryModule
from coreagent.answer import Answer
from coreagent.budget import UNLIMITED, Budget, check_budget
from coreagent.errors import SettingsError, UnknownNameError, UsageError
from coreagent.events import Event, PendingCall
from coreagent.graphs.blueprint import Blueprint, Graph
from coreagent.graphs.session import answer_of
from coreagent.graphs.state import RunOptions
from coreagent.intents import Intent
from coreagent.labels import Label
from coreagent.models.chat import ChatModel
from coreagent.plans import ROLES, RoleName
from coreagent.routing.policies.flags import FLAGS, MAX_WEIGHT
from coreagent.routing.policy import Policy
from coreagent.settings import Environment, Settings, load_settings
from coreagent.tools.load import load_tools
from coreagent.tools.tool import Tool
from coreagent.wiring.system import System, build_system

T = TypeVar("T")


class CoreAgent:
    """An active core-agent with its models, corpora and tools.

    ``CoreAgent()`` works at once, on built-in models and the bundled primer. Use it as an async context manager, or
    call :meth:`close`; a script without an event loop goes through :meth:`ask_sync`, or :meth:`wait` and :meth:`each`.
    """

    def __init__(
        self,
        *,
        models: Mapping[RoleName, ChatModel | Sequence[ChatModel]] | None = None,
        tools: Sequence[Tool] = (),
        settings: Settings | None = None,
        home: Path | str | None = None,
        policy: Policy | None = None,
        graph: Literal["core", "tool_use"] | None = None,
        base: Path | None = None,
        reuse_answers: bool = False,
        memory: MemoryModule | None = None,
    ) -> None:
        """Construct; nothing is loaded before the first question.

        Args:
            models: one or several models for a role, in place of those in the settings.
            tools: tools beside the default ones.
            settings: as read from ``coreagent.toml``; defaults when None.
            home: folder of corpora, runs and memory; ``COREAGENT_HOME`` or the user's data folder when None.
            policy: routing policy, in place of the one in the settings.
            graph: ``core`` plans ahead, ``tool_use`` decides step by step; the settings' when None.
            base: folder that tool files named in the settings are relative to; the current one when None.
            reuse_answers: a request that an endpoint answered in an earlier run of this home is not sent again.
            memory: a memory module, in place of the one in the settings.

        Raises:
            UnknownNameError: a role that does not exist.
        """
        for role in models or {}:
            if role not in ROLES:
                raise UnknownNameError("role", role, ROLES)
        self._models = dict(models or {})
        self._tools = tuple(tools)
        self._settings = settings or Settings()
        if graph is not None:
            agent = self._settings.agent.model_copy(update={"graph": graph})
            self._settings = self._settings.model_copy(update={"agent": agent})
        self._home = Path(home) if home is not None else None
        self._policy = policy
        self._base = base or Path()
        self._reuse_answers = reuse_answers
        self._memory = memory
        self._system: System | None = None
        self._runner: asyncio.Runner | None = None

    @classmethod
    def from_file(cls, path: Path | str, *, tools: Sequence[Tool] = (), home: Path | str | None = None) -> Self:
        """A core-agent as ``coreagent.toml`` describes it, with the tools that it names and ``tools``.

        Raises:
            SettingsError: the file is missing or wrong; file, line and key are named.
        """
        return cls(settings=load_settings(Path(path)), tools=tools, home=home, base=Path(path).parent)

    @property
    def system(self) -> System:
        """All its parts, constructed on first use."""
        if self._system is None:
            self._system = build_system(
                self._settings,
                Environment(),
                home=self._home,
                models=self._models,
                tools=(*load_tools(self._settings.agent.tools, base=self._base), *self._tools),
                policy=self._policy,
                reuse_answers=self._reuse_answers,
                base=self._base,
                memory=self._memory,
            )
        return self._system

    @property
    def blueprint(self) -> Blueprint:
        """The graph in use before compilation: replace or insert nodes, then ``compile``."""
        return self.system.session.blueprint

    @property
    def graph(self) -> Graph:
        """The graph in use as an ordinary LangGraph graph, to be a node of another: ``question`` in, ``answer`` out."""
        return self.blueprint.compile()

    async def ask(
        self,
        question: str | Intent,
        *,
        corpora: Sequence[str] = (),
        models: Mapping[RoleName, str] | None = None,
        budget: Budget = UNLIMITED,
        flags: Mapping[str, float] | None = None,
        earlier: Sequence[str] = (),
        label: Label | None = None,
    ) -> Answer:
        """The answer to one question.

        Args:
            question: free text, or an intent. Flags in it (``[size=0.3]`` or ``/flag size=0.3``) are taken out before
                any model sees it.
            corpora: corpora to search; those of the settings when empty.
            models: model names to use for these roles.
            budget: limits of this run, on top of none; the settings' budget when not given.
            flags: weights of routing's objectives, 0 to 10. They hold against flags of the same name in the question,
                which hold against those of the settings.
            earlier: what was said before in the conversation, a turn each, oldest first: the question, an empty line,
                the answer. Of the last eight turns 2,000 characters each are read; none is cited.
            label: of what was said before, or of the question, where it is stricter than they look.

        Raises:
            CoreAgentError: nothing came of the run. A run that was cut short gives a partial answer instead.
        """
        options = self.options(corpora=corpora, models=models, budget=budget, flags=flags, earlier=earlier, label=label)
        return await answer_of(self.system.session.stream(question, options=options))

    async def stream(
        self,
        question: str | Intent,
        *,
        corpora: Sequence[str] = (),
        models: Mapping[RoleName, str] | None = None,
        budget: Budget = UNLIMITED,
        tokens: bool = True,
        flags: Mapping[str, float] | None = None,
        earlier: Sequence[str] = (),
        label: Label | None = None,
        prompts: bool = False,
    ) -> AsyncGenerator[Event]:
        """Everything that happens, as it happens; ``tokens`` asks for the answer word by word, ``prompts`` for prompts.

        Answer an ``ApprovalNeeded`` with :meth:`approve` or :meth:`deny` before taking the next event. Raises as
        :meth:`ask`.
        """
        options = self.options(
            corpora=corpora,
            models=models,
            budget=budget,
            tokens=tokens,
            flags=flags,
            earlier=earlier,
            label=label,
            prompts=prompts,
        )
        async with aclosing(self.system.session.stream(question, options=options)) as events:
            async for event in events:
                yield event

    async def resume(self, run_id: str) -> AsyncGenerator[Event]:
        """Go on with a run that waits for a person, failed, or was interrupted.

        Raises:
            UnknownNameError: no such run.
            RunError: it is finished, or has no checkpoint.
        """
        async with aclosing(self.system.session.resume(run_id)) as events:
            async for event in events:
                yield event

    async def pending(self, run_id: str) -> tuple[PendingCall, ...]:
        """Calls of a stopped run that wait for :meth:`approve` or :meth:`deny`."""
        return await self.system.session.pending(run_id)

    async def approve(self, call_id: str, *, arguments: str | None = None) -> None:
        """Agree to a call that waits, as it is or with a person's own ``arguments`` in JSON.

        Those are checked at once, and reviewed as a model's are. Where one of these errors is raised, the call goes on
        waiting.

        Raises:
            UnknownNameError: no call of this id waits.
            ToolArgumentsError: the arguments do not fit the tool, or hold ``***`` in the place of a secret.
            ActionDeniedError: the call is denied with these arguments.
        """
        await self.system.session.approve(call_id, arguments)

    async def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits; the reason goes to the planning module. Raises UnknownNameError when none does."""
        await self.system.session.deny(call_id, reason)

    async def close(self) -> None:
        """Give back everything. Safe to call twice."""
        if self._system is not None:
            await self._system.close()
            self._system = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def ask_sync(self, question: str | Intent, *, corpora: Sequence[str] = (), budget: Budget = UNLIMITED) -> Answer:
        """:meth:`ask` for scripts without an event loop.

        Raises:
            UsageError: called inside a running event loop.
        """
        return self.wait(self.ask(question, corpora=corpora, budget=budget))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The one door for scripts without an event loop: ``agent.wait(agent.approve(call_id))``.

        Raises:
            UsageError: called inside a running event loop.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # One loop for the agent's life: connections and files belong to the loop that opened them.
            if self._runner is None:
                self._runner = asyncio.Runner()
                atexit.register(self.close_sync)
            return self._runner.run(work)
        work.close()
        raise UsageError("there is a running event loop", mend="Use `await` here.")

    def each(self, events: AsyncGenerator[T]) -> Generator[T]:
        """The same for streams: ``for event in agent.each(agent.stream("...")): ...``; raises as :meth:`wait`."""

        async def following() -> tuple[T, ...]:
            # As a tuple, because StopAsyncIteration can not cross the loop's edge.
            async for event in events:
                return (event,)
            return ()

        try:
            while got := self.wait(following()):
                yield got[0]
        finally:
            self.wait(events.aclose())

    def close_sync(self) -> None:
        """:meth:`close` for scripts without an event loop; done at exit if forgotten. Safe to call twice."""
        if self._system is not None:
            self.wait(self.close())
        if self._runner is not None:
            self._runner.close()
            self._runner = None
            atexit.unregister(self.close_sync)

    def options(
        self,
        *,
        corpora: Sequence[str] = (),
        models: Mapping[RoleName, str] | None = None,
        budget: Budget = UNLIMITED,
        tokens: bool = False,
        flags: Mapping[str, float] | None = None,
        earlier: Sequence[str] = (),
        label: Label | None = None,
        prompts: bool = False,
    ) -> RunOptions:
        """Options of one run, with every name checked.

        Raises:
            UnknownNameError: a role, model, corpus or flag that does not exist.
            UsageError: a model for a role that it does not play, a budget that is no number, or a weight outside 0..10.
            SettingsError: a corpus of the settings does not exist.
        """
        pinned = dict(models or {})
        for role, name in pinned.items():
            if role not in ROLES:
                raise UnknownNameError("role", role, ROLES)
            card = self.system.registry.card(name)
            if role not in card.roles:
                able = ", ".join(other.name for other in self.system.registry.for_role(role)) or "none"
                own = ", ".join(card.roles)
                raise UsageError(f"model {name!r} does not play {role}, only {own}", mend=f"Models that do: {able}.")
        check_budget(budget)
        defaults = self.system.deps.defaults
        _check_corpora(self.system, tuple(corpora))
        return replace(
            defaults,
            corpora=tuple(corpora) or defaults.corpora,
            models={str(role): name for role, name in pinned.items()},
            budget=defaults.budget if budget == UNLIMITED else budget,
            stream=tokens,
            flags=_weights(flags or {}),
            earlier=tuple(earlier),
            label=defaults.label.join(label) if label is not None else defaults.label,
            prompts=prompts,
        )


def _weights(flags: Mapping[str, float]) -> dict[str, float]:
    for name, weight in flags.items():
        if name not in FLAGS:
            raise UnknownNameError("flag", name, FLAGS)
        if not 0 <= weight <= MAX_WEIGHT:
            raise UsageError(f"the weight of flag {name} is {weight}", mend=f"Give 0 to {MAX_WEIGHT:g}.")
    return {name: float(weight) for name, weight in flags.items()}


def _check_corpora(system: System, named: tuple[str, ...]) -> None:
    try:
        system.library.check(named)
    except UnknownNameError as error:
        if named:
            raise
        raise SettingsError(str(error), key="knowledge.corpora", mend=error.mend) from error
