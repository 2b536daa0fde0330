"""What the core-agent remembers across sessions."""

import asyncio

from coreagent.agents.memory import LongTermMemory, MemoryItem
from coreagent.errors import UsageError
from coreagent.front import CoreAgent
from coreagent.labels import Label, Sensitivity
from coreagent.terminal.agents import Agents
from coreagent.tui.seams.memory import Remembered


class MemoryInside:
    """See :class:`coreagent.tui.seams.memory.Memory`. For the engine's loop."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def list(self, words: str = "", *, limit: int = 200) -> tuple[Remembered, ...]:
        """Newest first, or what would be recalled for ``words``, of every label: it is shown to its owner."""
        async with self._agents.lease() as agent:
            memory = _memory_of(agent)
            if words.strip():
                label = Label(Sensitivity.CONFIDENTIAL)
                found = await memory.recall(words, label=label, limit=limit)
            else:
                found = await asyncio.to_thread(memory.list, limit=limit)
        return tuple(_remembered(item) for item in found)

    async def forget(self, item: str) -> None:
        """Delete one."""
        async with self._agents.lease() as agent:
            await asyncio.to_thread(_memory_of(agent).delete, item)

    async def clear(self) -> int:
        """Delete all."""
        async with self._agents.lease() as agent:
            return await asyncio.to_thread(_memory_of(agent).clear)


def _memory_of(agent: CoreAgent) -> LongTermMemory:
    memory = agent.system.memory
    if not isinstance(memory, LongTermMemory):
        raise UsageError("memory is switched off", mend="Set memory = true under [agent] in coreagent.toml.")
    return memory


def _remembered(item: MemoryItem) -> Remembered:
    return Remembered(
        id=item.id,
        kind=item.kind,
        text=item.text,
        label=str(item.label),
        created_s=item.created_s,
        run_id=item.run_id,
    )
