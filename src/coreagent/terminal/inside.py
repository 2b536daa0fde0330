"""What lives in the engine's thread. Importing it loads the packages of the core-agent, so only that thread does."""

import gc
from pathlib import Path

from coreagent.terminal.agents import Agents
from coreagent.terminal.chat import ChatInside
from coreagent.terminal.corpora import CorporaInside
from coreagent.terminal.facts import facts_of
from coreagent.terminal.memory import MemoryInside
from coreagent.terminal.models import ModelsInside
from coreagent.terminal.settings import SettingsInside
from coreagent.tui.seams.engine import Facts


class Inside:
    """The parts of the engine, for its own loop."""

    def __init__(self, config: Path | None, home: Path | None) -> None:
        """Nothing is constructed before it is used."""
        self.agents = Agents(config, home)
        self.settings = SettingsInside(self.agents)
        self.chat = ChatInside(self.agents)
        self.models = ModelsInside(self.agents, self.settings)
        self.corpora = CorporaInside(self.agents)
        self.memory = MemoryInside(self.agents)
        # What was loaded stays, so the collector need not look at it again.
        gc.freeze()

    async def facts(self) -> Facts:
        """As they are now."""
        async with self.agents.lease() as agent:
            return await facts_of(agent.system)

    async def close(self) -> None:
        """Close every core-agent. Safe to call twice."""
        await self.agents.close()
