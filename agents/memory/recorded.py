"""What memory gave an earlier run, given again, so that a replay of the run asks its models the same."""

from collections.abc import Sequence

from coreagent.agents.memory.module import MemoryItem
from coreagent.answer import Answer
from coreagent.labels import Label


class RecordedMemory:
    """Recalls the texts of an earlier run, whatever is asked, and keeps nothing."""

    def __init__(self, texts: Sequence[str], *, label: Label) -> None:
        """``label`` is that of the run which recalled them."""
        self._items = tuple(
            MemoryItem(id=f"recorded-{number}", kind="episode", text=text, created_s=0.0, label=label)
            for number, text in enumerate(texts, start=1)
        )

    async def recall(self, question: str, *, label: Label, limit: int = 4) -> tuple[MemoryItem, ...]:
        """The recorded items, none more sensitive than ``label``."""
        return tuple(item for item in self._items if item.label.sensitivity <= label.sensitivity)[:limit]

    async def remember(self, question: str, answer: Answer, *, domain: str = "") -> tuple[MemoryItem, ...]:
        """Nothing is kept."""
        return ()
