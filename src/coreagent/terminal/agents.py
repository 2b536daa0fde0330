"""The core-agent in use, and those that still finish what they began before the settings changed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from coreagent.front import CoreAgent
from coreagent.settings import (
    CONFIG_NAME,
    Environment,
    Settings,
    find_config,
    open_settings,
    read_settings,
    refuse_found_code,
)


@dataclass(slots=True, eq=False)
class Held:
    """One core-agent and how many use it. ``old``: another one took its place, so it closes when nobody does."""

    agent: CoreAgent
    settings: Settings
    users: int = 0
    old: bool = False
    closed: bool = False


class Agents:
    """Gives out the core-agent of the settings as they are now. For one event loop."""

    def __init__(self, config: Path | None, home: Path | None) -> None:
        """As ``coreagent --config`` and ``--home``. Nothing is read before the first use."""
        self._config, self._home = config, home
        self._environment = Environment()
        self._held: Held | None = None
        self._all: list[Held] = []

    @property
    def home(self) -> Path | None:
        """The folder that was named, or None."""
        return self._home

    @property
    def environment(self) -> Environment:
        """Where keys and folders are looked up."""
        return self._environment

    @property
    def path(self) -> Path:
        """The settings file in use, or the one that would be made."""
        if self._config is not None:
            return self._config
        return find_config(None, self._environment) or Path(CONFIG_NAME)

    @property
    def named(self) -> bool:
        """True when somebody named the file, so that it may name code."""
        return self._config is not None or self._environment.config is not None

    @property
    def now(self) -> Held:
        """The one in use, constructed on first use.

        Raises:
            SettingsError: the file is wrong, or names code and was not chosen by name.
        """
        if self._held is None:
            opened = open_settings(self._existing(), self._environment)
            self._held = self._constructed(opened.settings, opened.base)
            self._all.append(self._held)
        return self._held

    @asynccontextmanager
    async def lease(self, held: Held | None = None) -> AsyncGenerator[CoreAgent]:
        """A core-agent that stays open until the end of the block; that of ``held`` while that is open."""
        chosen = held if held is not None and not held.closed else self.now
        chosen.users += 1
        try:
            yield chosen.agent
        finally:
            chosen.users -= 1
            await self._close_if_done(chosen)

    def tried(self, text: str, path: Path) -> Held:
        """A core-agent of settings that are not saved yet, all its parts constructed. Nothing uses it.

        Raises:
            SettingsError: it can not be constructed of them.
        """
        settings = read_settings(text, path=str(path))
        if path.exists() and not self.named:
            refuse_found_code(settings, path)
        return self._constructed(settings, path.parent)

    async def replace(self, held: Held) -> None:
        """Use this one from now on. The one before closes when the last run on it has ended."""
        before, self._held = self._held, held
        self._all.append(held)
        if before is not None:
            before.old = True
            await self._close_if_done(before)

    async def close(self) -> None:
        """Close all of them, whoever uses them. Safe to call twice."""
        while self._all:
            await self._close(self._all[-1])
        self._held = None

    def _existing(self) -> Path | None:
        # A file that is named but not there yet is made by the first thing that is saved.
        return self._config if self._config is not None and self._config.exists() else None

    def _constructed(self, settings: Settings, base: Path | None) -> Held:
        agent = CoreAgent(settings=settings, home=self._home, base=base)
        _ = agent.system
        return Held(agent, settings)

    async def _close_if_done(self, held: Held) -> None:
        if held.old and not held.users:
            await self._close(held)

    async def _close(self, held: Held) -> None:
        held.closed = True
        if held in self._all:
            self._all.remove(held)
        await held.agent.close()
