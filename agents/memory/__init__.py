"""The memory module: what an active core-agent keeps across sessions.

Short-term memory is the state of a run. Long-term memory is an extension in the sense of LLM-Agent-UMF: SQLite beside
the agent, with facts and episodes in natural language and their embeddings.
"""

from coreagent.agents.memory.long_term import LongTermMemory
from coreagent.agents.memory.module import MemoryItem, MemoryKind, MemoryModule, NoMemory
from coreagent.agents.memory.recorded import RecordedMemory

__all__ = ["LongTermMemory", "MemoryItem", "MemoryKind", "MemoryModule", "NoMemory", "RecordedMemory"]
